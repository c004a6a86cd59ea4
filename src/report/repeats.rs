//! The line that says how many failures were not written.

use crate::text::escape;

/// Failures of one kind that were counted and not written.
#[derive(Debug, Clone, Copy)]
pub struct Repeated<'a> {
    /// Name of the diagnosis.
    pub reason: &'static str,
    /// How many.
    pub count: u64,
    /// When the failure that was written happened, milliseconds since the epoch.
    pub start_ms: i64,
    /// When counting ended, milliseconds since the epoch.
    pub end_ms: i64,
    /// Name of the upstream.
    pub upstream: &'a str,
    /// Address of the server, as nginx prints it.
    pub server: &'a str,
    /// When this is written, milliseconds since the epoch.
    pub now_ms: i64,
    /// Process that writes it.
    pub pid: u32,
}

impl Repeated<'_> {
    /// `123 more like this suppressed in the last 60 s: orders, 10.0.0.5:8443`; where the window ended
    /// long ago (its worker died), `in 60 s until ...`. Not rsyslog's words for its own repeats, which
    /// others parse.
    pub(super) fn sentence(&self) -> String {
        const RECENT_MS: i64 = 2000;
        let seconds = |ms: i64| (ms + 999) / 1000;
        let long = seconds(self.end_ms.saturating_sub(self.start_ms)).max(1);
        let when = match self.now_ms.saturating_sub(self.end_ms) {
            ..=RECENT_MS => format!("in the last {long} s"),
            ago => format!("in {long} s, until {} s ago", seconds(ago)),
        };
        format!(
            "{} more like this suppressed {when}: {}, {}",
            self.count,
            escape(self.upstream),
            escape(self.server)
        )
    }
}

/// Writes the line, without nginx's prefix.
pub fn repeats_line(repeated: &Repeated<'_>) -> String {
    format!("upstream_tls[{}] {}", repeated.reason, repeated.sentence())
}
