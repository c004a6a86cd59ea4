//! The fifteen rows of the catalogue that must never be confused, each end to end: cause set up on
//! real stacks, the same requests through the same nginx without and with the module.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

#[macro_use]
mod lab;
mod certificate;
mod client_certificate;
mod parameters;
mod server_name;
mod transport;
