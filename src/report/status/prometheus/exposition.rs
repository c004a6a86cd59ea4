//! How the two text formats are written.
//!
//! 0.0.4: prometheus.io, "Exposition formats"; a counter's family has its `_total`, and there is no
//! kind for information. OpenMetrics 1.0: a family is named without suffix, has its unit, its samples may
//! tell since when they count, and the whole ends in `# EOF`. Samples are the same in both, but for
//! `_created`.

use std::fmt;
use std::io::{Result, Write};

use crate::counters::{Durations, BOUNDS_MS};

/// Begins every name.
const PREFIX: &str = "nginx_upstream_tls_";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

pub(super) enum Value {
    Count(u64),
    /// Milliseconds since the epoch.
    Time(i64),
}

/// A few label pairs, in order.
#[derive(Clone, Copy)]
pub(super) struct Labels<'a> {
    pairs: [Option<(&'static str, &'a str)>; 4],
}

impl<'a> Labels<'a> {
    pub(super) fn new() -> Self {
        Self { pairs: [None; 4] }
    }

    /// One pair more; a fifth would be dropped.
    pub(super) fn with(mut self, name: &'static str, value: &'a str) -> Self {
        if let Some(free) = self.pairs.iter_mut().find(|pair| pair.is_none()) {
            *free = Some((name, value));
        }
        self
    }
}

pub(super) struct Exposition<'w> {
    out: &'w mut dyn Write,
    open_metrics: bool,
    name: &'static str,
    kind: Kind,
}

impl<'w> Exposition<'w> {
    pub(super) fn new(out: &'w mut dyn Write, open_metrics: bool) -> Self {
        Self {
            out,
            open_metrics,
            name: "",
            kind: Kind::Gauge,
        }
    }

    /// Begins a family; the samples that follow are its. `name` without prefix and `_total`.
    pub(super) fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> Result<()> {
        (self.name, self.kind) = (name, kind);
        let (suffix, word) = match (kind, self.open_metrics) {
            (Kind::Counter, true) => ("", "counter"),
            (Kind::Counter, false) => ("_total", "counter"),
            (Kind::Gauge, _) => ("", "gauge"),
            (Kind::Histogram, _) => ("", "histogram"),
            (Kind::Info, true) => ("", "info"),
            (Kind::Info, false) => ("_info", "gauge"),
        };
        writeln!(self.out, "# HELP {PREFIX}{name}{suffix} {help}")?;
        writeln!(self.out, "# TYPE {PREFIX}{name}{suffix} {word}")?;
        if self.open_metrics && name.ends_with("_seconds") {
            writeln!(self.out, "# UNIT {PREFIX}{name} seconds")?;
        }
        Ok(())
    }

    /// One sample; a counter has counted since `created_ms`.
    pub(super) fn sample(
        &mut self,
        labels: Labels<'_>,
        value: Value,
        created_ms: i64,
    ) -> Result<()> {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram => "",
        };
        self.line(suffix, labels, None, value)?;
        if self.kind == Kind::Counter {
            self.created(labels, created_ms)?;
        }
        Ok(())
    }

    /// A classic histogram; bounds in seconds.
    pub(super) fn histogram(
        &mut self,
        labels: Labels<'_>,
        durations: &Durations,
        created_ms: i64,
    ) -> Result<()> {
        let mut below = 0;
        for (bound, count) in BOUNDS_MS.iter().zip(durations.buckets) {
            below += count;
            self.line(
                "_bucket",
                labels,
                Some(Bound::Ms(*bound)),
                Value::Count(below),
            )?;
        }
        let count = durations.count();
        self.line(
            "_bucket",
            labels,
            Some(Bound::Infinite),
            Value::Count(count),
        )?;
        self.start("_sum", labels, None)?;
        let (seconds, rest) = (durations.sum_us / 1_000_000, durations.sum_us % 1_000_000);
        writeln!(self.out, " {seconds}.{rest:06}")?;
        self.line("_count", labels, None, Value::Count(count))?;
        self.created(labels, created_ms)
    }

    /// Ends the whole.
    pub(super) fn end(self) -> Result<()> {
        match self.open_metrics {
            true => self.out.write_all(b"# EOF\n"),
            false => Ok(()),
        }
    }

    fn created(&mut self, labels: Labels<'_>, created_ms: i64) -> Result<()> {
        match self.open_metrics {
            true => self.line("_created", labels, None, Value::Time(created_ms)),
            false => Ok(()),
        }
    }

    fn line(
        &mut self,
        suffix: &str,
        labels: Labels<'_>,
        bound: Option<Bound>,
        value: Value,
    ) -> Result<()> {
        self.start(suffix, labels, bound)?;
        match value {
            Value::Count(count) => writeln!(self.out, " {count}"),
            Value::Time(ms) => writeln!(
                self.out,
                " {}.{:03}",
                ms.div_euclid(1000),
                ms.rem_euclid(1000)
            ),
        }
    }

    /// Name and labels; `bound` is a bucket's.
    fn start(&mut self, suffix: &str, labels: Labels<'_>, bound: Option<Bound>) -> Result<()> {
        write!(self.out, "{PREFIX}{}{suffix}", self.name)?;
        let mut before = "{";
        for (name, value) in labels.pairs.iter().flatten() {
            write!(self.out, "{before}{name}=\"")?;
            escaped(self.out, value)?;
            self.out.write_all(b"\"")?;
            before = ",";
        }
        if let Some(bound) = bound {
            write!(self.out, "{before}le=\"{bound}\"")?;
            before = ",";
        }
        match before {
            "," => self.out.write_all(b"}"),
            _ => Ok(()),
        }
    }
}

/// Upper end of a bucket, in seconds as both formats want it: `0.005`, `1.0`.
#[derive(Clone, Copy)]
enum Bound {
    Ms(u32),
    Infinite,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Ms(ms) = self else {
            return f.write_str("+Inf");
        };
        let (seconds, rest) = (ms / 1000, ms % 1000);
        match rest {
            _ if rest % 100 == 0 => write!(f, "{seconds}.{}", rest / 100),
            _ if rest % 10 == 0 => write!(f, "{seconds}.{:02}", rest / 10),
            _ => write!(f, "{seconds}.{rest:03}"),
        }
    }
}

/// A label's value: backslash, quote and line feed are escaped, in both formats.
fn escaped(out: &mut dyn Write, value: &str) -> Result<()> {
    for piece in value.split_inclusive(['\\', '"', '\n']) {
        let (text, special) = match piece.as_bytes().split_last() {
            Some((b'\\', text)) => (text, &b"\\\\"[..]),
            Some((b'"', text)) => (text, &b"\\\""[..]),
            Some((b'\n', text)) => (text, &b"\\n"[..]),
            _ => (piece.as_bytes(), &b""[..]),
        };
        out.write_all(text)?;
        out.write_all(special)?;
    }
    Ok(())
}
