//! Refusals that say little, broken records, and what nobody knows.

use tlsdiag_e2e::peers::middlebox::{self, Interference};
use tlsdiag_e2e::peers::scripted::Script;
use tlsdiag_e2e::peers::{Defect, Stack};

use super::{ALL, BOTH, NONE};
use crate::odd;
use crate::scenario::{named, row, script, Lab, Row, Setup};

use Stack::{Go, Java, Nginx, Node, OpenSsl, Python};

const TLS_1_2: u16 = 0x0303;

/// An alert right after the ClientHello, the name being settled.
fn alert(code: u8, version: u16) -> Setup {
    Setup::script(Script::Alert { code, version }).set(&named())
}

/// An upstream that is broken inside until somebody repairs it.
fn broken(lab: &Lab, defect: Defect) -> Setup {
    Setup::to(lab.good().defect(defect))
        .set(&named())
        .then(lab.good())
}

fn damaged(lab: &Lab, interference: Interference) -> Setup {
    let good = lab.good();
    Setup::new(middlebox::before(good.start(), interference))
        .set(&named())
        .then(good)
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = refusals();
    rows.extend(violations());
    rows.extend(sessions());
    rows
}

fn refusals() -> Vec<Row> {
    vec![
        script(
            "handshake_failure_unspecified",
            "alert 40, nothing else",
            NONE,
            |_| alert(40, TLS_1_2),
        ),
        script(
            "handshake_failure_unspecified",
            "alert 40 in a record of SSL 3.0",
            NONE,
            |_| alert(40, 0x0300),
        ),
        row(
            "handshake_failure_unspecified",
            "upstream has no certificate",
            &[OpenSsl, Java, Node, Python],
            BOTH,
            |lab| broken(lab, Defect::NoCertificate),
        ),
        row(
            "peer_internal_error",
            "certificate lookup fails",
            &[OpenSsl, Go, Java, Nginx],
            BOTH,
            |lab| broken(lab, Defect::LookupFails),
        ),
        script("peer_internal_error", "alert 80", NONE, |_| {
            alert(80, TLS_1_2)
        }),
        row(
            "peer_access_denied",
            "by policy",
            &[OpenSsl, Python],
            BOTH,
            |lab| broken(lab, Defect::Denies),
        ),
        script("peer_access_denied", "alert 49", NONE, |_| {
            alert(49, TLS_1_2)
        }),
        script("insufficient_security", "alert 71", NONE, |_| {
            alert(71, TLS_1_2)
        }),
        script("unknown", "user_canceled, alert 90", NONE, |_| {
            alert(90, TLS_1_2)
        }),
        script(
            "unknown",
            "an alert that is not registered, 199",
            NONE,
            |_| alert(199, TLS_1_2),
        ),
    ]
}

fn violations() -> Vec<Row> {
    vec![
        row(
            "protocol_violation",
            "upstream's record damaged",
            ALL,
            BOTH,
            |lab| damaged(lab, Interference::DamageUpstream),
        ),
        row(
            "protocol_violation",
            "nginx's record damaged",
            ALL,
            BOTH,
            |lab| damaged(lab, Interference::DamageNginx),
        ),
        script("protocol_violation", "record of 65535 bytes", NONE, |_| {
            Setup::script(Script::Reply(vec![22, 3, 3, 0xff, 0xff, 2, 0, 0, 0])).set(&named())
        }),
        script(
            "protocol_violation",
            "Finished before the ServerHello",
            NONE,
            |_| {
                let finished = [&[22, 3, 3, 0, 16, 20, 0, 0, 12][..], &[0; 12]].concat();
                Setup::script(Script::Reply(finished)).set(&named())
            },
        ),
        script("protocol_violation", "alert 50", NONE, |_| {
            alert(50, TLS_1_2)
        }),
        script("protocol_violation", "alert 10", NONE, |_| {
            alert(10, TLS_1_2)
        }),
    ]
}

fn sessions() -> Vec<Row> {
    const FIRST: &str = "proxy_ssl_server_name on; proxy_ssl_name api.example.test;";
    vec![
        row(
            "session_resumption_rejected",
            "server without a session id context",
            &[OpenSsl],
            BOTH,
            |lab| {
                Setup::new(odd::without_session_id_context(lab))
                    .block("backend")
                    .first(FIRST)
                    .set(FIRST)
            },
        ),
        script(
            "session_resumption_rejected",
            "alert 40 for any session",
            BOTH,
            |lab| {
                Setup::new(odd::refuses_sessions(lab, odd::Refusal::Alert(40)))
                    .block("backend")
                    .first(FIRST)
                    .set(FIRST)
            },
        ),
        script(
            "session_resumption_rejected",
            "closes for any session",
            BOTH,
            |lab| {
                Setup::new(odd::refuses_sessions(lab, odd::Refusal::Close))
                    .block("backend")
                    .first(FIRST)
                    .set(FIRST)
            },
        ),
    ]
}
