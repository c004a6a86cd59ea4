//! njs's `ngx.fetch`.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::dns::Dns;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::Trial;

use super::super::lab::{assert_line_of, assert_says, healthy, only_failure, pass, refusing, API};

use super::{assert_advises, load};

/// No `await`: njs 0.7.9 crashes when an awaited fetch fails.
const SCRIPT: &str = "
function fetched(r) {
    ngx.fetch(r.variables.target).then(reply => r.return(reply.status), e => r.return(502));
}
export default { fetched };
";

/// An nginx with njs, a `location` for each target; `None` where it has no such module.
struct Fetching {
    directory: TempDir,
    script: PathBuf,
    modules: String,
}

impl Fetching {
    fn new(test: &str) -> Option<Fetching> {
        let modules = load(&["ngx_http_js_module.so"], test)?;
        let directory = TempDir::new("njs");
        let script = directory.write("fetch.js", SCRIPT);
        Some(Fetching {
            directory,
            script,
            modules,
        })
    }

    fn config(&self, host: &str, peer: &Peer, settings: &str) -> Config {
        let (script, port) = (self.script.display(), peer.port());
        let mut config = Config::new()
            .http(&format!("js_import main from {script};"))
            .location(
                "/fetch",
                &format!("set $target https://{host}:{port}/; js_content main.fetched; {settings}"),
            );
        config.main = self.modules.clone();
        config
    }
}

#[test]
fn a_fetch_that_fails() {
    let Some(fetching) = Fetching::new("a fetch that fails") else {
        return;
    };
    let peer = scripted::start(Script::Alert {
        code: 70,
        version: 0x0303,
    });
    let trial = Trial::new(
        || fetching.config("127.0.0.1", &peer, "js_fetch_protocols TLSv1.2;"),
        &["/fetch"],
    );
    let failure = only_failure(&trial, &[502]);
    failure.assert_name("protocol_version_mismatch");
    assert_line_of(&failure, "/fetch");
    assert_says(
        &failure.document,
        &[
            ("module", "other"),
            ("server/address", "127.0.0.1"),
            ("server/port", &peer.port().to_string()),
            ("upstream", ""),
            ("location_name", ""),
            ("final", ""),
        ],
    );
    assert_advises(&failure, "*_ssl_protocols TLSv1.2 TLSv1.3");
}

/// njs verifies as nginx does, after the handshake.
#[test]
fn a_fetch_that_distrusts_the_certificate() {
    let Some(fetching) = Fetching::new("a fetch that distrusts the certificate") else {
        return;
    };
    let stranger = Authority::root("Unrelated Root").write(fetching.directory.path(), "stranger");
    let peer = healthy();
    let settings = format!("js_fetch_trusted_certificate {};", stranger.display());
    let trial = Trial::new(
        || fetching.config("127.0.0.1", &peer, &settings),
        &["/fetch"],
    );
    let failure = only_failure(&trial, &[502]);
    failure.assert_name("certificate_issuer_unknown");
    assert_advises(&failure, "*_ssl_trusted_certificate");
}

/// njs says nothing of its own when it loses patience.
#[test]
fn a_fetch_that_times_out() {
    let Some(fetching) = Fetching::new("a fetch that times out") else {
        return;
    };
    let peer = scripted::start(Script::Silence);
    let config = fetching
        .config("127.0.0.1", &peer, "js_fetch_timeout 1s;")
        .module(Module::Ours);
    let nginx = Nginx::start(config);
    assert_eq!(client::get(nginx.port(), "/fetch").status, 502);
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 1, "{}", finished.log.text);
    assert_says(
        &finished.documents[0],
        &[("error/type", "handshake_timeout"), ("module", "other")],
    );
}

/// A good fetch is nobody's business, also beside a request of nginx's own that fails.
#[test]
fn a_fetch_beside_a_request_that_fails() {
    let Some(fetching) = Fetching::new("a fetch beside a request that fails") else {
        return;
    };
    let root = Authority::root("Example Root");
    let trusted = root.write(fetching.directory.path(), "trusted");
    let leaf = Leaf::named(API).rsa().ip("127.0.0.1");
    let named = Upstream::new(Stack::OpenSsl, root.issue(&leaf));
    let (good, bad) = (named.start(), refusing());
    let dns = Dns::start(&[(API, &[Ipv4Addr::LOCALHOST])]);
    let settings = format!(
        "js_fetch_trusted_certificate {}; resolver 127.0.0.1:{} ipv6=off;",
        trusted.display(),
        dns.port()
    );
    let trial = Trial::new(
        || {
            fetching
                .config(API, &good, &settings)
                .location("/bad", &pass(&bad))
        },
        &["/fetch", "/bad", "/fetch"],
    );
    let failure = only_failure(&trial, &[200, 502, 200]);
    assert_says(
        &failure.document,
        &[("module", "proxy"), ("location_name", "/bad")],
    );
}
