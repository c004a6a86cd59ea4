//! Text and bytes of a fixed size, so that copying them out of shared memory allocates nothing.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::is_control;

/// At most `N` bytes of readable UTF-8, on one line. What does not fit ends in `...`; what could
/// deceive a reader (control characters, marks that turn the direction of writing, bytes that are no
/// UTF-8) stands as `\xHH`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<const N: usize> {
    length: usize,
    bytes: [u8; N],
}

/// Ends a text that was cut.
const CUT: &str = "...";

impl<const N: usize> Text<N> {
    /// No text.
    pub const EMPTY: Self = Self {
        length: 0,
        bytes: [0; N],
    };

    /// Takes any bytes.
    pub fn new(raw: &[u8]) -> Self {
        let mut text = Self::EMPTY;
        // Where the text may end so that `...` still fits behind it.
        let mut room = 0;
        for chunk in raw.utf8_chunks() {
            for one in chunk.valid().chars() {
                let mut utf8 = [0; 4];
                let encoded = one.encode_utf8(&mut utf8).as_bytes();
                let fits = match is_control(one) {
                    true => text.push_escaped(encoded),
                    false => text.push(encoded),
                };
                if !fits {
                    return text.cut(room);
                }
                if text.length + CUT.len() <= N {
                    room = text.length;
                }
            }
            if !text.push_escaped(chunk.invalid()) {
                return text.cut(room);
            }
            if text.length + CUT.len() <= N {
                room = text.length;
            }
        }
        text
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Appends all of it or nothing.
    fn push(&mut self, bytes: &[u8]) -> bool {
        let end = self.length + bytes.len();
        match self.bytes.get_mut(self.length..end) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.length = end;
                true
            }
            None => false,
        }
    }

    /// Appends `\xHH` for each byte, or some of them.
    fn push_escaped(&mut self, bytes: &[u8]) -> bool {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'?');
        bytes
            .iter()
            .all(|byte| self.push(&[b'\\', b'x', digit(byte >> 4), digit(byte & 15)]))
    }

    /// Ends at `room` with the mark of a cut.
    fn cut(mut self, room: usize) -> Self {
        self.length = room;
        self.push(CUT.as_bytes());
        self
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> From<&str> for Text<N> {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl<const N: usize> Serialize for Text<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Text<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::from(text.as_str()))
    }
}

/// Up to `N` bytes that are shown in upper-case hex; of more, the first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint<const N: usize> {
    length: usize,
    bytes: [u8; N],
}

impl<const N: usize> Fingerprint<N> {
    /// Takes bytes.
    pub fn new(raw: &[u8]) -> Self {
        let mut fingerprint = Self {
            length: raw.len().min(N),
            bytes: [0; N],
        };
        for (to, from) in fingerprint.bytes.iter_mut().zip(raw) {
            *to = *from;
        }
        fingerprint
    }

    /// Takes digits in pairs, up to the first that is none.
    pub fn from_hex(text: &str) -> Self {
        let mut fingerprint = Self::new(&[]);
        let pairs = text.as_bytes().chunks_exact(2);
        for (to, pair) in fingerprint.bytes.iter_mut().zip(pairs) {
            let digits = std::str::from_utf8(pair).unwrap_or_default();
            let Ok(byte) = u8::from_str_radix(digits, 16) else {
                break;
            };
            *to = byte;
            fingerprint.length += 1;
        }
        fingerprint
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl<const N: usize> fmt::Display for Fingerprint<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl<const N: usize> fmt::Debug for Fingerprint<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> Serialize for Fingerprint<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Fingerprint<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::from_hex(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_become_one_readable_line() {
        let text = |raw: &[u8]| Text::<64>::new(raw).to_string();
        assert_eq!(text(b"orders"), "orders");
        assert_eq!(text("CN=Z\u{fc}rich".as_bytes()), "CN=Z\u{fc}rich");
        assert_eq!(
            text(b"a\n[emerg]\x1b[31m\x7f"),
            "a\\x0A[emerg]\\x1B[31m\\x7F"
        );
        assert_eq!(
            text("\u{202e}evil\u{9b}".as_bytes()),
            "\\xE2\\x80\\xAEevil\\xC2\\x9B"
        );
        assert_eq!(text(b"\xff\xfeok\xc3"), "\\xFF\\xFEok\\xC3");
        assert_eq!(text(b""), "");
    }

    #[test]
    fn what_does_not_fit_is_cut_between_characters_and_marked() {
        assert_eq!(Text::<8>::new(b"12345678").as_str(), "12345678");
        assert_eq!(Text::<8>::new(b"123456789").as_str(), "12345...");
        assert_eq!(
            Text::<8>::new("1234\u{e9}789".as_bytes()).as_str(),
            "1234..."
        );
        assert_eq!(Text::<8>::new(b"123\n\n").as_str(), "123...");
        assert_eq!(Text::<2>::new(b"123").as_str(), "");
        for length in 0..300 {
            let raw: Vec<u8> = (0..=255).cycle().step_by(89).take(length).collect();
            assert!(Text::<40>::new(&raw).as_str().len() <= 40);
        }
    }

    #[test]
    fn a_text_is_a_string_in_json() {
        let text = Text::<16>::from("a\"b");
        let json = serde_json::to_string(&text).unwrap();
        assert_eq!(json, r#""a\"b""#);
        assert_eq!(serde_json::from_str::<Text<16>>(&json).unwrap(), text);
    }
}
