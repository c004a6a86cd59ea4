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
    /// What the module proposed then, each pasted in its turn.
    pub(crate) then: Vec<Vec<String>>,
    /// Whether the last of them helped.
    pub(crate) helped: bool,
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

/// Fixes pasted after a first one that failed.
const MAX_PASTES: usize = 3;

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
        if diagnosis.applicability == "manual" || self.stands_there(&diagnosis.fix) {
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
        let first = self.paste(&diagnosis.fix);
        Loop::Pasted(first.map_err(|failed| self.paste_on(failed)))
    }

    /// Pastes what is proposed after a fix that failed, as long as it is another one.
    fn paste_on(&mut self, failed: NotYet) -> Again {
        let NotYet { why, mut next } = failed;
        let mut again = Again {
            why,
            then: Vec::new(),
            helped: false,
        };
        while !next.is_empty() && !again.then.contains(&next) && again.then.len() < MAX_PASTES {
            let result = self.paste(&next);
            again.then.push(next);
            again.helped = result.is_ok();
            next = result.err().map_or_else(Vec::new, |failed| failed.next);
        }
        again
    }

    /// A fix with its placeholders filled.
    fn filled(&self, fix: &[String]) -> Result<Vec<String>, String> {
        let mut values = self.live.setup.values.clone();
        values.extend(self.lab.known_values());
        fill(fix, &values)
    }

    /// Filled with what the operator knows, the fix is what nginx.conf says already: what the action says is
    /// next.
    fn stands_there(&self, fix: &[String]) -> bool {
        let location = &self.live.setup.location;
        self.filled(fix)
            .is_ok_and(|fix| fix.iter().all(|line| location.contains(line)))
    }

    /// Pastes a fix into the location and repeats the request.
    fn paste(&mut self, fix: &[String]) -> Result<(), NotYet> {
        let fix = self.filled(fix).map_err(NotYet::because)?;
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
