//! How many things are wrong: the fewest levers that must be set right until the request succeeds.

use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::fix::paste;

use crate::front::{Door, Front};
use crate::lever::Kind;
use crate::trial::Trial;

/// One of another attempt may have been made under other settings.
const WITHOUT_SESSION: &str = "session_reuse off;";

/// For each trial the smallest set of its wrong levers that, set right in `settings`, gives 200; `None`
/// where not even all of them do.
pub(crate) fn left(front: &mut Front, trials: &[(&Trial, &[String])]) -> Vec<Option<Vec<Kind>>> {
    let sets: Vec<Vec<Vec<Kind>>> = trials
        .iter()
        .map(|(trial, _)| subsets(&trial.case.wrong()))
        .collect();
    let mut sites = Vec::new();
    for ((trial, settings), sets) in trials.iter().zip(&sets) {
        let prefix = trial.case.family.prefix();
        let stream = trial.case.family == Family::Stream;
        for (number, set) in sets.iter().enumerate() {
            let door = Door::new(stream, &format!("{}-{number}", trial.case.index));
            let without_session = [format!("{prefix}_{WITHOUT_SESSION}")];
            let settings = paste(&trial.set_right(settings, set), &without_session);
            sites.push(trial.site(door, &settings, ""));
        }
    }
    front.load(sites);
    let pairs = trials.iter().zip(sets);
    pairs
        .map(|((trial, _), sets)| {
            let sites: Vec<usize> = front.of(trial.case.index).collect();
            // The whole set comes last: without it there is nothing to find.
            if sites.len() != sets.len() || front.ask(*sites.last()?) != 200 {
                return None;
            }
            let found = sites
                .into_iter()
                .zip(sets)
                .find(|(site, _)| front.ask(*site) == 200);
            found.map(|(_, set)| set)
        })
        .collect()
}

/// All of them, the smaller ones first.
fn subsets(kinds: &[Kind]) -> Vec<Vec<Kind>> {
    let mut all: Vec<Vec<Kind>> = (0..1_usize << kinds.len())
        .map(|mask| {
            let chosen = kinds
                .iter()
                .enumerate()
                .filter(|(bit, _)| mask >> bit & 1 == 1);
            chosen.map(|(_, kind)| *kind).collect()
        })
        .collect();
    all.sort_by_key(Vec::len);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_sets_come_first_and_the_whole_one_last() {
        let all = subsets(&[Kind::Name, Kind::Groups]);
        let expected: [&[Kind]; 4] = [
            &[],
            &[Kind::Name],
            &[Kind::Groups],
            &[Kind::Name, Kind::Groups],
        ];
        assert_eq!(all, expected);
    }
}
