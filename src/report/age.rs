//! How long ago.

use std::fmt;

/// A time in milliseconds, in the unit that a person would take: `12 s`, `5 min`, `3 h`, `2 d`.
#[derive(Debug, Clone, Copy)]
pub struct Age(pub i64);

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.max(0) / 1000;
        match seconds {
            0..120 => write!(f, "{seconds} s"),
            120..7200 => write!(f, "{} min", seconds / 60),
            7200..172_800 => write!(f, "{} h", seconds / 3600),
            _ => write!(f, "{} d", seconds / 86_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_begins_at_two_of_it() {
        let age = |seconds: i64| Age(seconds * 1000).to_string();
        assert_eq!(age(12), "12 s");
        assert_eq!(age(119), "119 s");
        assert_eq!(age(120), "2 min");
        assert_eq!(age(7199), "119 min");
        assert_eq!(age(7200), "2 h");
        assert_eq!(age(172_799), "47 h");
        assert_eq!(age(172_800), "2 d");
        assert_eq!(age(-5), "0 s");
    }
}
