//! Lines that a container runtime or a log shipper wrapped into JSON.

use memchr::memmem;

/// Fields that hold the line: Docker's json-file driver, then those of shippers and of the journal.
const FIELDS: [&[u8]; 6] = [
    b"\"log\":",
    b"\"message\":",
    b"\"MESSAGE\":",
    b"\"msg\":",
    b"\"line\":",
    b"\"textPayload\":",
];
/// Bytes of a line that are looked at.
const MAX_TEXT: usize = 16 << 10;

/// Puts the text of the field that holds the line into `text`; false where there is none. A quote inside
/// another field stands there as `\"`, so that it cannot look like a field's name.
pub(super) fn unwrap(object: &[u8], text: &mut Vec<u8>) -> bool {
    text.clear();
    let value = FIELDS.iter().find_map(|field| {
        let start = memmem::find(object, field)? + field.len();
        let value = object.get(start..)?;
        value
            .strip_prefix(b" ")
            .unwrap_or(value)
            .strip_prefix(b"\"")
    });
    match value {
        Some(value) => {
            unescape(value, text);
            true
        }
        None => false,
    }
}

/// Up to the closing quote.
fn unescape(value: &[u8], text: &mut Vec<u8>) {
    let mut rest = value;
    while text.len() < MAX_TEXT {
        let end = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
        let (plain, special) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        text.extend(plain.iter().take(MAX_TEXT));
        let [b'\\', escaped, after @ ..] = special else {
            return;
        };
        rest = after;
        match escaped {
            b'n' => text.push(b'\n'),
            b't' => text.push(b'\t'),
            b'r' => text.push(b'\r'),
            b'u' => {
                let Some((digits, after)) = after.split_first_chunk::<4>() else {
                    return;
                };
                rest = after;
                let code = std::str::from_utf8(digits)
                    .ok()
                    .and_then(|digits| u32::from_str_radix(digits, 16).ok());
                let character = code.and_then(char::from_u32).unwrap_or('\u{fffd}');
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => text.push(*other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrapped(object: &str) -> Option<String> {
        let mut text = Vec::new();
        unwrap(object.as_bytes(), &mut text).then(|| String::from_utf8(text).unwrap())
    }

    #[test]
    fn the_line_comes_out_as_it_went_in() {
        let docker =
            r#"{"log":"a \"b\" \u003c\\x\n","stream":"stderr","time":"2026-11-26T10:41:02Z"}"#;
        assert_eq!(unwrapped(docker).unwrap(), "a \"b\" <\\x\n");
        assert_eq!(unwrapped(r#"{"level":3,"message": "x"}"#).unwrap(), "x");
        assert_eq!(
            unwrapped(r#"{"MESSAGE":"\ud83d\u00e9"}"#).unwrap(),
            "\u{fffd}\u{e9}"
        );
    }

    #[test]
    fn what_is_cut_ends_and_what_is_no_text_is_none() {
        for object in [r#"{"log":"a\"#, r#"{"log":"a\u00"#, r#"{"log":"a"#] {
            assert_eq!(unwrapped(object).unwrap(), "a", "{object}");
        }
        for object in [r#"{"log":3}"#, r#"{"agent":"\"log\":\"x\""}"#, "{}", ""] {
            assert_eq!(unwrapped(object), None, "{object}");
        }
        let long = format!("{{\"log\":\"{}", "x".repeat(9 << 20));
        assert_eq!(unwrapped(&long).unwrap().len(), MAX_TEXT);
    }
}
