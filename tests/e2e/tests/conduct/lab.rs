//! What these tests share.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use openssl::ssl::{SslContext, SslContextBuilder, SslMethod};
use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream};
use tlsdiag_e2e::wait;

/// The upstream's real name.
pub(crate) const API: &str = "api.example.test";

/// An upstream that answers every ClientHello with handshake_failure(40).
pub(crate) fn refusing() -> Peer {
    scripted::start(Script::Alert {
        code: 40,
        version: 0x0303,
    })
}

/// An upstream with nothing wrong.
pub(crate) fn healthy() -> Peer {
    let root = Authority::root("Example Root");
    Upstream::new(Stack::OpenSsl, root.issue(&Leaf::named(API).rsa())).start()
}

/// TLS for a server that a test plays itself.
pub(crate) fn tls_server() -> SslContextBuilder {
    let identity = Authority::root("Example Root").issue(&Leaf::named(API).rsa());
    let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
    builder.set_certificate(&identity.certificate).unwrap();
    builder.set_private_key(&identity.key).unwrap();
    builder
}

/// `proxy_pass` to a peer.
pub(crate) fn pass(peer: &Peer) -> String {
    format!("proxy_pass https://127.0.0.1:{};", peer.port())
}

/// One location that passes to `peer`, with the module.
pub(crate) fn with_module(peer: &Peer) -> Config {
    Config::new()
        .module(Module::Ours)
        .location("/", &pass(peer))
}

/// Waits until error.log holds a text.
pub(crate) fn wait_for_log(nginx: &Nginx, text: &str) {
    wait::until(&format!("{text:?} in error.log"), || {
        nginx.log().text.contains(text).then_some(())
    });
}

/// Lets `meanwhile` deal with an nginx of which two clients ask good and failing requests. Every
/// answer is what it should be, and every failure has one line and one document, in
/// `upstream_tls.log` or in what became of it, `rotated.log`. How many failed.
pub(crate) fn load(meanwhile: impl FnOnce(&mut Nginx)) -> usize {
    let (bad, good) = (refusing(), healthy());
    let config = Config::new()
        .module(Module::Ours)
        .location("/bad", &pass(&bad))
        .location("/good", &pass(&good));
    let mut nginx = Nginx::start(config);
    let port = nginx.port();
    let (stop, failed) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Acquire) {
                    assert_eq!(client::get(port, "/bad").status, 502);
                    failed.fetch_add(1, Ordering::AcqRel);
                    assert_eq!(client::get(port, "/good").status, 200);
                }
            });
        }
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            meanwhile(&mut nginx);
        }));
        stop.store(true, Ordering::Release);
        ended.unwrap_or_else(|why| std::panic::resume_unwind(why));
    });
    let rotated = json::read(&nginx.file("rotated.log")).len();
    let finished = nginx.finish();
    let failed = failed.into_inner();
    assert_eq!(finished.log.ours().len(), failed);
    assert_eq!(rotated + finished.documents.len(), failed);
    failed
}

/// Makes a shared object of C code.
pub(crate) fn compile(source: &Path, library: &Path, include: &[PathBuf]) {
    let mut cc = Command::new("cc");
    for directory in include {
        cc.arg("-I").arg(directory);
    }
    let cc = cc.args(["-shared", "-fPIC", "-pthread", "-o"]);
    let status = cc.arg(library).arg(source).status();
    let status = status.expect("cc is needed (Debian package gcc)");
    assert!(status.success());
}
