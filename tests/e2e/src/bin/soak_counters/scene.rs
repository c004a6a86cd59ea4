//! Ten kinds of handshakes, five good and five failing, in one nginx.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use openssl::ssl::{SslVerifyMode, SslVersion};
use serde_json::Value;
use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Daemon, Module};
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::wait;

use super::case::Case;
use super::peers::{context, Kind};
use super::{workers, Sum, CLIENTS, WORKERS};

const API: &str = "api.example.test";
/// A full handshake each time.
const FULL: &str = "proxy_ssl_session_reuse off;";

pub(super) struct Scene {
    cases: Vec<Case>,
}

/// What must be there as long as nginx runs.
pub(super) struct Props {
    _peers: Vec<Peer>,
    _files: TempDir,
}

impl Scene {
    pub(super) fn new() -> (Scene, Props) {
        let root = Authority::root("Example Root");
        let files = TempDir::new("soak-counters");
        let trusted = root.write(files.path(), "root").display().to_string();
        let verify = |name: &str| {
            format!(
                "proxy_ssl_verify on; proxy_ssl_trusted_certificate {trusted}; proxy_ssl_name {name}; {FULL}"
            )
        };
        let identity = root.issue(&Leaf::named(API));
        let expired = root.issue(&Leaf::named(API).valid(-20, -2));
        let any = || context(&identity).build();
        let old = || {
            let mut context = context(&identity);
            let version = Some(SslVersion::TLS1_2);
            context.set_max_proto_version(version).unwrap();
            context.build()
        };
        let mut demanding = context(&identity);
        demanding.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        let failing = |name, reason, settings: &str, context| {
            Case::failing(name, reason, settings, Kind::Tls(context))
        };
        let cases = vec![
            Case::good("full", FULL, any()),
            failing(
                "expired",
                "certificate_expired",
                &verify(API),
                context(&expired).build(),
            ),
            Case::good("resumed", "", any()),
            failing(
                "other_name",
                "certificate_hostname_mismatch",
                &verify("other.example.test"),
                any(),
            ),
            Case::good("verified", &verify(API), any()),
            failing(
                "newer",
                "protocol_version_mismatch",
                "proxy_ssl_protocols TLSv1.3;",
                old(),
            ),
            Case::good("older", FULL, old()),
            failing(
                "demands",
                "client_certificate_required",
                "",
                demanding.build(),
            ),
            Case::good("again", FULL, any()),
            Case::failing("refuses", "sni_missing", "", Kind::Refuses),
        ];
        let (cases, peers) = cases.into_iter().unzip();
        let props = Props {
            _peers: peers,
            _files: files,
        };
        (Scene { cases }, props)
    }

    pub(super) fn config(&self) -> Config {
        let status = "upstream_tls_status json; allow 127.0.0.1; deny all;";
        let mut config = Config::new()
            .module(Module::Ours)
            .http("upstream_tls_zone zone=tls:1m;\nupstream_tls_repeat 2s;\n")
            .server("proxy_ssl_protocols TLSv1.2 TLSv1.3;")
            .location("/status", status);
        config.log_level = "error".to_owned();
        config.workers = WORKERS;
        self.cases.iter().fold(config, |config, case| {
            let (name, port, settings) = (case.name, case.port, &case.settings);
            config
                .http(&format!("upstream {name} {{ server 127.0.0.1:{port}; }}\n"))
                .location(
                    &format!("/{name}"),
                    &format!("proxy_pass https://{name}; {settings}"),
                )
        })
    }

    /// So many requests, of all cases in turn.
    pub(super) fn send(&self, port: u16, requests: usize) {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= requests {
                        break;
                    }
                    self.cases[index % self.cases.len()].send(port);
                });
            }
        });
    }

    /// Another binary has begun a zone of its own.
    pub(super) fn begin_zone(&mut self) {
        self.cases.iter_mut().for_each(Case::begin_zone);
    }

    /// Compares all counters, once every peer has seen the end of its connections.
    pub(super) fn check(&mut self, daemon: &Daemon) -> Sum {
        workers(daemon.master());
        let are_over = || self.cases.iter().all(Case::is_over);
        wait::until("the peers to be done", || {
            std::thread::sleep(Duration::from_millis(50));
            are_over().then_some(())
        });
        let response = client::get(daemon.port(), "/status");
        assert_eq!(response.status, 200);
        let status: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(status["zone"]["overflows"], 0, "{status:#}");
        let mut sum = Sum::default();
        for case in &mut self.cases {
            sum.add(&case.check(&status));
        }
        sum
    }
}
