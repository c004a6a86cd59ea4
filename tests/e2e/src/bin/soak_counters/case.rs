//! One kind of handshake: its own location, upstream and peer, and what peer and clients have seen of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use openssl::ssl::SslContext;
use serde_json::Value;
use tlsdiag_e2e::client;
use tlsdiag_e2e::peers::{scripted, Peer};

use super::{peers, Sum};

/// What a peer saw of its connections, and clients of their requests. These only grow.
#[derive(Default)]
struct Seen {
    /// Connections that are not over.
    open: AtomicU64,
    /// A request came by.
    good: AtomicU64,
    /// The connection ended without one.
    failed: AtomicU64,
    /// Requests that were answered as they should be.
    answered: AtomicU64,
    /// Requests that were not answered at all.
    cut: AtomicU64,
}

/// The same numbers at one moment, and the zone's.
#[derive(Clone, Copy, Default)]
struct Counts {
    good: u64,
    failed: u64,
    answered: u64,
    cut: u64,
    /// What the zone has counted of it.
    zone: u64,
}

pub(super) struct Case {
    pub(super) name: &'static str,
    /// What its handshakes fail with; `None` where they are good.
    reason: Option<&'static str>,
    /// Directives of its location.
    pub(super) settings: String,
    /// Its peer's.
    pub(super) port: u16,
    seen: Arc<Seen>,
    checked: Counts,
}

impl Case {
    /// Its handshakes are good. The peer is there as long as the second value.
    pub(super) fn good(name: &'static str, settings: &str, context: SslContext) -> (Case, Peer) {
        Case::new(name, None, settings, peers::Kind::Tls(context))
    }

    /// Its handshakes fail for this reason.
    pub(super) fn failing(
        name: &'static str,
        reason: &'static str,
        settings: &str,
        kind: peers::Kind,
    ) -> (Case, Peer) {
        Case::new(name, Some(reason), settings, kind)
    }

    fn new(
        name: &'static str,
        reason: Option<&'static str>,
        settings: &str,
        kind: peers::Kind,
    ) -> (Case, Peer) {
        let seen = Arc::new(Seen::default());
        let counted = Arc::clone(&seen);
        let peer = scripted::start_with(move |stream| {
            counted.open.fetch_add(1, Ordering::SeqCst);
            let count = match kind.serve(stream) {
                true => &counted.good,
                false => &counted.failed,
            };
            count.fetch_add(1, Ordering::SeqCst);
            counted.open.fetch_sub(1, Ordering::SeqCst);
        });
        let case = Case {
            name,
            reason,
            settings: settings.to_owned(),
            port: peer.port(),
            seen,
            checked: Counts::default(),
        };
        (case, peer)
    }

    /// One request.
    pub(super) fn send(&self, port: u16) {
        let wanted = match self.reason {
            None => 200,
            Some(_) => 502,
        };
        match client::get(port, &format!("/{}", self.name)).status {
            0 => self.seen.cut.fetch_add(1, Ordering::SeqCst),
            status => {
                assert_eq!(status, wanted, "{}", self.name);
                self.seen.answered.fetch_add(1, Ordering::SeqCst)
            }
        };
    }

    /// The peer has no connection.
    pub(super) fn is_over(&self) -> bool {
        self.seen.open.load(Ordering::SeqCst) == 0
    }

    /// The zone is a new one.
    pub(super) fn begin_zone(&mut self) {
        self.checked.zone = 0;
    }

    /// Compares what the zone has counted since the last time with what the peer has.
    pub(super) fn check(&mut self, status: &Value) -> Sum {
        let seen = |count: &AtomicU64| count.load(Ordering::SeqCst);
        let now = Counts {
            good: seen(&self.seen.good),
            failed: seen(&self.seen.failed),
            answered: seen(&self.seen.answered),
            cut: seen(&self.seen.cut),
            zone: self.in_zone(status),
        };
        let before = std::mem::replace(&mut self.checked, now);
        let name = self.name;
        let zone = now.zone.checked_sub(before.zone);
        let zone = zone.unwrap_or_else(|| panic!("{name}: the zone has lost something"));
        let (answered, cut) = (now.answered - before.answered, now.cut - before.cut);
        let (good, failed) = (now.good - before.good, now.failed - before.failed);
        // The other kind is only seen by a peer whose nginx was killed.
        let (own, other) = match self.reason {
            None => (good, failed),
            Some(_) => (failed, good),
        };
        let said = format!("{name}: {zone} in the zone, the peer saw {good} good and {failed} failed, {answered} answered, {cut} cut off");
        assert!((answered..=answered + cut).contains(&zone), "{said}");
        assert!((answered..=answered + cut).contains(&(own)), "{said}");
        assert!(other <= cut && zone <= own + other, "{said}");
        let (good, failed) = match self.reason {
            None => (zone, 0),
            Some(_) => (0, zone),
        };
        Sum {
            good,
            failed,
            cut,
            cut_and_counted: zone - answered,
        }
    }

    /// The zone's counter; all others of this server are 0.
    fn in_zone(&self, status: &Value) -> u64 {
        let peers = &status["http"]["upstreams"][self.name]["peers"];
        assert_eq!(peers.as_array().map(Vec::len), Some(1), "{status:#}");
        let counted = &peers[0];
        let good = counted["ssl"]["handshakes"].as_u64().unwrap();
        let failures = counted["failures"].as_object().unwrap();
        let Some(reason) = self.reason else {
            assert!(failures.is_empty(), "{counted:#}");
            return good;
        };
        assert_eq!((good, failures.len()), (0, 1), "{counted:#}");
        let failed = failures[reason].as_u64().unwrap();
        assert_eq!(counted["ssl"]["handshakes_failed"], failed, "{counted:#}");
        failed
    }
}
