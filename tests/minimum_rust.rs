//! What Cargo.toml claims of the oldest Rust holds for every crate that Cargo.lock names: Debian 13 has no
//! newer one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::process::Command;

use serde_json::Value;

/// `1.85` or `1.85.1` as numbers; the patch level makes no difference to what compiles.
fn version(text: &str) -> Vec<u32> {
    let numbers = text.split('.').take(2).map(|one| one.parse().unwrap());
    numbers.collect()
}

#[test]
fn no_crate_wants_a_newer_rust_than_this_one_claims() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(metadata.status.success(), "{metadata:?}");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    // Those that are compiled for this platform, the tests' own included.
    let nodes = metadata.pointer("/resolve/nodes").unwrap();
    let used: Vec<_> = nodes
        .as_array()
        .unwrap()
        .iter()
        .map(|node| &node["id"])
        .collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let claimed = version(env!("CARGO_PKG_RUST_VERSION"));
    let newer: Vec<String> = packages
        .filter(|package| used.contains(&&package["id"]))
        .filter_map(|package| {
            let wanted = package["rust_version"].as_str()?;
            let is_newer = version(wanted) > claimed;
            is_newer.then(|| format!("{} {} wants {wanted}", package["name"], package["version"]))
        })
        .collect();
    assert!(
        newer.is_empty(),
        "choose older versions in Cargo.lock: {newer:#?}"
    );
    assert!(used.len() > 50, "nearly nothing was looked at");
}
