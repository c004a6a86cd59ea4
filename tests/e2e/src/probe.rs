//! `tlsdiag probe`, as a user runs it.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::nginx::Config;
use crate::observe::json::texts;
use crate::require;
use crate::tempdir::TempDir;

/// What it said.
#[derive(Debug)]
pub struct Probed {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub printed: String,
    /// Standard error.
    pub said: String,
}

/// Runs it with these arguments. Nothing of it is a terminal.
pub fn run(arguments: &[&str]) -> Probed {
    run_with(arguments, &[])
}

/// The same with this environment, too.
pub fn run_with(arguments: &[&str], environment: &[(&str, &Path)]) -> Probed {
    let output = Command::new(require::probe())
        .arg("probe")
        .arg("--nginx")
        .arg(require::nginx_bin())
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("tlsdiag does not run");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Probed {
        status: output.status.code().expect("it ended by itself"),
        printed: text(&output.stdout),
        said: text(&output.stderr),
    }
}

/// The configuration in a file, as nginx would be given it.
pub fn configuration(config: &Config) -> (TempDir, String) {
    let directory = TempDir::new("probe");
    let file = directory.write("nginx.conf", config.render(directory.path()));
    let name = file.display().to_string();
    (directory, name)
}

impl Probed {
    /// The one object of `--format json`.
    pub fn object(&self) -> Value {
        let mut lines = self.printed.lines();
        let (Some(line), None) = (lines.next(), lines.next()) else {
            panic!("not one object: {self:?}");
        };
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The directives that were seen to work.
    pub fn proved(&self) -> Vec<String> {
        texts(&self.object(), "proved")
    }
}
