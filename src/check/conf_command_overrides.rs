//! `proxy_ssl_conf_command` undoes what another directive says.
//!
//! # Why
//! nginx gives the commands to OpenSSL last, after its own directives: `CipherString` replaces
//! `proxy_ssl_ciphers`, `Protocol` switches versions that `proxy_ssl_protocols` lists,
//! `MinProtocol` and `MaxProtocol` cut them off, `Certificate` replaces `proxy_ssl_certificate`.
//! `nginx -t` is content.
//!
//! # What to write
//! One of the two.
//!
//! # How it is known
//! nginx `ngx_ssl_conf_commands`, called last in `ngx_http_proxy_set_ssl`; tried end to end.

use super::wording::text;
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;

pub(super) static CHECK: Check = Check {
    id: "conf_command_overrides",
    severity: Severity::Warning,
    run,
};

/// What the commands may name, oldest first; nginx names versions as OpenSSL does.
const VERSIONS: [&str; 5] = ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let mut drafts = Vec::new();
    for tls in input.tls() {
        for (directive, command, value) in tls.conf_commands() {
            let Some(setting) = overridden(&tls, command, value) else {
                continue;
            };
            let name = tls.name_of(setting);
            let message = format!("this comes after {name} and undoes what it says");
            drafts.push(
                Draft::new(Severity::Warning, directive, message)
                    .help(format!("write either this or {name}"))
                    .used_by([tls.pass.directive]),
            );
        }
    }
    drafts
}

/// The setting that says something else.
fn overridden(tls: &UpstreamTls<'_, '_>, command: &[u8], value: &[u8]) -> Option<&'static str> {
    match command.to_ascii_lowercase().as_slice() {
        b"cipherstring" => tls.ciphers().filter(|own| *own != value).map(|_| "ciphers"),
        b"certificate" => tls
            .certificate()
            .filter(|own| *own != value)
            .map(|_| "certificate"),
        b"protocol" => tls.protocols().map(|_| "protocols"),
        b"minprotocol" => cuts(tls, value, |version, limit| version < limit).then_some("protocols"),
        b"maxprotocol" => cuts(tls, value, |version, limit| version > limit).then_some("protocols"),
        _ => None,
    }
}

/// Whether a version that is listed is beyond the limit.
fn cuts(tls: &UpstreamTls<'_, '_>, limit: &[u8], beyond: fn(usize, usize) -> bool) -> bool {
    let rank = |name: &[u8]| {
        let name = text(name);
        VERSIONS
            .iter()
            .position(|version| version.eq_ignore_ascii_case(&name))
    };
    let listed = tls.protocols().unwrap_or_default();
    let Some(limit) = rank(limit) else {
        return false;
    };
    listed
        .iter()
        .filter_map(|version| rank(version))
        .any(|version| beyond(version, limit))
}
