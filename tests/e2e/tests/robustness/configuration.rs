//! What is wrong with a configuration is said in nginx's own words, and nginx does not start.

use std::path::Path;
use std::process::Command;

use tlsdiag_e2e::native::compile;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::require;
use tlsdiag_e2e::tempdir::TempDir;

/// A configuration with the module and without a JSON log.
fn config() -> Config {
    Config {
        json: false,
        ..Config::new().module(Module::Ours)
    }
}

#[track_caller]
fn refused(config: &Config, words: &str) {
    let (good, said) = Nginx::check(config);
    assert!(!good, "accepted: {said}");
    assert!(
        said.contains("[emerg]") && said.contains(words),
        "{words:?} is not in: {said}"
    );
}

#[track_caller]
fn accepted(config: &Config) {
    let (good, said) = Nginx::check(config);
    assert!(good, "{said}");
}

#[track_caller]
fn refused_in_location(text: &str, words: &str) {
    refused(&config().location("/", text), words);
}

#[test]
fn good_configurations_pass() {
    accepted(&config());
    let everywhere = "upstream_tls_diag off; upstream_tls_log off;";
    let mut config = config()
        .http(everywhere)
        .server(everywhere)
        .location("/", everywhere);
    config.main = everywhere.to_owned();
    config.stream = format!(
        "{everywhere} server {{ listen 127.0.0.1:1; {everywhere} \
                             proxy_pass 127.0.0.1:1; }}"
    );
    accepted(&config);
    let twice = "upstream_tls_log one.log; upstream_tls_log two.log; \
                 upstream_tls_log syslog:server=127.0.0.1:5514,facility=local1,tag=tls;";
    accepted(&self::config().location("/", twice));
}

#[test]
fn unknown_values() {
    refused_in_location(
        "upstream_tls_diag maybe;",
        "invalid value \"maybe\" in \"upstream_tls_diag\" directive, it must be \"on\" or \"off\"",
    );
    refused_in_location(
        "upstream_tls_log \"\";",
        "invalid value \"\" in \"upstream_tls_log\" directive",
    );
    for value in ["on", "stderr", "memory:1m"] {
        refused_in_location(
            &format!("upstream_tls_log {value};"),
            &format!("invalid value \"{value}\" in \"upstream_tls_log\" directive, a path, \"syslog:\" or \"off\" is expected"),
        );
    }
    refused_in_location(
        "upstream_tls_log a.log b.log;",
        "invalid number of arguments in \"upstream_tls_log\" directive",
    );
    refused_in_location(
        "upstream_tls_diag;",
        "invalid number of arguments in \"upstream_tls_diag\" directive",
    );
}

#[test]
fn duplicates() {
    refused_in_location(
        "upstream_tls_diag on; upstream_tls_diag on;",
        "\"upstream_tls_diag\" directive is duplicate",
    );
    refused_in_location(
        "upstream_tls_log a.log; upstream_tls_log a.log;",
        "\"upstream_tls_log\" directive is duplicate",
    );
    refused_in_location(
        "upstream_tls_log off; upstream_tls_log off;",
        "\"upstream_tls_log\" directive is duplicate",
    );
}

#[test]
fn off_with_a_path() {
    refused_in_location(
        "upstream_tls_log off; upstream_tls_log a.log;",
        "\"upstream_tls_log\" directive cannot be combined with \"off\" on the same level",
    );
    refused_in_location(
        "upstream_tls_log a.log; upstream_tls_log off;",
        "\"upstream_tls_log\" directive \"off\" cannot be combined with a log on the same level",
    );
}

#[test]
fn variables_and_unwritable_paths() {
    refused_in_location(
        "upstream_tls_log /tmp/$host.log;",
        "invalid value \"/tmp/$host.log\" in \"upstream_tls_log\" directive, variables are not supported",
    );
    refused_in_location(
        "upstream_tls_log /proc/there-is-no-such-directory/x.log;",
        "open() \"/proc/there-is-no-such-directory/x.log\" failed",
    );
}

#[test]
fn syslog_parameters() {
    for (value, words) in [
        ("syslog:facility=local7", "no syslog server specified"),
        (
            "syslog:server=127.0.0.1,facility=local99",
            "unknown syslog facility \"local99\"",
        ),
        (
            "syslog:server=127.0.0.1,severity=loud",
            "unknown syslog severity \"loud\"",
        ),
        (
            "syslog:server=127.0.0.1,tag=not-a-tag",
            "syslog \"tag\" only allows",
        ),
        (
            "syslog:server=127.0.0.1,colour=red",
            "unknown syslog parameter \"colour=red\"",
        ),
    ] {
        refused_in_location(&format!("upstream_tls_log {value};"), words);
    }
}

#[test]
fn wrong_places() {
    for directive in ["upstream_tls_diag on;", "upstream_tls_log a.log;"] {
        let name = directive.split(' ').next().unwrap();
        let words = format!("\"{name}\" directive is not allowed here");
        refused_in_location(&format!("if ($arg_a) {{ {directive} }}"), &words);
        refused_in_location(&format!("limit_except GET {{ {directive} }}"), &words);
        let mut config = config();
        config.main = format!("events {{ {directive} }}");
        refused(&config, &words);
    }
}

/// Where this nginx has mail as a module, its block refuses the directives too.
#[test]
fn mail_block() {
    let built = Command::new(require::nginx_bin())
        .arg("-V")
        .output()
        .unwrap();
    let built = String::from_utf8_lossy(&built.stderr).into_owned();
    let mut config = config();
    let words = if built.contains("--with-mail=dynamic") {
        let module = require::nginx_modules_dir().join("ngx_mail_module.so");
        assert!(
            module.is_file(),
            "{module:?} is needed: Debian package libnginx-mod-mail"
        );
        config.main = format!("load_module {};\n", module.display());
        "\"upstream_tls_diag\" directive is not allowed here"
    } else if built.contains("--with-mail") {
        "\"upstream_tls_diag\" directive is not allowed here"
    } else {
        "unknown directive \"mail\""
    };
    config.main.push_str("mail { upstream_tls_diag on; }");
    refused(&config, words);
}

#[test]
fn loaded_twice() {
    let mut config = config();
    config.main = format!("load_module {};", require::module().display());
    refused(
        &config,
        "module \"ngx_upstream_tls_diag_module\" is already loaded",
    );
}

/// The .so of another nginx version: this one with the version number in its module table changed.
#[test]
fn another_nginx_version() {
    let (major, minor, patch) = require::Build::get().version;
    let version = u64::from(major * 1_000_000 + minor * 1000 + patch);
    let mut bytes = std::fs::read(require::module()).unwrap();
    let mut changed = 0;
    for at in 0..bytes.len() - 8 {
        if bytes[at..at + 8] == version.to_le_bytes() {
            bytes[at..at + 8].copy_from_slice(&1_009_009_u64.to_le_bytes());
            changed += 1;
        }
    }
    assert!(changed >= 2, "the module table holds no version {version}");
    let directory = TempDir::new("version");
    let path = directory.write("other.so", bytes);
    let mut config = Config {
        json: false,
        ..Config::new()
    };
    config.main = format!("load_module {};", path.display());
    refused(&config, &format!("version 1009009 instead of {version}"));
}

/// OpenSSL of another major than the headers', as `OpenSSL_version_num` of the process says.
#[test]
fn another_openssl_major() {
    let major = require::Build::get().openssl.0;
    refused_with(
        "unsigned long OpenSSL_version_num(void) { return 0x70000000UL; }\n",
        &format!("was built for OpenSSL {major}.x and cannot run with OpenSSL 7.x"),
    );
}

/// A library that gives no index: there is memory enough, and nobody is told that it is out.
#[test]
fn a_library_without_an_index_left() {
    refused_with(
        "int CRYPTO_get_ex_new_index(int class, long l, void *p, void *made, void *copied, void *freed)\n\
         { return -1; }\n",
        "cannot hook OpenSSL: it has no ex_data index left",
    );
}

/// A library that takes ex_data functions and never calls them, as BoringSSL does.
#[test]
fn a_library_that_cannot_be_watched() {
    refused_with(
        "#define _GNU_SOURCE\n#include <dlfcn.h>\n\
         int CRYPTO_get_ex_new_index(int class, long l, void *p, void *made, void *copied, void *freed)\n\
         {\n\
             int (*real)(int, long, void *, void *, void *, void *) =\n\
                 (int (*)(int, long, void *, void *, void *, void *))\n\
                     dlsym(RTLD_NEXT, \"CRYPTO_get_ex_new_index\");\n\
             return real(class, l, p, 0, copied, freed);\n\
         }\n",
        "cannot watch this TLS library",
    );
}

/// nginx with this C code before the libraries' own refuses to start, with these words.
fn refused_with(code: &str, words: &str) {
    if require::Build::get().has_own_openssl() {
        return;
    }
    let directory = TempDir::new("preload");
    let source = directory.write("preload.c", code);
    let library = directory.file("preload.so");
    compile(&source, &library, &[]);
    let config = config();
    let path = directory.write("nginx.conf", config.render(directory.path()));
    let output = Command::new(require::nginx_bin())
        .env("LD_PRELOAD", &library)
        .args(["-t", "-e", "stderr", "-p"])
        .arg(directory.path())
        .arg("-c")
        .arg(path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains(words), "{said}");
}

/// nginx-conf/example.conf, with the paths of this machine.
#[test]
fn the_example_is_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let example = std::fs::read_to_string(root.join("nginx-conf/example.conf")).unwrap();
    let directory = TempDir::new("example");
    let bundle = tlsdiag_e2e::certs::Authority::root("Root").write(directory.path(), "root");
    let module = require::module();
    let port = tlsdiag_e2e::ports::Port::reserve();
    let text = example
        .replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"))
        .replace(
            "modules/ngx_upstream_tls_diag_module.so",
            module.to_str().unwrap(),
        )
        .replace(
            "/etc/ssl/certs/ca-certificates.crt",
            bundle.to_str().unwrap(),
        )
        .replace("/var/log/nginx", directory.path().to_str().unwrap());
    // Where an nginx of the defaults wants its logs.
    std::fs::create_dir(directory.file("logs")).unwrap();
    let file = directory.file("nginx.conf");
    std::fs::write(&file, format!("pid nginx.pid; error_log stderr;\n{text}")).unwrap();
    let output = Command::new(require::nginx_bin())
        .args(["-t", "-p"])
        .arg(directory.path())
        .arg("-c")
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
