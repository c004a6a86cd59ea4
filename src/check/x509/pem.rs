//! PEM blocks as OpenSSL's `PEM_read_bio` finds them: anything may stand around them, and lines may
//! be of any length.

use base64ct::{Base64, Encoding};

/// A block.
pub(super) struct Block<'b> {
    pub(super) label: &'b [u8],
    /// `None` where it is not what it should be, or encrypted.
    pub(super) der: Option<Vec<u8>>,
}

/// All blocks of a file.
pub(super) fn blocks(bytes: &[u8]) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<(&[u8], Vec<u8>)> = None;
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        let framed = |start: &[u8]| line.strip_prefix(start)?.strip_suffix(b"-----");
        if let Some(label) = framed(b"-----BEGIN ") {
            open = Some((label, Vec::new()));
        } else if framed(b"-----END ").is_some() {
            blocks.extend(open.take().map(|(label, text)| Block {
                label,
                der: decode(&text),
            }));
        } else if let Some((_, text)) = &mut open {
            text.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        }
    }
    // Without its end it is none.
    blocks.extend(open.map(|(label, _)| Block { label, der: None }));
    blocks
}

/// Headers (`Proc-Type: 4,ENCRYPTED`) are no base64.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    Base64::decode_vec(std::str::from_utf8(text).ok()?).ok()
}
