//! Runs one scenario: the failure, the diagnosis, the remedy, the same request again.

use std::time::Duration;

use tlsdiag_e2e::client;
use tlsdiag_e2e::fix::{fill, paste};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::Diagnosis;
use tlsdiag_e2e::peers::scripted;
use tlsdiag_e2e::wait;

use crate::scenario::{Lab, Remedy, Scenario, Setup};

/// What was done about it.
pub(crate) enum Loop {
    /// The fix was pasted.
    Pasted(Result<(), Again>),
    /// What the action says was done outside nginx.conf.
    Done(Result<(), String>),
    /// Nothing to be done, and why.
    Open(&'static str),
}

/// A fix after which the request failed again.
pub(crate) struct Again {
    pub(crate) why: String,
    /// What the module proposed then, pasted too; whether that helped.
    pub(crate) second: Option<(Vec<String>, bool)>,
}

/// How a scenario went.
pub(crate) struct Outcome {
    /// `None`: the module said nothing.
    pub(crate) diagnosis: Option<Diagnosis>,
    pub(crate) closed: Loop,
    /// Nothing that does not weaken security helps.
    pub(crate) weak_only: bool,
    /// nginx's own line and ours, for whoever reads the run.
    pub(crate) log: String,
}

/// Runs one scenario.
pub(crate) fn run(scenario: &Scenario) -> Outcome {
    let (lab, setup) = scenario.set_up();
    let mut config = setup
        .configure(Config::new(), &setup.location)
        .module(Module::Ours);
    if std::env::var_os("TLSDIAG_RECORDINGS").is_some() {
        // The build for tests keeps what it saw: fixtures are made so.
        config.module = Module::Fault;
        config.main = "env TLSDIAG_RECORDINGS;".to_owned();
    }
    let nginx = Nginx::start(config);
    let mut scene = Scene { lab, setup, nginx };
    let status = scene.request();
    let diagnosis = scene.diagnosis(status);
    let log = scene.lines();
    let closed = match &diagnosis {
        None => Loop::Open("no diagnosis"),
        Some(diagnosis) => scene.close(diagnosis),
    };
    let weak_only = scene.setup.weak_only;
    scene.nginx.finish();
    Outcome {
        diagnosis,
        closed,
        weak_only,
        log,
    }
}

/// The request fails still.
struct NotYet {
    why: String,
    /// The fix proposed now.
    next: Vec<String>,
}

impl NotYet {
    fn because(why: String) -> NotYet {
        let next = Vec::new();
        NotYet { why, next }
    }
}

struct Scene {
    lab: Lab,
    setup: Setup,
    nginx: Nginx,
}

impl Scene {
    /// The request of the scenario, after the one before it.
    fn request(&self) -> u16 {
        if self.setup.first.is_some() {
            client::get(self.nginx.port(), "/first");
        }
        client::get(self.nginx.port(), "/").status
    }

    /// The one document of the request that failed.
    fn diagnosis(&self, status: u16) -> Option<Diagnosis> {
        assert_ne!(status, 200, "the request does not fail");
        let limit = Duration::from_secs(1);
        let documents = wait::poll(limit, || {
            Some(self.nginx.documents()).filter(|documents| !documents.is_empty())
        })?;
        assert_eq!(documents.len(), 1, "documents: {documents:#?}");
        Some(Diagnosis::read(&documents[0]))
    }

    /// nginx's own line and ours.
    fn lines(&self) -> String {
        let log = self.nginx.log();
        let both = log.native().into_iter().chain(log.ours());
        both.map(|line| line.message.clone() + "\n").collect()
    }

    /// Does what the diagnosis says and repeats the request.
    fn close(&mut self, diagnosis: &Diagnosis) -> Loop {
        if diagnosis.applicability == "manual" {
            return match self.setup.remedy.take() {
                Some(remedy) => {
                    let location = self.setup.location.clone();
                    Loop::Done(
                        self.repeat(&location, Some(remedy))
                            .map_err(|failed| failed.why),
                    )
                }
                None => Loop::Open(if self.setup.script {
                    "script"
                } else {
                    "manual"
                }),
            };
        }
        if self.setup.script {
            return Loop::Open("script");
        }
        Loop::Pasted(self.paste(&diagnosis.fix).map_err(|NotYet { why, next }| {
            let second = (!next.is_empty()).then(|| {
                let helped = self.paste(&next).is_ok();
                (next, helped)
            });
            Again { why, second }
        }))
    }

    /// Pastes a fix into the location and repeats the request.
    fn paste(&mut self, fix: &[String]) -> Result<(), NotYet> {
        let mut values = self.setup.values.clone();
        values.extend(self.lab.known_values());
        let fix = fill(fix, &values).map_err(NotYet::because)?;
        self.setup.location = paste(&self.setup.location, &fix);
        let location = self.setup.location.clone();
        self.repeat(&location, None)
    }

    /// Reloads with this location, and with another peer, then sends the same requests: 200, and no
    /// word of the module. The error is what came instead, and what the module said.
    fn repeat(&mut self, location: &[String], remedy: Option<Remedy>) -> Result<(), NotYet> {
        if let Some(remedy) = remedy {
            let nobody = scripted::start_with(drop);
            let old = std::mem::replace(&mut self.setup.peer, nobody);
            self.setup.peer = remedy(old);
        }
        let before = self.nginx.documents().len();
        let setup = &self.setup;
        let reloaded = self.nginx.reload(|config| {
            config.http.clear();
            config.locations.clear();
            let old = std::mem::take(config);
            *config = setup.configure(old, location);
        });
        if let Err(said) = reloaded {
            self.nginx.expect_trouble("[emerg]");
            let line = said.lines().find(|l| l.contains("[emerg]"));
            let reason = line.and_then(|l| l.split(": ").nth(1)).unwrap_or(&said);
            return Err(NotYet::because(format!("nginx refuses it: {reason}")));
        }
        let status = self.request();
        let documents = self.nginx.documents();
        match (status, documents.get(before..)) {
            (200, Some([])) => Ok(()),
            (status, Some([.., last])) => {
                let next = Diagnosis::read(last);
                Err(NotYet {
                    why: format!("{status}, {}", next.name),
                    next: next.fix,
                })
            }
            (status, _) => Err(NotYet::because(status.to_string())),
        }
    }
}
