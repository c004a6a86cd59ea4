//! Phrases that several rules use.

use crate::capture::AlertSeen;
use crate::registry::Alert;

/// An alert as a sentence quotes it: `handshake_failure(40)`.
pub(super) fn alert_text(alert: AlertSeen) -> String {
    format!("{}({})", Alert(alert.code), alert.code)
}
