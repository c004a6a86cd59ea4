//! A real browser without a window: Debian's chromium-headless-shell, or chromium.

use std::path::Path;
use std::process::Command;

use tlsdiag_e2e::tempdir::TempDir;

/// What a browser made of a page.
#[derive(Debug)]
pub struct Seen {
    /// The document as it stands after loading.
    pub document: String,
    /// What the browser says of it: refused styles and scripts, errors.
    pub console: Vec<String>,
}

/// The colour scheme that the user prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark text on light.
    Light,
    /// Light text on dark.
    Dark,
}

/// Loads a page and returns its document and the browser's words.
pub fn load(url: &str) -> Seen {
    let (stdout, stderr) = run(Scheme::Light, &["--dump-dom"], url);
    Seen {
        document: stdout,
        console: stderr
            .lines()
            .filter(|line| line.contains("CONSOLE"))
            .map(str::to_owned)
            .collect(),
    }
}

/// Saves a picture of a page.
pub fn screenshot(url: &str, scheme: Scheme, file: &Path) {
    let option = format!("--screenshot={}", file.display());
    let (_, stderr) = run(
        scheme,
        &[&option, "--hide-scrollbars", "--window-size=1280,800"],
        url,
    );
    assert!(file.is_file(), "no screenshot was made: {stderr}");
}

fn run(scheme: Scheme, options: &[&str], url: &str) -> (String, String) {
    let profile = TempDir::new("browser");
    let mut command = Command::new(program());
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
        ])
        .args(["--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--timeout=20000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(options);
    if scheme == Scheme::Dark {
        command.arg("--blink-settings=preferredColorScheme=0");
    }
    let output = command.arg(url).output().expect("the browser runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "the browser failed: {stderr}");
    (String::from_utf8_lossy(&output.stdout).into_owned(), stderr)
}

fn program() -> std::path::PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).find_map(|directory| {
        let names = ["chromium-headless-shell", "chromium"];
        names
            .iter()
            .map(|name| directory.join(name))
            .find(|path| path.is_file())
    });
    found.expect("a browser is needed: Debian package chromium-headless-shell")
}
