//! Where lines come from: files, packed ones too, and standard input.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

const STDIN: &str = "-";

/// What to call it in messages.
pub(super) fn name(file: &OsStr) -> String {
    match file.to_str() {
        Some(STDIN) => "standard input".to_owned(),
        _ => file.to_string_lossy().into_owned(),
    }
}

/// The text of it.
pub(super) fn open(file: &OsStr) -> io::Result<Box<dyn Read>> {
    match file.to_str() {
        Some(STDIN) => unpacked(io::stdin().lock()),
        _ => unpacked(File::open(file)?),
    }
}

/// The format is recognised by the first bytes: names may not say it (`error.log.2`), and pipes have none.
fn unpacked(mut source: impl Read + 'static) -> io::Result<Box<dyn Read>> {
    /// How files begin, what packed them and what unpacks them.
    const FOREIGN: [(&[u8], &str, &str); 3] = [
        (b"\xfd7zXZ\0", "xz", "xz -dc"),
        (b"\x28\xb5\x2f\xfd", "zstd", "zstd -dc"),
        (b"BZh", "bzip2", "bzip2 -dc"),
    ];
    let mut start = Vec::new();
    source.by_ref().take(6).read_to_end(&mut start)?;
    if let Some((_, packer, unpack)) = FOREIGN.iter().find(|(magic, ..)| start.starts_with(magic)) {
        return Err(io::Error::other(format!(
            "packed by {packer}: {unpack} FILE | tlsdiag explain -"
        )));
    }
    let is_gzip = start.starts_with(b"\x1f\x8b");
    let whole = Cursor::new(start).chain(source);
    Ok(match is_gzip {
        // Rotation appends: there may be several members.
        true => Box::new(MultiGzDecoder::new(BufReader::new(whole))),
        false => Box::new(whole),
    })
}
