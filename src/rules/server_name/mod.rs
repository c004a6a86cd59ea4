//! Server name indication.

pub(super) mod misdirected_request;
pub(super) mod sni_missing;
pub(super) mod sni_unrecognized;

use crate::facts::{Constant, Facts};
use crate::rules::directive::Setting;

/// The directives that make nginx send a name. It may be told to already and still send none: for an
/// address it never does (RFC 6066 section 3), and the directive a second time is a duplicate.
pub(crate) fn send_a_name(facts: &Facts<'_>) -> Vec<Setting> {
    let name = name_setting(facts, facts.name.constant_server());
    match (facts.name.switched_on, facts.name.to_hand()) {
        (true, _) => vec![name],
        (false, Some(_)) => vec!["server_name on".into()],
        (false, None) => vec!["server_name on".into(), name],
    }
}

/// `name` with a host that nginx.conf names. By what nginx verifies only the operator decides.
fn name_setting(facts: &Facts<'_>, host: Option<Constant<'_>>) -> Setting {
    match host.filter(|_| !facts.verifies()) {
        Some(host) => Setting::constant("name", host),
        None => HOST.into(),
    }
}

/// The host that is meant, which only the operator knows.
pub(crate) const HOST: &str = "name <host-name-of-the-upstream>";
