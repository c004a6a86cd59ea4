//! What verifying a chain again may cost a worker.
//!
//! The peer decides how much work its chain is, and may send another chain with every connection. So there
//! are two bounds: an estimate refuses chains that nobody sends in good faith, and all other verifications
//! of a worker share one budget of measured time.

use crate::capture::MAX_CHAIN;

/// Nanoseconds of a second that a worker may spend.
const PER_SECOND_NS: u32 = 20_000_000;
const SECOND_NS: u32 = 1_000_000_000;

/// Names of all certificates together; decoding one takes libcrypto some 300 ns.
pub const MAX_NAMES: usize = 1_000;
/// Every name is compared with every constraint, some 5 ns each.
const MAX_COMPARISONS: usize = 65_536;
/// Bits of an RSA key, and of its exponent: libcrypto takes 64 at this size, and any number up to
/// 3,072 bits (`OPENSSL_RSA_SMALL_MODULUS_BITS`).
const MAX_RSA_BITS: u32 = 8_192;
const MAX_EXPONENT_BITS: usize = 32;
/// Bits of any other key: no curve has as many, DSA may.
const MAX_OTHER_BITS: u32 = 3_072;

/// Time left to spend; negative after a verification that took longer. Nothing is spent before that is made
/// up, so that over any longer time the worker spends 20 ms a second and one verification more.
#[derive(Debug)]
pub struct Budget {
    left_ns: i64,
    /// When it was filled up last, on the same clock as `now_ns`.
    filled_ns: u64,
}

impl Budget {
    /// A second's worth.
    pub const fn new() -> Self {
        Self {
            left_ns: PER_SECOND_NS as i64,
            filled_ns: 0,
        }
    }

    /// Whether anything is left. `now_ns` is a clock that never goes back, in nanoseconds.
    pub fn is_left(&mut self, now_ns: u64) -> bool {
        let passed = now_ns.saturating_sub(self.filled_ns);
        let earned = passed / u64::from(SECOND_NS / PER_SECOND_NS);
        self.filled_ns += passed;
        self.left_ns = self
            .left_ns
            .saturating_add(i64::try_from(earned).unwrap_or(i64::MAX))
            .min(i64::from(PER_SECOND_NS));
        self.left_ns > 0
    }

    /// Takes what was spent, in nanoseconds.
    pub fn spend(&mut self, cost_ns: u64) {
        let cost = i64::try_from(cost_ns).unwrap_or(i64::MAX);
        self.left_ns = self.left_ns.saturating_sub(cost);
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new()
    }
}

/// How much work a chain makes, as read from it without doing the work.
#[derive(Debug, Default)]
pub struct Effort {
    certificates: usize,
    /// Subject alternative names.
    names: usize,
    /// Subtrees of name constraints.
    constraints: usize,
    has_odd_key: bool,
}

/// What of a public key decides the cost of checking a signature.
#[derive(Debug, Clone, Copy)]
pub struct KeySize {
    /// Of the key.
    pub bits: u32,
    /// Of the public exponent, of RSA keys.
    pub exponent_bits: Option<usize>,
}

impl Effort {
    /// Adds a certificate with this key and these numbers of names and name constraints.
    pub fn add(&mut self, key: KeySize, names: usize, constraints: usize) {
        self.certificates += 1;
        self.names = self.names.saturating_add(names);
        self.constraints = self.constraints.saturating_add(constraints);
        self.has_odd_key |= match key.exponent_bits {
            Some(exponent) => key.bits > MAX_RSA_BITS || exponent > MAX_EXPONENT_BITS,
            None => key.bits > MAX_OTHER_BITS,
        };
    }

    /// Whether somebody may send this in good faith.
    pub fn is_reasonable(&self) -> bool {
        self.certificates <= MAX_CHAIN
            && self.names <= MAX_NAMES
            && self.names.saturating_mul(self.constraints) <= MAX_COMPARISONS
            && !self.has_odd_key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = SECOND_NS as u64;
    const SHARE: u64 = PER_SECOND_NS as u64;

    #[test]
    fn a_second_earns_its_share_and_no_more_is_saved_up() {
        let mut budget = Budget::new();
        assert!(budget.is_left(500 * SECOND));
        budget.spend(SHARE);
        assert!(!budget.is_left(500 * SECOND));
        assert!(budget.is_left(500 * SECOND + 100));
        budget.spend(2);
        assert!(!budget.is_left(500 * SECOND + 100));
        assert!(budget.is_left(900 * SECOND));
        budget.spend(SHARE + 1);
        assert!(!budget.is_left(900 * SECOND), "one second's worth at most");
    }

    #[test]
    fn a_debt_is_paid_first() {
        let mut budget = Budget::new();
        budget.spend(5 * SHARE);
        for second in 0..=4 {
            assert!(!budget.is_left(second * SECOND), "second {second}");
        }
        assert!(budget.is_left(4 * SECOND + 100));
    }

    #[test]
    fn whatever_a_verification_costs_the_share_holds() {
        for cost in [1, SHARE / 7, SHARE, 30 * SHARE] {
            let (mut budget, mut spent) = (Budget::new(), 0);
            let end = 100 * SECOND;
            for now in (0..end).step_by(1_000_000) {
                if budget.is_left(now) {
                    budget.spend(cost);
                    spent += cost;
                }
            }
            assert!(spent <= 101 * SHARE + cost, "{cost}: {spent}");
        }
    }

    #[test]
    fn a_clock_that_stands_or_jumps_does_no_harm() {
        let mut budget = Budget::default();
        budget.spend(u64::MAX);
        budget.spend(u64::MAX);
        assert!(!budget.is_left(5));
        assert!(!budget.is_left(3), "backwards");
        assert!(!budget.is_left(u64::MAX));
    }

    fn effort(certificates: &[(u32, Option<usize>, usize, usize)]) -> bool {
        let mut effort = Effort::default();
        for (bits, exponent_bits, names, constraints) in certificates {
            let key = KeySize {
                bits: *bits,
                exponent_bits: *exponent_bits,
            };
            effort.add(key, *names, *constraints);
        }
        effort.is_reasonable()
    }

    #[test]
    fn what_is_sent_in_good_faith_is_verified() {
        let (rsa, curve) = ((4_096, Some(24), 0, 0), (384, None, 100, 0));
        assert!(effort(&[curve, rsa, rsa]));
        assert!(effort(&[
            (2_048, Some(24), 250, 0),
            (4_096, Some(24), 0, 60)
        ]));
        assert!(effort(&[(8_192, Some(32), 0, 0); MAX_CHAIN]));
    }

    #[test]
    fn what_nobody_sends_in_good_faith_is_refused() {
        let plain = (2_048, Some(24), 0, 0);
        assert!(!effort(&[plain; MAX_CHAIN + 1]));
        assert!(!effort(&[plain, (16_384, Some(24), 0, 0)]));
        assert!(!effort(&[plain, (3_072, Some(3_072), 0, 0), plain]));
        assert!(!effort(&[(8_192, None, 0, 0)]));
        assert!(!effort(&[(256, None, MAX_NAMES + 1, 0)]));
        assert!(!effort(&[(256, None, 500, 0), (256, None, 501, 0)]));
        assert!(!effort(&[(256, None, 1_000, 0), (256, None, 0, 66)]));
        assert!(!effort(&[
            (256, None, 1, usize::MAX),
            (256, None, 1, usize::MAX)
        ]));
    }
}
