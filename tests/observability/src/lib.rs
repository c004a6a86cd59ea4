//! What is shipped for operators, tried on the real programs.
//!
//! [`reports`] are the core's own, of a sample that grows with each reading; [`site`] serves them.
//! [`served`] is an nginx with the module that serves its own. [`prometheus`] and [`browser`] read both.
//! [`shipping`] finds the programs that documents are shipped
//! with, and the recipes of contrib/; [`failing`] is an nginx that has something to ship. Whatever is missing stops the test with a sentence: nothing is
//! skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a harness that meets something unexpected should stop the test"
)]

pub mod browser;
pub mod failing;
pub mod prometheus;
pub mod reports;
pub mod served;
pub mod shipping;
pub mod site;

use std::path::{Path, PathBuf};

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}
