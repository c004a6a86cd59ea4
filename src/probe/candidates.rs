//! What to try, in which order: the core's fix, what its alternatives would write, what the user named,
//! then what most often helps.

use super::outcome::Failure;
use super::security::grade;
use super::{Change, Settings};
use crate::diagnose::Diagnosis;
use crate::facts::{Facts, Phase};
use crate::rules::{Remedy, Security, CATALOGUE};

/// What the user and the configuration know, and the rules do not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// Host names the upstream may go by.
    pub names: Vec<String>,
    /// Directives to be tried, each with those that belong to it.
    pub tries: Vec<Vec<Change>>,
}

/// A set of changes to be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) changes: Vec<Change>,
    /// A failure with these may show another cause behind the first one. Not so where the change itself
    /// narrows the offer.
    pub(super) leads_on: bool,
}

impl Candidate {
    fn new(changes: Vec<Change>) -> Self {
        Self {
            changes,
            leads_on: true,
        }
    }
}

/// Sets of changes for a failure, the likeliest first.
pub(super) struct Candidates {
    /// What speaks for these is this failure.
    pub(super) informed: Vec<Candidate>,
    /// What the user named, and what most often helps.
    pub(super) ladder: Vec<Candidate>,
}

/// What may help after a failure.
pub(super) fn after(
    settings: &Settings,
    failure: &Failure,
    diagnosis: &Diagnosis,
    hints: &Hints,
) -> Candidates {
    let facts = Facts::of(&failure.recording);
    let values = Values { hints, failure };
    let mut sets = values.fill(&diagnosis.finding.remedy);
    for name in &diagnosis.alternatives {
        let rule = CATALOGUE.iter().find(|rule| rule.name == *name);
        if let Some(finding) = rule.and_then(|rule| (rule.evaluate)(&facts)) {
            sets.extend(values.fill(&finding.remedy));
        }
    }
    sets.sort_by_key(|set| grade(settings, set) == Security::Weakens);
    Candidates {
        informed: sets.into_iter().map(Candidate::new).collect(),
        ladder: ladder(settings, facts.phase, hints),
    }
}

/// SNI, today's versions, both, names the user gave, one small group, ALPN, other directives the user
/// gave: as far as each can still decide.
fn ladder(settings: &Settings, phase: Phase, hints: &Hints) -> Vec<Candidate> {
    let is_compared = |name: &&str| *name == settings.compared_name();
    let known = settings.known_name();
    let sni = known.map(|name| send(settings, Some(name).filter(|name| !is_compared(name))));
    let names = hints.names.iter();
    let names = names.map(|name| Candidate::new(send(settings, Some(name.as_str()))));
    let tries = hints.tries.iter().cloned().map(Candidate::new);
    let mut sets: Vec<_> = sni.iter().cloned().map(Candidate::new).collect();
    // Once a certificate came the parameters are settled.
    if phase >= Phase::Certificate {
        sets.extend(names.chain(tries));
        return sets;
    }
    let versions = vec![Change::new("protocols", &["TLSv1.2", "TLSv1.3"])];
    sets.push(Candidate::new(versions.clone()));
    sets.extend(sni.map(|sni| Candidate::new([sni, versions].concat())));
    sets.extend(names);
    let narrow = |change| Candidate {
        changes: vec![change],
        leads_on: false,
    };
    if settings.has_conf_command() {
        let group = Change::new("conf_command", &["Groups", "P-256"]);
        sets.push(narrow(group));
    }
    if settings.has_alpn() && settings.alpn.is_empty() {
        sets.push(narrow(Change::new("alpn", &["http/1.1", "h2"])));
    }
    sets.extend(tries);
    sets
}

/// Sends a name: another one than nginx would, where one is given.
fn send(settings: &Settings, name: Option<&str>) -> Vec<Change> {
    let mut changes = Vec::new();
    if !settings.send_name {
        changes.push(Change::new("server_name", &["on"]));
    }
    changes.extend(name.map(|name| Change::new("name", &[name])));
    changes
}

/// Values for what stands between angle brackets.
struct Values<'a> {
    hints: &'a Hints,
    failure: &'a Failure,
}

impl Values<'_> {
    /// A remedy's directives, once for every value of its placeholder; none where no value is known.
    fn fill(&self, remedy: &Remedy) -> Vec<Vec<Change>> {
        let read = |text: &str| Change::read(text).unwrap_or_default();
        let mut fix: Vec<_> = remedy.fix.iter().flat_map(|one| read(one)).collect();
        for change in &mut fix {
            change.weakens = remedy.security == Security::Weakens;
        }
        let open: Vec<_> = fix.iter().filter(|change| change.is_open()).collect();
        match open.as_slice() {
            _ if fix.is_empty() => Vec::new(),
            [] => vec![fix],
            [first, ..] => {
                let values = self.values(first.setting);
                let filled = values.map(|values| fill(&fix, &values));
                filled.flatten().collect()
            }
        }
    }

    /// Values of a setting, each with what belongs to it.
    fn values(&self, setting: &'static str) -> impl Iterator<Item = Vec<Change>> + '_ {
        let names = self.hints.names.iter().filter(move |_| setting == "name");
        let names = names.map(|name| vec![Change::new("name", &[name])]);
        let sets = |set: &&Vec<Change>| set.iter().any(|one| one.setting == setting);
        let system = self.failure.trusted_by_system.iter();
        let system = system.filter(move |_| setting == "trusted_certificate");
        let system = system.map(|file| vec![Change::new("trusted_certificate", &[file])]);
        names
            .chain(
                self.hints
                    .tries
                    .iter()
                    .filter(sets)
                    .cloned()
                    .collect::<Vec<_>>(),
            )
            .chain(system)
    }
}

/// Every placeholder by the value given; `None` where one stays open.
fn fill(fix: &[Change], values: &[Change]) -> Option<Vec<Change>> {
    let filled: Vec<_> = fix
        .iter()
        .map(|change| {
            let value = values.iter().find(|one| one.sets_the_same(change));
            value.filter(|_| change.is_open()).unwrap_or(change).clone()
        })
        .collect();
    (!filled.iter().any(Change::is_open)).then_some(filled)
}
