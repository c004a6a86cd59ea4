//! The peers' programs, built once and kept beside the test binaries.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::require;
use crate::tempdir::TempDir;

const GO: &str = include_str!("programs/server.go");
const JAVA: &str = include_str!("programs/Server.java");
const NODE: &str = include_str!("programs/server.js");
const PYTHON: &str = include_str!("programs/server.py");

/// Go's server, compiled.
pub(super) fn go() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let directory = BUILT.get_or_init(|| {
        built("go", GO, |work| {
            fs::write(work.join("server.go"), GO).expect("cannot write server.go");
            let mut go = Command::new(require::program("go", "golang-go"));
            // Standard library only: no module file, no network.
            go.args(["build", "-o", "server", "server.go"]);
            go.env("GOPROXY", "off").env("GOFLAGS", "-mod=mod");
            go.current_dir(work);
            go
        })
    });
    Command::new(directory.join("server"))
}

/// Java's server, compiled.
pub(super) fn java() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let directory = BUILT.get_or_init(|| {
        built("java", JAVA, |work| {
            fs::write(work.join("Server.java"), JAVA).expect("cannot write Server.java");
            let mut javac = Command::new(require::program("javac", "default-jdk-headless"));
            javac.arg("Server.java").current_dir(work);
            javac
        })
    });
    let mut java = Command::new(require::program("java", "default-jre-headless"));
    java.args([
        "-XX:TieredStopAtLevel=1",
        "-Xmx64m",
        "-XX:+UseSerialGC",
        "-cp",
    ]);
    java.arg(directory).arg("Server");
    java
}

/// Node's server.
pub(super) fn node() -> Command {
    let mut node = Command::new(require::program("node", "nodejs"));
    node.arg(script("server.js", NODE));
    node
}

/// Python's server.
pub(super) fn python() -> Command {
    let mut python = Command::new(require::program("python3", "python3"));
    python.arg("-B").arg(script("server.py", PYTHON));
    python
}

fn script(name: &str, source: &str) -> PathBuf {
    let write = |work: &Path| fs::write(work.join(name), source).expect("cannot write a script");
    kept(name, source, write).join(name)
}

fn built(label: &str, source: &str, compile: impl Fn(&Path) -> Command) -> PathBuf {
    kept(label, source, |work| {
        let mut command = compile(work);
        let output = command
            .output()
            .unwrap_or_else(|e| panic!("{command:?} does not run: {e}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?} failed: {said}");
    })
}

/// A directory for one version of one source, filled by whoever comes first. A test process that
/// runs at the same time fills its own and loses the race to rename it.
fn kept(label: &str, source: &str, fill: impl FnOnce(&Path)) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    source.hash(&mut hasher);
    let store = store();
    let place = store.join(format!("{label}-{:016x}", hasher.finish()));
    if place.is_dir() {
        return place;
    }
    fs::create_dir_all(&store).unwrap_or_else(|e| panic!("cannot create {store:?}: {e}"));
    let work = TempDir::new_in(&store, label);
    fill(work.path());
    if let Err(e) = fs::rename(work.path(), &place) {
        assert!(place.is_dir(), "cannot keep {place:?}: {e}");
    }
    place
}

/// `target/<profile>/e2e-peers`, found from the test binary in `target/<profile>/deps`.
fn store() -> PathBuf {
    let binary = std::env::current_exe().expect("the path of this program");
    let directory = binary.parent().expect("a directory");
    let profile = if directory.ends_with("deps") {
        directory.parent()
    } else {
        Some(directory)
    };
    profile.expect("a target directory").join("e2e-peers")
}
