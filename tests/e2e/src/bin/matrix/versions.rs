//! What the scenarios ran with.

use std::process::Command;

use tlsdiag_e2e::causes::ALL;
use tlsdiag_e2e::peers::Stack;
use tlsdiag_e2e::require::Build;

/// nginx, its library and every stack, each with its version.
pub(crate) fn all() -> Vec<(String, String)> {
    let build = Build::get();
    let (major, minor, patch) = build.version;
    let library = build.text.lines().find(|l| l.contains("OpenSSL"));
    let mut versions = vec![
        (
            "nginx under test".to_owned(),
            format!("{major}.{minor}.{patch}"),
        ),
        (
            "its library".to_owned(),
            library.unwrap_or_default().trim().to_owned(),
        ),
    ];
    versions.extend(ALL.iter().map(|stack| (format!("{stack:?}"), of(*stack))));
    versions
}

fn of(stack: Stack) -> String {
    match stack {
        Stack::OpenSsl => openssl::version::version().to_owned(),
        Stack::GnuTls => says("gnutls-serv", "--version"),
        Stack::Go => says("go", "version"),
        Stack::Java => says("java", "-version"),
        Stack::Node => says("node", "--version"),
        Stack::Python => says(
            "python3",
            "-c import ssl, sys; print(sys.version.split()[0], ssl.OPENSSL_VERSION)",
        ),
        Stack::Nginx => "the nginx under test, without the module".to_owned(),
        Stack::HaProxy => says("haproxy", "-v"),
        Stack::Apache => says("apache2", "-v"),
    }
}

/// The first line a program prints about itself.
fn says(program: &str, argument: &str) -> String {
    let mut command = Command::new(program);
    match argument.split_once(' ') {
        Some((option, value)) => command.args([option, value]),
        None => command.arg(argument),
    };
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{program} does not run: {e}"));
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().next().unwrap_or_default().trim().to_owned()
}
