//! Every snippet of nginx-conf/workarounds is accepted where it says it goes, by the versions it says it needs.

use std::path::Path;

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::require::{Build, StreamModule};
use tlsdiag_e2e::tempdir::TempDir;

/// The numbers after `mark`, if it is there.
fn version(text: &str, mark: &str) -> Option<Vec<u32>> {
    let (_, rest) = text.split_once(mark)?;
    let word = rest.split([' ', ',', ';', '\n']).next()?;
    Some(word.split('.').map_while(|one| one.parse().ok()).collect())
}

/// This nginx fulfils the line `# Needs ...`, if the snippet has one.
fn is_fulfilled(snippet: &str) -> bool {
    let Some(needs) = snippet.lines().find(|line| line.starts_with("# Needs ")) else {
        return true;
    };
    let build = Build::get();
    let (major, minor, patch) = build.version;
    let nginx = version(needs, "nginx ").is_none_or(|least| vec![major, minor, patch] >= least);
    let (major, minor) = build.openssl;
    let openssl = version(needs, "OpenSSL ").is_none_or(|mut least| {
        least.truncate(2);
        vec![major, minor] >= least
    });
    nginx && openssl
}

/// The directives with something in place of what stands between angle brackets.
fn fill(snippet: &str, directory: &TempDir) -> String {
    let root = Authority::root("Root");
    let trusted = root.write(directory.path(), "root");
    let client = root.issue(&Leaf::named("client"));
    let client = client.write(directory.path(), "client");
    let crl = directory.write("crl.pem", root.crl(&[], 1));
    let value = |directive: &str| match directive {
        "proxy_ssl_name" => "api.example.test".to_owned(),
        "proxy_ssl_verify_depth" => "2".to_owned(),
        "proxy_ssl_alpn" => "h2".to_owned(),
        "proxy_ssl_trusted_certificate" => trusted.display().to_string(),
        "proxy_ssl_certificate" => client.chain.display().to_string(),
        "proxy_ssl_certificate_key" => client.key.display().to_string(),
        "proxy_ssl_crl" => crl.display().to_string(),
        _ => panic!("no value is known for {directive}"),
    };
    let directive = |line: &str| match line.split_once(" <") {
        Some((name, _)) if !line.starts_with('#') => format!("{name} {};\n", value(name)),
        _ => format!("{line}\n"),
    };
    snippet.lines().map(directive).collect()
}

#[track_caller]
fn accepted(config: &Config, name: &str) {
    let (good, said) = Nginx::check(config);
    assert!(good, "{name}: {said}");
}

#[test]
fn every_snippet_is_accepted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../nginx-conf/workarounds");
    let has_stream = Build::get().stream() != StreamModule::Absent;
    let directory = TempDir::new("snippets");
    let mut tried = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let snippet = std::fs::read_to_string(&path).unwrap();
        assert!(snippet.starts_with(&format!("# {name}\n")), "{path:?}");
        if !is_fulfilled(&snippet) {
            continue;
        }
        let text = fill(&snippet, &directory);
        let (location, stream) = (snippet.contains("the location"), snippet.contains("stream"));
        assert!(location || stream, "{name} does not say where it goes");
        if location {
            let inside = format!("proxy_pass https://127.0.0.1:1;\n{text}");
            accepted(&Config::new().location("/", &inside), name);
        }
        if stream && has_stream {
            let server = format!(
                "server {{\nlisten 127.0.0.1:1;\nproxy_pass 127.0.0.1:1;\nproxy_ssl on;\n{text}}}"
            );
            accepted(&Config::new().stream(&server), name);
        }
        tried += 1;
    }
    assert!(tried >= 15, "{tried} snippets were tried");
}

#[test]
fn needs_are_read() {
    let needs = "# Needs nginx 1.19.4 or newer with OpenSSL 3.0.4 or newer.";
    assert_eq!(version(needs, "nginx "), Some(vec![1, 19, 4]));
    assert_eq!(version(needs, "OpenSSL "), Some(vec![3, 0, 4]));
    assert_eq!(version("# Needs nginx 1.31.4.", "OpenSSL "), None);
    assert!(is_fulfilled("# Offer.\n") && is_fulfilled("# Needs nginx 1.0.0 or newer.\n"));
    assert!(!is_fulfilled("# Needs nginx 9.0.0 or newer.\n"));
    assert!(!is_fulfilled(
        "# Needs nginx 1.0.0 or newer with OpenSSL 9.0 or newer.\n"
    ));
}
