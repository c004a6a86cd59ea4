//! The nginx of this machine: what `nginx -V` says.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::output::about;

/// Assumed where there is none: a current stable version, with TLS 1.2 and 1.3 on.
const ASSUMED: u32 = 1_028_000;
/// Where it may be, besides in PATH.
const ELSEWHERE: [&str; 4] = [
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/nginx/sbin",
    "/usr/local/openresty/nginx/sbin",
];

/// An nginx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Nginx {
    /// `nginx_version`: 1022001 is 1.22.1.
    pub(super) number: u32,
    /// `1.22.1`; `None` where there is no nginx.
    pub(super) version: Option<String>,
    /// The OpenSSL that it runs with: `3.0.19`.
    pub(super) openssl: Option<String>,
}

/// Asks the binary given, or the first one there is.
pub(super) fn ask(given: Option<&Path>) -> io::Result<Nginx> {
    let binary = match given {
        Some(binary) => binary.to_owned(),
        None => match find() {
            Some(binary) => binary,
            None => return Ok(none()),
        },
    };
    let name = binary.to_string_lossy().into_owned();
    let asked = Command::new(&binary)
        .arg("-V")
        .stdin(Stdio::null())
        .output();
    let said = match (asked, given) {
        (Ok(output), _) => String::from_utf8_lossy(&output.stderr).into_owned(),
        (Err(error), Some(_)) => return Err(about(&name, error)),
        (Err(_), None) => return Ok(none()),
    };
    match (read(&said), given) {
        (Some(nginx), _) => Ok(nginx),
        (None, Some(_)) => Err(about(&name, "does not say which nginx it is")),
        (None, None) => Ok(none()),
    }
}

fn none() -> Nginx {
    Nginx {
        number: ASSUMED,
        version: None,
        openssl: None,
    }
}

fn find() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let path: Vec<_> = env::split_paths(&path).collect();
    let elsewhere = ELSEWHERE.iter().map(PathBuf::from);
    let mut all = path.into_iter().chain(elsewhere);
    all.find_map(|directory| Some(directory.join("nginx")).filter(|binary| binary.is_file()))
}

/// `nginx version: nginx/1.22.1`, `built with OpenSSL 3.0.8 ... (running with OpenSSL 3.0.19 ...)`.
fn read(said: &str) -> Option<Nginx> {
    let after = |mark: &str| {
        let rest = said.split(mark).nth(1)?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        rest.get(..end.unwrap_or(rest.len()))
    };
    let line = said.lines().find(|line| line.contains("version: "))?;
    let version = line.split('/').nth(1)?.split(' ').next()?;
    let mut parts = version.split('.').map(str::parse::<u32>);
    let mut part = || parts.next()?.ok().filter(|part| *part < 1000);
    let number = part()? * 1_000_000 + part()? * 1000 + part()?;
    let openssl = after("running with OpenSSL ").or_else(|| after("built with OpenSSL "));
    Some(Nginx {
        number,
        version: Some(version.to_owned()),
        openssl: openssl.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let debian = read(
            "nginx version: nginx/1.22.1\nbuilt with OpenSSL 3.0.22 25 Aug 2026 (running with \
             OpenSSL 3.0.19 27 Jan 2026)\nTLS SNI support enabled\n",
        )
        .unwrap();
        assert_eq!(
            (debian.number, debian.version.as_deref()),
            (1_022_001, Some("1.22.1"))
        );
        assert_eq!(debian.openssl.as_deref(), Some("3.0.19"));
        let old =
            read("nginx version: nginx/1.20.0\nbuilt with OpenSSL 1.1.1w  11 Sep 2023\n").unwrap();
        assert_eq!(
            (old.number, old.openssl.as_deref()),
            (1_020_000, Some("1.1.1w"))
        );
        let resty = read("nginx version: openresty/1.27.1.2\nbuilt with LibreSSL 3.8.0\n").unwrap();
        assert_eq!((resty.number, resty.openssl), (1_027_001, None));
        for none in [
            "",
            "hello",
            "nginx version: nginx/x",
            "nginx version: nginx/1.2",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
