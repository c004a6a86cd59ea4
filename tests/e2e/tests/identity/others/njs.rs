//! njs's `ngx.fetch`.

use std::net::Ipv4Addr;

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{healthy, refusing, refusing_the_version, Lab, API};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::dns::Dns;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::require::load_foreign;
use tlsdiag_e2e::trial::Trial;

use super::super::lab::{assert_line_of, assert_says, only_failure};
use super::assert_advises;

/// No `await`: njs 0.7.9 crashes when an awaited fetch fails.
const SCRIPT: &str = "
function fetched(r) {
    ngx.fetch(r.variables.target).then(reply => r.return(reply.status), e => r.return(502));
}
export default { fetched };
";

/// An nginx with njs that fetches; `None` where it has no such module.
struct Njs {
    lab: Lab,
    modules: String,
}

impl Njs {
    fn new() -> Option<Njs> {
        let modules = load_foreign(&["ngx_http_js_module.so"])?;
        let lab = Lab::new();
        Some(Njs { lab, modules })
    }

    fn config(&self, host: &str, peer: &Peer, settings: &str) -> Config {
        let (script, port) = (self.lab.file("fetch.js", SCRIPT), peer.port());
        let fetch = format!("set $target https://{host}:{port}/; js_content main.fetched;");
        let mut config = Config::new()
            .http(&format!("js_import main from {script};"))
            .location("/fetch", &format!("{fetch} {settings}"));
        config.main = self.modules.clone();
        config
    }
}

#[test]
fn a_fetch_that_fails() {
    let Some(njs) = Njs::new() else { return };
    let peer = refusing_the_version();
    let config = || njs.config("127.0.0.1", &peer, "js_fetch_protocols TLSv1.2;");
    let trial = Trial::new(config, &["/fetch"]);
    let failure = only_failure(&trial, &[502]);
    failure.assert_name("protocol_version_mismatch");
    assert_line_of(&failure, "/fetch");
    super::assert_others(&failure, &peer);
    assert_advises(&failure, "*_ssl_protocols TLSv1.2 TLSv1.3");
}

/// njs verifies as nginx does, after the handshake.
#[test]
fn a_fetch_that_distrusts_the_certificate() {
    let Some(njs) = Njs::new() else { return };
    let stranger = Authority::root("Unrelated Root");
    let stranger = njs.lab.authority_file(&stranger, "stranger");
    let peer = healthy();
    let settings = format!("js_fetch_trusted_certificate {stranger};");
    let trial = Trial::new(|| njs.config("127.0.0.1", &peer, &settings), &["/fetch"]);
    let failure = only_failure(&trial, &[502]);
    failure.assert_name("certificate_issuer_unknown");
    assert_advises(&failure, "*_ssl_trusted_certificate");
}

/// njs says nothing of its own when it loses patience.
#[test]
fn a_fetch_that_times_out() {
    let Some(njs) = Njs::new() else { return };
    let peer = scripted::start(Script::Silence);
    let config = njs.config("127.0.0.1", &peer, "js_fetch_timeout 1s;");
    let nginx = Nginx::start(config.module(Module::Ours));
    assert_eq!(client::get(nginx.port(), "/fetch").status, 502);
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 1, "{}", finished.log.text);
    let said = "error/type=handshake_timeout module=other";
    assert_says(&finished.documents[0], said);
}

/// A good fetch is nobody's business, also beside a request of nginx's own that fails.
#[test]
fn a_fetch_beside_a_request_that_fails() {
    let Some(njs) = Njs::new() else { return };
    let leaf = Leaf::named(API).rsa().ip("127.0.0.1");
    let (good, bad) = (njs.lab.issue(&leaf).start(), refusing());
    let dns = Dns::start(&[(API, &[Ipv4Addr::LOCALHOST])]);
    let settings = format!(
        "js_fetch_trusted_certificate {}; resolver 127.0.0.1:{} ipv6=off;",
        njs.lab.trusted(),
        dns.port()
    );
    let config = || {
        njs.config(API, &good, &settings)
            .location("/bad", &bad.pass())
    };
    let trial = Trial::new(config, &["/fetch", "/bad", "/fetch"]);
    let failure = only_failure(&trial, &[200, 502, 200]);
    assert_says(&failure.document, "module=proxy location_name=/bad");
}
