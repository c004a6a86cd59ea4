//! The fifteen rows of the catalogue that must never be confused, each end to end: cause set up on
//! real stacks, the same requests through the same nginx without and with the module.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

/// One test per stack: `on_stacks!(row_3: OpenSsl, Go)` makes `row_3::OpenSsl`, `row_3::Go`.
macro_rules! on_stacks {
    ($row:ident: $($stack:ident),+ $(,)?) => {
        #[allow(non_snake_case, reason = "the test is named as the stack is")]
        mod $row {
            use tlsdiag_e2e::peers::Stack;
            $(
                #[test]
                fn $stack() {
                    super::$row(Stack::$stack);
                }
            )+
        }
    };
}

mod certificate;
mod client_certificate;
mod lab;
mod offer;
mod parameters;
mod server_name;
mod transport;
