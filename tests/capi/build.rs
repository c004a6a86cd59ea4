//! Binds the committed header, so that the tests call what C programs are promised.
#![allow(
    clippy::expect_used,
    reason = "a build script has nobody to report to but the build"
)]

use std::env;
use std::path::Path;

fn main() {
    let header = "../../include/tlsdiag.h";
    println!("cargo::rerun-if-changed={header}");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    bindgen::Builder::default()
        .header(header)
        .allowlist_item("tlsdiag_.*|TLSDIAG_.*")
        .generate()
        .expect("the header is valid C")
        .write_to_file(Path::new(&out).join("header.rs"))
        .expect("OUT_DIR is writable");
}
