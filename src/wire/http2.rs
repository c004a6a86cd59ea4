//! The parts of HTTP/2 (RFC 9113) and HPACK (RFC 7541) that are needed to read the host of a request that
//! nginx wrote, and to find where the body of an answer begins.

use super::Reader;

/// What a client sends first (RFC 9113 section 3.4).
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frame types (RFC 9113 section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
/// Flags of frames.
const PADDED: u8 = 0x08;
const PRIORITY: u8 = 0x20;
/// An error code (RFC 9113 section 7).
const INADEQUATE_SECURITY: [u8; 4] = [0, 0, 0, 12];
/// `:authority` in HPACK's static table.
const AUTHORITY: usize = 1;

struct Frame<'a> {
    kind: u8,
    flags: u8,
    stream: u32,
    /// Of a cut frame, what is there.
    payload: &'a [u8],
    length: usize,
}

/// The next frame; `None` at the end, and for less than a frame's header.
fn frame<'a>(reader: &mut Reader<'a>) -> Option<Frame<'a>> {
    let length = reader.u24()?;
    let (kind, flags) = (reader.u8()?, reader.u8()?);
    let stream = u32::from(reader.u16()?) << 16 | u32::from(reader.u16()?);
    let rest = reader.rest();
    let payload = rest.get(..length).unwrap_or(rest);
    reader.take(payload.len())?;
    Some(Frame {
        kind,
        flags,
        stream: stream & 0x7fff_ffff,
        payload,
        length,
    })
}

impl<'a> Frame<'a> {
    /// The payload without its padding and its priority.
    fn content(&self) -> Option<&'a [u8]> {
        let mut reader = Reader::new(self.payload);
        let padding = match self.flags & PADDED {
            0 => 0,
            _ => usize::from(reader.u8()?),
        };
        if self.kind == HEADERS && self.flags & PRIORITY != 0 {
            reader.take(5)?;
        }
        let rest = reader.rest();
        match padding {
            // Of a cut frame the padding did not come.
            _ if self.payload.len() < self.length => Some(rest),
            padding => rest.get(..rest.len().checked_sub(padding)?),
        }
    }
}

/// The bytes begin with a frame that only a server of HTTP/2 sends first: SETTINGS, or GOAWAY of the whole
/// connection.
pub fn begins_http2(bytes: &[u8]) -> bool {
    let Some(first) = frame(&mut Reader::new(bytes)) else {
        return false;
    };
    let is_plausible = match first.kind {
        SETTINGS => first.length % 6 == 0 && first.flags & !1 == 0,
        GOAWAY => first.length >= 8 && first.flags == 0,
        _ => false,
    };
    is_plausible && first.stream == 0 && first.length < 1024
}

/// The GOAWAY of a server whose rules the TLS below does not meet (RFC 9113 section 9.2); empty for none.
pub fn inadequate_security(frames: &[u8]) -> &[u8] {
    let mut reader = Reader::new(frames);
    loop {
        let from = reader.rest();
        let Some(frame) = frame(&mut reader) else {
            return &[];
        };
        let code = frame.payload.get(4..8);
        if frame.kind == GOAWAY && frame.stream == 0 && code == Some(&INADEQUATE_SECURITY) {
            let length = from.len() - reader.rest().len();
            return from.get(..length).unwrap_or(from);
        }
    }
}

/// The first bytes of the body among the frames that follow an answer's header; empty for none.
pub fn first_data(frames: &[u8]) -> &[u8] {
    let mut reader = Reader::new(frames);
    while let Some(frame) = frame(&mut reader) {
        if frame.kind == DATA {
            return frame.content().unwrap_or_default();
        }
    }
    &[]
}

/// The authority, or Host, in the first HEADERS.
pub(super) fn authority(frames: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(frames);
    let block = loop {
        let frame = frame(&mut reader)?;
        if frame.kind == HEADERS {
            break frame.content()?;
        }
    };
    let mut fields = Reader::new(block);
    loop {
        if let Some(found) = host_field(&mut fields)? {
            return Some(found);
        }
    }
}

/// Reads one field (RFC 7541 section 6): its value if it is the host. `None` at the end, and for what cannot be
/// read.
fn host_field(fields: &mut Reader<'_>) -> Option<Option<Vec<u8>>> {
    let first = fields.u8()?;
    let name_index = match first {
        0x80.. => {
            integer(fields, first, 7)?;
            return Some(None);
        }
        0x40..=0x7f => integer(fields, first, 6)?,
        0x20..=0x3f => {
            integer(fields, first, 5)?;
            return Some(None);
        }
        0..=0x1f => integer(fields, first, 4)?,
    };
    let is_host = match name_index {
        0 => string(fields)?.is_some_and(|name| name.as_slice() == b"host"),
        index => index == AUTHORITY,
    };
    let value = string(fields)?;
    match is_host {
        true => value.map(Some),
        false => Some(None),
    }
}

/// An integer with a prefix of `prefix` bits (RFC 7541 section 5.1); `None` above 16 bits.
fn integer(reader: &mut Reader<'_>, first: u8, prefix: u8) -> Option<usize> {
    let max = (1usize << prefix) - 1;
    let mut value = usize::from(first) & max;
    if value < max {
        return Some(value);
    }
    for shift in [0, 7, 14] {
        let byte = reader.u8()?;
        value += usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value).filter(|value| *value <= usize::from(u16::MAX));
        }
    }
    None
}

/// A string (RFC 7541 section 5.2): an inner `None` is one with characters that no host has.
fn string(reader: &mut Reader<'_>) -> Option<Option<Vec<u8>>> {
    let first = reader.u8()?;
    let length = integer(reader, first, 7)?;
    let bytes = reader.take(length)?;
    Some(match first & 0x80 {
        0 => Some(bytes.to_vec()),
        _ => huffman(bytes),
    })
}

/// The characters of HPACK's Huffman code (RFC 7541 appendix B) by the length of their codes: 5 to 8 bits. The
/// code is canonical, so nothing more is needed to read it. What has longer codes stands in no host.
const BY_LENGTH: [&[u8]; 4] = [
    b"012aceiost",
    b" %-./3456789=A_bdfghlmnpru",
    b":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz",
    b"&*,;XZ",
];
const SHORTEST: usize = 5;

fn huffman(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let (mut code, mut length) = (0usize, 0usize);
    for bit in bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1))
    {
        code = code << 1 | usize::from(bit);
        length += 1;
        if let Some(character) = character(code, length) {
            text.push(character);
            (code, length) = (0, 0);
        }
        if length > SHORTEST + BY_LENGTH.len() {
            return None;
        }
    }
    // The rest of the last byte is the beginning of a code of ones.
    (length < 8 && code + 1 == 1 << length).then_some(text)
}

/// The character of this code, if there is one of this length.
fn character(code: usize, length: usize) -> Option<u8> {
    let mut first = 0;
    for (row, characters) in BY_LENGTH.iter().enumerate() {
        if length == SHORTEST + row {
            return characters.get(code.checked_sub(first)?).copied();
        }
        first = (first + characters.len()) << 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_header(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, 1], payload].concat()
    }

    #[test]
    fn the_example_of_the_rfc_is_read() {
        // RFC 7541 C.4.1: :method GET, :scheme http, :path /, :authority www.example.com.
        let block = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
        let frames = [b"\0\0\0\x04\0\0\0\0\0", &with_header(HEADERS, 4, block)[..]].concat();
        assert_eq!(authority(&frames).unwrap(), b"www.example.com");
        for length in 0..frames.len() {
            assert_eq!(authority(&frames[..length]), None, "cut at {length}");
        }
    }

    #[test]
    fn host_is_read_as_a_field_of_its_own_name() {
        // A path as literal, host in Huffman code with a port in it, then never indexed plain text.
        let block = b"\x04\x02/x\x00\x83\x9c\xe8\x4f\x8f\x1d\x66\x5c\xbe\x47\x4d\x74\x15\x74\x95\
            \x09\xb8\xf3\x4d\x33";
        let frames = with_header(HEADERS, 4 | PRIORITY, &[&[0; 5], &block[..]].concat());
        assert_eq!(authority(&frames).unwrap(), b"api.example.test:8443");
        let plain = with_header(HEADERS, 4 | PADDED, b"\x02\x10\x04host\x03a.b\0\0");
        assert_eq!(authority(&plain).unwrap(), b"a.b");
        let none = with_header(HEADERS, 4, b"\x82\x3f\x01\x10\x01x\x01y");
        assert_eq!(authority(&none), None);
    }

    #[test]
    fn only_whole_connections_begin_with_settings() {
        assert!(begins_http2(
            b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\0\0\0\0"
        ));
        assert!(begins_http2(b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01"));
        for other in [
            &b"HTTP/1.1 200 OK\r\n\r\n"[..],
            b"\0\0\x12\x04\0\0\0\0\x01",
            b"\0\0\x11\x04\0\0\0\0\0",
            b"\0\0\x00\x04\0\0\0\0",
            b"\x15\x03\x03\0\x02\x02\x28",
        ] {
            assert!(!begins_http2(other), "{other:?}");
        }
    }

    #[test]
    fn only_one_goaway_is_about_tls() {
        let settings = b"\0\0\x00\x04\0\0\0\0\0";
        let goaway = b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0c";
        let both = [&settings[..], goaway, b"rest"].concat();
        assert_eq!(inadequate_security(&both), goaway);
        let cut = &both[..both.len() - 5];
        assert_eq!(inadequate_security(cut), b"");
        let of_a_stream = with_header(GOAWAY, 0, &goaway[9..]);
        let no_error = b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0";
        for other in [&of_a_stream[..], no_error, settings, b""] {
            assert_eq!(inadequate_security(other), b"", "{other:?}");
        }
    }

    #[test]
    fn the_body_begins_in_the_first_data_frame() {
        let settings = with_header(SETTINGS, 1, b"");
        let data = with_header(DATA, PADDED, b"\x02<html>\0\0");
        let both = [settings.as_slice(), &data].concat();
        assert_eq!(first_data(&both), b"<html>");
        assert_eq!(first_data(&both[..both.len() - 3]), b"<html");
        assert_eq!(first_data(&settings), b"");
        assert_eq!(first_data(b""), b"");
    }
}
