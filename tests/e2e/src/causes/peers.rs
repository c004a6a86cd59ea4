//! Refusals that say little, broken records, and what nobody knows.

use crate::lab::{Lab, NAMED};
use crate::peers::middlebox::Interference;
use crate::peers::scripted::Script;
use crate::peers::{Defect, Peer, Stack};

use super::malformed_peers::{refuses_sessions, without_session_id_context, Refusal};
use super::transport::{behind, broken, named};
use super::{cause, script, Cause, Setup, BOTH};

use Stack::{Go, Java, Nginx, Node, OpenSsl, Python};

/// One alert right after the ClientHello, the name being settled.
const ALERTS: [(&str, &str, u8); 8] = [
    (
        "handshake_failure_unspecified",
        "alert 40, nothing else",
        40,
    ),
    ("peer_internal_error", "alert 80", 80),
    ("peer_access_denied", "alert 49", 49),
    ("insufficient_security", "alert 71", 71),
    ("unknown", "user_canceled, alert 90", 90),
    ("unknown", "an alert that is not registered, 199", 199),
    ("protocol_violation", "alert 50", 50),
    ("protocol_violation", "alert 10", 10),
];

/// Nothing is left to offer: without a word of it nginx before 1.23.4 offers no TLS 1.3.
const BOTH_VERSIONS: &str = "proxy_ssl_protocols TLSv1.2 TLSv1.3;";

fn alert(code: u8, version: u16) -> Setup {
    let setup = named(Script::Alert { code, version });
    match code {
        40 => setup.set(BOTH_VERSIONS),
        _ => setup,
    }
}

pub(super) fn all() -> Vec<Cause> {
    let mut all = refusals();
    all.extend(violations());
    all.extend(sessions());
    all
}

fn refusals() -> Vec<Cause> {
    const UNSPECIFIED: &str = "handshake_failure_unspecified";
    let alerts =
        ALERTS.map(|(name, words, code)| script(name, words, move |_| alert(code, 0x0303)));
    let mut all = Vec::from(alerts);
    all.extend([
        script(UNSPECIFIED, "alert 40 in a record of SSL 3.0", |_| {
            alert(40, 0x0300)
        }),
        cause(UNSPECIFIED, "upstream has no certificate", |lab| {
            broken(lab, Defect::NoCertificate).set(BOTH_VERSIONS)
        })
        .on(&[OpenSsl, Java, Node, Python]),
        cause("peer_internal_error", "certificate lookup fails", |lab| {
            broken(lab, Defect::LookupFails)
        })
        .on(&[OpenSsl, Go, Java, Nginx]),
        cause("peer_access_denied", "by policy", |lab| {
            broken(lab, Defect::Denies)
        })
        .on(&[OpenSsl, Python]),
    ]);
    all
}

fn violations() -> Vec<Cause> {
    const NAME: &str = "protocol_violation";
    vec![
        cause(NAME, "upstream's record damaged", |lab| {
            behind(lab, Interference::DamageUpstream)
        }),
        cause(NAME, "nginx's record damaged", |lab| {
            behind(lab, Interference::DamageNginx)
        }),
        script(NAME, "record of 65535 bytes", |_| {
            named(Script::Reply(vec![22, 3, 3, 0xff, 0xff, 2, 0, 0, 0]))
        }),
        script(NAME, "Finished before the ServerHello", |_| {
            let finished = [&[22, 3, 3, 0, 16, 20, 0, 0, 12][..], &[0; 12]].concat();
            named(Script::Reply(finished))
        }),
    ]
}

fn sessions() -> Vec<Cause> {
    const NAME: &str = "session_resumption_rejected";
    /// A good session comes first.
    fn second(peer: Peer) -> Setup {
        Setup::new(peer).block("backend").first(NAMED).set(NAMED)
    }
    let refused = |words, refusal| {
        let set_up = move |lab: &Lab| second(refuses_sessions(lab, refusal));
        script(NAME, words, set_up).versions(BOTH)
    };
    vec![
        cause(NAME, "server without a session id context", |lab| {
            second(without_session_id_context(lab))
        })
        .on(&[OpenSsl]),
        refused("alert 40 for any session", Refusal::Alert(40)),
        refused("closes for any session", Refusal::Close),
    ]
}
