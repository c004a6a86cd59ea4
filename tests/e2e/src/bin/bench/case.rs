//! What is measured: a request, or a record of a session, and what nginx is told of it.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Module};
use tlsdiag_e2e::observe::json;

use crate::callgrind::{Count, Counted};

/// What comes before the requests that count: connections that are kept, sessions, caches.
const WARM_UP: u32 = 10;

/// What was agreed on with an upstream is recorded once within that time.
const RECORD: Duration = Duration::from_millis(1_100);

/// Parts of what repeats: one failure in a second is diagnosed.
const PARTS: u32 = 5;

/// What of the module takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Nothing.
    Stock,
    /// It is loaded and writes lines.
    Line,
    /// It writes lines and documents.
    Document,
    /// The same, and it counts in a zone.
    Counted,
    /// The same, and only the first failure is written.
    Repeated,
    /// Nothing; so many of nginx's own variables in an access log.
    Theirs(usize),
    /// So many of the module's variables in their place.
    Ours(usize),
}

/// nginx's own variables of an upstream.
const THEIRS: [&str; 8] = [
    "$upstream_addr",
    "$upstream_status",
    "$upstream_bytes_received",
    "$upstream_bytes_sent",
    "$upstream_response_length",
    "$upstream_response_time",
    "$upstream_connect_time",
    "$upstream_header_time",
];
/// The module's. First those that the documentation's access log has.
const OURS: [&str; 8] = [
    "$upstream_tls_diagnosis",
    "$upstream_tls_protocol",
    "$upstream_tls_session_reused",
    "$upstream_tls_cipher",
    "$upstream_tls_curve",
    "$upstream_tls_server_name",
    "$upstream_tls_alert",
    "$upstream_tls_fix",
];

impl Setting {
    fn apply(self, config: &mut Config) {
        config.module = match self {
            Setting::Stock | Setting::Theirs(_) => Module::Absent,
            _ => Module::Ours,
        };
        config.json = !matches!(self, Setting::Line | Setting::Ours(_));
        if matches!(self, Setting::Counted | Setting::Repeated) {
            config.http.push_str("upstream_tls_zone zone=bench:1m;\n");
        }
        if self == Setting::Repeated {
            config.http.push_str("upstream_tls_repeat 1h;\n");
        }
        let variables = match self {
            Setting::Theirs(count) => &THEIRS[..count],
            Setting::Ours(count) => &OURS[..count],
            _ => return,
        };
        let values = variables.join(" ");
        config
            .http
            .push_str(&format!("log_format values '{values}';\n"));
        config.server.push_str("access_log access.log values;\n");
    }
}

/// One thing that is measured, again and again, with every setting.
pub(crate) struct Case {
    /// As the table names it.
    pub(crate) title: &'static str,
    /// How often it counts.
    pub(crate) times: u32,
    /// The module diagnoses it.
    pub(crate) fails: bool,
    /// What the module may add with a setting, in instructions.
    pub(crate) limits: Vec<(Setting, f64)>,
    /// What nginx is told.
    pub(crate) config: Box<dyn Fn() -> Config>,
    /// One request through the http server on this port, or one record.
    pub(crate) ask: Box<dyn Fn(u16)>,
}

impl Case {
    /// `GET /`, which must give this status.
    pub(crate) fn get(
        title: &'static str,
        status: u16,
        config: impl Fn() -> Config + 'static,
    ) -> Case {
        Case {
            title,
            times: 60,
            fails: status >= 500,
            limits: Vec::new(),
            config: Box::new(config),
            ask: Box::new(move |port| assert_eq!(client::get(port, "/").status, status)),
        }
    }

    /// The same, counted so often.
    pub(crate) fn times(mut self, times: u32) -> Case {
        self.times = times;
        self
    }

    /// The same, with a limit: what was reached, and a margin for what varies.
    pub(crate) fn at_most(mut self, setting: Setting, instructions: f64) -> Case {
        self.limits.push((setting, instructions));
        self
    }

    /// What it takes with this setting.
    pub(crate) fn count(&self, setting: Setting) -> Count {
        let mut config = (self.config)();
        setting.apply(&mut config);
        let port = config.port.number();
        let mut nginx = Counted::start(config);
        (0..WARM_UP).for_each(|_| (self.ask)(port));
        if setting == Setting::Counted {
            std::thread::sleep(RECORD);
            (self.ask)(port);
        }
        let ask = || (self.ask)(port);
        let count = match setting {
            Setting::Repeated => nginx.least(PARTS, self.times / PARTS, ask),
            _ => nginx.each(self.times, ask),
        };
        self.keep(&nginx, setting);
        eprint!(".");
        let _ = std::io::stderr().flush();
        if matches!(setting, Setting::Document | Setting::Counted) {
            let documents = json::read(&nginx.file("upstream_tls.log"));
            let expected = if self.fails { WARM_UP + self.times } else { 0 };
            assert_eq!(documents.len(), expected as usize, "{}", self.title);
            let was_cut = |one: &&serde_json::Value| {
                one.pointer("/nginx/upstream_tls/verify/verified_again") == Some(&false.into())
            };
            let cut = documents.iter().filter(was_cut).count();
            assert_eq!(cut, 0, "{}: not verified again", self.title);
        }
        count
    }

    /// Copies callgrind's counts to the directory that `TLSDIAG_COUNTS` names, for `callgrind_annotate`.
    fn keep(&self, nginx: &Counted, setting: Setting) {
        let Some(directory) = std::env::var_os("TLSDIAG_COUNTS") else {
            return;
        };
        let name = format!("{} {setting:?}.callgrind", self.title).replace(['/', ' '], "_");
        std::fs::copy(nginx.dump(), Path::new(&directory).join(name))
            .expect("a copy of the counts");
    }
}
