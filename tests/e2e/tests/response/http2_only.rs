//! Upstreams that speak HTTP/2 only, which is chosen by ALPN, and proxy_pass offers none.

use tlsdiag_e2e::client::{exchange, get, Response, HOST};
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::lab::Lab;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::{Defect, Peer, Stack};
use tlsdiag_e2e::trial::{Failure, Run, Trial};

use super::lab::{assert_good, refusal};

fn upstream(stack: Stack, defect: Defect) -> Peer {
    Lab::at(stack, None).good().defect(defect).start()
}

fn proxy(peer: &Peer) -> Config {
    Config::new().location("/", &peer.pass())
}

fn grpc(path: &str, peer: &Peer) -> Config {
    let pass = Family::Grpc.pass(&format!("127.0.0.1:{}", peer.port()));
    Config::new().location(path, &pass)
}

fn one(nginx: &Nginx) -> Vec<Response> {
    vec![get(nginx.port(), "/")]
}

#[track_caller]
fn assert_says_grpc(failure: &Failure) {
    assert_eq!(failure.line.confidence, "possible");
    assert_eq!(failure.line.fact("phase"), Some("response"));
    let action = failure.line.action.as_deref().unwrap();
    let knows_http2 = action.contains("proxy_http_version 2");
    assert!(
        knows_http2 || action.contains("grpc_pass grpcs://"),
        "{action}"
    );
}

/// Node says in words what it misses, and nginx passes that on without one of its own.
#[test]
fn node() {
    let peer = upstream(Stack::Node, Defect::Http2Only);
    let trial = Trial::new(|| proxy(&peer), &["/"]);
    assert_says_grpc(&refusal(&trial, "alpn_mismatch", 403));
    assert_good(grpc("/", &peer), one);
}

/// Go sends its SETTINGS, which nginx calls no valid header; where Go notices first that the request is none of
/// HTTP/2 it closes without them.
#[test]
fn go() {
    const NO_HEADER: [&str; 2] = ["no valid HTTP/1.0 header", "upstream sent invalid header"];
    let peer = upstream(Stack::Go, Defect::Http2Only);
    // A client of HTTP/1.1 gets the SETTINGS: they are no answer it could read.
    let talk = |nginx: &Nginx| {
        let request = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
        exchange(nginx.port(), request.as_bytes());
        Vec::new()
    };
    let has_settings = |run: &Run| {
        let mut native = run.native().into_iter();
        native.any(|line| NO_HEADER.iter().any(|text| line.contains(text)))
    };
    let trials = (0..50).map(|_| Trial::with(|| proxy(&peer), talk));
    let mut seen = trials.filter(|trial| has_settings(&trial.stock) && has_settings(&trial.with));
    let trial = seen.next().expect("Go never sends its SETTINGS in time");
    let failure = trial.failure("alpn_mismatch");
    failure.assert_native(&NO_HEADER);
    assert_says_grpc(&failure);
    assert_good(grpc("/", &peer), one);
}

/// An upstream that closes is one of many that do; only where it has chosen HTTP/2 with others is it told
/// apart.
#[test]
fn go_that_closes() {
    let peer = upstream(Stack::Go, Defect::ClosesWithoutAlpn);
    Trial::new(|| proxy(&peer), &["/"]).assert_silent();
    let both = || grpc("/grpc", &peer).location("/", &peer.pass());
    let trial = Trial::new(both, &["/grpc", "/"]);
    assert_eq!(trial.statuses(), [200, 502]);
    let failure = trial.failure("alpn_mismatch");
    failure.assert_native(&["upstream prematurely closed connection"]);
    assert_says_grpc(&failure);
}

/// The upstream speaks both and dies now and then: that is no affair of ALPN.
#[test]
fn an_upstream_that_speaks_both() {
    let peer = Lab::at(Stack::Go, None).good().http2().start();
    let both = || grpc("/grpc", &peer).location("/", &peer.pass());
    let trial = Trial::new(both, &["/grpc", "/", "/grpc", "/"]);
    trial.assert_silent();
}
