//! What nginx.conf adds to a line: which name was sent, whether there is a client certificate, how far the
//! offer was narrowed, how deep a chain may be.

use super::table::{CERTIFICATE_WANTED, NO_NAME, WRONG_NAME};
use super::Causes;
use crate::error_log::kind::{Compared, Kind};
use crate::error_log::settings::{NameSent, Sessions, Settings};
use crate::rules::Confidence::{Certain, Likely, Possible};

const VERSION: &str = "protocol_version_mismatch";

/// Alerts that may be about any list of the offer.
const UNSPECIFIC: [u8; 3] = [40, 47, 80];

/// Ranks again.
pub(super) fn with(causes: &mut Causes, kind: Kind, settings: &Settings) {
    match kind {
        Kind::Alert(112) => by_name(causes, settings, true),
        Kind::Alert(alert) if UNSPECIFIC.contains(&alert) => refused(causes, settings, true),
        Kind::Closed | Kind::Reset => refused(causes, settings, false),
        Kind::Alert(70) | Kind::NotTls | Kind::TimedOut => by_name(causes, settings, false),
        Kind::Verify(code) => of_verdict(causes, code, settings),
        Kind::NameMismatch(compared) => of_name(causes, compared, settings),
        _ => {}
    }
    if settings.certificate == Some(true) {
        own_certificate(causes);
    }
    if settings.sessions == Some(Sessions::Apart) {
        causes.rule_out("session_resumption_rejected");
    }
}

/// An offer that was refused without a word about what was wrong with it. `by_alert`: a
/// peer that misses something in a list sends one, as a rule.
fn refused(causes: &mut Causes, settings: &Settings, by_alert: bool) {
    for cause in settings.narrowed.iter().rev() {
        match by_alert && *cause != VERSION {
            true => causes.put_first(cause, Possible),
            false => causes.put_second(cause),
        }
    }
    by_name(causes, settings, by_alert);
    let name = settings.name;
    let narrowed = causes
        .names
        .first()
        .is_some_and(|one| settings.narrowed.contains(one));
    if name == Some(NameSent::Missing) && !by_alert {
        causes.put_first(NO_NAME, causes.confidence.max(Likely));
    } else if name == Some(NameSent::Wrong) && !by_alert {
        causes.put_first(WRONG_NAME, Possible);
    } else if name == Some(NameSent::Unsendable) && by_alert && !narrowed {
        causes.put_first(NO_NAME, Possible);
    } else if name == Some(NameSent::RuledOut) && by_alert && !narrowed {
        // A version that is not offered is all the configuration shows, or nothing is.
        match settings.narrowed.contains(&VERSION) {
            true => causes.put_first(VERSION, Possible),
            false => causes.put_second("handshake_failure_unspecified"),
        }
    }
}

/// `decides`: a missing name causes exactly this.
fn by_name(causes: &mut Causes, settings: &Settings, decides: bool) {
    let Some(name) = &settings.name else {
        return;
    };
    match name {
        // Servers of a block by their addresses need not have names.
        NameSent::Missing if decides => match settings.host {
            Some(_) => causes.put_first(NO_NAME, Likely),
            None => causes.put_first(NO_NAME, Possible),
        },
        NameSent::Wrong => {
            if decides {
                causes.put_first(WRONG_NAME, Likely);
            }
            causes.rule_out(NO_NAME);
        }
        NameSent::RuledOut => {
            causes.rule_out(NO_NAME);
            causes.put_last(WRONG_NAME);
        }
        NameSent::Missing | NameSent::Unsendable => {}
    }
    if matches!(name, NameSent::Missing | NameSent::Unsendable) {
        causes.rule_out(WRONG_NAME);
    }
}

/// A certificate for other names than the host of `*_pass` is what a server presents that was told no name.
fn of_name(causes: &mut Causes, compared: Compared, settings: &Settings) {
    match settings.name {
        Some(NameSent::RuledOut | NameSent::Wrong) => causes.rule_out(NO_NAME),
        Some(NameSent::Missing) if compared == Compared::Host && settings.compares_host => {
            causes.put_first(NO_NAME, Possible);
        }
        _ => {}
    }
}

/// nginx has a client certificate: the cause is not a missing one, unless the key does not fit.
fn own_certificate(causes: &mut Causes) {
    const OTHERS: [&str; 2] = [
        "client_certificate_untrusted",
        "client_certificate_rejected",
    ];
    let is_about_one = |one: &str| one == CERTIFICATE_WANTED || OTHERS.contains(&one);
    let Some(at) = causes.names.iter().position(|one| is_about_one(one)) else {
        return;
    };
    causes.names.retain(|one| !is_about_one(one));
    for one in OTHERS.into_iter().rev() {
        causes.names.insert(at, one);
    }
    if at == 0 {
        causes.confidence = Possible;
    }
}

fn of_verdict(causes: &mut Causes, code: u16, settings: &Settings) {
    const INHERITED: &str = "verify_result_inherited";
    match settings.sessions {
        Some(Sessions::Apart) => {
            causes.rule_out(INHERITED);
            // What the code says was found in this handshake.
            if matches!(code, 3 | 18 | 22) {
                causes.confidence = Certain;
            }
        }
        Some(Sessions::Mixed) if causes.names.contains(&INHERITED) => {
            causes.put_first(INHERITED, Possible);
        }
        _ => {}
    }
    let deep = settings.verify_depth.is_some_and(|depth| depth > 2);
    if deep && matches!(code, 2 | 20 | 21) {
        causes.put_last("certificate_chain_too_long");
    }
}
