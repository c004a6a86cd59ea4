//! The directives, one a file: how nginx reads it, and what of it goes into [`crate::conf`].

pub(super) mod diag;
pub(super) mod log;
