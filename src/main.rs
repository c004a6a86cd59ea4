//! The `tlsdiag` command.
#![deny(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test that fails should stop"
    )
)]

mod cli;
#[cfg(feature = "probe")]
#[allow(
    unsafe_code,
    clippy::multiple_unsafe_ops_per_block,
    reason = "OpenSSL is C; one SAFETY comment covers several calls on one object"
)]
mod openssl;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
