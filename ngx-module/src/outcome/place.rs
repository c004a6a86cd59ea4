//! Where in the zone a handshake is counted.

use tlsdiag::fixed::Text;
use tlsdiag::table::Slot;

use crate::runtime::allocator::with_reserve;
use crate::upstream::UpstreamConnection;
use crate::zone::Zone;

/// A place to count at.
pub(super) struct Place<'z> {
    pub(super) slot: Slot<'z>,
    /// It is this server's alone.
    pub(super) is_own: bool,
}

/// The place of a connection's server; the common one where it has none of its own.
pub(super) fn place<'z>(zone: &Zone<'z>, upstream: &UpstreamConnection<'_>) -> Place<'z> {
    let name = || {
        let line = with_reserve(|| upstream.server_line().map(|line| Text::from(line.as_str())));
        line.unwrap_or_default()
    };
    let found = upstream
        .server()
        .and_then(|server| zone.slot(&server, name));
    match found {
        Some(slot) => Place { slot, is_own: true },
        None => Place {
            slot: zone.table.other(),
            is_own: false,
        },
    }
}
