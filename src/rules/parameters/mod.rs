//! Ciphers, groups, signatures and other negotiated parameters.

pub(super) mod alpn_mismatch;
pub(super) mod cipher_mismatch;
pub(super) mod dh_key_too_small;
pub(super) mod group_mismatch;
pub(super) mod legacy_renegotiation;
pub(super) mod no_ciphers_enabled;
pub(super) mod signature_algorithm_mismatch;

use crate::facts::Facts;
use crate::registry::Alert;

/// The fatal alert of a peer that finds nothing acceptable in an offer: stacks choose 40, 47, 80 and
/// (Java, without a common group in TLS 1.3) 10. None of them says what it was.
fn refusal(facts: &Facts<'_>) -> Option<Alert> {
    const UNSPECIFIC: [Alert; 4] = [
        Alert::HANDSHAKE_FAILURE,
        Alert::ILLEGAL_PARAMETER,
        Alert::INTERNAL_ERROR,
        Alert::UNEXPECTED_MESSAGE,
    ];
    facts.received().filter(|alert| UNSPECIFIC.contains(alert))
}
