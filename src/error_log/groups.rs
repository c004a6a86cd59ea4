//! Lines of one upstream, one server and one kind, counted together.
//!
//! A log may hold millions of lines, and clients may cause them on purpose: counting one does not allocate,
//! and the table has a random seed and a bound.

use std::collections::hash_map::RandomState;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use super::kind::Kind;
use super::message::Failure;
use super::ours::OwnDiagnosis;
use super::time::Time;
use crate::capture::Module;

/// Groups kept at most.
const MAX_GROUPS: usize = 8192;

/// Failures that have the same causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What happened.
    pub kind: Kind,
    /// How often.
    pub count: u64,
    /// When first and last, in the log's own time.
    pub times: Option<(Time, Time)>,
    /// Whose connections they were; absent where the lines do not tell.
    pub module: Option<Module>,
    /// Scheme, address and port; empty where the lines do not tell.
    pub upstream: String,
    /// The server block; empty where the lines do not tell.
    pub server: String,
    /// nginx is known to have sent a server name.
    pub name_sent: bool,
    /// What our own module said of them.
    pub own: Option<OwnDiagnosis>,
}

impl Group {
    fn is_of(&self, failure: &Failure<'_>, name_sent: bool) -> bool {
        let Failure { kind, module, tail } = failure;
        self.kind == *kind
            && self.module == *module
            && self.name_sent == name_sent
            && self.own.is_none()
            && self.upstream.as_bytes() == tail.upstream.unwrap_or_default()
            && self.server.as_bytes() == tail.server.unwrap_or_default()
    }

    fn new(failure: &Failure<'_>, name_sent: bool) -> Self {
        // nginx asks for no encoding; what is none is not shown as it is anyway.
        let text = |bytes: Option<&[u8]>| match std::str::from_utf8(bytes.unwrap_or_default()) {
            Ok(text) => text.to_owned(),
            Err(_) => String::new(),
        };
        Self {
            kind: failure.kind,
            count: 0,
            times: None,
            module: failure.module,
            upstream: text(failure.tail.upstream),
            server: text(failure.tail.server),
            name_sent,
            own: None,
        }
    }
}

/// All groups, by number.
#[derive(Debug)]
pub(super) struct Groups {
    groups: Vec<Group>,
    /// For each group, its parts about which our module wrote a line, by the name of the diagnosis.
    parts: Vec<Vec<(&'static str, usize)>>,
    /// Hashes to numbers; on a collision the next hash is taken.
    places: HashMap<u64, usize, BuildHasherDefault<AsItIs>>,
    seed: u64,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self {
            groups: Vec::new(),
            parts: Vec::new(),
            places: HashMap::default(),
            seed: RandomState::new().hash_one(0),
        }
    }

    /// The group of a failure; `None` when it would be one too many.
    pub(super) fn find(&mut self, failure: &Failure<'_>, name_sent: bool) -> Option<usize> {
        let is_it = |group: &Group| group.is_of(failure, name_sent);
        let mut hash = Folded(self.seed);
        (failure.kind, failure.module.map(|one| one as u8), name_sent).hash(&mut hash);
        hash.write(failure.tail.upstream.unwrap_or_default());
        hash.write(failure.tail.server.unwrap_or_default());
        let mut place = hash.finish();
        while let Some(number) = self.places.get(&place) {
            if self.groups.get(*number).is_some_and(is_it) {
                return Some(*number);
            }
            place = place.wrapping_add(1);
        }
        let number = self.add(Group::new(failure, name_sent))?;
        self.places.insert(place, number);
        Some(number)
    }

    /// The part of a group of which our module said the same; `read` reads all it said, for a new one.
    pub(super) fn part(
        &mut self,
        whole: usize,
        name: &'static str,
        read: impl FnOnce() -> Option<OwnDiagnosis>,
    ) -> Option<usize> {
        let mut parts = self.parts.get(whole)?.iter();
        if let Some((_, number)) = parts.find(|(one, _)| *one == name) {
            return Some(*number);
        }
        let part = Group {
            own: Some(read()?),
            count: 0,
            times: None,
            ..self.groups.get(whole)?.clone()
        };
        let number = self.add(part)?;
        self.parts.get_mut(whole)?.push((name, number));
        Some(number)
    }

    fn add(&mut self, group: Group) -> Option<usize> {
        if self.groups.len() >= MAX_GROUPS {
            return None;
        }
        self.groups.push(group);
        self.parts.push(Vec::new());
        Some(self.groups.len() - 1)
    }

    pub(super) fn count(&mut self, number: usize, time: Option<Time>) {
        let Some(group) = self.groups.get_mut(number) else {
            return;
        };
        group.count += 1;
        if let Some(time) = time {
            let (first, last) = group.times.unwrap_or((time, time));
            group.times = Some((first.min(time), last.max(time)));
        }
    }

    /// Takes back one count, which goes to another group.
    pub(super) fn uncount(&mut self, number: usize) {
        if let Some(group) = self.groups.get_mut(number) {
            group.count = group.count.saturating_sub(1);
        }
    }

    /// The groups that are not empty.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Group)> {
        let all = self.groups.iter().enumerate();
        all.filter(|(_, group)| group.count > 0)
    }
}

/// One multiplication for each word: fast, and with a seed that nobody can foresee.
struct Folded(u64);

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((word, after)) = rest.split_first_chunk() {
            self.write_u64(u64::from_le_bytes(*word));
            rest = after;
        }
        // What is left over is hashed with bytes before it again: that is quicker than to gather it.
        let last = match bytes.last_chunk() {
            Some(word) => u64::from_le_bytes(*word),
            None => rest
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        self.write_u64(last ^ (bytes.len() as u64));
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_u16(&mut self, word: u16) {
        self.write_u64(word.into());
    }

    fn write_isize(&mut self, word: isize) {
        self.write_u64(word as u64);
    }

    fn write_u64(&mut self, word: u64) {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let product = (self.0 ^ word).wrapping_mul(FACTOR);
        self.0 = product ^ (product >> 32) ^ self.0.rotate_left(5);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The keys are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::tail::Tail;
    use super::*;

    fn failure<'l>(kind: Kind, upstream: &'l str, server: &'l str) -> Failure<'l> {
        Failure {
            kind,
            module: Some(Module::Proxy),
            tail: Tail {
                server: Some(server.as_bytes()),
                upstream: Some(upstream.as_bytes()),
                has_request: true,
            },
        }
    }

    #[test]
    fn what_is_the_same_is_counted_together() {
        let mut groups = Groups::new();
        let (one, other) = (Kind::Alert(40), Kind::Alert(112));
        for (kind, upstream, server) in [
            (one, "https://192.0.2.7:443", "a"),
            (other, "https://192.0.2.7:443", "a"),
            (one, "https://192.0.2.8:443", "a"),
            (one, "https://192.0.2.7:443", "b"),
            (one, "https://192.0.2.7:443", "a"),
            (one, "https://192.0.2.7:44", "3a"),
        ] {
            let number = groups
                .find(&failure(kind, upstream, server), false)
                .unwrap();
            groups.count(number, Time::read(b"2026/11/26 10:41:02"));
        }
        let sent = groups
            .find(&failure(one, "https://192.0.2.7:443", "a"), true)
            .unwrap();
        groups.count(sent, None);
        let counts: Vec<_> = groups.iter().map(|(_, group)| group.count).collect();
        assert_eq!(counts, [2, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn first_and_last_do_not_depend_on_the_order_of_files() {
        let mut groups = Groups::new();
        let number = groups
            .find(&failure(Kind::Closed, "a", "b"), false)
            .unwrap();
        for time in [
            b"2026/11/26 10:00:00",
            b"2025/11/26 10:00:00",
            b"2026/11/26 09:00:00",
        ] {
            groups.count(number, Time::read(time));
        }
        let times = groups.iter().next().unwrap().1.times;
        let read = |text| Time::read(text).unwrap();
        assert_eq!(
            times,
            Some((read(b"2025/11/26 10:00:00"), read(b"2026/11/26 10:00:00")))
        );
    }

    #[test]
    fn there_is_a_bound() {
        let mut groups = Groups::new();
        let name = |number: usize| format!("https://192.0.2.7:{number}");
        for number in 0..MAX_GROUPS {
            assert_eq!(
                groups.find(&failure(Kind::Closed, &name(number), ""), false),
                Some(number)
            );
        }
        assert_eq!(
            groups.find(&failure(Kind::Closed, "one more", ""), false),
            None
        );
        assert_eq!(
            groups.find(&failure(Kind::Closed, &name(7), ""), false),
            Some(7)
        );
    }
}
