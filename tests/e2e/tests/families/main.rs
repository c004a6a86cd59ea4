//! The fifteen rows behind every family of upstream directives: the right name, the family's own
//! directives, and a fix that helps there too. `rows` has the same causes on more TLS stacks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

mod lab;
mod rows;

tlsdiag_e2e::each_family!(
    rows: row_01, row_02, row_03, row_04, row_05, row_06, row_07, row_08, row_09, row_10, row_11,
    row_12, row_13, row_14, row_15,
);
