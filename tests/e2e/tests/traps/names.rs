//! The name that is sent and compared.

use tlsdiag_e2e::causes::Setup;
use tlsdiag_e2e::lab::{block, Lab, API};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::{Sni, Upstream};
use tlsdiag_e2e::trial::run;

use super::lab::{bodies, findings, mirror, only, Trap};

const REFUSED: &str = "SSL alert number 112";

/// An upstream that answers to its name only.
fn named(lab: &Lab) -> Upstream {
    lab.good().sni(Sni::Only(API.into()))
}

/// In front of it, by its address.
fn trap(id: &'static str, settings: &str) -> Trap {
    let lab = Lab::new();
    let setup = Setup::to(named(&lab)).set(settings);
    Trap::new(id, lab, setup)
}

/// In front of it, by a block with another name.
fn block_trap(id: &'static str, settings: &str) -> Trap {
    let lab = Lab::new();
    let setup = Setup::to(named(&lab)).block("backend").set(settings);
    Trap::new(id, lab, setup)
}

#[test]
fn sni_not_sent() {
    block_trap("sni_not_sent", "").prove(REFUSED);
}

#[test]
fn sni_in_one_location_only() {
    const ID: &str = "sni_in_one_location_only";
    let peer = named(&Lab::new()).start();
    let pass = format!("proxy_pass https://{API};");
    let config = |help: &str| {
        Config::new()
            .http(&block(API, &[peer.port()], ""))
            .location("/a", &format!("{pass} proxy_ssl_server_name on;"))
            .location("/b", &format!("{pass} {help}"))
    };
    let help = only(&config(""), ID).help.join(" ");
    // The second first: a session of the other would bring its name.
    let statuses = |help: &str| run(config(help), &["/b", "/a"]).statuses();
    assert_eq!(statuses(""), [502, 200]);
    assert_eq!(statuses(&help), [200, 200]);
    assert_eq!(findings(&config(&help), ID), []);
}

#[test]
fn name_is_block_sent() {
    block_trap("name_is_block", "proxy_ssl_server_name on;").prove(REFUSED);
}

#[test]
fn name_is_block_compared() {
    let lab = Lab::new();
    let setup = Setup::to(lab.good()).block("backend").set(&lab.verify());
    let native = "upstream SSL certificate does not match \"backend\"";
    Trap::new("name_is_block", lab, setup).prove(native);
}

#[test]
fn name_is_address() {
    trap("name_is_address", "proxy_ssl_server_name on;").prove(REFUSED);
}

#[test]
fn name_is_client_host() {
    let settings = "proxy_ssl_server_name on; proxy_ssl_name $host;";
    trap("name_is_client_host", settings).prove(REFUSED);
}

#[test]
fn name_without_effect() {
    let settings = "proxy_ssl_name api.example.test;";
    trap("name_without_effect", settings).prove(REFUSED);
}

/// nginx as the upstream answers with the host of the request, whatever the handshake was for.
#[test]
fn host_differs_from_sni() {
    let peer = mirror(&Lab::new(), "$ssl_server_name $host", "");
    let config = |host: &str| {
        let location = format!(
            "proxy_pass https://127.0.0.1:{};\nproxy_ssl_server_name on;\nproxy_ssl_name {API};\n\
             proxy_set_header Host {host};",
            peer.port()
        );
        Config::new().location("/", &location)
    };
    let other = "other.example.test";
    let finding = only(&config(other), "host_differs_from_sni");
    assert_eq!(finding.help, [format!("proxy_set_header Host {API};")]);
    for host in [other, API] {
        assert_eq!(bodies(config(host), &["/"]), [format!("{API} {host}")]);
    }
}
