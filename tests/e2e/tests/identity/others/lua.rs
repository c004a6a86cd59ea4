//! Cosockets of lua-nginx-module: `tcpsock:sslhandshake`.

use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{healthy, refusing, Lab, API};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::require::load_foreign;
use tlsdiag_e2e::trial::Trial;

use super::super::lab::{assert_line_of, only_failure};
use super::{assert_advises, assert_others};

/// Shakes hands, speaks when told to, and answers with what came of it.
const SCRIPT: &str = r#"
    local socket = ngx.socket.tcp()
    socket:settimeout(2000)
    assert(socket:connect("127.0.0.1", tonumber(ngx.var.arg_port)))
    local verify = ngx.var.arg_verify == "1"
    -- lua-resty-core 0.1.25 asserts what is not so when a verification fails at once.
    local fine, done = pcall(socket.sslhandshake, socket, nil, "api.example.test", verify)
    done = fine and done
    if done and ngx.var.arg_send then
        socket:send("GET / HTTP/1.0\r\n\r\n")
        socket:receive("*l")
    end
    return ngx.exit(done and 200 or 502)
"#;

fn config(modules: &str, settings: &str) -> Config {
    let content = format!("{settings} content_by_lua_block {{ {SCRIPT} }}");
    let mut config = Config::new().location("/", &content);
    config.main = modules.to_owned();
    config
}

fn modules() -> Option<String> {
    load_foreign(&["ndk_http_module.so", "ngx_http_lua_module.so"])
}

/// What cosockets trust: a root that nobody's certificate is of.
fn distrusts(lab: &Lab) -> String {
    let other = lab.authority_file(&Authority::root("Unrelated Root"), "other");
    format!("lua_ssl_trusted_certificate {other};")
}

#[test]
fn a_cosocket_that_is_refused() {
    let Some(lua) = modules() else { return };
    let peer = refusing();
    let path = format!("/x?port={}", peer.port());
    let settings = "lua_ssl_protocols TLSv1.2;";
    let trial = Trial::new(|| config(&lua, settings), &[&path]);
    let failure = only_failure(&trial, &[502]);
    failure.assert_name("protocol_version_mismatch");
    assert_line_of(&failure, &path);
    assert_others(&failure, &peer);
}

/// lua-nginx-module verifies for itself. That it did is told by the silence after the handshake only,
/// so nothing is certain.
#[test]
fn a_cosocket_that_distrusts_the_certificate() {
    let Some(lua) = modules() else { return };
    let lab = Lab::new();
    let own = Identity::self_signed(&Leaf::named(API).rsa());
    let peer = lab.with(own).start();
    let path = format!("/x?port={}&verify=1", peer.port());
    let settings = distrusts(&lab);
    let trial = Trial::new(|| config(&lua, &settings), &[&path]);
    let failure = only_failure(&trial, &[502]);
    failure.assert_name("certificate_self_signed");
    assert_eq!(failure.line.confidence, "likely");
    assert_others(&failure, &peer);
    assert_advises(&failure, "*_ssl_trusted_certificate");
}

/// One that does not verify, and one that trusts: no failure, whatever the certificate.
#[test]
fn cosockets_that_are_content() {
    let Some(lua) = modules() else { return };
    let lab = Lab::new();
    let peer = healthy();
    let path = format!("/x?port={}&send=1", peer.port());
    let settings = distrusts(&lab);
    Trial::new(|| config(&lua, &settings), &[&path, &path]).assert_silent();
}

/// A script reads variables by name, which nginx.conf does not show: from the first reading on there
/// are values.
#[test]
fn variables_that_a_script_reads() {
    let Some(lua) = modules() else { return };
    let peer = refusing();
    let reads = "log_by_lua_block { ngx.log(ngx.WARN, 'read: ', ngx.var.upstream_tls_alert) }";
    let mut config = Config::new()
        .module(Module::Ours)
        .location("/", &format!("{} {reads}", peer.pass()));
    config.main = lua;
    let nginx = Nginx::start(config);
    for _ in 0..2 {
        client::get(nginx.port(), "/");
    }
    let finished = nginx.finish();
    assert!(finished.log.text.contains("read: in:40"));
}
