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
    nginx_features();
    openssl_version();
    keep_mapped();
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

/// `cfg(openssl3)`: OpenSSL 3.0 renamed accessors that 1.1.1 has under the old names only.
fn openssl_version() {
    println!("cargo::rustc-check-cfg=cfg(openssl3)");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let probe = Path::new(&out).join("openssl_version.c");
    std::fs::write(
        &probe,
        "#include <openssl/opensslv.h>\nTLSDIAG_OPENSSL OPENSSL_VERSION_NUMBER\n",
    )
    .expect("OUT_DIR is writable");
    let mut cc = cc::Build::new();
    cc.file(&probe).cargo_metadata(false);
    println!("cargo::rerun-if-env-changed=DEP_NGINX_INCLUDE");
    for dir in env::split_paths(&env::var("DEP_NGINX_INCLUDE").unwrap_or_default()) {
        cc.include(dir);
    }
    let text = String::from_utf8_lossy(&cc.expand()).into_owned();
    let value = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("TLSDIAG_OPENSSL"))
        .expect("openssl/opensslv.h is readable");
    // 1.1.1 prints a literal (0x1010117fL), 3.x an expression that starts with the shifted major.
    if !value.trim().starts_with("0x1") {
        println!("cargo::rustc-cfg=openssl3");
    }
}

/// OpenSSL keeps our callbacks for the life of the process; nginx dlcloses a module that a reload
/// drops. `nodelete` makes that dlclose leave the code mapped.
fn keep_mapped() {
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
