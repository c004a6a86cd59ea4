//! A client key that lives in an engine and does not sign (tpm2-tss-engine #91).

use tlsdiag_e2e::certs::Leaf;
use tlsdiag_e2e::lab::{Lab, PROTOCOLS};
use tlsdiag_e2e::native::compile;
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::{Stack, Version};
use tlsdiag_e2e::require::{nginx_headers, Build};
use tlsdiag_e2e::trial::Trial;

#[test]
fn tpm2_tss_engine_91() {
    // An engine is made for the OpenSSL whose headers are here; 4.0 has none, and one in nginx's own binary cannot
    // be extended.
    let major = u32::try_from(openssl::version::number() >> 28).unwrap();
    if Build::get().openssl.0 != major || Build::get().has_own_openssl() {
        return;
    }
    for version in [Version::Tls12, Version::Tls13] {
        let lab = Lab::at(Stack::Nginx, version);
        let peer = lab.demanding().start();
        let own = lab.client(&lab.clients, &Leaf::named("client").rsa());
        let source = lab.directory.write("engine.c", include_str!("engine.c"));
        let library = lab.directory.file("refusing.so");
        compile(&source, &library, &nginx_headers());
        let config = |key: &str| {
            let present = own.present().replace("_key ", &format!("_key {key}"));
            let server = format!("{PROTOCOLS}{present}");
            let mut config = Config::new().server(&server).location("/", &peer.pass());
            if !key.is_empty() {
                config.main = "ssl_engine refusing;".to_owned();
            }
            let engines = lab.directory.path().display().to_string();
            config.environment = vec![("OPENSSL_ENGINES".to_owned(), engines)];
            config
        };
        let trial = Trial::new(|| config("engine:refusing:"), &["/"]);
        // The library numbers engines as they come: nginx's own line has another number in each process.
        let failure = trial.diagnosed(1).remove(0);
        failure.assert_name("client_key_failed");
        failure.assert_says("'CN=client'");
        failure.assert_says("reason 113");
        // The same key in a file signs.
        Trial::new(|| config(""), &["/"]).assert_good();
    }
}
