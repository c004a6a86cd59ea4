//! Which identity (name and client certificate) nginx showed when a session or a connection was made.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;

/// The name sent and the client certificate, as numbers that are only compared. `None` is what is not known or
/// does not count; 0 is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Identity {
    /// Of the server name.
    pub name: Option<u64>,
    /// Of the certificate held. Where the upstream asked for none, it does not count.
    pub certificate: Option<u64>,
}

/// Begins what [`Identity::to_bytes`] writes.
const MARK: [u8; 4] = *b"tlsd";

impl Identity {
    /// Bytes of one.
    pub const BYTES: usize = 22;

    /// The number of a server name; DNS knows no case.
    pub fn number_of(name: Option<&[u8]>) -> u64 {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return 0;
        };
        let mut lower = [0; 255];
        for (to, from) in lower.iter_mut().zip(name) {
            *to = from.to_ascii_lowercase();
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(lower.get(..name.len()).unwrap_or(&lower));
        hasher.finish().max(1)
    }

    /// Whether they are known to be different.
    pub fn differs_from(self, other: Self) -> bool {
        let differ = |one: Option<u64>, other: Option<u64>| {
            one.zip(other).is_some_and(|(one, other)| one != other)
        };
        differ(self.name, other.name) || differ(self.certificate, other.certificate)
    }

    /// For a session to carry.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let parts = [self.name, self.certificate].map(|part| {
            let mut bytes = [0; 9];
            if let (Some(part), [known, number @ ..]) = (part, &mut bytes) {
                *known = 1;
                *number = part.to_be_bytes();
            }
            bytes
        });
        let all = MARK.iter().chain(parts.as_flattened());
        for (to, from) in bytes.iter_mut().zip(all) {
            *to = *from;
        }
        bytes
    }

    /// Reads it back; `None` for what something else wrote.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let parts = bytes.strip_prefix(&MARK)?;
        let part = |bytes: &[u8]| match bytes.split_first()? {
            (1, number) => Some(u64::from_be_bytes(number.try_into().ok()?)),
            _ => None,
        };
        let (name, certificate) = parts.split_at_checked(9)?;
        (certificate.len() == 9).then(|| Self {
            name: part(name),
            certificate: part(certificate),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(name: Option<u64>, certificate: Option<u64>) -> Identity {
        Identity { name, certificate }
    }

    #[test]
    fn only_what_is_known_of_both_can_differ() {
        let one = identity(Some(7), Some(0));
        assert!(!one.differs_from(one));
        assert!(!one.differs_from(identity(None, None)));
        assert!(!one.differs_from(identity(Some(7), None)));
        assert!(one.differs_from(identity(Some(0), None)));
        assert!(one.differs_from(identity(None, Some(9))));
    }

    #[test]
    fn names_are_equal_whatever_their_case() {
        let number = |name: &[u8]| Identity::number_of(Some(name));
        assert_eq!(number(b"A.example"), number(b"a.EXAMPLE"));
        assert_ne!(number(b"a.example"), number(b"b.example"));
        assert_eq!((number(b""), Identity::number_of(None)), (0, 0));
    }

    #[test]
    fn a_session_carries_it_and_nothing_else_reads_as_one() {
        for one in [
            identity(Some(u64::MAX), Some(0)),
            identity(None, Some(3)),
            identity(Some(0), None),
            Identity::default(),
        ] {
            let bytes = one.to_bytes();
            assert_eq!(Identity::from_bytes(&bytes), Some(one));
            for length in 0..bytes.len() {
                assert_eq!(Identity::from_bytes(&bytes[..length]), None, "{length}");
            }
            assert_eq!(Identity::from_bytes(&[&bytes[..], b"x"].concat()), None);
        }
        assert_eq!(Identity::from_bytes(b"somebody else's own data"), None);
    }
}
