//! What the traps share.

use std::os::unix::ffi::OsStrExt;
use std::time::{SystemTime, UNIX_EPOCH};

use tlsdiag::check::{check, Finding};
use tlsdiag::disk::Disk;
use tlsdiag::nginx_conf::read;
use tlsdiag_e2e::causes::Setup;
use tlsdiag_e2e::fix;
use tlsdiag_e2e::lab::Lab;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::{run, run_with, Run};

/// One location that falls into a trap.
pub(crate) struct Trap {
    /// The check.
    id: &'static str,
    pub(crate) lab: Lab,
    setup: Setup,
}

impl Trap {
    pub(crate) fn new(id: &'static str, lab: Lab, setup: Setup) -> Trap {
        Trap { id, lab, setup }
    }

    /// `nginx -t` accepts it, the check finds it, the request fails with these words in error.log, and the help
    /// mends it.
    pub(crate) fn prove(&self, native: &str) {
        let finding = self.find();
        self.falls(native);
        self.mend(&finding);
    }

    /// The one finding.
    pub(crate) fn find(&self) -> Finding {
        let config = self.config(&self.setup.location);
        let (accepted, said) = Nginx::check(&config);
        assert!(accepted, "{}: {said}", self.id);
        only(&config, self.id)
    }

    /// The request fails, and nginx says so in these words.
    pub(crate) fn falls(&self, native: &str) {
        let fallen = self.ask(&self.setup.location);
        let log = &fallen.finished.log.text;
        assert_eq!(fallen.statuses(), [502], "{}: {log}", self.id);
        assert!(log.contains(native), "{}: {log}", self.id);
    }

    /// Something outside nginx.conf was changed: the request succeeds.
    pub(crate) fn is_mended(&self) {
        assert_eq!(
            self.ask(&self.setup.location).statuses(),
            [200],
            "{}",
            self.id
        );
    }

    /// The status with more directives in the location.
    pub(crate) fn status_with(&self, more: &str) -> u16 {
        let location = [&self.setup.location[..], &[more.to_owned()]].concat();
        self.ask(&location).statuses()[0]
    }

    /// With the help pasted the request succeeds, and the check is silent.
    pub(crate) fn mend(&self, finding: &Finding) {
        let lines = finding.help.iter().filter(|line| line.ends_with(';'));
        let help: Vec<String> = lines.cloned().collect();
        let values = self.lab.known_values();
        let help = fix::fill(&help, &values).unwrap_or_else(|why| panic!("{why}"));
        assert!(!help.is_empty(), "{finding:?}");
        let mended = fix::paste(&self.setup.location, &help);
        let run = self.ask(&mended);
        let log = &run.finished.log.text;
        assert_eq!(run.statuses(), [200], "{}: {mended:?}\n{log}", self.id);
        assert_eq!(findings(&self.config(&mended), self.id), [], "{mended:?}");
    }

    pub(crate) fn config(&self, location: &[String]) -> Config {
        self.setup.configure(Config::new(), "/", &[], location)
    }

    fn ask(&self, location: &[String]) -> Run {
        run_with(self.config(location), &|nginx: &Nginx| {
            self.setup.ask(nginx.port(), "/")
        })
    }
}

/// What one check finds in what nginx would be started with.
pub(crate) fn findings(config: &Config, id: &str) -> Vec<Finding> {
    let prefix = TempDir::new("checked");
    let file = prefix.write("nginx.conf", config.render(prefix.path()));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let tree = read(&Disk, file.as_os_str().as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let mut found = check(&tree, &Disk, i64::try_from(now.as_secs()).unwrap());
    found.retain(|finding| finding.id == id);
    found
}

/// The one finding of a check.
pub(crate) fn only(config: &Config, id: &str) -> Finding {
    let mut found = findings(config, id);
    assert_eq!(found.len(), 1, "{id}: {found:#?}");
    found.remove(0)
}

/// nginx with TLS as a peer that answers with what this text says, its variables put in.
pub(crate) fn mirror(lab: &Lab, text: &str, server: &str) -> Nginx {
    let mut config = Config::new()
        .server(&(lab.serve() + server))
        .location("/", &format!("return 200 \"{text}\";"));
    config.listen = "ssl".to_owned();
    Nginx::start(config)
}

/// The bodies of the answers at these paths.
pub(crate) fn bodies(config: Config, paths: &[&str]) -> Vec<String> {
    let answers = run(config, paths).responses.into_iter();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    answers.map(|answer| text(answer.body)).collect()
}
