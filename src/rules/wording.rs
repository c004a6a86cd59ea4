//! Phrases that several rules use.

use crate::capture::AlertSeen;
use crate::decimal::Decimal;
use crate::registry::Alert;

/// An alert as a sentence quotes it: `handshake_failure(40)`.
pub(super) fn alert_text(alert: AlertSeen) -> String {
    let (name, code) = (Alert(alert.code).label(), Decimal::of(alert.code));
    [&name, "(", code.as_str(), ")"].concat()
}
