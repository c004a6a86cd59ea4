//! Requests that nginx makes for a request: each has its own location, upstream and peer.

use tlsdiag_e2e::lab::{healthy, refusing, refusing_the_version};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::require::has;
use tlsdiag_e2e::trial::Trial;

use super::lab::{assert_line_of, assert_says, only_failure};

#[test]
fn an_auth_request_that_fails() {
    if !has("http_auth_request_module") {
        return;
    }
    let (bad, good) = (refusing(), healthy());
    let config = || {
        Config::new()
            .location("/", &format!("auth_request /auth; {}", good.pass()))
            .location("/auth", &format!("internal; {}", bad.pass()))
    };
    let trial = Trial::new(config, &["/page"]);
    let failure = only_failure(&trial, &[500]);
    // nginx's line names the client's request, the document the sub-request.
    assert_line_of(&failure, "/page");
    let port = bad.port();
    let said = format!("url/path=/auth location_name=/auth server/port={port} final=true");
    assert_says(&failure.document, &said);
}

/// The sub-request is good, the request itself fails.
#[test]
fn a_request_whose_auth_request_was_good() {
    if !has("http_auth_request_module") {
        return;
    }
    let (bad, good) = (refusing(), healthy());
    let config = || {
        Config::new()
            .location("/", &format!("auth_request /auth; {}", bad.pass()))
            .location("/auth", &format!("internal; {}", good.pass()))
    };
    let trial = Trial::new(config, &["/page"]);
    let failure = only_failure(&trial, &[502]);
    assert_line_of(&failure, "/page");
    let port = bad.port();
    let said = format!("url/path=/page location_name=/ server/port={port} final=true");
    assert_says(&failure.document, &said);
}

/// The client has its 200 while its mirrored copy fails.
#[test]
fn a_mirror_that_fails() {
    let (bad, good) = (refusing(), healthy());
    let config = || {
        Config::new()
            .location("/", &format!("mirror /copy; {}", good.pass()))
            .location("/copy", &format!("internal; {}", bad.pass()))
    };
    let trial = Trial::new(config, &["/page"]);
    assert_eq!(trial.with.responses[0].status, 200);
    // What nginx was doing for the client at that time is chance, and stands in nginx's own line.
    let failure = trial.diagnosed(1).remove(0);
    assert_line_of(&failure, "/page");
    let port = bad.port();
    let said = format!("url/path=/copy location_name=/copy server/port={port}");
    assert_says(&failure.document, &said);
}

/// Both fail, each for its own reason and in whatever order.
#[test]
fn a_mirror_and_its_request() {
    let (plain, bad) = (scripted::start(Script::PlainHttp), refusing_the_version());
    let config = || {
        Config::new()
            .location("/", &format!("mirror /copy; {}", bad.pass()))
            .location("/copy", &format!("internal; {}", plain.pass()))
    };
    let trial = Trial::new(config, &["/page"]);
    let failures = trial.diagnosed(2);
    let of = |path: &str| {
        let here = |failure: &&tlsdiag_e2e::trial::Failure| {
            failure
                .document
                .pointer("/url/path")
                .is_some_and(|found| found == path)
        };
        failures.iter().find(here).expect("one of each")
    };
    of("/copy").assert_name("plaintext_upstream");
    of("/page").assert_name("protocol_version_mismatch");
    let port = plain.port();
    let said = format!("location_name=/copy server/port={port}");
    assert_says(&of("/copy").document, &said);
    assert_says(
        &of("/page").document,
        &format!("location_name=/ server/port={}", bad.port()),
    );
}

/// `attempt` is the place in `$upstream_addr`, where a new pass is no attempt of its own.
#[test]
fn an_error_page_that_fails_too() {
    let bad = refusing();
    let config = || {
        Config::new()
            .location("/", &format!("{} error_page 502 = @again;", bad.pass()))
            .location("@again", &bad.pass())
    };
    let trial = Trial::new(config, &["/"]);
    for (failure, (attempt, location)) in
        trial.failures(2).iter().zip([("1", "/"), ("2", "@again")])
    {
        assert_says(
            &failure.document,
            &format!("attempt={attempt} location_name={location}"),
        );
    }
}
