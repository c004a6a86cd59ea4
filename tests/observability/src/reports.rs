//! Reports of the sample that the golden files are made of.

use std::time::{SystemTime, UNIX_EPOCH};

use tlsdiag::counters::{Peer, Snapshot};
use tlsdiag::report::status::{write, Format};

#[path = "../../status/sample.rs"]
mod sample;

/// Names that are markup, escapes, quotes, line ends and whatever else a format could trip over.
pub const HOSTILE: &str =
    "</style><script>alert(1)</script><img src=x onerror=alert(1)>\"'\\{}\n# EOF\n\u{202e}\u{9b}31m\0";

/// The sample as it is now, everything counted `times` so often.
pub fn sample(times: u64) -> Snapshot {
    named(times, "")
}

/// The same with hostile names wherever a peer, a client or nginx.conf chooses one.
pub fn hostile() -> Snapshot {
    named(1, HOSTILE)
}

fn named(times: u64, suffix: &str) -> Snapshot {
    let mut snapshot = sample::sample(now_ms(), |name| format!("{name}{suffix}"));
    let grow = |count: &mut u64| *count *= times;
    let each = |peer: &mut Peer| {
        let counts = [&mut peer.handshakes, &mut peer.session_reuses];
        let all = counts.into_iter().chain(&mut peer.protocols);
        all.chain(&mut peer.failures)
            .chain(&mut peer.alerts_received)
            .chain(&mut peer.alerts_sent)
            .chain(&mut peer.changes)
            .for_each(grow);
    };
    for upstream in &mut snapshot.upstreams {
        upstream.peers.iter_mut().for_each(each);
        upstream.durations.buckets.iter_mut().for_each(grow);
        grow(&mut upstream.durations.sum_us);
    }
    each(&mut snapshot.other);
    let log = &mut snapshot.log;
    [&mut log.records, &mut log.suppressed, &mut log.dropped]
        .into_iter()
        .for_each(grow);
    grow(&mut snapshot.zone.overflows);
    snapshot
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(now.expect("the clock is right").as_millis()).expect("not that late")
}

/// A report as text.
pub fn report(format: Format, snapshot: &Snapshot) -> String {
    let mut out = Vec::new();
    write(format, snapshot, None, &mut out).expect("a Vec takes everything");
    String::from_utf8(out).expect("a report is UTF-8")
}
