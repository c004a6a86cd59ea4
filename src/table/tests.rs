use super::*;
use crate::capture::{PeerCertificate, Summary};
use crate::changes::Changes;
use crate::counters::{reason, Build, Peer, Snapshot, Zone};
use crate::fixed::{Fingerprint, Text};
use crate::registry::Alert;
use crate::suppress::{Decision, Failure, Label};

const NOW: i64 = 1_795_000_000_000;
const HOUR: i64 = 3_600_000;
/// Seven eighths of a zone of 1m.
const WORDS: usize = 114_688;
/// As little as a zone may be.
const SMALL: usize = 3584;

fn memory(words: usize) -> Vec<AtomicU64> {
    (0..words).map(|_| AtomicU64::new(0)).collect()
}

fn server<'k>(upstream: &'k str, address: &'k str) -> Server<'k> {
    Server {
        context: Context::Http,
        upstream: Some(upstream.as_bytes()),
        address: address.as_bytes(),
    }
}

fn variable(address: &str) -> Server<'_> {
    Server {
        upstream: None,
        ..server("", address)
    }
}

fn new(now_ms: i64) -> NewServer {
    NewServer {
        name: Text::EMPTY,
        now_ms,
        inactive_ms: HOUR,
    }
}

fn good(now_ms: i64) -> Good {
    Good {
        now_ms,
        version: 0x0304,
        resumed: false,
        duration_us: 12_000,
    }
}

fn failed(now_ms: i64) -> Failed {
    Failed {
        now_ms,
        reason: reason("certificate_expired").unwrap(),
        received: Some(Alert::HANDSHAKE_FAILURE),
        sent: None,
        changed: None,
        refused: false,
    }
}

fn snapshot(table: Table<'_>) -> Snapshot {
    table
        .snapshot(Build::default(), Zone::default(), NOW)
        .unwrap()
}

fn peer(snapshot: &Snapshot, address: &str) -> Option<Peer> {
    let upstreams = snapshot.upstreams.iter();
    let mut peers = upstreams.flat_map(|upstream| &upstream.peers);
    peers.find(|peer| peer.server.as_str() == address).copied()
}

#[test]
fn what_is_counted_is_in_the_snapshot() {
    let memory = memory(WORDS);
    let table = Table::create(&memory, NOW, 7).unwrap();
    let orders = server("orders", "10.0.0.4:8443");
    assert!(table.find(&orders).is_none());
    let named = || NewServer {
        name: Text::from("a.orders.internal:8443"),
        ..new(NOW)
    };
    let slot = table.locked().insert(&orders, named).unwrap();
    slot.count_good(&good(NOW + 1));
    slot.count_good(&Good {
        resumed: true,
        version: 0x0303,
        ..good(NOW + 2)
    });
    table.find(&orders).unwrap().count_failed(&Failed {
        changed: Some(Changes::from_bits(0b1001)),
        sent: Some(Alert(250)),
        ..failed(NOW + 3)
    });
    let stream = Server {
        context: Context::Stream,
        ..orders
    };
    table
        .locked()
        .insert(&stream, || new(NOW))
        .unwrap()
        .count_good(&good(NOW));
    table.other().count_failed(&failed(NOW + 4));
    table.count_record();

    let seen = snapshot(table);
    assert_eq!(seen.upstreams.len(), 2);
    let [http, stream] = [&seen.upstreams[0], &seen.upstreams[1]];
    assert_eq!(
        (http.context, stream.context),
        (Context::Http, Context::Stream)
    );
    assert_eq!(
        (http.name.as_str(), stream.name.as_str()),
        ("orders", "orders")
    );
    assert_eq!((http.durations.count(), http.durations.sum_us), (2, 24_000));
    assert_eq!(http.durations.buckets[2], 2);
    let peer = &http.peers[0];
    assert_eq!(peer.name.as_str(), "a.orders.internal:8443");
    assert_eq!(
        (peer.handshakes, peer.session_reuses, peer.failed()),
        (2, 1, 1)
    );
    assert_eq!(peer.protocols, [0, 0, 1, 1, 0]);
    assert_eq!(peer.alerts_received[Alert::HANDSHAKE_FAILURE.place()], 1);
    assert_eq!(peer.alerts_sent[Alert(250).place()], 1);
    assert_eq!(peer.last_success_ms, Some(NOW + 2));
    let failure = peer.last_failure.unwrap();
    assert_eq!(
        (failure.time_ms, failure.name()),
        (NOW + 3, "certificate_expired")
    );
    assert_eq!(failure.changed, Some(Changes::from_bits(0b1001)));
    assert_eq!(stream.peers[0].handshakes, 1);
    assert_eq!(stream.peers[0].last_failure, None);
    assert_eq!(seen.other.failed(), 1);
    assert_eq!(seen.other.last_failure.unwrap().changed, None);
    assert_eq!((seen.zone.servers, seen.zone.servers_limit), (2, 429));
    assert_eq!((seen.zone.since_ms, seen.zone.overflows), (NOW, 0));
    assert_eq!((seen.log.records, seen.log.suppressed), (1, 0));
}

/// A refused request is counted in the same callback as the handshake before it, and is the later one.
#[test]
fn a_failure_is_later_than_what_was_good_before_it() {
    let memory = memory(WORDS);
    let table = Table::create(&memory, NOW, 7).unwrap();
    let slot = table.other();
    slot.count_good(&good(NOW));
    for time_ms in [NOW, NOW + 5] {
        slot.count_failed(&Failed {
            refused: true,
            ..failed(time_ms)
        });
        let seen = snapshot(table).other;
        let after_ms = seen.last_failure.unwrap().time_ms - NOW;
        assert_eq!(after_ms, if time_ms == NOW { 1 } else { 5 });
        assert_eq!((seen.handshakes, seen.refused), (1, seen.failed()));
    }
    slot.count_failed(&failed(NOW + 7));
    slot.count_good(&good(NOW + 7));
    let seen = snapshot(table).other;
    assert_eq!((seen.failed(), seen.refused), (3, 2));
    assert_eq!(seen.last_failure.unwrap().time_ms, NOW + 7);
    assert_eq!(seen.last_success_ms, Some(NOW + 7), "the later one is good");
}

#[test]
fn a_table_goes_on_after_a_reload_and_refuses_another_layout() {
    let memory = memory(SMALL);
    assert!(Table::open(&memory).is_none(), "nothing is there yet");
    let table = Table::create(&memory, NOW, 7).unwrap();
    let orders = server("orders", "10.0.0.4:8443");
    table
        .locked()
        .insert(&orders, || new(NOW))
        .unwrap()
        .count_good(&good(NOW));
    assert_eq!(table.next_generation(), 1);

    let again = Table::open(&memory).unwrap();
    again.find(&orders).unwrap().count_good(&good(NOW));
    assert_eq!(again.next_generation(), 2);
    assert_eq!(
        peer(&snapshot(again), "10.0.0.4:8443").unwrap().handshakes,
        2
    );

    assert!(Table::open(&memory[..SMALL - 1]).is_none());
    for place in [header::MAGIC, header::VERSION, header::SLOTS] {
        let was = memory[place].swap(u64::MAX, std::sync::atomic::Ordering::Relaxed);
        assert!(Table::open(&memory).is_none());
        memory[place].store(was, std::sync::atomic::Ordering::Relaxed);
    }
    assert!(Table::create(&memory[..600], NOW, 7).is_none(), "too small");
}

#[test]
fn a_full_table_counts_together_what_it_has_no_room_for() {
    let memory = memory(SMALL);
    let table = Table::create(&memory, NOW, 7).unwrap();
    let count = |index: u32, now| {
        let address = format!("10.0.0.{index}:443");
        let orders = server("orders", &address);
        let slot = table.locked().insert(&orders, || new(now));
        slot.unwrap_or(table.other()).count_good(&good(now));
    };
    (0..100).for_each(|index| count(index, NOW));
    let full = snapshot(table);
    assert_eq!((full.zone.servers, full.zone.servers_limit), (10, 10));
    assert_eq!((full.zone.overflows, full.other.handshakes), (90, 90));
    let all: u64 = full.upstreams[0]
        .peers
        .iter()
        .map(|peer| peer.handshakes)
        .sum();
    assert_eq!(all, 10);
    assert_eq!(full.upstreams[0].durations.count(), 10);
    assert!(peer(&full, "10.0.0.9:443").is_some());
    assert!(peer(&full, "10.0.0.10:443").is_none());

    // One goes on, the others fall silent: their slots are free for others.
    let later = NOW + HOUR + 1;
    count(3, NOW + HOUR);
    (200..209).for_each(|index| count(index, later));
    count(3, later);
    let moved = snapshot(table);
    assert_eq!((moved.zone.servers, moved.zone.overflows), (10, 90));
    assert_eq!(peer(&moved, "10.0.0.3:443").unwrap().handshakes, 3);
    assert_eq!(peer(&moved, "10.0.0.208:443").unwrap().handshakes, 1);
    assert!(peer(&moved, "10.0.0.4:443").is_none());
}

#[test]
fn ten_thousand_hosts_of_clients_starve_no_configured_server() {
    let memory = memory(WORDS);
    let table = Table::create(&memory, NOW, 7).unwrap();
    for index in 0..10_000 {
        let address = format!("10.{}.{}.1:443", index / 250, index % 250);
        let host = variable(&address);
        let slot = table.locked().insert(&host, || new(NOW + index));
        slot.unwrap_or(table.other()).count_good(&good(NOW));
    }
    for index in 0..300 {
        let address = format!("192.0.2.1:{index}");
        let configured = server("orders", &address);
        assert!(
            table.locked().insert(&configured, || new(NOW)).is_some(),
            "{index}"
        );
    }
    let seen = snapshot(table);
    assert_eq!(seen.upstreams.len(), 2);
    let variables = seen
        .upstreams
        .iter()
        .find(|one| one.name.as_str() == "(variable)")
        .unwrap();
    assert_eq!(variables.peers.len(), 430 / 4);
    let counted: u64 = variables.peers.iter().map(|peer| peer.handshakes).sum();
    assert_eq!(counted + seen.other.handshakes, 10_000);
    assert_eq!(seen.zone.overflows, seen.other.handshakes);

    // A number that is wrong because somebody died is put right.
    table.words.set(header::VARIABLE, 5000);
    let later = NOW + 2 * HOUR;
    for index in 0..50 {
        let address = format!("198.51.100.1:{index}");
        let _ = table.locked().insert(&variable(&address), || new(later));
    }
    assert!(table.words.get(header::VARIABLE) <= 430 / 4);
}

#[test]
fn rows_are_found_again_and_given_to_others_when_empty() {
    let memory = memory(SMALL);
    let table = Table::create(&memory, NOW, 7).unwrap();
    for (step, name) in ["a", "b", "c", "d", "e", "f"].into_iter().enumerate() {
        let now = NOW + i64::try_from(step).unwrap() * (HOUR + 1);
        for port in 0..10 {
            let address = format!("10.0.0.1:{port}");
            let slot = table.locked().insert(&server(name, &address), || new(now));
            slot.unwrap_or_else(|| panic!("{name} {port}"))
                .count_good(&good(now));
        }
        let seen = snapshot(table);
        assert_eq!(seen.upstreams.len(), 1, "{name}");
        assert_eq!(seen.upstreams[0].name.as_str(), name);
        assert_eq!(
            seen.upstreams[0].durations.count(),
            10,
            "{name} began at zero"
        );
    }
}

#[test]
fn long_names_stay_apart() {
    let memory = memory(WORDS);
    let table = Table::create(&memory, NOW, 7).unwrap();
    for last in ["1", "2"] {
        let name = "x".repeat(300) + last;
        table
            .locked()
            .insert(&server(&name, "10.0.0.1:1"), || new(NOW))
            .unwrap();
    }
    let seen = snapshot(table);
    let names: Vec<_> = seen.upstreams.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
    assert!(names
        .iter()
        .all(|name| name.starts_with("xxx") && name.len() < 96));
}

#[test]
fn changes_between_good_handshakes_are_counted_within_a_location() {
    let memory = memory(WORDS);
    let table = Table::create(&memory, NOW, 7).unwrap();
    let slot = table
        .locked()
        .insert(&server("a", "b:1"), || new(NOW))
        .unwrap();
    let summary = |location: &str, version, time_ms| Summary {
        location: Text::from(location),
        version,
        time_ms,
        certificate: Some(PeerCertificate {
            sha256: Fingerprint::new(&[8; 32]),
            serial: Fingerprint::new(&[9; 20]),
            issuer: Text::EMPTY,
            not_before: 0,
            not_after: NOW,
            key: Text::EMPTY,
        }),
        ..Summary::default()
    };
    let kind = |digest: u64, group| Kind {
        digest: digest << 32,
        group,
    };
    let record = |location, version, after, kind| {
        let summary = summary(location, version, NOW + after);
        table.locked().record(&slot, &summary, 7, kind);
    };
    assert!(!slot.is_recorded(kind(1, 29), NOW));
    record("/", 0x0304, 0, kind(1, 29));
    assert!(slot.is_recorded(kind(1, 29), NOW + 5));
    assert_eq!(slot.last_good().unwrap().time_ms, NOW + 5, "seen again");
    assert!(
        slot.is_recorded(kind(2, 29), NOW + 6),
        "once a second is enough"
    );
    assert_eq!(slot.last_good().unwrap().time_ms, NOW + 5, "another kind");
    for other in [kind(2, 29), kind(2, 0), kind(1, 23)] {
        assert!(!slot.is_recorded(other, NOW + 1000), "{other:?}");
    }
    assert!(
        slot.is_recorded(kind(1, 0), NOW + 1000),
        "a resumed session has no group of its own"
    );
    record("/", 0x0303, 1000, kind(2, 0));
    assert!(!slot.is_recorded(kind(2, 29), NOW + 2000), "says more");
    record("/b", 0x0302, 2000, kind(3, 0));
    let changed: Vec<_> = snapshot(table).upstreams[0].peers[0]
        .changed()
        .map(|(change, count)| (change.code(), count))
        .collect();
    assert_eq!(changed, [("version", 1)]);
    let known = [7, 8].map(|leaf| slot.certificate(leaf).map(|one| one.not_after));
    assert_eq!(
        known,
        [Some(NOW), None],
        "of the certificate with this number"
    );
    assert_eq!(slot.last_good().unwrap().location.as_str(), "/b");
}

#[test]
fn windows_survive_in_words() {
    let memory = memory(WORDS);
    let table = Table::create(&memory, NOW, 7).unwrap();
    let slot = table
        .locked()
        .insert(&server("a", "b:1"), || new(NOW))
        .unwrap();
    let failure = Failure {
        key: u64::MAX - 1,
        now_ms: NOW,
        period_ms: 86_400_000,
        process: 4_194_303,
        label: Label {
            reason: 40,
            level: 1_000_000,
            generation: 16_777_215,
        },
    };
    let locked = table.locked();
    assert_eq!(locked.decide(&slot, failure), Decision::Write(None));
    let wake_ms = Some(NOW + 86_400_000);
    assert_eq!(
        locked.decide(&slot, failure),
        Decision::Suppress { wake_ms }
    );
    assert_eq!(locked.adopt(&slot, 7, |owner| owner == 4_194_303), wake_ms);
    let counted = Some(Decision::Suppress { wake_ms: None });
    assert_eq!(locked.count(&slot, &failure), counted);
    assert_eq!(locked.take_own(&slot, NOW, 8), None);
    let end_ms = NOW + 86_400_000;
    let due = || locked.take_due(&slot, end_ms, 7, |owner| owner == 7);
    let written = due().unwrap();
    assert_eq!((written.count, written.label), (2, failure.label));
    assert_eq!((written.start_ms, written.end_ms), (NOW, end_ms));
    assert_eq!(due(), Some(written), "it was not written");
    locked.told(&slot, &written, 7);
    assert!(due().is_none() && !slot.has_repeats());
    assert_eq!(locked.count(&slot, &failure), None, "no window is open");
}

/// Many processes count, make servers and read at once: nothing is lost.
#[test]
fn nothing_is_lost_between_threads() {
    let memory = memory(WORDS);
    let table = Table::create(&memory, NOW, 7).unwrap();
    let lock = std::sync::Mutex::new(());
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let lock = &lock;
            scope.spawn(move || {
                for round in 0..5_000_u32 {
                    let address = format!("10.0.0.{}:443", (round * 7 + thread) % 100);
                    let orders = server("orders", &address);
                    let slot = table.find(&orders).unwrap_or_else(|| {
                        let _held = lock.lock().unwrap();
                        table.locked().insert(&orders, || new(NOW)).unwrap()
                    });
                    slot.count_good(&good(NOW));
                    if round % 500 == 0 {
                        assert!(snapshot(table).zone.servers <= 100);
                    }
                }
            });
        }
    });
    let seen = snapshot(table);
    let peers = &seen.upstreams[0].peers;
    assert_eq!(peers.len(), 100, "no server has two slots");
    assert_eq!(
        peers.iter().map(|peer| peer.handshakes).sum::<u64>(),
        20_000
    );
    assert_eq!(seen.upstreams[0].durations.count(), 20_000);
}

/// Words that somebody else has overwritten end no process.
#[test]
fn garbage_is_survived() {
    let memory = memory(SMALL);
    let table = Table::create(&memory, NOW, 7).unwrap();
    let mut word = 1_u64;
    for (_, one) in memory
        .iter()
        .enumerate()
        .filter(|(at, _)| *at > header::SEED)
    {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        one.store(word, std::sync::atomic::Ordering::Relaxed);
    }
    for index in 0..200 {
        let address = format!("10.0.0.{index}:443");
        let orders = server("orders", &address);
        let slot = table.find(&orders);
        let slot = slot.or_else(|| table.locked().insert(&orders, || new(NOW + index)));
        slot.unwrap_or(table.other()).count_failed(&failed(NOW));
        let _ = table.locked().take_due(&table.other(), NOW, 7, |_| true);
    }
    let _ = snapshot(table);
}
