//! Text that somebody else wrote, and the one way it is shown.
//!
//! A peer chooses what its certificate says and a client chooses its Host. Neither may close our quotes,
//! look like a sentence of ours or like a log level, or move a terminal's cursor. So such text has its own
//! type, and printing it quotes it.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// Bytes shown of one text, without its quotes.
pub const MAX_SHOWN: usize = 64;
/// Bytes kept of one text: one more than a document shows, so that it can say that it cut.
const MAX_KEPT: usize = 257;
/// Stands at the end of what was cut.
const CUT: &str = "...";
/// Stands for an empty text: a certificate needs no subject.
const NO_NAME: &str = "(no name)";

/// Text that a peer, a client or a library wrote. `Display` shows it quoted: see [`quote`].
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Foreign(String);

impl Foreign {
    /// The text itself: for comparing, and for a field of a document that holds nothing else.
    pub fn raw(&self) -> &str {
        &self.0
    }
}

impl From<String> for Foreign {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Foreign {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quote(&self.0))
    }
}

/// A bounded copy of a peer's or a client's bytes; what is no UTF-8 becomes U+FFFD. The report escapes.
pub fn bounded(bytes: &[u8]) -> String {
    let kept = bytes.get(..MAX_KEPT).unwrap_or(bytes);
    // Nearly all is, and is copied as a whole.
    match std::str::from_utf8(kept) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(kept).into_owned(),
    }
}

/// The text between single quotes, as [`escape`] writes it. An empty one is no name.
pub fn quote(raw: &str) -> String {
    match raw {
        "" => NO_NAME.to_owned(),
        _ => format!("'{}'", escape(raw)),
    }
}

/// At most [`MAX_SHOWN`] bytes of printable ASCII without a space: spaces become `_`; all else outside
/// printable ASCII and `" \ ; ' [ ]` become `\xHH`, byte by byte. An address stays as it is.
pub fn escape(raw: &str) -> String {
    if raw.len() <= MAX_SHOWN && raw.bytes().all(is_plain) || is_address(raw) {
        return raw.to_owned();
    }
    let mut shown = String::new();
    // Where to cut if the rest does not fit.
    let mut room_for_mark = 0;
    for byte in raw.bytes() {
        match byte {
            b' ' => shown.push('_'),
            plain if is_plain(plain) => shown.push(char::from(plain)),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(shown, "\\x{byte:02X}");
            }
        }
        if shown.len() <= MAX_SHOWN - CUT.len() {
            room_for_mark = shown.len();
        }
        if shown.len() > MAX_SHOWN {
            shown.truncate(room_for_mark);
            shown.push_str(CUT);
            break;
        }
    }
    shown
}

/// A byte of a word that is shown as it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"\\;'[]".contains(&byte)
}

/// An IP address, in brackets or not, with a port or without.
fn is_address(raw: &str) -> bool {
    raw.len() <= MAX_SHOWN
        && (raw.parse::<SocketAddr>().is_ok()
            || raw
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
                .unwrap_or(raw)
                .parse::<IpAddr>()
                .is_ok())
}

/// A word of nginx.conf that is read as this text: quoted where its lexer would end it or read more into
/// it (`ngx_conf_read_token`).
pub fn conf_word(text: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !is_control(c) && !"\"'\\;{}#".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut word = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => word.extend(['\\', character]),
            '\t' => word.push_str("\\t"),
            '\r' => word.push_str("\\r"),
            '\n' => word.push_str("\\n"),
            other => word.push(other),
        }
    }
    word.push('"');
    word
}

/// Characters that move the cursor, change colours or reverse the reading order of a terminal: C0, DEL,
/// C1, line separators, and the marks of bidirectional text (Unicode standard annex 9).
pub fn is_control(character: char) -> bool {
    matches!(
        character,
        '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// All of it is printable ASCII, and none of it one of two characters. A failure has some thousands: they are
/// looked at in pieces that the compiler makes one value.
pub(crate) fn is_printable(text: &str, but: [u8; 2]) -> bool {
    const PIECE: usize = 16;
    let [one, other] = but;
    let is_odd = |byte: u8| !(0x20..0x7f).contains(&byte) | (byte == one) | (byte == other);
    let is_plain = |piece: &[u8; PIECE]| !piece.iter().fold(false, |odd, byte| odd | is_odd(*byte));
    let bytes = text.as_bytes();
    match bytes.last_chunk() {
        // The last piece may overlap the one before it.
        Some(last) => {
            let mut pieces = bytes.chunks_exact(PIECE).filter_map(<[u8]>::first_chunk);
            pieces.all(is_plain) && is_plain(last)
        }
        None => {
            let mut piece = [b' '; PIECE];
            if let Some(begin) = piece.get_mut(..bytes.len()) {
                begin.copy_from_slice(bytes);
            }
            is_plain(&piece)
        }
    }
}

/// The longest beginning of at most `max` bytes that ends between two characters.
pub fn beginning(text: &str, max: usize) -> &str {
    let mut ends = (0..=max.min(text.len())).rev();
    ends.find_map(|end| text.get(..end)).unwrap_or_default()
}

/// The beginning of one of our own sentences: at most `max` bytes, cut at a space (quoted text has none)
/// and marked. Anything that is no printable ASCII or would end the sentence becomes `?`: its parts are
/// constants, numbers and quoted text, so that nothing does.
pub fn clip(sentence: &str, max: usize) -> Cow<'_, str> {
    if sentence.len() <= max && is_printable(sentence, [b'"', b';']) {
        return Cow::Borrowed(sentence);
    }
    let mut clipped = String::new();
    let mut last_space = 0;
    for byte in sentence.bytes() {
        if byte == b' ' && clipped.len() + CUT.len() <= max {
            last_space = clipped.len();
        }
        clipped.push(match byte {
            b'"' | b';' | 0..=0x1f | 0x7f..=0xff => '?',
            plain => char::from(plain),
        });
        if clipped.len() > max {
            clipped.truncate(last_space);
            clipped.push_str(CUT);
            break;
        }
    }
    Cow::Owned(clipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_one_quoted_word() {
        let hostile = "a\n[emerg] \"b\"; fix: x (certain)' \u{e9}\0\\\u{202e}\u{9b}\x7f";
        assert_eq!(
            Foreign::from(hostile).to_string(),
            "'a\\x0A\\x5Bemerg\\x5D_\\x22b\\x22\\x3B_fix:_x_(certain)\\x27_\\xC3...'"
        );
        for (raw, shown) in [
            ("CN=Example Root", "'CN=Example_Root'"),
            ("", "(no name)"),
            ("[::1]", "'[::1]'"),
            ("[::1]:443", "'[::1]:443'"),
            ("[block]", "'\\x5Bblock\\x5D'"),
            ("\u{e9}", "'\\xC3\\xA9'"),
        ] {
            assert_eq!(quote(raw), shown);
        }
    }

    #[test]
    fn what_is_cut_is_marked_and_never_cut_inside_an_escape() {
        assert_eq!(escape(&"a".repeat(64)), "a".repeat(64));
        assert_eq!(escape(&"a".repeat(65)), "a".repeat(61) + "...");
        for length in 0..100 {
            let shown = escape(&("\n".repeat(length) + "x"));
            assert!(shown.len() <= MAX_SHOWN, "{shown}");
            let plain = shown.replace("\\x0A", "");
            assert!(["x", "..."].contains(&plain.as_str()), "{shown}");
        }
    }

    #[test]
    fn every_byte_is_judged_in_every_place() {
        for byte in 0..0x80 {
            for length in 1..40 {
                for place in 0..length {
                    let mut text = [b'~'; 40];
                    text[place] = byte;
                    let text = std::str::from_utf8(&text[..length]).unwrap();
                    let expected = (0x20..0x7f).contains(&byte) && !b"\"\\".contains(&byte);
                    let found = is_printable(text, [b'"', b'\\']);
                    assert_eq!(found, expected, "{byte} at {place} of {length}");
                }
            }
        }
        let printable = |text| is_printable(text, [b';'; 2]);
        assert!(printable("") && printable("a \"b\"") && printable("sixteen of them, and more"));
        assert!(!printable("\u{e9}") && !printable("fifteen of them\u{20ac}") && !printable("a;"));
    }

    #[test]
    fn a_beginning_ends_between_characters() {
        assert_eq!(beginning("short", 10), "short");
        assert_eq!(beginning("short", 5), "short");
        assert_eq!(beginning("a\u{e9}\u{20ac}", 5), "a\u{e9}");
        assert_eq!(beginning("a\u{e9}\u{20ac}", 2), "a");
        assert_eq!(beginning("\u{20ac}", 2), "");
    }

    #[test]
    fn a_sentence_is_cut_outside_quotes() {
        assert_eq!(clip("short", 10), "short");
        assert_eq!(clip("one 'two_three' four", 12), "one...");
        assert_eq!(clip("one 'two' three four", 17), "one 'two'...");
        assert_eq!(clip("a\u{1b}[2J; \"b\"", 99), "a?[2J? ?b?");
    }

    #[test]
    fn a_word_of_a_configuration_is_read_back() {
        for (text, word) in [
            ("api.example.com", "api.example.com"),
            ("HIGH:!aNULL:@SECLEVEL=1", "HIGH:!aNULL:@SECLEVEL=1"),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("a;b", "\"a;b\""),
            ("a\"b\\c\n", "\"a\\\"b\\\\c\\n\""),
        ] {
            assert_eq!(conf_word(text), word);
        }
    }

    #[test]
    fn terminals_are_left_alone() {
        for character in [
            '\x1b', '\u{9b}', '\x7f', '\u{202e}', '\u{2066}', '\u{200f}', '\n',
        ] {
            assert!(is_control(character), "{character:?}");
        }
        for character in ['a', '\u{e9}', '\u{5d0}', ' ', '\u{2060}'] {
            assert!(!is_control(character), "{character:?}");
        }
    }
}
