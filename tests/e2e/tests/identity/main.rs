//! Whose handshake failed: the right request, location, upstream and peer, or nothing. However a
//! connection came about and whoever used it before, a diagnosis never names someone else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

mod chains;
mod clients;
mod crowd;
mod kept;
mod lab;
mod others;
mod peers;
mod servers;
mod subrequests;
mod variables;
