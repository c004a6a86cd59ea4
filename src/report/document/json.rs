//! JSON of a bounded length that is safe to print on a terminal.
//!
//! JSON itself escapes C0 only. Documents are read with `tail` and `grep`, too, so all other characters that
//! move a cursor or change the reading order are written as `\uXXXX`, which leaves the value as it is.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::text::is_control;

/// The value on one line of at most `max` bytes; `None` if it takes more.
pub fn json_line(value: &impl Serialize, max: usize) -> Option<String> {
    let mut buffer = Buffer {
        bytes: Vec::with_capacity(max),
        max,
    };
    let mut serializer = Serializer::with_formatter(&mut buffer, ForTerminals);
    value.serialize(&mut serializer).ok()?;
    String::from_utf8(buffer.bytes).ok()
}

/// Bytes that a character takes in a string.
pub(super) fn length(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\x08' | '\x0c' => 2,
        control if is_control(control) => 6,
        other => other.len_utf8(),
    }
}

/// Memory that is full at its bound.
struct Buffer {
    bytes: Vec<u8>,
    max: usize,
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.max {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct ForTerminals;

impl Formatter for ForTerminals {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        // Printable ASCII, which nearly every text is, has nothing to look for.
        if is_printable(rest.as_bytes()) {
            return writer.write_all(rest.as_bytes());
        }
        while let Some((at, control)) = rest.char_indices().find(|(_, one)| is_control(*one)) {
            let (before, after) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            write!(writer, "\\u{:04x}", u32::from(control))?;
            rest = after.strip_prefix(control).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

/// All bytes are printable ASCII: eight at a time, for a document has some thousands.
pub(super) fn is_printable(bytes: &[u8]) -> bool {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = 0x80 * EACH;
    let words = bytes.chunks_exact(8);
    let mut rest = words.remainder().iter();
    let is_plain = |word: &[u8]| {
        let word = word
            .first_chunk()
            .map_or(0, |word| u64::from_ne_bytes(*word));
        // No byte above 0x7e, and none below 0x20: neither sum nor difference leaves its byte.
        let above = word | (word & !HIGH).wrapping_add(EACH);
        let below = !(word | HIGH).wrapping_sub(0x20 * EACH);
        (above | below) & HIGH == 0
    };
    words.clone().all(is_plain) && rest.all(|byte| (0x20..0x7f).contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_a_terminal_raw_and_nothing_is_lost() {
        let hostile = "a\x1b[2J\u{9b}1m\x7f\u{202e}\"\\b\u{e9}\n\u{8}";
        let written = json_line(&hostile, 4096).unwrap();
        assert!(!written.chars().any(is_control), "{written}");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), hostile);
        let counted: usize = hostile.chars().map(length).sum();
        assert_eq!(counted + 2, written.len());
    }

    #[test]
    fn every_byte_is_judged_in_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..11 {
                let mut text = *b"plain ~text";
                text[place] = byte;
                let expected = text.iter().all(|byte| (0x20..0x7f).contains(byte));
                assert_eq!(is_printable(&text), expected, "{byte} at {place}");
            }
        }
    }

    #[test]
    fn what_is_too_long_is_not_written() {
        assert_eq!(json_line(&"abc", 5).as_deref(), Some("\"abc\""));
        assert_eq!(json_line(&"abc", 4), None);
    }
}
