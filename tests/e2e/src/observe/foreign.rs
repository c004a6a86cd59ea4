//! What a peer or a client said, as it stands in our sentences: `'...'`, and nothing in it can end a
//! sentence, a directive or a line, or be taken for one of ours.

use std::net::{Ipv6Addr, SocketAddrV6};

/// Longest foreign text between two quotes.
const MAX_LENGTH: usize = 64;

/// A text of ours taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Our own words, with `''` where somebody else's stood.
    pub own: String,
    /// Somebody else's, without their quotes.
    pub foreign: Vec<String>,
}

/// Takes a sentence, a condition or an action apart; the error says which promise it breaks. An
/// apostrophe stands after a letter, an opening quote never does.
pub fn words(text: &str) -> Result<Words, String> {
    let (mut own, mut foreign) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\'') {
        own.push_str(before);
        own.push('\'');
        rest = after;
        let apostrophe = before
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        if apostrophe {
            continue;
        }
        let (inside, after) = after
            .split_once('\'')
            .ok_or_else(|| format!("a quote is not closed in {text:?}"))?;
        check(inside)?;
        foreign.push(inside.to_owned());
        own.push('\'');
        rest = after;
    }
    own.push_str(rest);
    Ok(Words { own, foreign })
}

/// Foreign text has nothing of our grammar in it: no space and no quote, no bracket, no `;`, and a
/// backslash only before the two digits of a byte. An address of IPv6 keeps its brackets.
pub fn check(text: &str) -> Result<(), String> {
    let without_brackets = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let is_ip = without_brackets.is_some_and(|text| text.parse::<Ipv6Addr>().is_ok());
    if is_ip || text.parse::<SocketAddrV6>().is_ok() {
        return Ok(());
    }
    if text.len() > MAX_LENGTH {
        return Err(format!("{} bytes of foreign text: {text:?}", text.len()));
    }
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = match byte {
            b'\\' => match after {
                [b'x', high, low, after @ ..] if is_digit(*high) && is_digit(*low) => after,
                _ => return Err(format!("half an escape in foreign text: {text:?}")),
            },
            b'"' | b';' | b'\'' | b'[' | b']' => {
                return Err(format!(
                    "raw {:?} in foreign text: {text:?}",
                    char::from(*byte)
                ))
            }
            0x21..=0x7e => after,
            _ => return Err(format!("raw byte {byte:#04x} in foreign text: {text:?}")),
        };
    }
    Ok(())
}

/// The first character that a terminal heeds rather than shows: it moves the cursor, changes colours or
/// turns the reading order.
pub fn heeded(text: &str) -> Option<char> {
    let turns = |c: &char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().find(|c| c.is_control() || turns(c))
}

fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'F')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_our_words_from_theirs() {
        let text = "it is for 'a.test', 'x\\x5B_(certain)', not the server's default";
        let words = words(text).unwrap();
        assert_eq!(words.own, "it is for '', '', not the server's default");
        assert_eq!(words.foreign, ["a.test", "x\\x5B_(certain)"]);
        assert_eq!(super::words("'a'").unwrap().own, "''");
    }

    #[test]
    fn refuses_what_could_be_taken_for_ours() {
        for bad in [
            "a b", "a;b", "a\"b", "[emerg]", "\\n", "\\x0", "\u{7f}", "\u{85}",
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
            assert!(words(&format!("for '{bad}' only")).is_err(), "{bad:?}");
        }
        assert!(words("for 'a").is_err());
        assert!(check(&"a".repeat(65)).is_err());
        assert!(check("[::1]:443").is_ok() && check("[::1]").is_ok());
        assert!(check("\\x5Bemerg\\x5D,_fix:_x_(certain)").is_ok());
    }
}
