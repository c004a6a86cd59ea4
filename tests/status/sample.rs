//! A snapshot with something of everything.

use tlsdiag::capture::{Offer, OwnCertificate, PeerCertificate, Summary};
use tlsdiag::changes::Changes;
use tlsdiag::counters::{
    reason, Build, Context, Durations, LastFailure, Log, Peer, Snapshot, Upstream, Zone,
};
use tlsdiag::fixed::{Fingerprint, Text};
use tlsdiag::registry::Alert;

const DAY_S: i64 = 86_400;
const DAY_MS: i64 = DAY_S * 1000;

/// Ordinary names; or hostile ones in every place that a peer, a client or nginx.conf fills.
pub(crate) fn sample(now_ms: i64, name: impl Fn(&str) -> String) -> Snapshot {
    let orders = Upstream {
        context: Context::Http,
        name: Text::from(name("orders").as_str()),
        created_ms: now_ms - 100 * DAY_MS,
        durations: Durations {
            buckets: [0, 3, 40, 9, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
            sum_us: 13_250_417,
        },
        client_certificate_not_after: Some(now_ms / 1000 + 9 * DAY_S),
        peers: vec![healthy(now_ms, &name), failing(now_ms, &name)],
    };
    let dynamic = Upstream {
        name: Text::from("(variable)"),
        durations: Durations::default(),
        client_certificate_not_after: None,
        peers: vec![Peer {
            server: Text::from("[2001:db8::7]:443"),
            created_ms: now_ms - 5_000,
            ..Peer::default()
        }],
        ..orders.clone()
    };
    let stream = Upstream {
        context: Context::Stream,
        name: Text::from(name("orders").as_str()),
        client_certificate_not_after: None,
        peers: vec![never_good(now_ms, &name)],
        ..orders.clone()
    };
    let mut other = Peer {
        created_ms: now_ms - 100 * DAY_MS,
        handshakes: 4,
        ..Peer::default()
    };
    count(&mut other.failures, "peer_reset", 1);
    Snapshot {
        now_ms,
        build: Build {
            nginx: Text::from("1.22.1"),
            openssl: Text::from("OpenSSL 3.0.22 4 Aug 2026"),
            generation: 3,
        },
        zone: Zone {
            name: Text::from(name("tls").as_str()),
            size: 1 << 20,
            servers: 4,
            servers_limit: 432,
            overflows: 5,
            since_ms: now_ms - 100 * DAY_MS,
        },
        log: Log {
            records: 61,
            suppressed: 1234,
            dropped: 2,
        },
        upstreams: vec![orders, dynamic, stream],
        other,
    }
}

fn count(failures: &mut [u64], name: &str, number: u64) {
    failures[reason(name).unwrap()] = number;
}

fn healthy(now_ms: i64, name: &impl Fn(&str) -> String) -> Peer {
    Peer {
        server: Text::from("10.0.0.4:8443"),
        name: Text::from(name("a.orders.internal:8443").as_str()),
        created_ms: now_ms - 100 * DAY_MS,
        handshakes: 48,
        session_reuses: 11,
        protocols: [0, 0, 8, 40, 0],
        last_success_ms: Some(now_ms - 3_000),
        last_good: Some(good(now_ms, name, 60 * DAY_S)),
        ..Peer::default()
    }
}

fn failing(now_ms: i64, name: &impl Fn(&str) -> String) -> Peer {
    let mut peer = Peer {
        server: Text::from(name("unix:/run/orders.sock").as_str()),
        created_ms: now_ms - 100 * DAY_MS,
        handshakes: 6,
        protocols: [0, 0, 6, 0, 0],
        last_success_ms: Some(now_ms - DAY_MS),
        last_good: Some(good(now_ms, name, -3600)),
        last_failure: Some(LastFailure {
            time_ms: now_ms - 61_000,
            reason: reason("certificate_expired").unwrap(),
            // certificate_expired and cipher
            changed: Some(Changes::from_bits(1 << 1 | 1 << 14)),
        }),
        ..Peer::default()
    };
    count(&mut peer.failures, "certificate_expired", 12);
    count(&mut peer.failures, "certificate_issuer_unknown", 2);
    count(&mut peer.failures, "handshake_timeout", 3);
    count(&mut peer.failures, "misdirected_request", 1);
    peer.refused = 1;
    peer.alerts_received[Alert::HANDSHAKE_FAILURE.place()] = 1;
    peer.alerts_sent[Alert::PROTOCOL_VERSION.place()] = 2;
    peer.alerts_sent[Alert(250).place()] = 1;
    peer.changes[3] = 1;
    peer.changes[4] = 2;
    peer
}

/// Nothing is known but its failures; its name and its certificate end soon are absent.
fn never_good(now_ms: i64, name: &impl Fn(&str) -> String) -> Peer {
    let mut peer = Peer {
        server: Text::from(name("10.0.0.6:9443").as_str()),
        created_ms: now_ms - DAY_MS,
        last_failure: Some(LastFailure {
            time_ms: now_ms - 7_000,
            reason: reason("sni_missing").unwrap(),
            changed: None,
        }),
        ..Peer::default()
    };
    count(&mut peer.failures, "sni_missing", 2);
    peer
}

/// A handshake whose certificate ends in so many seconds.
fn good(now_ms: i64, name: &impl Fn(&str) -> String, left_s: i64) -> Summary {
    Summary {
        time_ms: now_ms - 3_000,
        generation: 3,
        location: Text::from(name("/orders/").as_str()),
        server_name: Some(Text::from(name("orders.internal").as_str())),
        offer: Some(Offer::default()),
        client_certificate: Some(OwnCertificate {
            sha256: Fingerprint::new(&[0xab; 8]),
            not_after: now_ms / 1000 + 9 * DAY_S,
        }),
        version: 0x0304,
        cipher: 0x1302,
        group: 29,
        alpn: Some(Text::from(name("h2").as_str())),
        certificate: Some(PeerCertificate {
            sha256: Fingerprint::new(&[0x5a; 32]),
            serial: Fingerprint::new(&[0x01, 0xf0]),
            issuer: Text::from(name("CN=Example Issuing CA").as_str()),
            not_before: now_ms / 1000 - 300 * DAY_S,
            not_after: now_ms / 1000 + left_s,
            key: Text::from("ECDSA P-256"),
        }),
    }
}
