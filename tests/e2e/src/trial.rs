//! The same requests through the same nginx, without the module and with it.

use serde_json::Value;

use tlsdiag::rules::Confidence;

use crate::client::{self, Response};
use crate::explained::explain;
use crate::nginx::{Config, Finished, Module, Nginx};
use crate::observe::json::{at, text, texts};
use crate::observe::{Diagnosed, Level, Line};

/// What one run showed.
#[derive(Debug)]
pub struct Run {
    /// The answers, in the order of the requests.
    pub responses: Vec<Response>,
    /// What nginx left behind.
    pub finished: Finished,
}

/// A run without the module and one with it.
#[derive(Debug)]
pub struct Trial {
    /// Stock nginx.
    pub stock: Run,
    /// With the module.
    pub with: Run,
}

/// One failed attempt as an operator sees it.
#[derive(Debug)]
pub struct Failure {
    /// nginx's own line.
    pub native: String,
    /// Our line.
    pub line: Diagnosed,
    /// The JSON document.
    pub document: Value,
}

/// Sends `GET` for every path to a fresh nginx.
pub fn run(config: Config, paths: &[&str]) -> Run {
    run_with(config, &get_all(paths))
}

/// Lets `talk` speak with a fresh nginx.
pub fn run_with(config: Config, talk: &impl Fn(&Nginx) -> Vec<Response>) -> Run {
    let nginx = Nginx::start(config);
    Run {
        responses: talk(&nginx),
        finished: nginx.finish(),
    }
}

fn get_all<'a>(paths: &'a [&str]) -> impl Fn(&Nginx) -> Vec<Response> + 'a {
    |nginx| {
        let get = |path: &&str| client::get(nginx.port(), path);
        paths.iter().map(get).collect()
    }
}

impl Trial {
    /// Runs both; `config` is called for each.
    pub fn new(config: impl Fn() -> Config, paths: &[&str]) -> Trial {
        Trial::with(config, get_all(paths))
    }

    /// Runs both; `talk` speaks with each nginx.
    pub fn with(config: impl Fn() -> Config, talk: impl Fn(&Nginx) -> Vec<Response>) -> Trial {
        let stock = run_with(config().module(Module::Absent), &talk);
        // Shown when the test fails.
        for line in stock.finished.log.native() {
            println!("stock nginx: {}", line.message);
        }
        let with = run_with(config().module(Module::Ours), &talk);
        Trial { stock, with }
    }

    /// Everything that holds for every failure, whatever its cause: nginx behaves and speaks as it
    /// does without the module, and each of its `failures` attempts has exactly one line of ours
    /// right after nginx's own, and one valid document of the same name.
    pub fn failures(&self, failures: usize) -> Vec<Failure> {
        assert_eq!(
            self.stock.native(),
            self.with.native(),
            "nginx's own lines differ"
        );
        self.diagnosed(failures)
    }

    /// As [`Trial::with`], for a peer that resets the connection right after its alert: nginx's own
    /// line then depends on which segment arrives first, with the module or without. Tries until
    /// both runs show the same; `check` sees every trial on the way.
    pub fn racing(
        config: impl Fn() -> Config,
        talk: impl Fn(&Nginx) -> Vec<Response>,
        check: impl Fn(&Trial),
    ) -> Trial {
        for _ in 0..25 {
            let trial = Trial::with(&config, &talk);
            check(&trial);
            if trial.stock.native() == trial.with.native() {
                return trial;
            }
        }
        panic!("nginx's own lines never agree with and without the module");
    }

    /// As [`Trial::failures`], without asking for the same lines of nginx in both runs.
    pub fn diagnosed(&self, failures: usize) -> Vec<Failure> {
        let silent = self.stock.finished.log.ours().is_empty();
        assert!(silent, "a line of ours without the module");
        assert_eq!(
            self.stock.responses, self.with.responses,
            "the answers to the client differ"
        );
        let found = self.with.failures();
        let log = &self.with.finished.log.text;
        assert_eq!(found.len(), failures, "lines of ours in:\n{log}");
        found
    }

    /// What the upstream refused in HTTP and nginx itself says nothing of: [`Trial::unannounced`] failures of
    /// that phase.
    pub fn refusals(&self, refusals: usize) -> Vec<Failure> {
        let found = self.unannounced(refusals);
        for one in &found {
            assert_eq!(one.line.fact("phase"), Some("response"), "{:#?}", one.line);
        }
        found
    }

    /// So many lines and documents where nginx itself says nothing, and nginx behaves as it does without the
    /// module.
    pub fn unannounced(&self, failures: usize) -> Vec<Failure> {
        assert_eq!(self.stock.native(), self.with.native());
        assert!(self.stock.native().is_empty(), "{:?}", self.stock.native());
        assert!(self.stock.finished.log.ours().is_empty());
        let (stock, with) = (&self.stock.responses, &self.with.responses);
        assert_eq!(stock, with, "the answers to the client differ");
        let log = &self.with.finished.log;
        let documents = &self.with.finished.documents;
        let ours = log.ours();
        assert_eq!(ours.len(), failures, "lines of ours in:\n{}", log.text);
        assert_eq!(documents.len(), failures, "documents: {documents:#?}");
        let one = |(ours, document): (&&Line, &Value)| {
            let line = Diagnosed::parse(ours).unwrap_or_else(|why| panic!("{why}: {}", ours.raw));
            assert_eq!(ours.level, Level::Error, "{}", ours.raw);
            assert_same(&line, document);
            Failure {
                native: String::new(),
                line,
                document: document.clone(),
            }
        };
        ours.iter().zip(documents).map(one).collect()
    }

    /// Nothing to diagnose: the module is silent and nothing else changes either.
    pub fn assert_silent(&self) {
        assert_eq!(
            self.stock.native(),
            self.with.native(),
            "nginx's own lines differ"
        );
        let failures = self.diagnosed(0);
        assert!(failures.is_empty());
    }

    /// As [`Trial::assert_silent`], and every request is answered 200.
    pub fn assert_good(&self) {
        self.assert_silent();
        self.with.assert_good("");
    }

    /// The statuses the client saw.
    pub fn statuses(&self) -> Vec<u16> {
        self.with.statuses()
    }

    /// The one failure of this trial, by name.
    pub fn failure(&self, name: &str) -> Failure {
        let failure = self.failures(1).remove(0);
        failure.assert_name(name);
        failure
    }
}

impl Run {
    /// The statuses the client saw.
    pub fn statuses(&self) -> Vec<u16> {
        self.responses.iter().map(|one| one.status).collect()
    }

    /// Every request is answered 200 and nobody complains, `after` this was pasted.
    #[track_caller]
    pub fn assert_good(&self, after: &str) {
        let (log, statuses) = (&self.finished.log, self.statuses());
        let told = format!(
            "after pasting\n{after}\n{}\n{}",
            log.text, self.finished.config
        );
        assert!(
            statuses.iter().all(|one| *one == 200),
            "{statuses:?} {told}"
        );
        assert!(log.ours().is_empty(), "{told}");
        assert!(self.finished.documents.is_empty(), "{told}");
    }

    /// Every failure of a run with the module: one line of ours right after nginx's own, and one valid
    /// document of the same name.
    pub fn failures(&self) -> Vec<Failure> {
        let pairs = self.finished.log.pairs();
        let documents = &self.finished.documents;
        let log = &self.finished.log.text;
        assert_eq!(documents.len(), pairs.len(), "{documents:#?}\nfor\n{log}");
        let one = |(pair, document): (&crate::observe::log::Pair<'_>, &Value)| {
            let native = pair
                .native
                .unwrap_or_else(|| panic!("nothing before {}", pair.ours.raw));
            assert_follows(native, pair.ours);
            let line = Diagnosed::parse(pair.ours)
                .unwrap_or_else(|why| panic!("{why}, in our line: {}", pair.ours.raw));
            assert_same(&line, document);
            assert_explained(&self.finished.config, native, &line.name);
            Failure {
                native: native.message.clone(),
                line,
                document: document.clone(),
            }
        };
        pairs.iter().zip(documents).map(one).collect()
    }

    /// nginx's own lines, as far as they are the same in every run of the same thing: stream's
    /// byte counts are left out, for they depend on when the client's bytes arrive.
    pub fn native(&self) -> Vec<String> {
        let lines = self.finished.log.native().into_iter();
        let text = |message: &str| match message.split_once(", bytes from/to client:") {
            Some((text, _)) => text.to_owned(),
            None => message.to_owned(),
        };
        lines
            .map(|line| format!("{:?} {}", line.level, text(&line.message)))
            .collect()
    }
}

impl Failure {
    /// The diagnosis has this name and no other.
    pub fn assert_name(&self, name: &str) {
        let Failure {
            native,
            line,
            document,
        } = self;
        assert_eq!(line.name, name, "for {native}\n{line:#?}\n{document:#}");
    }

    /// nginx's own line holds one of these texts (they differ between versions).
    pub fn assert_native(&self, any_of: &[&str]) {
        let found = any_of.iter().any(|text| self.native.contains(text));
        assert!(
            found,
            "none of {any_of:?} in nginx's own line: {}",
            self.native
        );
    }

    /// The sentence holds this.
    pub fn assert_says(&self, words: &str) {
        let sentence = &self.line.sentence;
        assert!(sentence.contains(words), "{words:?} is not in: {sentence}");
    }

    /// What our part of the document says at a path of keys, if anything.
    pub fn at(&self, path: &str) -> Option<&Value> {
        at(&self.document, &format!("nginx/upstream_tls/{path}"))
    }

    /// The same for a text that must be there.
    pub fn text(&self, path: &str) -> &str {
        text(&self.document, &format!("nginx/upstream_tls/{path}"))
    }

    /// The same for a list of texts.
    pub fn texts(&self, path: &str) -> Vec<String> {
        texts(&self.document, &format!("nginx/upstream_tls/{path}"))
    }
}

fn assert_follows(native: &Line, ours: &Line) {
    assert!(
        !native.is_ours(),
        "two lines of ours for one of nginx's: {}",
        ours.raw
    );
    let same = native.connection == ours.connection && native.pid == ours.pid;
    assert!(
        same,
        "another connection's line before ours:\n{}\n{}",
        native.raw, ours.raw
    );
    assert_eq!(ours.level, Level::Error, "level of {}", ours.raw);
}

/// Where `tlsdiag explain` is certain of nginx's line alone, the module saw the same.
fn assert_explained(conf: &str, native: &Line, name: &str) {
    for group in explain(conf, [native.raw.as_str()]) {
        for said in [Some(group.alone), group.with_conf].into_iter().flatten() {
            let sure = said.causes.confidence == Confidence::Certain;
            assert!(
                !sure || said.causes.names[0] == name,
                "{name} is explained as {:?}: {}",
                said.causes,
                native.raw
            );
        }
    }
}

fn assert_same(line: &Diagnosed, document: &Value) {
    let name = line.name.as_str();
    for path in [
        "event/code",
        "error/type",
        "nginx/upstream_tls/diagnosis/name",
    ] {
        assert_eq!(text(document, path), name, "{path} in {document:#}");
    }
    assert_eq!(
        text(document, "nginx/upstream_tls/diagnosis/confidence"),
        line.confidence
    );
    assert_eq!(text(document, "message"), line.sentence);
    assert_eq!(
        texts(document, "nginx/upstream_tls/fix"),
        line.fix,
        "fix of {name}"
    );
    let ours = |key| at(document, &format!("nginx/upstream_tls/{key}")).and_then(Value::as_str);
    assert_eq!(ours("fix_condition"), line.condition.as_deref(), "{name}");
    let label = match ours("fix_security") {
        Some("weakens") => Some("weakens security"),
        Some("changes_trust") => Some("changes trust"),
        _ => None,
    };
    assert_eq!(label, line.label.as_deref(), "{document:#}");
}
