//! What a run needs from outside. Anything missing stops the test with a sentence.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The module under test, from `TLSDIAG_MODULE`.
pub fn module() -> PathBuf {
    built("TLSDIAG_MODULE", "make build")
}

/// The module built with feature `fault-injection`, from `TLSDIAG_MODULE_FAULT`.
pub fn fault_module() -> PathBuf {
    built(
        "TLSDIAG_MODULE_FAULT",
        "the Makefile's fault-injection build",
    )
}

/// The command line with feature `probe`, from `TLSDIAG_PROBE`.
pub fn probe() -> PathBuf {
    built("TLSDIAG_PROBE", "make probe")
}

fn built(variable: &str, made_by: &str) -> PathBuf {
    let Some(value) = std::env::var_os(variable) else {
        panic!(
            "{variable} is not set: it must be the absolute path of what {made_by} makes \
             (run the tests through make)"
        );
    };
    let path = PathBuf::from(value);
    assert!(
        path.is_absolute(),
        "{variable} must be an absolute path, not {path:?}"
    );
    assert!(
        path.is_file(),
        "{variable} names {path:?}, which does not exist: run {made_by}"
    );
    path
}

/// The nginx under test: `NGINX_BIN`, or the distribution's.
pub fn nginx_bin() -> PathBuf {
    let path = std::env::var_os("NGINX_BIN").map_or("/usr/sbin/nginx".into(), PathBuf::from);
    assert!(
        path.is_file(),
        "nginx is needed at {path:?} (Debian package nginx, or set NGINX_BIN)"
    );
    path
}

/// Where the headers of the nginx under test are: below `NGINX_SOURCE_DIR`, and in
/// `NGINX_BUILD_DIR` or the source's `objs`.
pub fn nginx_headers() -> Vec<PathBuf> {
    let Some(source) = std::env::var_os("NGINX_SOURCE_DIR").map(PathBuf::from) else {
        panic!(
            "NGINX_SOURCE_DIR must name the configured nginx source (run the tests through make)"
        );
    };
    let build = std::env::var_os("NGINX_BUILD_DIR").map(PathBuf::from);
    let parts = ["core", "event", "event/modules", "event/quic", "os/unix"];
    let mut all: Vec<PathBuf> = parts.map(|part| source.join("src").join(part)).into();
    all.push(build.unwrap_or_else(|| source.join("objs")));
    all
}

/// The nginx that serves as an upstream: `NGINX_PEER_BIN`, or the one under test, which may be too
/// old to be told everything.
pub fn peer_nginx_bin() -> PathBuf {
    std::env::var_os("NGINX_PEER_BIN").map_or_else(nginx_bin, PathBuf::from)
}

/// Where the distribution keeps dynamic modules: `NGINX_MODULES_DIR`, or Debian's.
pub fn nginx_modules_dir() -> PathBuf {
    std::env::var_os("NGINX_MODULES_DIR").map_or("/usr/lib/nginx/modules".into(), PathBuf::from)
}

/// A module of somebody else for the nginx under test, such as `ngx_http_js_module.so`; only another
/// nginx than Debian's may be without.
pub fn foreign_module(file: &str) -> Option<PathBuf> {
    let path = nginx_modules_dir().join(file);
    assert!(
        path.is_file() || !is_debians(),
        "{path:?} does not exist: install the packages of `scripts/deps test`"
    );
    path.is_file().then_some(path)
}

/// The `load_module` lines of such modules.
pub fn load_foreign(files: &[&str]) -> Option<String> {
    let line = |file: &&str| {
        Some(format!(
            "load_module {};\n",
            foreign_module(file)?.display()
        ))
    };
    files.iter().map(line).collect()
}

/// Whether the nginx under test has a module of the core; only another nginx than Debian's may be without.
pub fn has(option: &str) -> bool {
    let has = Build::get().text.contains(option);
    assert!(has || !is_debians(), "Debian's nginx has no {option}");
    has
}

fn is_debians() -> bool {
    nginx_bin() == std::path::Path::new("/usr/sbin/nginx")
}

/// What `nginx -V` says.
#[derive(Debug)]
pub struct Build {
    /// 1.22.1 is `(1, 22, 1)`.
    pub version: (u32, u32, u32),
    /// The library it runs with, or was built with when they are the same: `(1, 1)`, `(3, 0)`.
    pub openssl: (u32, u32),
    /// The whole answer.
    pub text: String,
}

/// How the stream module is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamModule {
    /// Compiled in.
    BuiltIn,
    /// To be loaded from here.
    Dynamic(PathBuf),
    /// This nginx has none.
    Absent,
}

impl Build {
    /// Asks the nginx under test once per process.
    pub fn get() -> &'static Build {
        static BUILD: OnceLock<Build> = OnceLock::new();
        BUILD.get_or_init(|| {
            let output = Command::new(nginx_bin())
                .arg("-V")
                .output()
                .expect("nginx -V does not run");
            Build::parse(&String::from_utf8_lossy(&output.stderr))
        })
    }

    fn parse(text: &str) -> Build {
        let after = |mark: &str| {
            let rest = text.split(mark).nth(1)?;
            let numbers = rest
                .split(|c: char| !c.is_ascii_digit())
                .map(|n| n.parse().unwrap_or(0));
            Some(numbers.take(3).collect::<Vec<u32>>())
        };
        let version = after("nginx/").unwrap_or_else(|| panic!("nginx -V said: {text}"));
        let openssl = after("running with OpenSSL ")
            .or_else(|| after("built with OpenSSL "))
            .unwrap_or_else(|| panic!("this nginx was not built with OpenSSL: {text}"));
        Build {
            version: (version[0], version[1], version[2]),
            openssl: (openssl[0], openssl[1]),
            text: text.to_owned(),
        }
    }

    /// OpenSSL is linked into it: nothing can be put before it, and nginx's own build leaves threads out.
    pub fn has_own_openssl(&self) -> bool {
        let binary = std::fs::read(nginx_bin()).expect("the nginx under test is readable");
        let names_it = |part: &[u8]| part == b"libssl.so";
        binary.starts_with(b"\x7fELF") && !binary.windows(9).any(names_it)
    }

    /// How the stream module is to be had.
    pub fn stream(&self) -> StreamModule {
        let mut words = self.text.split_whitespace();
        let path = nginx_modules_dir().join("ngx_stream_module.so");
        match words.find(|w| *w == "--with-stream" || *w == "--with-stream=dynamic") {
            Some("--with-stream") => StreamModule::BuiltIn,
            Some(_) => {
                assert!(
                    path.is_file(),
                    "this nginx has stream as a module, but {path:?} does not exist (Debian \
                     package libnginx-mod-stream, or set NGINX_MODULES_DIR)"
                );
                StreamModule::Dynamic(path)
            }
            // Debian 11 builds it beside nginx, whose arguments do not tell.
            None if path.is_file() => StreamModule::Dynamic(path),
            None => StreamModule::Absent,
        }
    }
}

/// Finds a program on PATH; `package` is Debian's name of what brings it.
pub fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| panic!("`{name}` is needed and not on PATH (Debian package {package})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        let text = "nginx version: nginx/1.22.1\nbuilt with OpenSSL 3.0.22 25 Aug 2026 (running \
                    with OpenSSL 1.1.1w  11 Sep 2023)\nconfigure arguments: --with-stream";
        let build = Build::parse(text);
        assert_eq!(build.version, (1, 22, 1));
        assert_eq!(build.openssl, (1, 1));
        assert_eq!(build.stream(), StreamModule::BuiltIn);
    }
}
