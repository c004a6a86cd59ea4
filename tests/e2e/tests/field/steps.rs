//! Pastes what is printed, again and again, as somebody does who has more than one thing wrong.

use tlsdiag_e2e::client;
use tlsdiag_e2e::fix::{fill, paste};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json::{text, texts};

/// Pastings until somebody gives up.
const PATIENCE: usize = 8;

/// The names on the way to a 200. `config` makes a configuration of a location's lines; `values` are for
/// placeholders.
#[track_caller]
pub(crate) fn until_good(
    config: impl Fn(&[String]) -> Config,
    mut location: Vec<String>,
    values: &[(&str, &str)],
) -> Vec<String> {
    let mut names = Vec::new();
    for _ in 0..PATIENCE {
        let nginx = Nginx::start(config(&location).module(Module::Ours));
        let status = client::get(nginx.port(), "/").status;
        let finished = nginx.finish();
        if status == 200 {
            assert!(finished.log.ours().is_empty(), "{}", finished.log.text);
            return names;
        }
        let document = finished.documents.last();
        let document = document.unwrap_or_else(|| panic!("{status}: {}", finished.log.text));
        names.push(text(document, "nginx/upstream_tls/diagnosis/name").to_owned());
        let fix = texts(document, "nginx/upstream_tls/fix");
        let filled = fill(&fix, values).unwrap_or_else(|why| panic!("{why}: {document:#}"));
        let pasted = paste(&location, &filled);
        assert_ne!(pasted, location, "nothing more to paste: {document:#}");
        location = pasted;
    }
    panic!("not good after {names:?}: {location:#?}");
}
