//! Nothing decides.
#![allow(
    clippy::module_inception,
    reason = "family and diagnosis share the contract's name"
)]

pub(super) mod unknown;
