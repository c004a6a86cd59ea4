//! A panic inside any callback costs the diagnosis and nothing else.

use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{block, healthy, keeping, refusing, Lab, API, KEEP, NAMED};
use tlsdiag_e2e::nginx::{Config, Finished, Module, Nginx};
use tlsdiag_e2e::observe::Line;

const FORMAT: &str = "log_format tls '$upstream_tls_diagnosis $upstream_tls_server_name';\n";

/// A refused handshake, a rejected certificate and a good request, with this callback panicking.
/// True when a diagnosis was written all the same.
fn survives(point: &str) -> usize {
    let (lab, broken, good) = (Lab::new(), refusing(), healthy());
    let rejected = lab.with(Identity::self_signed(&Leaf::named(API))).start();
    let config = Config::new()
        .module(Module::Fault)
        .environment("TLSDIAG_FAULT", point)
        .location("/broken", &broken.pass())
        .location("/rejected", &(rejected.pass() + &lab.verify_name()))
        .location("/good", &good.pass());
    let nginx = Nginx::start(config);
    assert_eq!(client::get(nginx.port(), "/good").status, 200);
    let worker = nginx.workers();
    for _ in 0..3 {
        nginx.fail("/broken");
        assert_eq!(client::get(nginx.port(), "/good").status, 200);
    }
    let _ = client::get(nginx.port(), "/rejected");
    assert_eq!(nginx.workers(), worker, "the worker died");
    let finished = nginx.finish();
    let log = &finished.log.text;
    assert_eq!(refused(&finished), 3, "{log}");
    let told = log.matches("upstream_tls: internal fault in the").count();
    assert!(told <= 2, "a fault is told once a process:\n{log}");
    finished.log.ours().len()
}

/// How many handshakes nginx says were refused.
fn refused(finished: &Finished) -> usize {
    let native = finished.log.native().into_iter();
    let refused = |line: &&Line| line.message.contains("SSL_do_handshake() failed");
    native.filter(refused).count()
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
    let config = Config::new()
        .module(Module::Fault)
        .environment("TLSDIAG_FAULT", &format!("memory:{one_in}"))
        .http(FORMAT)
        .server(variables)
        .location("/broken", &broken.pass())
        .location("/good", &good.pass());
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
    assert_eq!(refused(&finished), REQUESTS);
    let (lines, documents) = (finished.log.ours().len(), finished.documents.len());
    assert_eq!(lines, documents);
    assert!(0 < lines && lines < REQUESTS, "{lines} with 1 in {one_in}");
}

/// And so is every later one: long chains of long names, verified, with variables, on connections kept
/// alive between them.
#[test]
fn without_memory_for_long() {
    let (lab, kept) = (Lab::new(), keeping());
    let mut authority = Authority::root("Hostile Root");
    for depth in 0..8 {
        authority = authority.intermediate(&format!("{depth}{}", "x".repeat(60)));
    }
    let hostile = lab.with(authority.issue(&Leaf::named(API))).start();
    let verify = format!("{}proxy_ssl_verify_depth 9;", lab.verify());
    let config = Config::new()
        .module(Module::Fault)
        .environment("TLSDIAG_FAULT", "memory")
        .http(FORMAT)
        .http(&block("kept", &[kept.port()], "keepalive 4;"))
        .server("access_log access.txt tls; proxy_ssl_session_reuse off;")
        .location("/rejected", &(hostile.pass() + &verify))
        .location("/kept", &format!("proxy_pass https://kept; {KEEP}{NAMED}"));
    let nginx = Nginx::start(config);
    let worker = nginx.workers();
    for _ in 0..200 {
        assert_ne!(client::get(nginx.port(), "/kept").status, 502);
        nginx.fail("/rejected");
    }
    assert_eq!(nginx.workers(), worker, "the worker died");
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 200);
    assert_eq!(finished.documents.len(), 200);
}

/// A fault while the module is being loaded is a configuration that is refused, not a crash.
#[test]
fn while_loading() {
    let config = Config::new().module(Module::Fault);
    let config = config.environment("TLSDIAG_FAULT", "create_conf");
    let error = Nginx::try_start(config).expect_err("it must not start");
    assert!(!error.contains("panicked"), "{error}");
}

/// The test build without a fault is the product.
#[test]
fn nowhere() {
    assert_eq!(survives("nowhere"), 4);
}
