//! What has been counted, for people and programs: JSON, Prometheus' formats, a page.
//!
//! Each is written piece by piece into the caller's writer. In an nginx worker that is a chain of buffers, and
//! a report of thousands of servers must not be in memory twice.

mod accept;
mod html;
mod json;
mod plus;
mod prometheus;

pub use accept::Format;
pub use html::CONTENT_SECURITY_POLICY;

use std::io::{Result, Write};

use crate::counters::Snapshot;

/// Version of this module.
const MODULE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Longest time between two refreshes of the page, seconds.
pub const MAX_REFRESH: u32 = 3600;

/// Writes a report.
///
/// # Errors
/// Those of `out`: nothing else can fail.
pub fn write(
    format: Format,
    snapshot: &Snapshot,
    refresh: Option<u32>,
    out: &mut dyn Write,
) -> Result<()> {
    match format {
        Format::Json => json::write(snapshot, out),
        Format::Prometheus => prometheus::write(snapshot, false, out),
        Format::OpenMetrics => prometheus::write(snapshot, true, out),
        Format::Html => html::write(snapshot, refresh, out),
    }
}

/// Whether a certificate that ends then needs attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Validity {
    Ended,
    EndsSoon,
    Fine,
}

impl Validity {
    /// Warning time before the end: enough to renew a certificate that was forgotten.
    const SOON_S: i64 = 14 * 86_400;

    fn of(not_after: i64, now_ms: i64) -> Self {
        match not_after.saturating_sub(now_ms.div_euclid(1000)) {
            i64::MIN..0 => Self::Ended,
            0..Self::SOON_S => Self::EndsSoon,
            _ => Self::Fine,
        }
    }
}
