//! Says why an upstream TLS handshake failed, and what to write in nginx.conf.
//!
//! Data flows one way: [`text`] quotes what others wrote, [`registry`] names the code points, [`wire`] reads messages, [`capture`]
//! holds what was observed on one connection, [`facts`] says what that means in TLS terms,
//! [`rules`] holds one diagnosis a file, [`mod@diagnose`] runs and ranks them, [`report`] writes the
//! error.log line and the JSON document. Over many connections, [`counters`] holds how often what
//! happened, [`changes`] says what differs from the last good handshake, [`suppress`] which repeats
//! are written, and [`table`] keeps all that in memory that workers share; [`report::status`]
//! shows it. [`recent`] knows which diagnoses a peer got a moment ago, [`protocols`] which
//! peers speak HTTP/2 only. Nothing here knows nginx's or OpenSSL's symbols: the
//! module hands over a [`capture::Recording`], and a recording saved as JSON gives the same answer
//! anywhere.
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

pub mod budget;
#[cfg(feature = "capi")]
#[allow(
    unsafe_code,
    reason = "a C ABI takes raw pointers; nothing else here does"
)]
pub mod capi;
pub mod capture;
pub mod changes;
#[cfg(feature = "cli")]
pub mod check;
pub mod counters;
pub mod date;
mod decimal;
pub mod diagnose;
#[cfg(feature = "cli")]
pub mod disk;
#[cfg(feature = "cli")]
pub mod error_log;
pub mod facts;
pub mod fixed;
#[cfg(feature = "cli")]
pub mod nginx_conf;
#[cfg(feature = "cli")]
pub mod probe;
pub mod protocols;
pub mod recent;
pub mod registry;
pub mod report;
pub mod rules;
pub mod suppress;
pub mod table;
pub mod text;
pub mod wire;

pub use capture::Recording;
pub use diagnose::{diagnose, Diagnosis};
