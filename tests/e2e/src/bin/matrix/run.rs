//! Runs one scenario: the failure, the diagnosis, the remedy, the same request again.

use serde_json::Value;
use tlsdiag_e2e::causes::{Live, Remedy, Scenario};
use tlsdiag_e2e::fix::{fill, paste};
use tlsdiag_e2e::lab::Lab;
use tlsdiag_e2e::observe::Diagnosis;
use tlsdiag_e2e::peers::scripted;

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
    let live = Live::start(setup);
    let diagnosis = only(&live.fail());
    let mut scene = Scene { lab, live };
    let log = scene.lines();
    let closed = match &diagnosis {
        None => Loop::Open("no diagnosis"),
        Some(diagnosis) => scene.close(diagnosis),
    };
    let weak_only = scene.live.setup.weak_only;
    scene.live.nginx.finish();
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

/// What the one document of a request says.
fn only(documents: &[Value]) -> Option<Diagnosis> {
    assert!(documents.len() <= 1, "documents: {documents:#?}");
    documents.first().map(Diagnosis::read)
}

struct Scene {
    lab: Lab,
    live: Live,
}

impl Scene {
    /// nginx's own line and ours.
    fn lines(&self) -> String {
        let log = self.live.nginx.log();
        let both = log.native().into_iter().chain(log.ours());
        both.map(|line| line.message.clone() + "\n").collect()
    }

    /// Does what the diagnosis says and repeats the request.
    fn close(&mut self, diagnosis: &Diagnosis) -> Loop {
        if diagnosis.applicability == "manual" {
            return match self.live.setup.remedy.take() {
                Some(remedy) => {
                    let location = self.live.setup.location.clone();
                    Loop::Done(
                        self.repeat(&location, Some(remedy))
                            .map_err(|failed| failed.why),
                    )
                }
                None => Loop::Open(if self.live.setup.script {
                    "script"
                } else {
                    "manual"
                }),
            };
        }
        if self.live.setup.script {
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
        let mut values = self.live.setup.values.clone();
        values.extend(self.lab.known_values());
        let fix = fill(fix, &values).map_err(NotYet::because)?;
        self.live.setup.location = paste(&self.live.setup.location, &fix);
        let location = self.live.setup.location.clone();
        self.repeat(&location, None)
    }

    /// Reloads with this location, and with another peer, then sends the same requests: 200, and no
    /// word of the module. The error is what came instead, and what the module said.
    fn repeat(&mut self, location: &[String], remedy: Option<Remedy>) -> Result<(), NotYet> {
        if let Some(remedy) = remedy {
            let nobody = scripted::start_with(drop);
            let old = std::mem::replace(&mut self.live.setup.peer, nobody);
            self.live.setup.peer = remedy(old);
        }
        let before = self.live.nginx.documents().len();
        if let Err(said) = self.live.reload(location) {
            let line = said.lines().find(|l| l.contains("[emerg]"));
            let reason = line.and_then(|l| l.split(": ").nth(1)).unwrap_or(&said);
            return Err(NotYet::because(format!("nginx refuses it: {reason}")));
        }
        let status = self.live.request();
        let documents = self.live.nginx.documents();
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
