//! The upstream does not serve the host name nginx sent.
//!
//! # What it means
//! nginx sent a server_name, and the server has nothing configured for it.
//!
//! # Evidence
//! A fatal unrecognized_name(112) says it in so many words. handshake_failure(40), illegal_parameter(47),
//! internal_error(80), a close or a reset say it only if the name is one no server can know: the name of
//! an upstream block, one with a port, a scheme, an underscore or a final dot, or one that differs from the configured
//! host or from the host of the `server` tried. A name that only `proxy_ssl_name` knows is an alternative.
//!
//! # Why it happens
//! `proxy_ssl_server_name on;` sends the host of `proxy_pass`, which is the block's name when that is an
//! upstream block; `proxy_ssl_name $http_host;` sends whatever host the client asked for (nginx strips
//! the port).
//!
//! # Workaround
//! `proxy_ssl_name <host>;` with the name the upstream's certificate is for.
//!
//! # Dead ends
//! Switching SNI on when it is on already does not change the name.
//!
//! # References
//! RFC 6066 section 3; nginx `ngx_http_upstream_ssl_name`.

use crate::facts::{Facts, NameProblem, Provenance};
use crate::registry::Alert;
use crate::rules::wording::alert_text;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "sni_unrecognized",
    family: Family::ServerName,
    dead_ends: &["proxy_ssl_server_name on;", "proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let sent = facts.name.sent.as_ref()?;
    if !facts.name_may_decide() {
        return None;
    }
    let odd = facts.name.problem.map(|problem| match problem {
        NameProblem::UpstreamBlock => Evidence::NameIsUpstreamBlock,
        NameProblem::HasPort
        | NameProblem::HasScheme
        | NameProblem::NoHostName
        | NameProblem::FinalDot => Evidence::NameIsNoHost,
        NameProblem::DiffersFromHost | NameProblem::DiffersFromServer => {
            Evidence::NameDiffersFromHost
        }
    });
    let (confidence, seen) = match (facts.received(), odd) {
        (Some(Alert::UNRECOGNIZED_NAME), _) => (Confidence::Certain, Evidence::AlertIsSpecific),
        // What no server can know is a better guess than anything an alert may be about.
        (Some(alert), Some(Evidence::NameIsNoHost)) if !speaks_of_another_thing(alert) => {
            (Confidence::Likely, Evidence::NameIsNoHost)
        }
        (
            Some(Alert::HANDSHAKE_FAILURE | Alert::ILLEGAL_PARAMETER | Alert::INTERNAL_ERROR),
            Some(odd),
        ) => (Confidence::Likely, odd),
        (None, Some(odd)) if facts.no_hello_came() && facts.closed_silently() => {
            (Confidence::Likely, odd)
        }
        // A name of `proxy_ssl_name`, which nothing confirms.
        (Some(Alert::HANDSHAKE_FAILURE | Alert::INTERNAL_ERROR), None)
            if !facts.name.confirmed() =>
        {
            (Confidence::Possible, Evidence::NameDiffersFromHost)
        }
        (None, None)
            if !facts.name.confirmed() && facts.no_hello_came() && facts.closed_silently() =>
        {
            (Confidence::Possible, Evidence::NameDiffersFromHost)
        }
        _ => return None,
    };
    let is_certain = confidence == Confidence::Certain;
    let confidence = match facts.name.is_doubtful() && !is_certain {
        true => Confidence::Possible,
        false => confidence,
    };
    let what = match (facts.name.problem, facts.name.sent_by()) {
        (Some(NameProblem::UpstreamBlock), _) => ", the name of an upstream block",
        (Some(NameProblem::HasPort), _) => ", which carries a port",
        (Some(NameProblem::HasScheme), _) => ", which carries a scheme",
        (Some(NameProblem::NoHostName), _) => ", which is no host name (it has an underscore)",
        (Some(NameProblem::FinalDot), _) => ", which ends in a dot",
        (Some(NameProblem::DiffersFromHost), _) => ", which is not the configured host",
        (Some(NameProblem::DiffersFromServer), _) => ", which is not the host of the server tried",
        (None, Provenance::Client) => ", a variable's value, which a client may choose",
        (None, _) => "",
    };
    let sentence = move || match facts.alert {
        Some(alert) => format!(
            "upstream does not know the SNI name {sent}{what}: received alert {}",
            alert_text(alert)
        ),
        None => format!("upstream closed on the SNI name {sent}{what}"),
    };
    let remedy = remedy(facts, confidence);
    let finding = Draft::new(confidence, sentence, &[seen], remedy);
    Some(match (confidence, facts.name.problem) {
        (Confidence::Possible, None) => finding.as_alternative(),
        _ => finding,
    })
}

/// Alerts that say what they are about, and it is not the name.
fn speaks_of_another_thing(alert: Alert) -> bool {
    const ELSEWHERE: [Alert; 4] = [
        Alert::PROTOCOL_VERSION,
        Alert::INSUFFICIENT_SECURITY,
        Alert::INAPPROPRIATE_FALLBACK,
        Alert::NO_APPLICATION_PROTOCOL,
    ];
    ELSEWHERE.contains(&alert)
}

/// The host that nginx.conf names, where another name was sent; else whatever host the operator means.
fn remedy(facts: &Facts<'_>, confidence: Confidence) -> Remedy {
    let host = match facts.name.problem {
        // Another name is there on purpose: which is right only the operator knows.
        Some(_) if confidence == Confidence::Possible => None,
        Some(NameProblem::DiffersFromHost) => facts.name.constant_host(),
        Some(_) => facts.name.constant_server(),
        None => None,
    };
    let remedy = Remedy::paste(facts, [super::name_setting(facts, host)]);
    match facts.name.problem {
        Some(NameProblem::DiffersFromServer) => {
            remedy.with_action("servers of different names need one upstream block each")
        }
        _ => remedy,
    }
}
