//! A real nginx whose upstream refuses every handshake.

use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::Peer;

/// The cause of all of it: the upstream's alert names it, whatever else nginx offers.
pub const CAUSE: &str = "protocol_version_mismatch";

/// nginx in front of it; `log` stands in the location.
pub fn nginx(log: &str) -> (Nginx, Peer) {
    let peer = scripted::start(Script::Alert {
        code: 70,
        version: 0x0303,
    });
    let pass = format!("proxy_pass https://127.0.0.1:{}; {log}", peer.port());
    let config = Config::new().module(Module::Ours).location("/", &pass);
    (Nginx::start(config), peer)
}

/// So many requests that get 502.
pub fn fail(nginx: &Nginx, path: &str, times: usize) {
    for _ in 0..times {
        assert_eq!(client::get(nginx.port(), path).status, 502);
    }
}
