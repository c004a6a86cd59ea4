//! Elements of DER (X.690): a tag, a length, contents.

use super::Reader;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// The contents of the next element if it has this tag.
pub(super) fn element<'a>(reader: &mut Reader<'a>, tag: u8) -> Option<&'a [u8]> {
    any(reader)
        .filter(|(found, _)| *found == tag)
        .map(|(_, contents)| contents)
}

/// Tag and contents of the next element. Lengths of up to three bytes, which no certificate exceeds.
pub(super) fn any<'a>(reader: &mut Reader<'a>) -> Option<(u8, &'a [u8])> {
    let tag = reader.u8()?;
    let length = match reader.u8()? {
        short @ 0..=0x7f => usize::from(short),
        0x81 => usize::from(reader.u8()?),
        0x82 => usize::from(reader.u16()?),
        0x83 => reader.u24()?,
        _ => return None,
    };
    Some((tag, reader.take(length)?))
}

/// The elements that follow each other in some contents, as far as they can be read.
pub(super) fn elements(contents: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut reader = Reader::new(contents);
    core::iter::from_fn(move || any(&mut reader))
}
