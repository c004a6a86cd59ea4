//! `tlsdiag probe`: its hello is nginx's, and what it says of upstreams that are wrong in one way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

mod answers;
mod hello;
mod recorded;
