//! Standard output with colours where they are wanted, and what makes foreign text fit to be shown.

use std::fmt::Write;
use std::io::{self, BufWriter, StdoutLock};

use anstream::AutoStream;
use tlsdiag::text::is_control;

/// Buffered; escape sequences of ours are taken out where no colours are wanted (`--color`,
/// `NO_COLOR`, no terminal).
pub(super) type Output = BufWriter<AutoStream<StdoutLock<'static>>>;

/// Standard output, locked.
pub(super) fn standard() -> Output {
    BufWriter::new(anstream::stdout().lock())
}

/// The text with everything that would act on a terminal ([`is_control`]) as `\xHH` of its bytes.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if !is_control(character) {
            shown.push(character);
            continue;
        }
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\x{byte:02X}");
        }
    }
    shown
}

/// An error that says which file it is about.
pub(super) fn about(name: &str, error: impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_is_left() {
        assert_eq!(printable("a b/\u{e9}\"\\"), "a b/\u{e9}\"\\");
        assert_eq!(
            printable("\x1b[31m\r\n\t\x7f\u{9b}\u{202e}"),
            "\\x1B[31m\\x0D\\x0A\\x09\\x7F\\xC2\\x9B\\xE2\\x80\\xAE"
        );
    }
}
