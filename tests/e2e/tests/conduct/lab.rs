//! What these tests share.

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream};
use tlsdiag_e2e::wait;

/// The upstream's real name.
pub(crate) const API: &str = "api.example.test";

/// An upstream that answers every ClientHello with handshake_failure(40).
pub(crate) fn refusing() -> Peer {
    scripted::start(Script::Alert {
        code: 40,
        version: 0x0303,
    })
}

/// An upstream with nothing wrong.
pub(crate) fn healthy() -> Peer {
    let root = Authority::root("Example Root");
    Upstream::new(Stack::OpenSsl, root.issue(&Leaf::named(API).rsa())).start()
}

/// `proxy_pass` to a peer.
pub(crate) fn pass(peer: &Peer) -> String {
    format!("proxy_pass https://127.0.0.1:{};", peer.port())
}

/// One location that passes to `peer`, with the module.
pub(crate) fn with_module(peer: &Peer) -> Config {
    Config::new()
        .module(Module::Ours)
        .location("/", &pass(peer))
}

/// Waits until error.log holds a text.
pub(crate) fn wait_for_log(nginx: &Nginx, text: &str) {
    wait::until(&format!("{text:?} in error.log"), || {
        nginx.log().text.contains(text).then_some(())
    });
}
