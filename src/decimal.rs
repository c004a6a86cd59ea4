//! Decimal numbers without `core::fmt`, which takes ten times as long: a report has dozens of them.

/// Digits of the largest number.
const DIGITS: usize = 20;

/// A number's digits.
pub(crate) struct Decimal {
    buffer: [u8; DIGITS],
    /// Where the first one stands.
    begin: usize,
}

impl Decimal {
    /// Without leading zeros.
    pub(crate) fn of(number: impl Into<u64>) -> Self {
        Self::padded(number, 1)
    }

    /// With zeros in front of fewer digits than so many.
    pub(crate) fn padded(number: impl Into<u64>, digits: usize) -> Self {
        let mut rest = number.into();
        let mut buffer = [b'0'; DIGITS];
        let mut length = 0;
        for place in buffer.iter_mut().rev() {
            if rest == 0 && length >= digits {
                break;
            }
            *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            length += 1;
        }
        Self {
            buffer,
            begin: DIGITS - length,
        }
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        let digits = self.buffer.get(self.begin..).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_fmt_writes_them() {
        for number in [0, 7, 10, 999, 65_535, u64::MAX - 1, u64::MAX] {
            assert_eq!(Decimal::of(number).as_str(), number.to_string());
            assert_eq!(
                Decimal::padded(number, 4).as_str(),
                format!("{number:04}"),
                "{number}"
            );
        }
    }
}
