//! Pastes what is printed, again and again, as somebody does who has more than one thing wrong.

use tlsdiag_e2e::fix::{fill, paste};
use tlsdiag_e2e::nginx::{Config, Module};
use tlsdiag_e2e::observe::Diagnosis;
use tlsdiag_e2e::trial::run;

/// Pastings until somebody gives up.
const PATIENCE: usize = 8;

/// The names on the way to a 200. `config` makes a configuration of a location's lines; `values` are for
/// placeholders.
#[track_caller]
pub(crate) fn until_good(
    location: &str,
    values: &[(&str, &str)],
    config: impl Fn(&str) -> Config,
) -> Vec<String> {
    let mut location: Vec<String> = location.lines().map(str::to_owned).collect();
    let mut names = Vec::new();
    for _ in 0..PATIENCE {
        let config = config(&location.join("\n"));
        let run = run(config.module(Module::Ours), &["/"]);
        if run.statuses() == [200] {
            run.assert_good(&location.join("\n"));
            return names;
        }
        let document = run.finished.documents.last();
        let document = document.unwrap_or_else(|| panic!("{}", run.finished.log.text));
        let diagnosis = Diagnosis::read(document);
        names.push(diagnosis.name);
        let filled = fill(&diagnosis.fix, values);
        let filled = filled.unwrap_or_else(|why| panic!("{why}: {document:#}"));
        let pasted = paste(&location, &filled);
        assert_ne!(pasted, location, "nothing more to paste: {document:#}");
        location = pasted;
    }
    panic!("not good after {names:?}: {location:#?}");
}
