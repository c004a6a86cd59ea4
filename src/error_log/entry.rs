//! A line of error.log to its parts.
//!
//! nginx begins each line `2026/11/26 10:41:02 [error] 7#7: *1 ` (`ngx_log_error_core`). Prefixes of
//! container runtimes, pods, compose files, syslog and the journal are skipped. That beginning is the
//! anchor: the text after it is nginx's, and a client's text comes later in the line. An access log in the
//! same stream can hold a forged anchor (in a user's name, in an agent's), so only known prefixes may
//! precede one.

use memchr::{memchr, memchr_iter, memmem};

use super::time::{Time, LENGTH};

/// Bytes before the anchor at most: pod and container names have up to 253 each.
const MAX_PREFIX: usize = 600;

/// One line, its parts found. Numbers are read when somebody asks: most lines end here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'l> {
    /// Absent where somebody pasted the line without it.
    time: Option<&'l [u8; LENGTH]>,
    pid: &'l [u8],
    /// Empty where the line is about none.
    connection: &'l [u8],
    /// What nginx says, with its tail (`, client: ...`).
    pub message: &'l [u8],
}

impl<'l> Entry<'l> {
    /// A line that nginx itself wrote.
    pub fn at_start(line: &'l [u8]) -> Option<Self> {
        let (time, rest) = line.split_first_chunk()?;
        let [_, _, _, _, b'/', _, _, b'/', _, _, b' ', _, _, b':', _, _, b':', _, _] = time else {
            return None;
        };
        Self::after_time(Some(time), rest.strip_prefix(b" ")?)
    }

    /// A line with something before it, or without its time.
    pub fn after_prefix(line: &'l [u8]) -> Option<Self> {
        let searched = line.get(..MAX_PREFIX).unwrap_or(line);
        memchr_iter(b'[', searched).find_map(|bracket| {
            let (before, rest) = line.split_at_checked(bracket)?;
            let timed = before.strip_suffix(b" ").and_then(<[u8]>::split_last_chunk);
            match timed.filter(|(_, time)| Time::read(time).is_some()) {
                Some((prefix, time)) if may_precede(prefix) => Self::after_time(Some(time), rest),
                None if is_margin(before) => Self::after_time(None, rest),
                _ => None,
            }
        })
    }

    /// From `[level]` on.
    fn after_time(time: Option<&'l [u8; LENGTH]>, rest: &'l [u8]) -> Option<Self> {
        let rest = level(rest)?;
        let (pid, rest) = digits(rest)?;
        let (_tid, rest) = digits(rest.strip_prefix(b"#")?)?;
        let rest = rest.strip_prefix(b": ")?;
        let numbered = rest
            .strip_prefix(b"*")
            .and_then(digits)
            .and_then(|(connection, rest)| Some((connection, rest.strip_prefix(b" ")?)));
        let (connection, message) = numbered.unwrap_or((&[], rest));
        Some(Self {
            time,
            pid,
            connection,
            message,
        })
    }

    /// When; `None` where it is not known.
    pub fn time(&self) -> Option<Time> {
        Time::read(self.time?)
    }

    /// The process.
    pub fn pid(&self) -> u64 {
        number(self.pid).map_or(0, |(pid, _)| pid)
    }

    /// The number after `*`; 0 where there is none.
    pub fn connection(&self) -> u64 {
        number(self.connection).map_or(0, |(connection, _)| connection)
    }
}

/// The digits at the beginning, and what follows.
fn digits(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|one| !one.is_ascii_digit())?;
    text.split_at_checked(end).filter(|_| end > 0)
}

/// What follows `[level] `. Each word is compared by itself: its length is known then.
fn level(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"[error] ")
        .or_else(|| text.strip_prefix(b"[info] "))
        .or_else(|| text.strip_prefix(b"[warn] "))
        .or_else(|| text.strip_prefix(b"[crit] "))
        .or_else(|| text.strip_prefix(b"[notice] "))
        .or_else(|| text.strip_prefix(b"[debug] "))
        .or_else(|| text.strip_prefix(b"[alert] "))
        .or_else(|| text.strip_prefix(b"[emerg] "))
}

/// Decimal digits that fit 64 bits.
pub(super) fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    const MOST: usize = 19;
    let mut value: u64 = 0;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        // Wraps only where there are too many.
        value = value
            .wrapping_mul(10)
            .wrapping_add(u64::from(*digit - b'0'));
        rest = after;
    }
    (1..=MOST)
        .contains(&(text.len() - rest.len()))
        .then_some((value, rest))
}

/// Not the beginning of an access log's line, whose fields a client fills: no quoted text, and no
/// `address - user`. Syslog (RFC 5424) has `- ` for what it does not know, after its priority.
pub(super) fn may_precede(prefix: &[u8]) -> bool {
    memchr(b'"', prefix).is_none()
        && (prefix.starts_with(b"<") || memmem::find(prefix, b" - ").is_none())
}

/// What people leave before a line they paste.
fn is_margin(before: &[u8]) -> bool {
    before
        .iter()
        .all(|one| matches!(one, b' ' | b'\t' | b'>' | b'`' | b'"' | b'\''))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "2026/11/26 10:41:02 [error] 23#24: *1173 SSL_do_handshake() failed";

    #[track_caller]
    fn found(line: &str) -> Entry<'_> {
        let line = line.as_bytes();
        Entry::at_start(line)
            .or_else(|| Entry::after_prefix(line))
            .unwrap()
    }

    #[test]
    fn the_parts_of_a_line() {
        let entry = found(LINE);
        assert_eq!(entry.time(), Time::read(b"2026/11/26 10:41:02"));
        assert_eq!((entry.pid(), entry.connection()), (23, 1173));
        assert_eq!(entry.message, b"SSL_do_handshake() failed");
        let line = "2026/11/26 10:41:02 [notice] 1#1: *no number";
        assert_eq!(found(line).message, b"*no number");
    }

    #[test]
    fn what_others_put_before_it_is_passed_over() {
        for prefix in [
            "2026-11-26T10:41:02.123456789Z stderr F ",
            "2026-11-26T10:41:02.123456789+01:00 ",
            "web-1  | ",
            "\x1b[36mweb-1  | \x1b[0m",
            "[pod/web-7d9c-x2x/nginx] ",
            "web-7d9c-x2x nginx ",
            "web-7d9c-x2x nginx 2026-11-26T10:41:02.1Z ",
            "Nov 26 10:41:02 host nginx[23]: ",
            "2026-11-26T10:41:02+00:00 host nginx: ",
            "<187>Nov 26 10:41:02 host nginx: ",
            "<187>1 2026-11-26T10:41:02Z host nginx 23 - - ",
            "  ",
        ] {
            let line = format!("{prefix}{LINE}");
            assert_eq!(found(&line), found(LINE), "{prefix:?}");
        }
    }

    #[test]
    fn a_line_may_be_pasted_without_its_time() {
        for line in ["[error] 23#24: *1173 x", "> [error] 23#24: *1173 x"] {
            assert_eq!(found(line).time(), None);
            assert_eq!(found(line).connection(), 1173);
        }
    }

    #[test]
    fn an_anchor_that_a_client_wrote_is_none() {
        for before in [
            "192.0.2.1 - - [26/Nov/2026:10:41:02 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"",
            "192.0.2.1 - ",
            "web-1  | 192.0.2.1 - ",
            "2026-11-26T10:41:02.1Z stdout F 192.0.2.1 - - [26/Nov/2026:10:41:02 +0000] \"GET /",
            "{\"agent\":\"",
            "some words ",
        ] {
            let anchor = if before == "some words " {
                "[error] 1#1: *1 x"
            } else {
                LINE
            };
            let line = format!("{before}{anchor}");
            assert_eq!(Entry::after_prefix(line.as_bytes()), None, "{before:?}");
        }
    }

    #[test]
    fn anything_else_is_no_line_of_nginx() {
        for line in [
            "",
            "2026/11/26 10:41:02",
            "2026/11/26 10:41:02 [error]",
            "2026/11/26 10:41:02 [error] 23",
            "2026/11/26 10:41:02 [error] 23#",
            "2026/11/26 10:41:02 [error] 23#24:",
            "2026/11/26 10:41:02 [fatal] 23#24: x",
            "2026-11-26 10:41:02 [error] 23#24: x",
        ] {
            assert_eq!(Entry::at_start(line.as_bytes()), None, "{line}");
        }
        let odd = found("xxxx/xx/xx xx:xx:xx [error] 99999999999999999999#1: x");
        assert_eq!((odd.time(), odd.pid(), odd.connection()), (None, 0, 0));
        for end in 0..LINE.len() {
            let _ = Entry::at_start(&LINE.as_bytes()[..end]);
            let _ = Entry::after_prefix(&LINE.as_bytes()[..end]);
        }
    }
}
