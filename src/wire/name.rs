//! Distinguished names in DER, for display (RFC 5280 section 4.1.2.4, RFC 4514).

use super::Reader;

/// Attributes shown of one name, and bytes of one value.
const MAX_ATTRIBUTES: usize = 8;
const MAX_VALUE: usize = 64;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const BMP_STRING: u8 = 0x1e;

/// Renders a name most specific attribute first: `CN=Example CA,O=Example`. `None` when it is not
/// a name. The text is the peer's.
pub fn distinguished_name(der: &[u8]) -> Option<String> {
    let mut sets = Reader::new(element(&mut Reader::new(der), SEQUENCE)?);
    let mut parts = Vec::new();
    while !sets.is_empty() {
        let mut set = Reader::new(element(&mut sets, SET)?);
        while !set.is_empty() && parts.len() < MAX_ATTRIBUTES {
            parts.push(attribute(&mut set)?);
        }
    }
    parts.reverse();
    Some(parts.join(","))
}

fn attribute(set: &mut Reader<'_>) -> Option<String> {
    let mut pair = Reader::new(element(set, SEQUENCE)?);
    let kind = element(&mut pair, OBJECT_IDENTIFIER)?;
    let (tag, value) = any(&mut pair)?;
    let value = value.get(..MAX_VALUE).unwrap_or(value);
    let text = match tag {
        BMP_STRING => value
            .chunks_exact(2)
            .map(|unit| match unit {
                [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
                _ => 0,
            })
            .map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
        _ => String::from_utf8_lossy(value).into_owned(),
    };
    Some(format!("{}={text}", label(kind)))
}

/// The usual attribute types (RFC 4519).
fn label(kind: &[u8]) -> &'static str {
    match kind {
        [0x55, 0x04, 0x03] => "CN",
        [0x55, 0x04, 0x05] => "serialNumber",
        [0x55, 0x04, 0x06] => "C",
        [0x55, 0x04, 0x07] => "L",
        [0x55, 0x04, 0x08] => "ST",
        [0x55, 0x04, 0x0a] => "O",
        [0x55, 0x04, 0x0b] => "OU",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01] => "emailAddress",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19] => "DC",
        _ => "OID",
    }
}

/// The contents of the next element if it has this tag.
fn element<'a>(reader: &mut Reader<'a>, tag: u8) -> Option<&'a [u8]> {
    any(reader)
        .filter(|(found, _)| *found == tag)
        .map(|(_, contents)| contents)
}

fn any<'a>(reader: &mut Reader<'a>) -> Option<(u8, &'a [u8])> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_none() {
        assert_eq!(distinguished_name(&[0x30, 0x00]).as_deref(), Some(""));
        assert_eq!(distinguished_name(&[0x31, 0x00]), None);
        assert_eq!(distinguished_name(&[0x30, 0x84, 1, 0, 0, 0]), None);
        assert_eq!(distinguished_name(&[]), None);
    }

    #[test]
    fn bmp_strings_are_read() {
        let der = [
            0x30, 0x0f, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x03, 0x1e, 0x04, 0x00,
            0x43, 0x00, 0x41,
        ];
        assert_eq!(distinguished_name(&der).as_deref(), Some("CN=CA"));
    }
}
