//! JSON of a bounded length that is safe to print on a terminal.
//!
//! JSON itself escapes C0 only. Documents are read with `tail` and `grep`, too, so all other characters that
//! move a cursor or change the reading order are written as `\uXXXX`, which leaves the value as it is.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::text::{is_control, is_printable};

/// The value on one line of at most `max` bytes; `None` if it takes more.
pub fn json_line(value: &impl Serialize, max: usize) -> Option<String> {
    let mut buffer = Buffer {
        bytes: Vec::with_capacity(max),
        max,
    };
    let mut serializer = Serializer::with_formatter(&mut buffer, ForTerminals::default());
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

/// JSON takes it as it is.
pub(super) fn is_plain(text: &str) -> bool {
    is_printable(text, [b'"', b'\\'])
}

/// Memory that is full at its bound.
struct Buffer {
    bytes: Vec<u8>,
    max: usize,
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.bytes.len() + bytes.len() > self.max {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Default)]
struct ForTerminals {
    /// Names of fields are ours: nothing is to be looked for in them.
    in_name: bool,
}

impl Formatter for ForTerminals {
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        self.in_name = true;
        match is_first {
            true => Ok(()),
            false => writer.write_all(b","),
        }
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.in_name = false;
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if self.in_name || is_plain(fragment) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, control)) = rest.char_indices().find(|(_, one)| is_control(*one)) {
            let (before, after) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            write!(writer, "\\u{:04x}", u32::from(control))?;
            rest = after.strip_prefix(control).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
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
    fn what_is_too_long_is_not_written() {
        assert_eq!(json_line(&"abc", 5).as_deref(), Some("\"abc\""));
        assert_eq!(json_line(&"abc", 4), None);
    }
}
