//! The rules: one diagnosis a file.
//!
//! A rule looks at the facts and either declines or answers with a [`Draft`]. It does not know
//! the other rules: ranking is `diagnose`'s work. Among findings of the same confidence the order of
//! [`CATALOGUE`] decides.

mod catalogue;
mod certificate;
mod client_certificate;
mod directive;
mod evidence;
mod finding;
mod local;
mod parameters;
mod peer;
mod server_name;
mod transport;
mod unknown;
mod version;
mod wording;

#[cfg(feature = "cli")]
pub use catalogue::SOURCES;
pub use catalogue::{Family, Rule, CATALOGUE};
pub use directive::Directive;
pub use evidence::Evidence;
pub use finding::{Applicability, Confidence, Draft, Finding, Remedy, Security, Sentence};

pub(crate) use server_name::send_a_name;

use directive::Setting;

use crate::facts::Facts;

/// A `*_ssl_conf_command` with a list, or where the same stands without that directive. `name` is
/// `conf_command` and OpenSSL's command.
fn command(facts: &Facts<'_>, name: &'static str, list: &[&'static str]) -> Remedy {
    let setting = Setting::list(name, list, ":");
    match facts.has_conf_command() {
        true => Remedy::paste(facts, [setting]).with_action(
            "it takes the place of conf_command lines inherited here: repeat those still wanted",
        ),
        false => Remedy::manual(format!(
            "set {} in the openssl.cnf that nginx reads: this nginx has no directive for it",
            setting.text().trim_start_matches("conf_command ")
        )),
    }
}

/// The answer when every rule declined.
pub fn fallback<'f>(facts: &'f Facts<'_>) -> (&'static Rule, Draft<'f>) {
    (&unknown::unknown::RULE, unknown::unknown::finding(facts))
}
