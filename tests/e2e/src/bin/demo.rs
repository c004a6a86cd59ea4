//! Breaks ten upstreams in ten ways on loopback and shows what nginx says, and what the module adds.
//!
//! Starts one nginx with the module and one upstream per case, sends one request to each, prints
//! both lines and the document, saves the page of the counters, stops everything. Exit status 1 when a
//! case did not get its line.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use tlsdiag_e2e::causes::{Cause, Setup};
use tlsdiag_e2e::certs::Leaf;
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{block, Lab, API, NAMED};
use tlsdiag_e2e::nginx::{Config, Finished, Module, Nginx};
use tlsdiag_e2e::observe::pretty;
use tlsdiag_e2e::peers::{Peer, Stack, Version};

/// Where the page of the counters is saved.
const PAGE: &str = "build/demo-status.html";
/// Requests to each upstream that works.
const HEALTHY_REQUESTS: usize = 12;

/// Upstreams that are wrong in one way: their block, in plain words, and as the table of causes has them.
const CASES: [(&str, &str, &str, &str, Option<Version>); 10] = [
    (
        "api.example.test",
        "The upstream has its certificate by name, and nginx sends no name (alert 40)",
        "sni_missing",
        "none sent, certificate by name only",
        None,
    ),
    (
        "partners",
        "The upstream wants a client certificate, TLS 1.2 (the same alert 40)",
        "client_certificate_required",
        "none given",
        Some(Version::Tls12),
    ),
    (
        "search",
        "No cipher suite in common (the same alert 40 again)",
        "cipher_mismatch",
        "one suite each",
        Some(Version::Tls12),
    ),
    (
        "billing",
        "The upstream wants a client certificate, TLS 1.3: nginx says it while reading",
        "client_certificate_required",
        "none given",
        Some(Version::Tls13),
    ),
    (
        "archive",
        "The upstream speaks TLS 1.3 only, nginx up to 1.2",
        "protocol_version_mismatch",
        "upstream TLS 1.3 only, nginx up to 1.2",
        None,
    ),
    (
        "orders",
        "The upstream forgets its intermediate certificate",
        "certificate_chain_incomplete",
        "one intermediate",
        None,
    ),
    (
        "ledger",
        "Two intermediates, which the default depth does not allow",
        "certificate_chain_too_long",
        "two intermediates",
        None,
    ),
    (
        "accounts",
        "A session resumed from a location that does not verify",
        "verify_result_inherited",
        "session of a location without verification",
        Some(Version::Tls12),
    ),
    (
        "reports",
        "The upstream's port speaks plain HTTP",
        "plaintext_upstream",
        "HTTP with an empty answer",
        None,
    ),
    (
        "inventory",
        "The upstream accepts the connection and stays silent",
        "handshake_timeout",
        "after the ClientHello",
        None,
    ),
];

/// One of them, set up.
struct Case {
    title: &'static str,
    name: &'static str,
    setup: Setup,
    /// Where its files are.
    _lab: Lab,
}

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        let text = info.payload().downcast_ref::<String>();
        let text = text.map_or("stopped unexpectedly", String::as_str);
        let _ = writeln!(io::stderr(), "demo: {text}");
    }));
    match demonstrate(&mut io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever read us has seen enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(e) => {
            let _ = writeln!(io::stderr(), "demo: {e}");
            ExitCode::FAILURE
        }
    }
}

/// Everything; whether every case got the line it should.
fn demonstrate(out: &mut impl Write) -> io::Result<bool> {
    let cases = CASES.map(|(block, title, name, words, version)| {
        let (lab, setup) = Cause::find(name, words).set_up(Stack::OpenSsl, version);
        Case {
            title,
            name,
            setup: named(setup, name).block(block),
            _lab: lab,
        }
    });
    writeln!(
        out,
        "Starting nginx on loopback with {} broken upstreams.",
        cases.len()
    )?;
    let (statuses, page, finished) = send(&cases);
    let pairs = finished.log.pairs();
    let mut missing = Vec::new();
    for (number, case) in (1..).zip(&cases) {
        writeln!(out, "\n{}\n{number}. {}\n", "-".repeat(100), case.title)?;
        let path = format!("request: \"GET /{number} ");
        let Some(pair) = pairs.iter().find(|pair| pair.ours.message.contains(&path)) else {
            writeln!(out, "   NO LINE OF THE MODULE for this case")?;
            missing.push(case.title);
            continue;
        };
        let native = pair.native.map_or("(nothing)", |line| line.raw.as_str());
        writeln!(out, "client:  GET /{number} -> {}", statuses[number - 1])?;
        writeln!(out, "nginx:   {native}")?;
        writeln!(out, "module:  {}", pair.ours.raw)?;
        let id = pair.ours.connection;
        let document = finished
            .documents
            .iter()
            .position(|d| d["nginx"]["upstream_tls"]["connection_id"].as_u64() == id);
        match document {
            Some(at) => writeln!(out, "JSON:    {}", pretty(&finished.json[at]))?,
            None => missing.push(case.title),
        }
        if !pair
            .ours
            .message
            .starts_with(&format!("upstream_tls[{}]", case.name))
        {
            writeln!(out, "THIS SHOULD HAVE BEEN {}", case.name)?;
            missing.push(case.title);
        }
    }
    writeln!(out, "\n{}", "-".repeat(100))?;
    let good = cases.len() - missing.len().min(cases.len());
    writeln!(
        out,
        "{good} of {} cases diagnosed; nginx and the upstreams are stopped.",
        cases.len()
    )?;
    let page_file = env::current_dir()?.join(PAGE);
    fs::create_dir_all(page_file.parent().unwrap_or(Path::new("")))?;
    fs::write(&page_file, page)?;
    writeln!(
        out,
        "What upstream_tls_status showed, for a browser: {}",
        page_file.display()
    )?;
    Ok(missing.is_empty())
}

/// The right name is sent, unless that is what it is about: a block's own is nobody's.
fn named(setup: Setup, cause: &str) -> Setup {
    let says_so = setup.location.iter().any(|one| one.contains("_ssl_name "));
    match says_so || cause == "sni_missing" {
        true => setup,
        false => setup.set(NAMED),
    }
}

/// Upstreams of which there is nothing to say but on the page: the certificate of one ends soon.
fn healthy(lab: &Lab) -> [(&'static str, Vec<Peer>); 2] {
    let start = |leaf: Leaf| lab.issue(&leaf).start();
    let leaf = || Leaf::named(API);
    [
        ("catalog", vec![start(leaf()), start(leaf())]),
        ("newsletter", vec![start(leaf().valid(-81, 9))]),
    ]
}

/// One nginx, one location a case, one request each. The statuses, the page of the counters, and all
/// that was written.
fn send(cases: &[Case]) -> (Vec<u16>, Vec<u8>, Finished) {
    let lab = Lab::new();
    let healthy = healthy(&lab);
    let status = "upstream_tls_status html;\nallow 127.0.0.1;\ndeny all;\n";
    let mut config = Config::new()
        .module(Module::Ours)
        .http("upstream_tls_zone zone=upstreams:1m;\n")
        .location("= /status", status);
    for (name, peers) in &healthy {
        let ports: Vec<_> = peers.iter().map(Peer::port).collect();
        let pass = format!("proxy_pass https://{name};\n");
        config = config
            .http(&block(name, &ports, ""))
            .location(&format!("= /{name}"), &pass);
    }
    for (number, case) in (1..).zip(cases) {
        let path = format!("/{number}");
        config = case
            .setup
            .configure(config, &path, &[], &case.setup.location);
    }
    let nginx = Nginx::start(config);
    let ask = |(number, case): (usize, &Case)| {
        let answers = case.setup.ask(nginx.port(), &format!("/{number}"));
        answers.last().map_or(0, |answer| answer.status)
    };
    for (name, _) in &healthy {
        for _ in 0..HEALTHY_REQUESTS {
            client::get(nginx.port(), &format!("/{name}"));
        }
    }
    let statuses = (1..).zip(cases).map(ask).collect();
    let page = client::get(nginx.port(), "/status").body;
    (statuses, page, nginx.finish())
}
