//! Other modules in the same process are left alone.

use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{healthy, refusing};
use tlsdiag_e2e::native::compile;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::process::read_lossy;
use tlsdiag_e2e::require;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::wait;

/// A module with a thread of its own that shakes hands with OpenSSL all the time, with contexts made
/// while the configuration is read and others made later, and a message callback on each: all its
/// handshakes end as they must, its callback is called, and the module says not a word about them.
#[test]
fn a_module_that_uses_openssl_in_another_thread() {
    if require::Build::get().has_own_openssl() {
        return;
    }
    let directory = TempDir::new("neighbour");
    let source = directory.write("neighbour.c", include_str!("neighbour.c"));
    let library = directory.file("neighbour.so");
    compile(&source, &library, &require::nginx_headers());
    let result = TempDir::new("result");
    let result = result.write("result.txt", "");
    // The worker writes it.
    let anyone = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(&result, anyone).unwrap();

    let (good, bad) = (healthy(), refusing());
    let mut config = Config::new()
        .module(Module::Ours)
        .location("/good", &good.pass())
        .location("/bad", &bad.pass());
    config.main = format!(
        "load_module {};\nneighbour {} {} {};",
        library.display(),
        good.port(),
        bad.port(),
        result.display()
    );
    let nginx = Nginx::start(config);
    let mut failures = 0;
    let told = wait::until("the other thread to end", || {
        assert_eq!(client::get(nginx.port(), "/bad").status, 502);
        assert_eq!(client::get(nginx.port(), "/good").status, 200);
        failures += 1;
        Some(read_lossy(&result)).filter(|told| told.ends_with('\n'))
    });
    assert_eq!(told, "agreed 300 refused 300 of 300\n");
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), failures);
    assert_eq!(finished.documents.len(), failures);
}
