//! The name that is sent and compared.

use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::{Peer, Sni};
use tlsdiag_e2e::trial::run;

use super::lab::{findings, mirror, only, pass, Lab, Trap, API};

const NAME: &[(&str, &str)] = &[("proxy_ssl_name", API)];
const REFUSED: &str = "SSL alert number 112";

/// A peer that answers to its name only.
fn named(lab: &Lab) -> Peer {
    lab.upstream().sni(Sni::Only(API.into())).start()
}

fn backend(peer: &Peer) -> String {
    format!("upstream backend {{ server 127.0.0.1:{}; }}\n", peer.port())
}

#[test]
fn sni_not_sent() {
    let lab = Lab::new();
    let peer = named(&lab);
    let trap = Trap {
        id: "sni_not_sent",
        http: backend(&peer),
        location: "proxy_pass https://backend;".into(),
        native: REFUSED,
        values: NAME,
    };
    trap.prove();
}

#[test]
fn sni_in_one_location_only() {
    let lab = Lab::new();
    let peer = named(&lab);
    let block = format!("upstream {API} {{ server 127.0.0.1:{}; }}\n", peer.port());
    let config = |help: &str| {
        Config::new()
            .http(&block)
            .location(
                "/a",
                &format!("proxy_pass https://{API}; proxy_ssl_server_name on;"),
            )
            .location("/b", &format!("proxy_pass https://{API}; {help}"))
    };
    let finding = only(&config(""), "sni_in_one_location_only");
    let statuses = |help: &str| {
        // The second first: a session of the other would bring its name.
        let run = run(config(help), &["/b", "/a"]);
        run.responses
            .iter()
            .map(|one| one.status)
            .collect::<Vec<_>>()
    };
    assert_eq!(statuses(""), [502, 200]);
    assert_eq!(statuses(&finding.help.join(" ")), [200, 200]);
    assert_eq!(
        findings(&config(&finding.help.join(" ")), "sni_in_one_location_only"),
        []
    );
}

#[test]
fn name_is_block_sent() {
    let lab = Lab::new();
    let peer = named(&lab);
    let trap = Trap {
        id: "name_is_block",
        http: backend(&peer),
        location: "proxy_pass https://backend;\nproxy_ssl_server_name on;".into(),
        native: REFUSED,
        values: NAME,
    };
    trap.prove();
}

#[test]
fn name_is_block_compared() {
    let lab = Lab::new();
    let peer = lab.upstream().start();
    let trusted = lab.trusted();
    let trap = Trap {
        id: "name_is_block",
        http: backend(&peer),
        location: format!(
            "proxy_pass https://backend;\nproxy_ssl_verify on;\nproxy_ssl_trusted_certificate {trusted};"
        ),
        native: "upstream SSL certificate does not match \"backend\"",
        values: NAME,
    };
    trap.prove();
}

#[test]
fn name_is_address() {
    let lab = Lab::new();
    let peer = named(&lab);
    let trap = Trap {
        id: "name_is_address",
        location: pass(&peer) + "proxy_ssl_server_name on;",
        native: REFUSED,
        values: NAME,
        ..Trap::default()
    };
    trap.prove();
}

#[test]
fn name_is_client_host() {
    let lab = Lab::new();
    let peer = named(&lab);
    let trap = Trap {
        id: "name_is_client_host",
        location: pass(&peer) + "proxy_ssl_server_name on;\nproxy_ssl_name $host;",
        native: REFUSED,
        values: NAME,
        ..Trap::default()
    };
    trap.prove();
}

#[test]
fn name_without_effect() {
    let lab = Lab::new();
    let peer = named(&lab);
    let trap = Trap {
        id: "name_without_effect",
        location: pass(&peer) + &format!("proxy_ssl_name {API};"),
        native: REFUSED,
        ..Trap::default()
    };
    trap.prove();
}

/// nginx as the upstream answers with the host of the request, whatever the handshake was for.
#[test]
fn host_differs_from_sni() {
    let lab = Lab::new();
    let peer = mirror(&lab, "$ssl_server_name $host", "");
    let trap = Trap {
        id: "host_differs_from_sni",
        location: format!(
            "proxy_pass https://127.0.0.1:{};\nproxy_ssl_server_name on;\nproxy_ssl_name {API};\n\
             proxy_set_header Host other.example.test;",
            peer.port()
        ),
        ..Trap::default()
    };
    let finding = trap.find();
    assert_eq!(finding.help, [format!("proxy_set_header Host {API};")]);
    let answer = |host: &str| {
        let location = trap.location.replace("other.example.test", host);
        let run = run(Config::new().location("/", &location), &["/"]);
        super::lab::body(&run, 0)
    };
    assert_eq!(
        answer("other.example.test"),
        format!("{API} other.example.test")
    );
    assert_eq!(answer(API), format!("{API} {API}"));
}
