//! Turns the code point tables (`src/registry/*.csv`, IANA's numbers) into sorted static slices, so
//! that the tables can be compared with their sources line by line and cost nothing at run time.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a build script has nobody to report to but the build"
)]

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

/// File, name of the slice, Rust type of one row; the columns fill the tuple in order.
const TABLES: &[(&str, &str, &str)] = &[
    ("alerts", "ALERTS", "(u16, &str)"),
    ("handshake_types", "HANDSHAKE_TYPES", "(u16, &str)"),
    ("signature_schemes", "SIGNATURE_SCHEMES", "(u16, &str)"),
    ("x509_errors", "X509_ERRORS", "(u16, &str)"),
    ("ssl_reasons", "SSL_REASONS", "(u16, &str)"),
    ("groups", "GROUPS", "(u16, &str, &str, &str)"),
    ("ciphers", "CIPHERS", "(u16, &str, &str, Kind)"),
];

/// Tables whose names become constants of a type: `Alert::UNKNOWN_CA`.
const NAMED: &[(&str, &str)] = &[
    ("alerts", "Alert"),
    ("handshake_types", "HandshakeType"),
    ("x509_errors", "X509Error"),
    ("ssl_reasons", "SslReason"),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    probe_target();
    openssl_version();
    let mut generated = String::new();
    for (file, name, row) in TABLES {
        table(&mut generated, file, name, row);
    }
    let mut constants = String::new();
    for (file, name) in NAMED {
        named(&mut constants, file, name);
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("tables.rs"), generated).expect("OUT_DIR is writable");
    fs::write(Path::new(&out).join("constants.rs"), constants).expect("OUT_DIR is writable");
}

/// OpenSSL's errors and verify results are C's `long`: where that is shorter than 64 bits the feature `probe`
/// was never tried. All else of the core asks nothing of the target.
fn probe_target() {
    let width = env::var("CARGO_CFG_TARGET_POINTER_WIDTH").unwrap_or_default();
    if env::var_os("CARGO_FEATURE_PROBE").is_some() && width != "64" {
        println!(
            "cargo::error=tlsdiag probe is for 64-bit targets only, and this one has pointers of {width} \
             bits: build without the feature \"probe\""
        );
        std::process::exit(1);
    }
}

/// `cfg(openssl3)`: OpenSSL 3.0 renamed accessors that 1.1.1 has under the old names only. Only the feature
/// `probe` brings openssl-sys, and with it the version.
fn openssl_version() {
    println!("cargo::rustc-check-cfg=cfg(openssl3)");
    println!("cargo::rerun-if-env-changed=DEP_OPENSSL_VERSION_NUMBER");
    let version = env::var("DEP_OPENSSL_VERSION_NUMBER").unwrap_or_default();
    if u64::from_str_radix(&version, 16).is_ok_and(|version| version >> 28 >= 3) {
        println!("cargo::rustc-cfg=openssl3");
    }
}

/// One slice; the rows must be sorted by code point, because look-ups are binary searches.
fn table(generated: &mut String, file: &str, name: &str, row: &str) {
    let path = format!("src/registry/{file}.csv");
    println!("cargo::rerun-if-changed={path}");
    let text = fs::read_to_string(&path).expect("the table is part of the source");
    let mut previous = None;
    writeln!(generated, "pub(super) static {name}: &[{row}] = &[").expect("a String grows");
    for line in text.lines().skip(1) {
        let mut columns = line.split(',');
        let code = code_point(columns.next().unwrap_or_default());
        assert!(previous < Some(code), "{path}: {line} is out of order");
        previous = Some(code);
        let row = match file {
            "ciphers" => cipher(columns.collect::<Vec<_>>().as_slice()),
            _ => columns.map(|column| format!(", {column:?}")).collect(),
        };
        writeln!(generated, "    ({code}{row}),").expect("a String grows");
    }
    generated.push_str("];\n");
}

/// A suite: what its names say is told here, because a hello has dozens of them.
fn cipher(columns: &[&str]) -> String {
    let [name, openssl, key_exchange, authentication] = columns else {
        panic!("a cipher suite has five columns, not {columns:?}");
    };
    let key_exchange = match *key_exchange {
        "RSA" => "Rsa",
        "DH" => "Dhe",
        "ECDH" => "Ecdhe",
        "any" => "Any",
        _ => "Other",
    };
    let authentication = match *authentication {
        "RSA" => "Rsa",
        "ECDSA" => "Ecdsa",
        "any" => "Any",
        _ => "Other",
    };
    let modes = ["_GCM_", "_CCM", "_CHACHA20_POLY1305_"];
    let is_aead = modes.iter().any(|mode| name.contains(mode));
    format!(
        ", {name:?}, {openssl:?}, Kind {{ key_exchange: KeyExchange::{key_exchange}, \
         authentication: Authentication::{authentication}, is_aead: {is_aead} }}"
    )
}

/// A constant for every row, so that rules name what they look for.
fn named(generated: &mut String, file: &str, name: &str) {
    let text = fs::read_to_string(format!("src/registry/{file}.csv"))
        .expect("the table is part of the source");
    writeln!(generated, "impl {name} {{").expect("a String grows");
    for line in text.lines().skip(1) {
        let mut columns = line.split(',');
        let code = code_point(columns.next().unwrap_or_default());
        let row = columns.next().unwrap_or_default();
        let constant = row.to_uppercase();
        writeln!(
            generated,
            "    /// {row}\n    pub const {constant}: Self = Self({code});"
        )
        .expect("a String grows");
    }
    generated.push_str("}\n");
}

fn code_point(text: &str) -> u16 {
    match text.strip_prefix("0x") {
        Some(hex) => u16::from_str_radix(hex, 16),
        None => text.parse(),
    }
    .unwrap_or_else(|error| panic!("code point {text:?}: {error}"))
}
