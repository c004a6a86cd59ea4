//! What these tests share.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use openssl::ssl::SslContext;
use serde_json::Value;
use tlsdiag_e2e::client::{self, Response};
use tlsdiag_e2e::lab::{self, Lab};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream};
use tlsdiag_e2e::tempdir::TempDir;

pub(crate) use tlsdiag_e2e::lab::{healthy, refusing, API};

/// An upstream with nothing wrong, to be made wrong.
pub(crate) fn upstream() -> Upstream {
    upstream_of(Stack::OpenSsl)
}

/// The same of another stack.
pub(crate) fn upstream_of(stack: Stack) -> Upstream {
    Lab::at(stack, None).good()
}

/// TLS for a server that a test plays itself.
pub(crate) fn tls_server() -> SslContext {
    lab::tls_server(None).build()
}

/// An `upstream` block of this name.
pub(crate) fn block(name: &str, peer: &Peer) -> String {
    lab::block(name, &[peer.port()], "")
}

/// A zone of 1m, and `/status` for whoever asks from this machine.
pub(crate) fn counting() -> Config {
    let zone = "upstream_tls_zone zone=tls:1m;\n";
    let status = "upstream_tls_status; allow 127.0.0.1; deny all;";
    Config::new()
        .module(Module::Ours)
        .http(zone)
        .location("/status", status)
}

/// The first worker that comes to a point of the test build is killed there.
pub(crate) struct Death {
    directory: TempDir,
}

impl Death {
    /// To be met by the nginx that is started with this configuration.
    pub(crate) fn at(point: &str, config: &mut Config) -> Death {
        let directory = TempDir::new("die");
        let mark = directory.write(MARK, "");
        let mode = Permissions::from_mode(0o777);
        std::fs::set_permissions(directory.path(), mode).unwrap();
        config.module = Module::Fault;
        config.main.push_str("env TLSDIAG_FAULT;\n");
        let fault = format!("die:{point}:{}", mark.display());
        config.environment.push(("TLSDIAG_FAULT".to_owned(), fault));
        Death { directory }
    }

    /// Somebody died of it.
    pub(crate) fn has_come(&self) -> bool {
        !self.directory.file(MARK).exists()
    }
}

/// The file that a worker removes before it is killed.
const MARK: &str = "now";

/// `GET path` with an Accept header.
pub(crate) fn ask(nginx: &Nginx, path: &str, accept: &str) -> Response {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    );
    Response::parse(&client::exchange(nginx.port(), request.as_bytes()))
}

/// The JSON status.
pub(crate) fn status(nginx: &Nginx) -> Value {
    let response = client::get(nginx.port(), "/status");
    assert_eq!(response.status, 200);
    serde_json::from_slice(&response.body).unwrap()
}

/// The servers of an http upstream.
pub(crate) fn servers(status: &Value, upstream: &str) -> Vec<Value> {
    let peers = &status["http"]["upstreams"][upstream]["peers"];
    peers.as_array().cloned().unwrap_or_default()
}

/// The only server of an http upstream.
pub(crate) fn server(nginx: &Nginx, upstream: &str) -> Value {
    let status = status(nginx);
    let mut all = servers(&status, upstream);
    assert_eq!(all.len(), 1, "{upstream} in {status:#}");
    all.remove(0)
}

/// So many requests with this answer.
pub(crate) fn get(nginx: &Nginx, path: &str, status: u16, times: usize) {
    for _ in 0..times {
        assert_eq!(client::get(nginx.port(), path).status, status, "{path}");
    }
}
