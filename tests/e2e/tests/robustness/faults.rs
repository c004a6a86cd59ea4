//! A panic inside any callback costs the diagnosis and nothing else.

use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{healthy, refusing, API};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::Line;
use tlsdiag_e2e::peers::{Stack, Upstream};
use tlsdiag_e2e::tempdir::TempDir;

/// A refused handshake, a rejected certificate and a good request, with this callback panicking.
/// True when a diagnosis was written all the same.
fn survives(point: &str) -> usize {
    let (broken, good) = (refusing(), healthy());
    let directory = TempDir::new("faults");
    let root = Authority::root("Trusted Root").write(directory.path(), "root");
    let rejected = Upstream::new(Stack::OpenSsl, Identity::self_signed(&Leaf::named(API))).start();
    let rejected = format!(
        "{} proxy_ssl_verify on; proxy_ssl_trusted_certificate {}; proxy_ssl_name {API};",
        rejected.pass(),
        root.display()
    );
    let mut config = Config::new()
        .module(Module::Fault)
        .location("/broken", &broken.pass())
        .location("/rejected", &rejected)
        .location("/good", &good.pass());
    config
        .environment
        .push(("TLSDIAG_FAULT".to_owned(), point.to_owned()));
    let nginx = Nginx::start(config);
    assert_eq!(client::get(nginx.port(), "/good").status, 200);
    let worker = nginx.workers();
    for _ in 0..3 {
        assert_eq!(client::get(nginx.port(), "/broken").status, 502);
        assert_eq!(client::get(nginx.port(), "/good").status, 200);
    }
    let _ = client::get(nginx.port(), "/rejected");
    assert_eq!(nginx.workers(), worker, "the worker died");
    let finished = nginx.finish();
    let native = finished.log.native();
    let refused = native
        .iter()
        .filter(|line| line.message.contains("SSL_do_handshake() failed"));
    assert_eq!(refused.count(), 3, "{}", finished.log.text);
    let told = finished
        .log
        .text
        .matches("upstream_tls: internal fault in the")
        .count();
    assert!(
        told <= 2,
        "a fault is told once a process:\n{}",
        finished.log.text
    );
    finished.log.ours().len()
}

#[test]
fn in_the_message_callback() {
    assert_eq!(survives("message"), 0);
}

#[test]
fn in_the_info_callback() {
    assert_eq!(survives("info"), 0);
}

#[test]
fn in_the_free_callback() {
    assert_eq!(survives("free"), 0);
}

#[test]
fn in_the_context_callback() {
    assert_eq!(survives("context"), 0);
}

#[test]
fn while_the_contexts_are_hooked() {
    assert_eq!(survives("init_module"), 0);
}

/// The verification callback: its own guard lets the verification go on, the rest is diagnosed.
#[test]
fn in_the_verify_callback() {
    assert_eq!(survives("verify"), 4);
}

/// Without memory the diagnosis is made in the module's reserve.
#[test]
fn without_memory() {
    assert_eq!(survives("memory"), 4);
}

/// Memory fails anywhere once nginx runs, in good requests too, with variables and without: nothing
/// but diagnoses is lost. The test build makes an alert of a reserve that is not whole again.
#[test]
fn memory_that_fails_now_and_then() {
    for one_in in [2, 7, 20] {
        for variables in ["", "access_log access.txt tls;"] {
            starve(one_in, variables);
        }
    }
}

fn starve(one_in: u32, variables: &str) {
    const REQUESTS: usize = 1_000;
    let (broken, good) = (refusing(), healthy());
    let mut config = Config::new()
        .module(Module::Fault)
        .http("log_format tls '$upstream_tls_diagnosis $upstream_tls_server_name';")
        .server(variables)
        .location("/broken", &broken.pass())
        .location("/good", &good.pass());
    let fault = ("TLSDIAG_FAULT".to_owned(), format!("memory:{one_in}"));
    config.environment.push(fault);
    let nginx = Nginx::start(config);
    let (port, workers) = (nginx.port(), nginx.workers());
    std::thread::scope(|scope| {
        for (path, status) in [("/broken", 502), ("/good", 200)] {
            scope.spawn(move || {
                for _ in 0..REQUESTS {
                    assert_eq!(client::get(port, path).status, status);
                }
            });
        }
    });
    assert_eq!(nginx.workers(), workers, "the worker died");
    let finished = nginx.finish();
    let native = finished.log.native();
    let failed = |line: &&&Line| line.message.contains("SSL_do_handshake() failed");
    assert_eq!(native.iter().filter(failed).count(), REQUESTS);
    let (lines, documents) = (finished.log.ours().len(), finished.documents.len());
    assert_eq!(lines, documents);
    assert!(0 < lines && lines < REQUESTS, "{lines} with 1 in {one_in}");
}

/// And so is every later one: long chains of long names, verified, with variables, on connections kept
/// alive between them.
#[test]
fn without_memory_for_long() {
    let directory = TempDir::new("faults");
    let mut authority = Authority::root("Hostile Root");
    for depth in 0..8 {
        authority = authority.intermediate(&format!("{depth}{}", "x".repeat(60)));
    }
    let trusted = Authority::root("Trusted Root").write(directory.path(), "root");
    let hostile = Upstream::new(Stack::OpenSsl, authority.issue(&Leaf::named(API))).start();
    let kept = Upstream::new(
        Stack::Nginx,
        Authority::root("Root").issue(&Leaf::named(API)),
    )
    .start();
    let rejected = format!(
        "{} proxy_ssl_verify on; proxy_ssl_trusted_certificate {}; proxy_ssl_verify_depth 9;",
        hostile.pass(),
        trusted.display()
    );
    let mut config = Config::new()
        .module(Module::Fault)
        .http(&format!(
            "log_format tls '$upstream_tls_diagnosis $upstream_tls_server_name'; \
             upstream kept {{ server 127.0.0.1:{}; keepalive 4; }}",
            kept.port()
        ))
        .server("access_log access.txt tls; proxy_ssl_session_reuse off;")
        .location("/rejected", &rejected)
        .location(
            "/kept",
            &format!(
                "proxy_pass https://kept; proxy_http_version 1.1; proxy_set_header Connection ''; \
                 proxy_ssl_server_name on; proxy_ssl_name {API};"
            ),
        );
    config
        .environment
        .push(("TLSDIAG_FAULT".to_owned(), "memory".to_owned()));
    let nginx = Nginx::start(config);
    let worker = nginx.workers();
    for _ in 0..200 {
        assert_ne!(client::get(nginx.port(), "/kept").status, 502);
        assert_eq!(client::get(nginx.port(), "/rejected").status, 502);
    }
    assert_eq!(nginx.workers(), worker, "the worker died");
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 200);
    assert_eq!(finished.documents.len(), 200);
}

/// A fault while the module is being loaded is a configuration that is refused, not a crash.
#[test]
fn while_loading() {
    let mut config = Config::new().module(Module::Fault);
    config
        .environment
        .push(("TLSDIAG_FAULT".to_owned(), "create_conf".to_owned()));
    let error = Nginx::try_start(config).expect_err("it must not start");
    assert!(!error.contains("panicked"), "{error}");
}

/// The test build without a fault is the product.
#[test]
fn nowhere() {
    assert_eq!(survives("nowhere"), 4);
}
