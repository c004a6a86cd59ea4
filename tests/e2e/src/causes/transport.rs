//! Connections that end, stall, or never were TLS.

use crate::lab::{Lab, NAMED};
use crate::peers::middlebox::{self, Ending, Interference};
use crate::peers::scripted::Script;
use crate::peers::{Defect, Stack};
use crate::require::Build;

use super::{cause, script, Cause, Setup};

use Stack::{Apache, GnuTls, Go, HaProxy, Java, Nginx, Node, OpenSsl, Python};

/// Short, so that the run is.
const SOON: &str = "proxy_connect_timeout 2s;";

/// Long enough for a ServerHello's beginning, too short for all of it.
const HALF_A_SERVER_HELLO: usize = 40;

/// The good upstream behind a device that interferes; without the device all is well.
pub(super) fn behind(lab: &Lab, interference: Interference) -> Setup {
    let good = lab.good();
    let setup = Setup::new(middlebox::before(good.start(), interference));
    setup.set(NAMED).then(good)
}

fn cut(lab: &Lab, ending: Ending) -> Setup {
    let after = HALF_A_SERVER_HELLO;
    behind(lab, Interference::Cut { after, ending })
}

/// A peer that follows a script, the name being settled.
pub(super) fn named(script: Script) -> Setup {
    Setup::script(script).set(NAMED)
}

/// An upstream that is broken inside until somebody repairs it.
pub(super) fn broken(lab: &Lab, defect: Defect) -> Setup {
    let setup = Setup::to(lab.good().defect(defect));
    setup.set(NAMED).then(lab.good())
}

pub(super) fn all() -> Vec<Cause> {
    let mut all = plain();
    all.extend(ends());
    all.extend(silence());
    all
}

fn plain() -> Vec<Cause> {
    const NAME: &str = "plaintext_upstream";
    /// What servers of other protocols say to a ClientHello.
    const BANNERS: [(&str, &[u8]); 4] = [
        ("SMTP", b"220 mail.example.test ESMTP ready\r\n"),
        ("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n"),
        ("FTP", b"220 (vsFTPd 3.0.3)\r\n"),
        (
            "PostgreSQL",
            b"E\x00\x00\x00\x65SFATAL\0VFATAL\0C08P01\0Minvalid length of startup packet\0\0",
        ),
    ];
    let mut all = vec![
        cause(NAME, "HTTP", |lab| {
            Setup::to(lab.good().defect(Defect::Plain)).then(lab.good())
        })
        .on(&[Go, Node, Nginx, HaProxy, Apache])
        .versions(&[]),
        script(NAME, "HTTP with an empty answer", |_| {
            named(Script::PlainHttp)
        }),
    ];
    all.extend(
        BANNERS.map(|(words, bytes)| script(NAME, words, move |_| named(Script::Banner(bytes)))),
    );
    all
}

fn ends() -> Vec<Cause> {
    let proxy_protocol = |name| {
        let broken = |lab: &_| broken(lab, Defect::ProxyProtocol);
        cause(name, "PROXY protocol expected", broken).versions(&[])
    };
    vec![
        script("peer_closed", "after the ClientHello", |_| {
            named(Script::CloseAfterHello)
        }),
        cause("peer_closed", "inside the ServerHello", |lab| {
            cut(lab, Ending::Close)
        }),
        proxy_protocol("peer_closed").on(&[Apache]),
        // These leave the ClientHello unread, which makes the kernel say RST for them.
        proxy_protocol("peer_reset").on(&[Nginx, HaProxy]),
        script("peer_reset", "after the ClientHello", |_| {
            named(Script::ResetAfterHello)
        }),
        cause("peer_reset", "inside the ServerHello", |lab| {
            cut(lab, Ending::Reset)
        }),
    ]
}

fn silence() -> Vec<Cause> {
    let mut all = vec![
        script("handshake_timeout", "after the ClientHello", |_| {
            named(Script::Silence).set(SOON)
        }),
        cause("handshake_timeout", "process stopped", |lab| {
            let peer = lab.good().start();
            peer.freeze();
            Setup::new(peer).set(NAMED).set(SOON).remedy(|peer| {
                peer.thaw();
                peer
            })
        })
        .on(&[GnuTls, Go, Java, Node, Python, Nginx, HaProxy, Apache])
        .versions(&[]),
        cause("handshake_timeout", "inside the ServerHello", |lab| {
            cut(lab, Ending::Silence).set(SOON)
        }),
    ];
    if has_large_hellos() {
        let large = |words, ending| {
            let set_up = move |lab: &Lab| {
                let device = Interference::LargeHello(ending);
                let peer = middlebox::before(lab.good().start(), device);
                Setup::new(peer).set(NAMED).set(SOON)
            };
            cause("client_hello_too_large", words, set_up).on(&[OpenSsl, Go, Nginx])
        };
        all.push(large("dropped by a device", Ending::Silence));
        all.push(large("refused by a device", Ending::Reset));
    }
    all
}

/// Post-quantum key shares came with OpenSSL 3.5.
pub(super) fn has_large_hellos() -> bool {
    Build::get().openssl >= (3, 5)
}
