//! Connections that end, stall, or never were TLS.

use tlsdiag_e2e::peers::middlebox::{self, Ending, Interference};
use tlsdiag_e2e::peers::scripted::Script;
use tlsdiag_e2e::peers::{Defect, Stack};
use tlsdiag_e2e::require::Build;

use super::{ALL, BOTH, NONE};
use crate::scenario::{named, row, script, Lab, Row, Setup};

use Stack::{Apache, GnuTls, Go, HaProxy, Java, Nginx, Node, OpenSsl, Python};

/// Short, so that the run is.
const SOON: &str = "proxy_connect_timeout 2s;";

/// Long enough for a ServerHello's beginning, too short for all of it.
const HALF_A_SERVER_HELLO: usize = 40;

/// The good upstream behind a device that interferes; without the device all is well.
fn behind(lab: &Lab, interference: Interference) -> Setup {
    let good = lab.good();
    Setup::new(middlebox::before(good.start(), interference))
        .set(&named())
        .then(good)
}

fn cut(lab: &Lab, ending: Ending) -> Setup {
    let after = HALF_A_SERVER_HELLO;
    behind(lab, Interference::Cut { after, ending })
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = plain();
    rows.extend(ends());
    rows.extend(silence());
    rows
}

fn plain() -> Vec<Row> {
    /// A server that answers a ClientHello with these bytes.
    fn says(bytes: &'static [u8]) -> Setup {
        Setup::script(Script::Banner(bytes)).set(&named())
    }
    vec![
        row(
            "plaintext_upstream",
            "HTTP",
            &[Go, Node, Nginx, HaProxy, Apache],
            NONE,
            |lab| Setup::to(lab.good().defect(Defect::Plain)).then(lab.good()),
        ),
        script("plaintext_upstream", "SMTP", NONE, |_| {
            says(b"220 mail.example.test ESMTP ready\r\n")
        }),
        script("plaintext_upstream", "SSH", NONE, |_| {
            says(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        }),
        script("plaintext_upstream", "FTP", NONE, |_| {
            says(b"220 (vsFTPd 3.0.3)\r\n")
        }),
        script("plaintext_upstream", "PostgreSQL", NONE, |_| {
            says(b"E\x00\x00\x00\x65SFATAL\0VFATAL\0C08P01\0Minvalid length of startup packet\0\0")
        }),
        script(
            "plaintext_upstream",
            "HTTP with an empty answer",
            NONE,
            |_| Setup::script(Script::PlainHttp).set(&named()),
        ),
    ]
}

fn ends() -> Vec<Row> {
    fn proxy_protocol(lab: &Lab) -> Setup {
        Setup::to(lab.good().defect(Defect::ProxyProtocol))
            .set(&named())
            .then(lab.good())
    }
    vec![
        script("peer_closed", "after the ClientHello", NONE, |_| {
            Setup::script(Script::CloseAfterHello).set(&named())
        }),
        row("peer_closed", "inside the ServerHello", ALL, BOTH, |lab| {
            cut(lab, Ending::Close)
        }),
        row(
            "peer_closed",
            "PROXY protocol expected",
            &[Apache],
            NONE,
            proxy_protocol,
        ),
        // These leave the ClientHello unread, which makes the kernel say RST for them.
        row(
            "peer_reset",
            "PROXY protocol expected",
            &[Nginx, HaProxy],
            NONE,
            proxy_protocol,
        ),
        script("peer_reset", "after the ClientHello", NONE, |_| {
            Setup::script(Script::ResetAfterHello).set(&named())
        }),
        row("peer_reset", "inside the ServerHello", ALL, BOTH, |lab| {
            cut(lab, Ending::Reset)
        }),
    ]
}

fn silence() -> Vec<Row> {
    let mut rows = vec![
        script("handshake_timeout", "after the ClientHello", NONE, |_| {
            Setup::script(Script::Silence).set(&named()).set(SOON)
        }),
        row(
            "handshake_timeout",
            "process stopped",
            &[GnuTls, Go, Java, Node, Python, Nginx, HaProxy, Apache],
            NONE,
            |lab| {
                let peer = lab.good().start();
                peer.freeze();
                Setup::new(peer).set(&named()).set(SOON).remedy(|peer| {
                    peer.thaw();
                    peer
                })
            },
        ),
        row(
            "handshake_timeout",
            "inside the ServerHello",
            ALL,
            BOTH,
            |lab| cut(lab, Ending::Silence).set(SOON),
        ),
    ];
    if has_large_hellos() {
        rows.push(row(
            "client_hello_too_large",
            "dropped by a device",
            &[OpenSsl, Go, Nginx],
            BOTH,
            |lab| large(lab, Ending::Silence).set(SOON),
        ));
        rows.push(row(
            "client_hello_too_large",
            "refused by a device",
            &[OpenSsl, Go, Nginx],
            BOTH,
            |lab| large(lab, Ending::Reset),
        ));
    }
    rows
}

/// Post-quantum key shares came with OpenSSL 3.5.
pub(super) fn has_large_hellos() -> bool {
    Build::get().openssl >= (3, 5)
}

fn large(lab: &Lab, ending: Ending) -> Setup {
    let peer = middlebox::before(lab.good().start(), Interference::LargeHello(ending));
    Setup::new(peer).set(&named())
}
