//! Field cases that were reproduced, each by the id it is kept under, and kinds of trouble on which people were
//! left without anything to paste.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

mod cases;
mod engine;
mod kinds;
mod names;
mod steps;
