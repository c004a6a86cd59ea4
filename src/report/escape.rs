//! Peer text in a log line: it must stay one line, and nobody's quotes may end ours.

use std::fmt::Write;

/// Bytes kept of one value in `facts`.
const MAX_VALUE: usize = 64;

/// For the sentence and actions: bytes outside printable ASCII and `"`, `\`, `;` become `\xHH`.
pub(super) fn text(raw: &str, max: usize) -> String {
    escape(raw, max, false)
}

/// For a value in `facts`: at most 64 bytes of it, and spaces become `_`.
pub(super) fn value(raw: &str) -> String {
    escape(raw, MAX_VALUE, true)
}

fn escape(raw: &str, max: usize, spaces: bool) -> String {
    let mut escaped = String::new();
    for byte in raw.bytes() {
        let before = escaped.len();
        match byte {
            b' ' if spaces => escaped.push('_'),
            b'"' | b'\\' | b';' | 0..=0x1f | 0x7f..=0xff => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\x{byte:02X}");
            }
            _ => escaped.push(char::from(byte)),
        }
        if escaped.len() > max {
            escaped.truncate(before);
            break;
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_one_line_without_quotes() {
        let hostile = "a\n2026/11/23 [emerg] \"b\"; fix: \u{e9}\0\\";
        let escaped = text(hostile, 200);
        assert_eq!(
            escaped,
            "a\\x0A2026/11/23 [emerg] \\x22b\\x22\\x3B fix: \\xC3\\xA9\\x00\\x5C"
        );
        assert_eq!(value("a b"), "a_b");
        assert!(value(&"\n".repeat(500)).len() <= MAX_VALUE);
        assert_eq!(text("abc\n", 4), "abc", "an escape is never cut in half");
    }
}
