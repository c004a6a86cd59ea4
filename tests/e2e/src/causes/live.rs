//! Scenarios behind a running nginx that is told one thing after the other.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use crate::nginx::{Config, Module, Nginx};
use crate::wait;

use super::{Scenario, Setup};

/// What is set up, and the nginx in front of it.
pub struct Live {
    /// What is set up.
    pub setup: Setup,
    /// With the module.
    pub nginx: Nginx,
}

impl Live {
    /// Starts nginx; with `TLSDIAG_RECORDINGS` in the environment the build for tests keeps what it sees:
    /// fixtures are made so.
    pub fn start(setup: Setup) -> Live {
        let config = setup.configure(Config::new(), "/", &[], &setup.location);
        let mut config = config.module(Module::Ours);
        if std::env::var_os("TLSDIAG_RECORDINGS").is_some() {
            config.module = Module::Fault;
            config.main = "env TLSDIAG_RECORDINGS;".to_owned();
        }
        let nginx = Nginx::start(config);
        Live { setup, nginx }
    }

    /// The status of the request, after the one before it.
    pub fn request(&self) -> u16 {
        let answers = self.setup.ask(self.nginx.port(), "/");
        answers.last().map_or(0, |answer| answer.status)
    }

    /// The request that must fail: its documents.
    pub fn fail(&self) -> Vec<Value> {
        assert_ne!(self.request(), 200, "the request does not fail");
        let limit = Duration::from_secs(1);
        let documents = wait::poll(limit, || {
            Some(self.nginx.documents()).filter(|documents| !documents.is_empty())
        });
        documents.unwrap_or_default()
    }

    /// nginx with these directives in the location; the error is what it said where it refuses them.
    pub fn reload(&mut self, location: &[String]) -> Result<(), String> {
        let setup = &self.setup;
        let reloaded = self.nginx.reload(|config| {
            config.http.clear();
            config.locations.clear();
            config.stream.clear();
            let old = std::mem::take(config);
            *config = setup.configure(old, "/", &[], location);
        });
        if reloaded.is_err() {
            self.nginx.expect_trouble("[emerg]");
        }
        reloaded
    }
}

/// A scenario and how it went; the error is what stopped it.
pub struct Told<'a, T> {
    /// The scenario.
    pub scenario: Scenario<'a>,
    /// How it went.
    pub outcome: Result<T, String>,
}

/// Runs scenarios, a few at a time. In their order, each told as soon as it is over.
pub fn run_all<'a, T: Send>(
    scenarios: Vec<Scenario<'a>>,
    run: impl Fn(&Scenario) -> T + Sync,
    tell: impl Fn(&Scenario, &Result<T, String>) -> String + Sync,
) -> Vec<Told<'a, T>> {
    let next = AtomicUsize::new(0);
    // A panic is a scenario's outcome, and is told there.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let done = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from) * 2;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(scenario) = scenarios.get(index) else {
                    break;
                };
                let outcome = attempt(|| run(scenario));
                let text = tell(scenario, &outcome);
                eprintln!("[{}/{}] {text}", index + 1, scenarios.len());
                done.lock().expect("not poisoned").push((index, outcome));
            });
        }
    });
    std::panic::set_hook(hook);
    let mut done = done.into_inner().expect("not poisoned");
    done.sort_by_key(|(index, _)| *index);
    let outcomes = done.into_iter().map(|(_, outcome)| outcome);
    let pairs = scenarios.into_iter().zip(outcomes);
    pairs
        .map(|(scenario, outcome)| Told { scenario, outcome })
        .collect()
}

/// A panic is an error in words.
fn attempt<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        text.unwrap_or("stopped").to_owned()
    })
}
