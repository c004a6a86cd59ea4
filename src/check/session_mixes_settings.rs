//! TLS sessions are shared by locations with different verification or client certificates.
//!
//! # Why
//! nginx keeps one session a peer for all locations of an upstream. A resumed session brings the
//! verdict of the handshake that began it: a location that verifies fails with `certificate verify
//! error` because another one, which does not, was first; or it accepts what it would have refused.
//! And the upstream takes the client for the one whose certificate began the session.
//!
//! # What to write
//! `proxy_ssl_session_reuse off;` in this location, or an upstream block for every setting.
//!
//! # How it is known
//! OpenSSL `SSL_set_session` (`verify_result`), nginx
//! `ngx_http_upstream_save_round_robin_peer_session`; tried end to end. Not said where kept
//! connections are shared already, which is worse.

use super::pool_mixes_identities::mixed;
use super::sharing::{shares_sessions, Identity};
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;

pub(super) static CHECK: Check = Check {
    id: "session_mixes_settings",
    severity: Severity::Warning,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    input
        .by_upstream()
        .iter()
        .filter_map(|group| draft(group))
        .collect()
}

fn draft<'t>(group: &[UpstreamTls<'_, 't>]) -> Option<Draft<'t>> {
    if mixed(group).is_some() {
        return None;
    }
    let sharing: Vec<_> = group.iter().filter(|tls| shares_sessions(tls)).collect();
    let first = sharing.first()?;
    let identity = Identity::of(first);
    let other = sharing.iter().find(|tls| Identity::of(tls) != identity)?;
    let difference = identity.difference(&Identity::of(other));
    let message = format!("TLS sessions are shared with a location that has {difference}");
    Some(
        Draft::new(Severity::Warning, other.pass.directive, message)
            .help(format!("{} off;", other.name_of("session_reuse")))
            .used_by(sharing.iter().map(|tls| tls.pass.directive)),
    )
}
