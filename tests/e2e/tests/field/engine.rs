//! A client key that lives in an engine and does not sign (tpm2-tss-engine #91).

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::native::compile;
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::{Stack, Upstream, Version};
use tlsdiag_e2e::require::{nginx_headers, Build};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::Trial;

use super::lab::{pass, Lab};

#[test]
fn tpm2_tss_engine_91() {
    // OpenSSL 4.0 has no engines, and one in nginx's own binary cannot be extended.
    if Build::get().openssl >= (4, 0) || Build::get().has_own_openssl() {
        eprintln!("NOT TESTED: this OpenSSL has no engines");
        return;
    }
    for version in [Version::Tls12, Version::Tls13] {
        let (lab, directory) = (Lab::new(), TempDir::new("engine"));
        let clients = Authority::root("Example Client Root");
        let peer = Upstream::new(Stack::Nginx, lab.identity())
            .versions(version, version)
            .demand_client(&clients)
            .start();
        let own = clients.issue(&Leaf::named("client").rsa());
        let own = own.write(directory.path(), "client");
        let source = directory.path().join("engine.c");
        std::fs::write(&source, include_str!("engine.c")).unwrap();
        compile(
            &source,
            &directory.path().join("refusing.so"),
            &nginx_headers(),
        );
        let config = |key: &str| {
            let mut config = Config::new()
                .server(&format!(
                    "proxy_ssl_protocols TLSv1.2 TLSv1.3; proxy_ssl_certificate {};\n\
                     proxy_ssl_certificate_key {key}{};",
                    own.chain.display(),
                    own.key.display()
                ))
                .location("/", &pass(peer.port()));
            if !key.is_empty() {
                config.main = "ssl_engine refusing;".to_owned();
            }
            let engines = directory.path().display().to_string();
            config.environment = vec![("OPENSSL_ENGINES".to_owned(), engines)];
            config
        };
        let trial = Trial::new(|| config("engine:refusing:"), &["/"]);
        // The library numbers engines as they come: nginx's own line has another number in each process.
        let failure = trial.diagnosed(1).remove(0);
        failure.assert_name("client_key_failed");
        let sentence = &failure.line.sentence;
        assert!(sentence.contains("'CN=client'"), "{sentence}");
        assert!(sentence.contains("reason 113"), "{sentence}");
        // The same key in a file signs.
        let good = Trial::new(|| config(""), &["/"]);
        good.assert_silent();
        assert_eq!(good.with.responses[0].status, 200);
    }
}
