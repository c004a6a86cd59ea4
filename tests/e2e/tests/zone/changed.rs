//! What changed since the last good handshake, in the line, in the document and in the status.

use serde_json::{json, Value};
use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::observe::Diagnosed;
use tlsdiag_e2e::peers::relay::Switch;
use tlsdiag_e2e::peers::{Group, Stack, Suite, Upstream, Version};

use super::lab::{counting, get, server, API};

fn identity(root: &Authority) -> Identity {
    root.issue(&Leaf::named(API).rsa())
}

/// One version and one group, so that nothing else changes with it: which group nginx likes best depends on
/// its OpenSSL and on the version.
fn only(identity: &Identity, version: Version) -> Upstream {
    Upstream::new(Stack::OpenSsl, identity.clone())
        .versions(version, version)
        .group(Group::X25519)
}

/// Refuses every client after the handshake, and is else the same.
fn demanding(upstream: Upstream) -> Upstream {
    upstream.demand_client(&Authority::root("Example Client Root"))
}

const LOCATION: &str = "proxy_pass https://orders; proxy_ssl_server_name on; \
    proxy_ssl_name api.example.test; proxy_ssl_protocols TLSv1.2 TLSv1.3;";

fn config(switch: &Switch, location: &str) -> Config {
    counting()
        .http(&format!(
            "upstream orders {{ server 127.0.0.1:{}; }}\n",
            switch.port()
        ))
        .location("/", location)
}

/// The one failure: what its line says between confidence and facts, its document, the server's status.
struct Told {
    line: Option<String>,
    document: Value,
    status: Value,
}

fn told(nginx: Nginx) -> Told {
    let status = server(&nginx, "orders");
    let finished = nginx.finish();
    let ours = finished.log.ours();
    assert_eq!(ours.len(), 1, "{}", finished.log.text);
    Told {
        line: Diagnosed::parse(ours[0]).unwrap().changed,
        document: finished.documents[0]["nginx"]["upstream_tls"].clone(),
        status,
    }
}

/// A good handshake, then one that fails: these changes and no others, in these words.
#[track_caller]
fn assert_changed(told: &Told, codes: &[&str], words: &[&str]) {
    let expected = json!(codes);
    let document = &told.document;
    match codes {
        [] => assert!(document.get("changed").is_none(), "{document:#}"),
        _ => assert_eq!(document["changed"], expected, "{document:#}"),
    }
    assert!(document["last_good"]["time"].is_string(), "{document:#}");
    assert_eq!(told.status["changed"], expected, "{:#}", told.status);
    let line = told.line.as_deref().unwrap();
    for word in words {
        assert!(line.contains(word), "{word} in {line}");
    }
    match codes {
        [] => assert!(
            line.starts_with("nothing changed since the last good handshake "),
            "{line}"
        ),
        _ => assert!(line.starts_with("changed since "), "{line}"),
    }
}

/// The peer is replaced by another behind the same address.
fn replaced(before: &Upstream, after: &Upstream, location: &str) -> Told {
    let (before, after) = (before.start(), after.start());
    let switch = Switch::to(&before);
    let nginx = Nginx::start(config(&switch, location));
    get(&nginx, "/", 200, 1);
    switch.set(&after);
    fails(&nginx);
    told(nginx)
}

#[track_caller]
fn fails(nginx: &Nginx) {
    let status = tlsdiag_e2e::client::get(nginx.port(), "/").status;
    assert!([400, 502].contains(&status), "{status}");
}

/// nginx is reloaded with another location, and the peer begins to demand a certificate.
fn reloaded(location: &str) -> Told {
    let root = Authority::root("Example Root");
    let peer = only(&identity(&root), Version::Tls12);
    let (before, after) = (peer.start(), demanding(peer).start());
    let switch = Switch::to(&before);
    let mut nginx = Nginx::start(config(&switch, LOCATION));
    get(&nginx, "/", 200, 1);
    nginx
        .reload(|config| config.locations[1].1 = location.to_owned())
        .unwrap();
    switch.set(&after);
    fails(&nginx);
    told(nginx)
}

#[test]
fn nothing() {
    let root = Authority::root("Example Root");
    let peer = only(&identity(&root), Version::Tls12);
    let told = replaced(&peer, &demanding(peer.clone()), LOCATION);
    assert_changed(&told, &[], &[" s ago"]);
}

#[test]
fn never_good() {
    let root = Authority::root("Example Root");
    let peer = demanding(only(&identity(&root), Version::Tls12)).start();
    let switch = Switch::to(&peer);
    let nginx = Nginx::start(config(&switch, LOCATION));
    fails(&nginx);
    let told = told(nginx);
    assert_eq!(told.line, None);
    assert!(told.document.get("changed").is_none() && told.document.get("last_good").is_none());
    assert!(told.status.get("changed").is_none() && told.status.get("last_good").is_none());
}

#[test]
fn the_issuer_and_with_it_the_certificate() {
    let (old, new) = (Authority::root("Old CA"), Authority::root("New CA"));
    let trusted = tlsdiag_e2e::tempdir::TempDir::new("trusted");
    let location = format!(
        "{LOCATION} proxy_ssl_verify on; proxy_ssl_trusted_certificate {};",
        old.write(trusted.path(), "old").display()
    );
    let before = only(&identity(&old), Version::Tls13);
    let after = only(&identity(&new), Version::Tls13);
    let told = replaced(&before, &after, &location);
    assert_changed(
        &told,
        &["issuer", "certificate"],
        &[
            "issuer 'CN=Old_CA' to 'CN=New_CA'",
            "certificate ",
            " until ",
        ],
    );
    let good = &told.document["last_good"];
    assert_eq!(good["certificate"]["issuer"], "CN=Old CA");
    assert_eq!(good["version"], "1.3");
    assert_eq!(good["server_name"], API);
}

#[test]
fn the_certificate_alone_and_its_key() {
    let root = Authority::root("Example Root");
    let before = only(&identity(&root), Version::Tls12);
    let after = only(&root.issue(&Leaf::named(API)), Version::Tls12);
    // An EC key needs another kind of suite.
    let told = replaced(&before, &demanding(after), LOCATION);
    assert_changed(
        &told,
        &["certificate", "certificate_key", "cipher"],
        &["key 'RSA_2048' to 'ECDSA_prime256v1'"],
    );
}

#[test]
fn the_version() {
    let root = Authority::root("Example Root");
    let identity = identity(&root);
    let before = only(&identity, Version::Tls13);
    let after = demanding(only(&identity, Version::Tls12));
    let told = replaced(&before, &after, LOCATION);
    assert_changed(&told, &["version"], &["version TLSv1.3 to TLSv1.2"]);
}

#[test]
fn the_cipher() {
    let root = Authority::root("Example Root");
    let peer = only(&identity(&root), Version::Tls12);
    let before = peer.clone().suite(Suite::EcdheRsaAes256);
    let after = demanding(peer.suite(Suite::EcdheRsaAes128));
    let told = replaced(&before, &after, LOCATION);
    let words =
        "cipher TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 to TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
    assert_changed(&told, &["cipher"], &[words]);
}

#[test]
fn the_group_in_either_version() {
    let root = Authority::root("Example Root");
    let identity = identity(&root);
    for version in [Version::Tls12, Version::Tls13] {
        let peer = only(&identity, version);
        let told = replaced(&peer, &demanding(peer.clone().group(Group::P256)), LOCATION);
        assert_changed(&told, &["group"], &["group x25519 to secp256r1"]);
    }
}

/// A session that is resumed exchanges no keys: the handshake that made it is still the one to compare with.
#[test]
fn the_group_although_a_session_was_resumed() {
    let root = Authority::root("Example Root");
    let peer = only(&identity(&root), Version::Tls12);
    let before = peer.start();
    let after = demanding(peer.group(Group::P256)).start();
    let switch = Switch::to(&before);
    let nginx = Nginx::start(config(&switch, LOCATION));
    get(&nginx, "/", 200, 1);
    // Within a second it would not be recorded anyway.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    get(&nginx, "/", 200, 1);
    assert_eq!(server(&nginx, "orders")["ssl"]["session_reuses"], 1);
    switch.set(&after);
    fails(&nginx);
    let told = told(nginx);
    assert_changed(&told, &["group"], &["group x25519 to secp256r1"]);
}

#[test]
fn the_application_protocol() {
    let root = Authority::root("Example Root");
    let identity = identity(&root);
    let tls13 = |stack| {
        let peer = Upstream::new(stack, identity.clone());
        peer.versions(Version::Tls13, Version::Tls13)
    };
    let before = tls13(Stack::Nginx).http2().start();
    let after = demanding(tls13(Stack::OpenSsl)).start();
    let switch = Switch::to(&before);
    let location = "grpc_pass grpcs://orders; grpc_ssl_protocols TLSv1.3;";
    let nginx = Nginx::start(config(&switch, location));
    // Nobody speaks gRPC there, but HTTP/2 is spoken: that is enough for a handshake to be used.
    tlsdiag_e2e::client::get(nginx.port(), "/");
    let good = server(&nginx, "orders");
    assert_eq!(good["last_good"]["alpn"], "h2", "{good:#}");
    switch.set(&after);
    fails(&nginx);
    let told = told(nginx);
    assert_changed(&told, &["alpn"], &["ALPN 'h2' to none"]);
}

#[test]
fn the_name_nginx_sends() {
    let told = reloaded(&LOCATION.replace("proxy_ssl_name api.", "proxy_ssl_name www."));
    assert_changed(
        &told,
        &["server_name", "configuration"],
        &[
            "SNI 'api.example.test' to 'www.example.test'",
            "nginx was reloaded",
        ],
    );
}

#[test]
fn what_nginx_offers() {
    let told = reloaded(&LOCATION.replace(" TLSv1.3;", "; proxy_ssl_ciphers AES256:!aNULL;"));
    let codes = told.document["changed"].as_array().unwrap().clone();
    for code in ["offered_versions", "offered_ciphers", "configuration"] {
        assert!(codes.contains(&json!(code)), "{codes:?}");
    }
    assert!(!codes.contains(&json!("server_name")) && !codes.contains(&json!("certificate")));
    let line = told.line.unwrap();
    assert!(
        line.contains("versions offered TLSv1.2,TLSv1.3 to TLSv1.2, other ciphers offered"),
        "{line}"
    );
}

#[test]
fn the_certificate_nginx_presents() {
    let directory = tlsdiag_e2e::tempdir::TempDir::new("client");
    let stranger = Authority::root("Strange Root").issue(&Leaf::named("client.example.test"));
    let files = stranger.write(directory.path(), "client");
    let location = format!(
        "{LOCATION} proxy_ssl_certificate {}; proxy_ssl_certificate_key {};",
        files.chain.display(),
        files.key.display()
    );
    let told = reloaded(&location);
    assert_changed(
        &told,
        &["client_certificate", "configuration"],
        &["client certificate none to "],
    );
}

#[test]
fn only_a_reload() {
    let told = reloaded(LOCATION);
    assert_changed(&told, &["configuration"], &["nginx was reloaded"]);
}

/// The last good handshake may be another location's: that comes first.
#[test]
fn another_location() {
    let root = Authority::root("Example Root");
    let peer = only(&identity(&root), Version::Tls12);
    let (before, after) = (peer.start(), demanding(peer).start());
    let switch = Switch::to(&before);
    let nginx = Nginx::start(config(&switch, LOCATION).location("/other/", LOCATION));
    get(&nginx, "/other/", 200, 1);
    switch.set(&after);
    fails(&nginx);
    let told = told(nginx);
    assert_changed(&told, &["location"], &[": location '/other/' to '/'"]);
}
