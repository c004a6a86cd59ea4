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
    // The preprocessor decides: it may put a macro of a system header on a line of its own.
    std::fs::write(
        &probe,
        "#include <openssl/opensslv.h>\n#if OPENSSL_VERSION_NUMBER >= 0x30000000L\n\
         TLSDIAG_OPENSSL_3\n#else\nTLSDIAG_OPENSSL_1\n#endif\n",
    )
    .expect("OUT_DIR is writable");
    let mut cc = cc::Build::new();
    cc.file(&probe).cargo_metadata(false);
    println!("cargo::rerun-if-env-changed=DEP_NGINX_INCLUDE");
    for dir in env::split_paths(&env::var("DEP_NGINX_INCLUDE").unwrap_or_default()) {
        cc.include(dir);
    }
    let text = String::from_utf8_lossy(&cc.expand()).into_owned();
    let has = |mark| text.lines().any(|line| line.trim() == mark);
    if has("TLSDIAG_OPENSSL_3") {
        println!("cargo::rustc-cfg=openssl3");
    } else {
        assert!(
            has("TLSDIAG_OPENSSL_1"),
            "openssl/opensslv.h is not readable: {text}"
        );
    }
}

/// OpenSSL keeps our callbacks for the life of the process; nginx dlcloses a module that a reload
/// drops. `nodelete` makes that dlclose leave the code mapped.
fn keep_mapped() {
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
