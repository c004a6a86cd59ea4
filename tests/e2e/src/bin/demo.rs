//! Breaks ten upstreams in ten ways on loopback and shows what nginx says, and what the module adds.
//!
//! Starts one nginx with the module and one upstream per case, sends one request to each, prints
//! both lines and the document, stops everything. Exit status 1 when a case did not get its line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a demonstration that meets something unexpected should stop"
)]

use std::io::{self, Write};
use std::process::ExitCode;

use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Finished, Module, Nginx};
use tlsdiag_e2e::observe::pretty;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Sni, Stack, Suite, Upstream, Version};
use tlsdiag_e2e::tempdir::TempDir;

const API: &str = "api.example.test";

/// One upstream that is wrong in one way.
struct Case {
    title: &'static str,
    name: &'static str,
    /// Inside the location; `proxy_pass` is added.
    settings: String,
    peer: Peer,
    /// Name of the `upstream` block; without one it is passed to by address.
    block: Option<&'static str>,
    /// A request sent before the one that fails: its path below the case's own, its settings.
    first: Option<(&'static str, String)>,
}

impl Case {
    fn new(title: &'static str, name: &'static str, settings: &str, peer: Peer) -> Case {
        Case {
            title,
            name,
            settings: settings.to_owned(),
            peer,
            block: None,
            first: None,
        }
    }
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
    let directory = TempDir::new("demo");
    let cases = cases(&directory);
    writeln!(
        out,
        "Starting nginx on loopback with {} broken upstreams.",
        cases.len()
    )?;
    let (statuses, finished) = send(&cases);
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
    Ok(missing.is_empty())
}

/// One nginx, one location a case, one request each.
fn send(cases: &[Case]) -> (Vec<u16>, Finished) {
    let mut config = Config::new().module(Module::Ours);
    for (number, case) in (1..).zip(cases) {
        let address = format!("127.0.0.1:{}", case.peer.port());
        let mut pass = format!("proxy_pass https://{address};\n");
        if let Some(block) = case.block {
            config = config.http(&format!("upstream {block} {{ server {address}; }}\n"));
            pass = format!("proxy_pass https://{block};\n");
        }
        config = config.location(&format!("= /{number}"), &(pass.clone() + &case.settings));
        if let Some((below, settings)) = &case.first {
            config = config.location(&format!("= /{number}/{below}"), &(pass + settings));
        }
    }
    let nginx = Nginx::start(config);
    let mut statuses = Vec::new();
    for (number, case) in (1..).zip(cases) {
        if let Some((below, _)) = &case.first {
            client::get(nginx.port(), &format!("/{number}/{below}"));
        }
        statuses.push(client::get(nginx.port(), &format!("/{number}")).status);
    }
    (statuses, nginx.finish())
}

fn cases(directory: &TempDir) -> Vec<Case> {
    let root = Authority::root("Example Root");
    let trusted = root.write(directory.path(), "root");
    let identity = root.issue(&Leaf::named(API).rsa());
    let openssl = |identity: &Identity| Upstream::new(Stack::OpenSsl, identity.clone());
    let only = |version| openssl(&identity).versions(version, version);
    let clients = Authority::root("Example Client Root");
    let verify = format!(
        "proxy_ssl_name {API};\nproxy_ssl_verify on;\nproxy_ssl_trusted_certificate {};\n",
        trusted.display()
    );
    let issuing = root.intermediate("Example Issuing CA");
    let deep = issuing.intermediate("Example Regional CA");
    let leaf = Leaf::named(API);
    let tls12 = "proxy_ssl_protocols TLSv1.2;";
    let one_suite = format!("{tls12}\nproxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;");
    let mut resumed = Case::new(
        "A session resumed from a location that does not verify",
        "verify_result_inherited",
        &(verify.clone() + tls12),
        only(Version::Tls12).start(),
    );
    let mut nameless = Case::new(
        "The upstream has its certificate by name, and nginx sends no name (alert 40)",
        "sni_missing",
        "",
        openssl(&identity)
            .sni(Sni::CertificateFor(API.into()))
            .start(),
    );
    nameless.block = Some(API);
    resumed.first = Some(("lax", tls12.to_owned()));
    vec![
        nameless,
        Case::new(
            "The upstream wants a client certificate, TLS 1.2 (the same alert 40)",
            "client_certificate_required",
            tls12,
            only(Version::Tls12).demand_client(&clients).start(),
        ),
        Case::new(
            "No cipher suite in common (the same alert 40 again)",
            "cipher_mismatch",
            &one_suite,
            only(Version::Tls12).suite(Suite::EcdheRsaChacha20).start(),
        ),
        Case::new(
            "The upstream wants a client certificate, TLS 1.3: nginx says it while reading",
            "client_certificate_required",
            "proxy_ssl_protocols TLSv1.3;",
            only(Version::Tls13).demand_client(&clients).start(),
        ),
        Case::new(
            "The upstream speaks TLS 1.3 only, nginx up to 1.2",
            "protocol_version_mismatch",
            tls12,
            only(Version::Tls13).start(),
        ),
        Case::new(
            "The upstream forgets its intermediate certificate",
            "certificate_chain_incomplete",
            &verify,
            openssl(&issuing.issue(&leaf).without_chain()).start(),
        ),
        Case::new(
            "Two intermediates, which the default depth does not allow",
            "certificate_chain_too_long",
            &verify,
            openssl(&deep.issue(&leaf)).start(),
        ),
        resumed,
        Case::new(
            "The upstream's port speaks plain HTTP",
            "plaintext_upstream",
            "",
            scripted::start(Script::PlainHttp),
        ),
        Case::new(
            "The upstream accepts the connection and stays silent",
            "handshake_timeout",
            "proxy_connect_timeout 1s;",
            scripted::start(Script::Silence),
        ),
    ]
}
