//! Distinguished names in DER, for display (RFC 5280 section 4.1.2.4, RFC 4514).

use std::borrow::Cow;
use std::collections::VecDeque;

use super::der::{any, element, OBJECT_IDENTIFIER, SEQUENCE};
use super::Reader;

/// Attributes kept of one name: the last ones, because the most specific stand last.
const MAX_ATTRIBUTES: usize = 8;
/// Bytes shown of one value, and read of an unknown attribute type.
const MAX_VALUE: usize = 64;

/// Bytes of a usual name.
const TYPICAL: usize = 128;

const SET: u8 = 0x31;
const UNIVERSAL_STRING: u8 = 0x1c;
const BMP_STRING: u8 = 0x1e;

/// Renders a name most specific attribute first: `CN=Example CA,O=Example`. `None` when it is not
/// a name. The text is the peer's: only what separates the parts is escaped.
pub fn distinguished_name(der: &[u8]) -> Option<String> {
    let mut sets = Reader::new(element(&mut Reader::new(der), SEQUENCE)?);
    let mut parts = VecDeque::new();
    while !sets.is_empty() {
        let mut set = Reader::new(element(&mut sets, SET)?);
        let mut joint = ',';
        while !set.is_empty() {
            // Attributes of one set belong together: `CN=a+serialNumber=1` (RFC 4514 section 2.2).
            parts.push_front((joint, Attribute::read(&mut set)?));
            parts.truncate(MAX_ATTRIBUTES);
            joint = '+';
        }
    }
    let mut text = String::with_capacity(TYPICAL);
    for (index, (_, part)) in parts.iter().enumerate() {
        if let Some((joint, _)) = index.checked_sub(1).and_then(|before| parts.get(before)) {
            text.push(*joint);
        }
        part.push_to(&mut text);
    }
    Some(text)
}

/// One part of a name; only those that are kept are rendered.
struct Attribute<'a> {
    kind: &'a [u8],
    tag: u8,
    value: &'a [u8],
}

impl<'a> Attribute<'a> {
    fn read(set: &mut Reader<'a>) -> Option<Self> {
        let mut pair = Reader::new(element(set, SEQUENCE)?);
        let kind = element(&mut pair, OBJECT_IDENTIFIER)?;
        let (tag, value) = any(&mut pair)?;
        Some(Self { kind, tag, value })
    }

    fn push_to(&self, text: &mut String) {
        let value = match self.tag {
            BMP_STRING => wide(self.value, 2).into(),
            UNIVERSAL_STRING => wide(self.value, 4).into(),
            _ => {
                // Cut before the conversion, so that a long value costs nothing; half a character
                // at the cut is dropped below.
                let shown = self.value.get(..MAX_VALUE + 4).unwrap_or(self.value);
                String::from_utf8_lossy(shown)
            }
        };
        text.push_str(&label(self.kind));
        text.push('=');
        push_escaped(text, &value);
    }
}

/// Characters of 16 or 32 bits; what is none (also half a surrogate pair) becomes U+FFFD.
fn wide(value: &[u8], width: usize) -> String {
    let number = |unit: &[u8]| unit.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    value
        .chunks_exact(width)
        .take(MAX_VALUE)
        .map(|unit| char::from_u32(number(unit)).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// What separates the parts of a name gets a backslash (RFC 4514 section 2.4), so that no value
/// can pretend to be two; a long value is cut between characters.
fn push_escaped(text: &mut String, value: &str) {
    let end = text.len() + MAX_VALUE;
    for character in value.chars() {
        let before = text.len();
        if matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            text.push('\\');
        }
        text.push(character);
        if text.len() > end {
            text.truncate(before);
            break;
        }
    }
}

/// The usual attribute types (RFC 4519).
fn label(kind: &[u8]) -> Cow<'static, str> {
    let name = match kind {
        [0x55, 0x04, 0x03] => "CN",
        [0x55, 0x04, 0x05] => "serialNumber",
        [0x55, 0x04, 0x06] => "C",
        [0x55, 0x04, 0x07] => "L",
        [0x55, 0x04, 0x08] => "ST",
        [0x55, 0x04, 0x0a] => "O",
        [0x55, 0x04, 0x0b] => "OU",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01] => "emailAddress",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19] => "DC",
        _ => return Cow::Owned(dotted(kind)),
    };
    Cow::Borrowed(name)
}

/// An object identifier as numbers, `2.5.4.97`: base 128, the first two numbers in one
/// (X.690 section 8.19).
fn dotted(kind: &[u8]) -> String {
    let mut text = String::new();
    let mut number: u32 = 0;
    for byte in kind.iter().take(MAX_VALUE) {
        number = number << 7 | u32::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if text.is_empty() {
            let first = (number / 40).min(2);
            text = format!("{first}.{}", number - first * 40);
        } else {
            text.push_str(&format!(".{number}"));
        }
        number = 0;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_none() {
        assert_eq!(distinguished_name(&[0x30, 0x00]).as_deref(), Some(""));
        assert_eq!(distinguished_name(&[0x31, 0x00]), None);
        assert_eq!(distinguished_name(&[0x30, 0x84, 1, 0, 0, 0]), None);
        assert_eq!(distinguished_name(&[]), None);
    }

    /// One element; the contents are shorter than 64 KiB.
    fn tagged(tag: u8, contents: &[u8]) -> Vec<u8> {
        let [high, low] = u16::try_from(contents.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, high, low], contents].concat()
    }

    fn pair(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        tagged(SEQUENCE, &[tagged(6, kind), tagged(tag, value)].concat())
    }

    fn name(sets: &[&[Vec<u8>]]) -> String {
        let sets: Vec<u8> = sets
            .iter()
            .flat_map(|set| tagged(SET, &set.concat()))
            .collect();
        distinguished_name(&tagged(SEQUENCE, &sets)).unwrap()
    }

    const CN: [u8; 3] = [0x55, 4, 3];
    const O: [u8; 3] = [0x55, 4, 10];

    #[test]
    fn wide_strings_are_read() {
        let bmp = b"\0C\0A";
        assert_eq!(name(&[&[pair(&CN, BMP_STRING, bmp)]]), "CN=CA");
        let universal = b"\0\0\0C\0\0\0A";
        assert_eq!(name(&[&[pair(&CN, UNIVERSAL_STRING, universal)]]), "CN=CA");
        let surrogate = [0xd8, 0, 0];
        assert_eq!(name(&[&[pair(&CN, BMP_STRING, &surrogate)]]), "CN=\u{fffd}");
    }

    #[test]
    fn no_value_pretends_to_be_two() {
        let value = pair(&CN, 0x0c, b"a,O=b+\\");
        assert_eq!(name(&[&[value]]), "CN=a\\,O=b\\+\\\\");
    }

    #[test]
    fn the_most_specific_attributes_are_kept_and_sets_stay_together() {
        let unit = pair(&[0x55, 4, 11], 0x0c, b"u");
        let units = [unit.clone()];
        let common = [pair(&CN, 0x0c, b"a"), pair(&[0x55, 4, 5], 0x13, b"7")];
        let mut sets: Vec<&[Vec<u8>]> = vec![&units; 20];
        sets.push(&common);
        assert_eq!(
            name(&sets),
            "serialNumber=7+CN=a,OU=u,OU=u,OU=u,OU=u,OU=u,OU=u"
        );
    }

    #[test]
    fn unknown_types_are_numbers_and_long_values_are_cut_between_characters() {
        assert_eq!(name(&[&[pair(&[0x55, 4, 97], 0x0c, b"x")]]), "2.5.4.97=x");
        let huge = [0xff; 600];
        assert_eq!(name(&[&[pair(&huge, 0x0c, b"x")]]), "=x");
        let long = "\u{e9}".repeat(500);
        let shown = name(&[&[pair(&O, 0x0c, long.as_bytes())]]);
        assert_eq!(shown, format!("O={}", "\u{e9}".repeat(32)));
    }
}
