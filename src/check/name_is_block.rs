//! The name that is sent or compared is an upstream block's.
//!
//! # Why
//! Where a `*_pass` names a block, nginx has no other name than the block's: with
//! `proxy_ssl_server_name on` it sends `backend` as server name, with `proxy_ssl_verify on` it
//! looks for `backend` in the certificate. `Host` changes nothing of that.
//!
//! # What to write
//! `proxy_ssl_name <host-name-of-the-upstream>;`. A block named as the host is needs none.
//!
//! # How it is known
//! nginx `ngx_http_upstream_init_request` (`u->ssl_name = uscf->host`); tried end to end.

use super::wording::text;
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{NameKind, Target};

pub(super) static CHECK: Check = Check {
    id: "name_is_block",
    severity: Severity::Error,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let mut drafts = Vec::new();
    for tls in input.tls().filter(|tls| tls.sends_name() || tls.verifies()) {
        let (Target::Block(block), NameKind::Block) = (&tls.pass.target, tls.name().kind) else {
            continue;
        };
        let Some(block) = tls.model.block(*block).filter(|block| !block.is_a_host()) else {
            continue;
        };
        if tls.is_incomplete() {
            continue;
        }
        let (severity, what) = match tls.verifies() {
            true => (Severity::Error, "the certificate is compared with"),
            false => (Severity::Warning, "the server name that is sent is"),
        };
        let name = text(block.name());
        let message = format!("{what} \"{name}\", the name of an upstream block");
        let host = block.only_name().map(text);
        let host = host.as_deref().unwrap_or("<host-name-of-the-upstream>");
        drafts.push(
            Draft::new(severity, tls.pass.directive, message)
                .help(format!("{} {host};", tls.name_of("name"))),
        );
    }
    drafts
}
