//! JSON that a terminal can be shown.
//!
//! JSON itself escapes C0 only. A document is read with `tail` and `grep` too, so what else moves a cursor
//! or turns the reading order is written as `\\uXXXX`: the value stays what it was.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use serde_json::Value;

use crate::text::is_control;

/// The value on one line.
pub(super) fn text(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, ForTerminals);
    // Writing a Value to memory cannot fail.
    let _ = value.serialize(&mut serializer);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Bytes that a character takes in a string.
pub(super) fn length(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\x08' | '\x0c' => 2,
        control if is_control(control) => 6,
        other => other.len_utf8(),
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
        let value = Value::from(hostile);
        let text = text(&value);
        assert!(!text.chars().any(is_control), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        let counted: usize = hostile.chars().map(length).sum();
        assert_eq!(counted + 2, text.len());
    }
}
