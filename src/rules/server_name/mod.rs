//! Server name indication.

pub(super) mod sni_missing;
pub(super) mod sni_unrecognized;

use crate::facts::Facts;

/// The directives that make nginx send a name. It may be told to already and still send none: for an
/// address it never does (RFC 6066 section 3), and the directive a second time is a duplicate.
pub(crate) fn send_a_name(facts: &Facts<'_>) -> Vec<&'static str> {
    match (facts.name.switched_on, facts.name.to_hand()) {
        (true, _) => vec![HOST],
        (false, Some(_)) => vec!["server_name on"],
        (false, None) => vec!["server_name on", HOST],
    }
}

/// The host that is meant, which only the operator knows.
pub(super) const HOST: &str = "name <host-name-of-the-upstream>";
