//! What is counted in the zone, and how it is shown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

mod changed;
mod counted;
mod directives;
mod lab;
mod life;
mod repeats;
mod status;
