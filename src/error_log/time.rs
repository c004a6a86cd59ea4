//! When a line was written.

use std::fmt;

/// `2026/11/26 10:41:02` of a log, packed so that two are compared at once. It is local time, and the log does
/// not say of which zone. Shown as `2026-11-26T10:41:02`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

/// Bytes of the text.
pub(super) const LENGTH: usize = 19;

impl Time {
    /// Reads the text; `None` where digits are missing. Whether the date exists is not checked.
    pub fn read(text: &[u8; LENGTH]) -> Option<Self> {
        let [y1, y2, y3, y4, b'/', m1, m2, b'/', d1, d2, b' ', h1, h2, b':', i1, i2, b':', s1, s2] =
            text
        else {
            return None;
        };
        let digits = [y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, i1, i2, s1, s2];
        // Four bits a digit: the order of the numbers is that of the times.
        let (packed, largest) =
            digits
                .iter()
                .fold((0, 0), |(packed, largest): (u64, u8), digit| {
                    let value = digit.wrapping_sub(b'0');
                    (packed << 4 | u64::from(value & 0xf), largest.max(value))
                });
        (largest <= 9).then_some(Self(packed))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(packed) = *self;
        let part = |shift: u32, digits: u32| packed >> shift & ((1 << (4 * digits)) - 1);
        write!(
            f,
            "{:04x}-{:02x}-{:02x}T{:02x}:{:02x}:{:02x}",
            part(40, 4),
            part(32, 2),
            part(24, 2),
            part(16, 2),
            part(8, 2),
            part(0, 2)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_and_ordered() {
        let read = |text: &[u8; LENGTH]| Time::read(text).unwrap();
        assert_eq!(
            read(b"2026/11/26 10:41:02").to_string(),
            "2026-11-26T10:41:02"
        );
        let ordered = [
            b"0000/00/00 00:00:00",
            b"2025/12/31 23:59:59",
            b"2026/01/01 00:00:00",
            b"2026/01/01 00:00:09",
            b"2026/01/01 00:00:10",
            b"9999/99/99 99:99:99",
        ];
        assert!(ordered.windows(2).all(|pair| read(pair[0]) < read(pair[1])));
    }

    #[test]
    fn what_is_no_digit_makes_no_time() {
        for text in [
            b"x026/11/26 10:41:02",
            b"2026/11/26 10:41:0\x1b",
            b"2026-11-26 10:41:02",
        ] {
            assert_eq!(Time::read(text), None);
        }
    }
}
