//! A cursor over bytes.

/// Reads forward; every method returns `None` past the end and then reads nothing.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next `length` bytes.
    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        Some(head)
    }

    /// One byte.
    pub fn u8(&mut self) -> Option<u8> {
        match self.take(1)? {
            [byte] => Some(*byte),
            _ => None,
        }
    }

    /// A 16-bit number in network order.
    pub fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// A 24-bit number in network order.
    pub fn u24(&mut self) -> Option<usize> {
        match self.take(3)? {
            [a, b, c] => Some(usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c)),
            _ => None,
        }
    }

    /// A vector with an 8-bit length. Of a cut vector, what is there (and nothing follows).
    pub fn vector8(&mut self) -> Option<Vector<'a>> {
        let length = usize::from(self.u8()?);
        Some(self.vector(length))
    }

    /// A vector with a 16-bit length.
    pub fn vector16(&mut self) -> Option<Vector<'a>> {
        let length = usize::from(self.u16()?);
        Some(self.vector(length))
    }

    /// The next `length` bytes, or what is left of them.
    fn vector(&mut self, length: usize) -> Vector<'a> {
        match self.take(length) {
            Some(bytes) => Vector {
                bytes,
                complete: true,
            },
            None => {
                let bytes = core::mem::take(&mut self.0);
                Vector {
                    bytes,
                    complete: false,
                }
            }
        }
    }
}

/// The contents of a vector.
#[derive(Debug, Clone, Copy)]
pub struct Vector<'a> {
    /// What was there.
    pub bytes: &'a [u8],
    /// All of it was there.
    pub complete: bool,
}

impl<'a> Vector<'a> {
    /// Reads the contents.
    pub fn reader(self) -> Reader<'a> {
        Reader::new(self.bytes)
    }

    /// The contents as 16-bit numbers; an odd byte at the end is left out.
    pub fn u16s(self) -> impl Iterator<Item = u16> + 'a {
        let mut reader = self.reader();
        core::iter::from_fn(move || reader.u16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_past_the_end_reads_nothing() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u16(), Some(0x0102));
        assert_eq!(reader.u24(), None);
        assert_eq!(reader.u8(), Some(3));
        assert!(reader.is_empty() && reader.u8().is_none());
    }

    #[test]
    fn a_cut_vector_gives_what_is_there() {
        let mut reader = Reader::new(&[0, 5, 1, 2, 3]);
        let vector = reader.vector16().unwrap();
        assert!(!vector.complete);
        assert_eq!(vector.u16s().collect::<Vec<_>>(), [0x0102]);
        assert!(reader.is_empty());
    }
}
