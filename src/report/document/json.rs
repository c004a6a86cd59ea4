//! JSON of a bounded length that is safe to print on a terminal.
//!
//! JSON itself escapes C0 only. Documents are read with `tail` and `grep`, too, so all other characters that
//! move a cursor or change the reading order are written as `\uXXXX`, which leaves the value as it is. Both is
//! done in one pass, and a text without any of them, which nearly every text is, is copied after a glance.

use std::fmt;

use serde::ser::{
    self, Impossible, Serialize, SerializeSeq, SerializeStruct, SerializeTuple, Serializer,
};

use crate::decimal::Decimal;
use crate::text::{is_control, is_printable};

/// The value on one line of at most `max` bytes; `None` if it takes more.
pub fn json_line(value: &impl Serialize, max: usize) -> Option<String> {
    let mut line = Line {
        text: String::with_capacity(max),
        max,
    };
    value.serialize(&mut line).ok()?;
    Some(line.text)
}

/// Bytes that a character takes in a string.
pub(super) fn length(character: char) -> usize {
    match character {
        control if is_control(control) && short(control).is_none() => 6,
        escaped if short(escaped).is_some() => 2,
        other => other.len_utf8(),
    }
}

/// What stands behind the backslash of a character that has a short escape (RFC 8259 section 7).
fn short(character: char) -> Option<char> {
    Some(match character {
        '"' | '\\' => character,
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\x08' => 'b',
        '\x0c' => 'f',
        _ => return None,
    })
}

/// JSON takes it as it is.
pub(super) fn is_plain(text: &str) -> bool {
    is_printable(text, [b'"', b'\\'])
}

/// What is written so far.
struct Line {
    text: String,
    max: usize,
}

/// The value takes more than its bytes, or is of a kind that no document holds.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no document")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Written = Result<(), Refused>;

impl Line {
    /// Whether so many bytes more fit.
    fn has_room(&self, bytes: usize) -> Written {
        match self.text.len() + bytes <= self.max {
            true => Ok(()),
            false => Err(Refused),
        }
    }

    fn push(&mut self, text: &str) -> Written {
        self.has_room(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    /// A text without anything to escape, between quotes.
    fn plain(&mut self, text: &str) -> Written {
        self.has_room(text.len() + 2)?;
        self.text.push('"');
        self.text.push_str(text);
        self.text.push('"');
        Ok(())
    }

    fn escaped(&mut self, text: &str) -> Written {
        self.push("\"")?;
        for character in text.chars() {
            self.has_room(length(character))?;
            match short(character) {
                Some(letter) => self.text.extend(['\\', letter]),
                None if is_control(character) => {
                    let code = format!("\\u{:04x}", u32::from(character));
                    self.text.push_str(&code);
                }
                None => self.text.push(character),
            }
        }
        self.push("\"")
    }

    fn begin(&mut self, open: char, close: char) -> Result<Members<'_>, Refused> {
        self.has_room(1)?;
        self.text.push(open);
        Ok(Members {
            line: self,
            is_first: true,
            close,
        })
    }
}

/// The members of an array or of an object.
struct Members<'l> {
    line: &'l mut Line,
    is_first: bool,
    close: char,
}

impl Members<'_> {
    fn separate(&mut self) {
        if !self.is_first {
            self.line.text.push(',');
        }
        self.is_first = false;
    }

    fn element(&mut self, value: &(impl Serialize + ?Sized)) -> Written {
        self.line.has_room(1)?;
        self.separate();
        value.serialize(&mut *self.line)
    }

    fn close(self) -> Written {
        self.line.has_room(1)?;
        self.line.text.push(self.close);
        Ok(())
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Refused;

    /// Names of fields are ours: there is nothing to escape in them.
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        self.line.has_room(name.len() + 4)?;
        self.separate();
        let text = &mut self.line.text;
        text.push('"');
        text.push_str(name);
        text.push_str("\":");
        value.serialize(&mut *self.line)
    }

    fn end(self) -> Written {
        self.close()
    }
}

impl SerializeSeq for Members<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.element(value)
    }

    fn end(self) -> Written {
        self.close()
    }
}

impl SerializeTuple for Members<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.element(value)
    }

    fn end(self) -> Written {
        self.close()
    }
}

/// Numbers: all that documents hold are positive but for X509_V_ERR_*, which may be anything.
macro_rules! numbers {
    ($($unsigned:ident($type:ty),)+) => {
        $(fn $unsigned(self, value: $type) -> Written {
            self.push(Decimal::of(value).as_str())
        })+
    };
}

macro_rules! refused {
    ($($kind:ident($($argument:ty),*) -> $result:ty;)+) => {
        $(fn $kind(self $(, _: $argument)*) -> Result<$result, Refused> {
            Err(Refused)
        })+
    };
}

impl<'l> Serializer for &'l mut Line {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Members<'l>;
    type SerializeTuple = Members<'l>;
    type SerializeStruct = Members<'l>;
    type SerializeTupleStruct = Impossible<(), Refused>;
    type SerializeTupleVariant = Impossible<(), Refused>;
    type SerializeMap = Impossible<(), Refused>;
    type SerializeStructVariant = Impossible<(), Refused>;

    numbers! {
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
    }

    fn serialize_i64(self, value: i64) -> Written {
        if value < 0 {
            self.push("-")?;
        }
        self.push(Decimal::of(value.unsigned_abs()).as_str())
    }

    fn serialize_i32(self, value: i32) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_bool(self, value: bool) -> Written {
        self.push(if value { "true" } else { "false" })
    }

    fn serialize_str(self, text: &str) -> Written {
        match is_plain(text) {
            true => self.plain(text),
            false => self.escaped(text),
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }

    /// Its name.
    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Written {
        self.plain(name)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'l>, Refused> {
        self.begin('[', ']')
    }

    fn serialize_tuple(self, _: usize) -> Result<Members<'l>, Refused> {
        self.begin('[', ']')
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'l>, Refused> {
        self.begin('{', '}')
    }

    refused! {
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        Err(Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

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
    fn what_is_written_is_what_serde_json_writes() {
        #[derive(Serialize)]
        struct Kinds<'k> {
            numbers: (u8, u16, u32, u64, i32, i64),
            flags: [bool; 2],
            texts: Vec<&'k str>,
            empty: [u8; 0],
            inner: Option<Inner>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "snake_case")]
        enum Choice {
            OneOfThem,
        }
        #[derive(Serialize)]
        struct Inner(Choice);
        let texts = vec!["", "a\"b\\c\r\n\t\x08\x0c\0\x1f", "\u{e9}\u{1f600}"];
        let value = Kinds {
            numbers: (0, 65_535, 10, u64::MAX, i32::MIN, i64::MIN),
            flags: [true, false],
            texts,
            empty: [],
            inner: Some(Inner(Choice::OneOfThem)),
        };
        let expected = serde_json::to_string(&value).unwrap();
        assert_eq!(json_line(&value, 4096), Some(expected.clone()));
        for max in 0..expected.len() {
            assert_eq!(json_line(&value, max), None, "{max}");
        }
    }
}
