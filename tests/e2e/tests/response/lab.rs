//! What these tests share.

use tlsdiag_e2e::client::Response;
use tlsdiag_e2e::lab::Lab;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::require::peer_nginx_bin;
use tlsdiag_e2e::trial::{run_with, Failure, Trial};

/// The one refusal of a trial, by name; the client got this status.
#[track_caller]
pub(crate) fn refusal(trial: &Trial, name: &str, status: u16) -> Failure {
    let log = &trial.with.finished.log.text;
    assert_eq!(trial.statuses().last(), Some(&status), "{log}");
    let failure = trial.refusals(1).remove(0);
    failure.assert_name(name);
    failure
}

/// With this configuration every request is answered 200, and nobody complains.
#[track_caller]
pub(crate) fn assert_good(config: Config, talk: impl Fn(&Nginx) -> Vec<Response>) {
    run_with(config.module(Module::Ours), &talk).assert_good("");
}

/// The certificate of the upstream, and that it asks clients for one of theirs and takes none for an answer.
pub(crate) fn asking(lab: &Lab) -> String {
    let clients = lab.authority_file(&lab.clients, "clients");
    format!(
        "{}ssl_verify_client optional; ssl_client_certificate {clients};\n",
        lab.serve()
    )
}

/// An nginx with TLS as the upstream.
pub(crate) fn serving(mut config: Config) -> Nginx {
    config.binary = peer_nginx_bin();
    config.listen = "ssl".to_owned();
    Nginx::start(config)
}
