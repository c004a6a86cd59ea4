//! Which alerts end a connection (RFC 8446 section 6, RFC 5246 section 7.2).

use super::{AlertSeen, RecordedAlert};
use crate::registry::{Alert, ProtocolVersion};

/// The two alerts of an orderly end: in TLS 1.3 no failure at any level.
const CLOSURE: [Alert; 2] = [Alert::CLOSE_NOTIFY, Alert::USER_CANCELED];
/// As warnings these two decide nothing in any version: a refused renegotiation is no failure, and a server
/// warns about the name before it has chosen a version.
const HARMLESS_AS_WARNING: [Alert; 2] = [Alert::NO_RENEGOTIATION, Alert::UNRECOGNIZED_NAME];

impl RecordedAlert {
    /// It ended a connection of this version; `None` before one is chosen.
    pub fn is_fatal(self, version: Option<ProtocolVersion>) -> bool {
        is_fatal(self.level, Alert(self.code), version)
    }

    /// One of the two alerts of an orderly end.
    pub(super) fn is_closure(self) -> bool {
        CLOSURE.contains(&Alert(self.code))
    }
}

impl AlertSeen {
    /// It ended a connection of this version; `None` before one is chosen.
    pub fn is_fatal(self, version: Option<ProtocolVersion>) -> bool {
        is_fatal(self.level, Alert(self.code), version)
    }
}

/// TLS 1.3 ignores the level.
fn is_fatal(level: u8, alert: Alert, version: Option<ProtocolVersion>) -> bool {
    let is_level = level == 2;
    if version < Some(ProtocolVersion::TLS1_3) {
        return is_level;
    }
    !CLOSURE.contains(&alert) && (is_level || !HARMLESS_AS_WARNING.contains(&alert))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fatal(level: u8, code: u8, version: Option<ProtocolVersion>) -> bool {
        let recorded = RecordedAlert {
            sent: false,
            level,
            code,
            after_finished: false,
        };
        let seen = AlertSeen {
            from: crate::capture::Direction::Received,
            level,
            code,
            after_finished: false,
        };
        assert_eq!(recorded.is_fatal(version), seen.is_fatal(version));
        recorded.is_fatal(version)
    }

    #[test]
    fn the_level_decides_before_tls13_and_the_code_after() {
        let (old, new) = (Some(ProtocolVersion::TLS1_2), Some(ProtocolVersion::TLS1_3));
        for version in [None, old] {
            assert!(fatal(2, 40, version) && fatal(2, 0, version) && fatal(2, 90, version));
            assert!(!fatal(1, 40, version) && !fatal(1, 112, version));
        }
        assert!(fatal(2, 40, new) && fatal(1, 40, new) && fatal(0, 116, new));
        for level in [1, 2] {
            assert!(!fatal(level, 0, new) && !fatal(level, 90, new));
        }
        for code in [100, 112] {
            assert!(fatal(2, code, new) && !fatal(1, code, new));
        }
    }
}
