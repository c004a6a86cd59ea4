//! Phrases that several rules use.

use crate::capture::AlertSeen;
use crate::decimal::Decimal;
use crate::registry::Alert;

/// A sentence that is the same for every failure.
pub(super) fn constant(sentence: &'static str) -> impl FnOnce() -> String {
    move || sentence.to_owned()
}

/// An alert as a sentence quotes it: `handshake_failure(40)`.
pub(super) fn alert_text(alert: AlertSeen) -> String {
    let (name, code) = (Alert(alert.code).label(), Decimal::of(alert.code));
    [&name, "(", code.as_str(), ")"].concat()
}
