//! DER, one element after the other, for what no type of the library reads: keys, and revocation
//! lists of version 1.

use crate::wire::Reader;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const SEQUENCE: u8 = 0x30;

/// One element.
pub(super) struct Element<'b> {
    pub(super) tag: u8,
    pub(super) content: &'b [u8],
    /// With tag and length.
    pub(super) whole: &'b [u8],
}

/// The next element.
pub(super) fn element<'b>(reader: &mut Reader<'b>) -> Option<Element<'b>> {
    let rest = reader.rest();
    let tag = reader.u8()?;
    let length = match reader.u8()? {
        short @ 0..=0x7f => usize::from(short),
        0x81 => usize::from(reader.u8()?),
        0x82 => usize::from(reader.u16()?),
        0x83 => reader.u24()?,
        _ => return None,
    };
    let content = reader.take(length)?;
    let whole = rest.get(..rest.len() - reader.rest().len())?;
    Some(Element {
        tag,
        content,
        whole,
    })
}

/// The next element's content, if it is of this tag.
pub(super) fn value<'b>(reader: &mut Reader<'b>, wanted: u8) -> Option<&'b [u8]> {
    let element = element(reader)?;
    (element.tag == wanted).then_some(element.content)
}

/// The content of the next element, a sequence.
pub(super) fn sequence<'b>(reader: &mut Reader<'b>) -> Option<Reader<'b>> {
    value(reader, SEQUENCE).map(Reader::new)
}

/// The content of the first of the elements to come that has this tag.
pub(super) fn find<'b>(reader: &mut Reader<'b>, wanted: u8) -> Option<&'b [u8]> {
    let mut elements = std::iter::from_fn(|| element(reader));
    elements
        .find(|one| one.tag == wanted)
        .map(|one| one.content)
}
