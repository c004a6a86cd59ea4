//! How a connection ended.

use tlsdiag::capture::{ending_of, Circumstances, EndingKind};

use super::Observation;
use crate::openssl::QueueMark;
use crate::runtime::clock::monotonic_ns;
use crate::upstream::UpstreamConnection;

/// Asks the core, with what nginx and the kernel know.
pub(super) fn of(
    observation: &Observation,
    upstream: &UpstreamConnection<'_>,
    verify_result: i64,
) -> Option<EndingKind> {
    let matches = || match (&observation.leaf, upstream.compared_name()) {
        (Some(leaf), Some(name)) => {
            let _mark = QueueMark::set();
            leaf.borrow().matches_host(name)
        }
        _ => true,
    };
    let seen = Circumstances {
        was_used: upstream.was_used(),
        verify_result,
        timed_out: upstream.timed_out(),
        now_ns: monotonic_ns(),
        name_matches: &matches,
        closed_by_peer: &|| upstream.was_closed_by_peer(),
    };
    ending_of(&observation.recorder, &seen)
}
