//! Bindings of `include/tlsdiag.h`, made by bindgen when the tests are built.
#![allow(
    missing_docs,
    non_camel_case_types,
    reason = "generated from the header"
)]
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "generated from the header"
)]

include!(concat!(env!("OUT_DIR"), "/header.rs"));
