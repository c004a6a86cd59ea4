//! Traps in a configuration that `nginx -t` accepts and handshakes with upstreams fall into.
//!
//! One check a file, as with the diagnoses: its doc comment says what is wrong, why, what to write
//! and how it is known. A check sees the [`Model`] and answers with drafts; what all have in common (order,
//! comments that allow, the same finding met twice) is done here. Where a file could not be read, or only
//! the request decides, a check is silent.

mod client_certificate_bad;
mod client_side_directive;
mod conf_command_overrides;
mod crl_incomplete;
mod draft;
mod error_log_hides;
mod finding;
mod host_differs_from_sni;
mod input;
mod legacy_needs_seclevel;
mod name_is_address;
mod name_is_block;
mod name_is_client_host;
mod name_without_effect;
mod pool_mixes_identities;
mod pool_mixes_names;
mod proxy_protocol_before_tls;
mod scheme_port_mismatch;
mod server_without_port;
mod session_mixes_settings;
mod sharing;
mod sni_in_one_location_only;
mod sni_not_sent;
mod stream_without_alpn;
mod stream_without_proxy_ssl;
mod tls13_not_offered;
mod trust_file_unfit;
mod verify_address;
mod verify_depth_small;
mod verify_off;
mod verify_without_ca;
mod wording;
mod wrong_family;
mod x509;

use draft::Draft;
pub use finding::{Finding, Severity};
use input::Input;

use std::collections::BTreeMap;

use crate::nginx_conf::{Files, Model, Position, Tree};

/// One check of the catalogue.
#[derive(Debug)]
pub struct Check {
    /// Its name: a public contract, never renamed or reused.
    pub id: &'static str,
    /// The severity of its worst findings.
    pub severity: Severity,
    run: for<'i, 't> fn(&Input<'i, 't>) -> Vec<Draft<'t>>,
}

macro_rules! checks {
    ($($check:ident),+ $(,)?) => {
        /// Every check, the most severe first.
        pub static CHECKS: &[&Check] = &[$(&$check::CHECK,)+];

        /// The source of every check: its doc comment is the explanation.
        pub static SOURCES: &[(&str, &str)] = &[$(
            (stringify!($check), include_str!(concat!(stringify!($check), ".rs"))),
        )+];
    };
}

checks! {
    server_without_port,
    wrong_family,
    stream_without_proxy_ssl,
    verify_without_ca,
    verify_address,
    name_is_block,
    crl_incomplete,
    legacy_needs_seclevel,
    client_certificate_bad,
    sni_not_sent,
    sni_in_one_location_only,
    name_is_address,
    name_is_client_host,
    name_without_effect,
    scheme_port_mismatch,
    tls13_not_offered,
    verify_depth_small,
    trust_file_unfit,
    conf_command_overrides,
    pool_mixes_names,
    pool_mixes_identities,
    session_mixes_settings,
    proxy_protocol_before_tls,
    host_differs_from_sni,
    client_side_directive,
    verify_off,
    stream_without_alpn,
    error_log_hides,
}

/// Runs every check. `files` gives the certificates that the configuration names; `now` is in seconds
/// since 1970. In the order of the configuration.
pub fn check(tree: &Tree, files: &dyn Files, now: i64) -> Vec<Finding> {
    let model = Model::new(tree);
    let input = Input::new(&model, files, now);
    let mut drafts: BTreeMap<(Position, usize), Draft<'_>> = BTreeMap::new();
    for (number, check) in CHECKS.iter().enumerate() {
        for draft in (check.run)(&input) {
            if draft.at.allowed.iter().any(|id| id == check.id) {
                continue;
            }
            // A snippet that several servers include is met several times.
            match drafts.entry((draft.at.position(), number)) {
                std::collections::btree_map::Entry::Vacant(place) => drop(place.insert(draft)),
                std::collections::btree_map::Entry::Occupied(mut known) => {
                    known.get_mut().merge(draft)
                }
            }
        }
    }
    let finding = |((_, number), draft): ((Position, usize), Draft<'_>)| {
        let check = CHECKS.get(number)?;
        Some(draft.finish(check.id, tree))
    };
    drafts.into_iter().filter_map(finding).collect()
}

/// The first sentence of a check's doc comment: what is wrong.
pub fn summary(id: &str) -> &'static str {
    let source = SOURCES.iter().find(|(known, _)| *known == id);
    let first = source.and_then(|(_, source)| source.lines().next());
    first
        .and_then(|line| line.strip_prefix("//! "))
        .unwrap_or_default()
}
