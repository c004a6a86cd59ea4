//! Hands nginx's build-time features and the OpenSSL version of its headers to the module as cfgs,
//! and sets the one linker flag the module cannot live without.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a build script has nobody to report to but the build"
)]

use std::env;
use std::path::Path;

fn main() {
    target();
    nginx_features();
    nginx_version();
    openssl_version();
    keep_mapped();
}

/// OpenSSL's errors and verify results are C's `long`, and the zone counts in words of 64 bits: on a target
/// where a `long` is shorter nothing here was ever tried.
fn target() {
    let width = env::var("CARGO_CFG_TARGET_POINTER_WIDTH").unwrap_or_default();
    if width != "64" {
        refuse(&format!(
            "the module is for 64-bit targets only, and this one has pointers of {width} bits"
        ));
    }
}

/// `cfg(ngx_feature = "...")` as nginx-sys detected it: stream may be missing from this nginx.
fn nginx_features() {
    println!("cargo::rerun-if-env-changed=DEP_NGINX_FEATURES");
    println!("cargo::rustc-check-cfg=cfg(ngx_feature, values(any()))");
    for feature in env::var("DEP_NGINX_FEATURES")
        .unwrap_or_default()
        .split(',')
    {
        println!("cargo::rustc-cfg=ngx_feature=\"{}\"", feature.trim());
    }
}

/// `cfg(upstream_certificates)`: from 1.21.0 on an upstream's client certificate may be named by variables.
fn nginx_version() {
    println!("cargo::rustc-check-cfg=cfg(upstream_certificates)");
    let text = preprocess(
        "#include <nginx.h>
         TLSDIAG nginx_version
",
    );
    let number = answer(&text).and_then(|number| number.parse::<u32>().ok());
    match number {
        Some(1_021_000..) => println!("cargo::rustc-cfg=upstream_certificates"),
        Some(_) => {}
        None => refuse(&format!("nginx.h is not readable: {text}")),
    }
}

/// `cfg(openssl3)`: OpenSSL 3.0 renamed accessors that 1.1.1 has under the old names only. Its forks are
/// refused: they show a message callback too little to tell a failed handshake from a good one.
fn openssl_version() {
    println!("cargo::rustc-check-cfg=cfg(openssl3)");
    let text = preprocess(
        "#include <openssl/opensslv.h>
         #if defined(LIBRESSL_VERSION_NUMBER)
         TLSDIAG LibreSSL
         #elif defined(OPENSSL_IS_AWSLC)
         TLSDIAG AWS-LC
         #elif defined(OPENSSL_IS_BORINGSSL)
         TLSDIAG BoringSSL
         #elif OPENSSL_VERSION_NUMBER >= 0x30000000L
         TLSDIAG 3
         #elif OPENSSL_VERSION_NUMBER >= 0x10101000L
         TLSDIAG 1.1.1
         #else
         TLSDIAG OpenSSL before 1.1.1
         #endif
",
    );
    match answer(&text) {
        Some("3") => println!("cargo::rustc-cfg=openssl3"),
        Some("1.1.1") => {}
        Some(other) => refuse(&format!(
            "this nginx is built with {other}: the module needs OpenSSL 1.1.1 or newer"
        )),
        None => refuse(&format!("openssl/opensslv.h is not readable: {text}")),
    }
}

/// What stands behind our mark. It may put a macro of a system header on a line of its own.
fn answer(text: &str) -> Option<&str> {
    let mut lines = text.lines().map(str::trim);
    lines.find_map(|line| line.strip_prefix("TLSDIAG "))
}

/// What the C preprocessor makes of a text, with the headers of this nginx.
fn preprocess(source: &str) -> String {
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let probe = Path::new(&out).join("version.c");
    std::fs::write(&probe, source).expect("OUT_DIR is writable");
    let mut cc = cc::Build::new();
    cc.file(&probe).cargo_metadata(false);
    println!("cargo::rerun-if-env-changed=DEP_NGINX_INCLUDE");
    for dir in env::split_paths(&env::var("DEP_NGINX_INCLUDE").unwrap_or_default()) {
        cc.include(dir);
    }
    String::from_utf8_lossy(&cc.expand()).into_owned()
}

/// Ends the build with a sentence.
fn refuse(why: &str) -> ! {
    println!("cargo::error={}", why.replace('\n', " "));
    std::process::exit(1);
}

/// OpenSSL keeps our callbacks for the life of the process; nginx dlcloses a module that a reload
/// drops. `nodelete` makes that dlclose leave the code mapped.
fn keep_mapped() {
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
