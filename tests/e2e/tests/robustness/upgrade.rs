//! The module's file is replaced while nginx runs with it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tlsdiag_e2e::nginx::{Config, Daemon};
use tlsdiag_e2e::process::{children, send_signal};
use tlsdiag_e2e::require;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::wait;

use super::lab::{readme_command, Load};

const FILE: &str = "ngx_upstream_tls_diag_module.so";

/// Installs a build as README.md says, into `modules`.
fn install(build: &Path, modules: &Path) {
    let built = TempDir::new("built");
    fs::copy(build, built.file(FILE)).unwrap();
    let mut command = readme_command("install ");
    for (written, meant) in [("build", built.path()), ("/usr/lib/nginx/modules", modules)] {
        let written = format!(" {written}/");
        assert!(command.contains(&written), "{command}");
        command = command.replace(&written, &format!(" {}/", meant.display()));
    }
    let status = Command::new("sh").arg("-c").arg(&command).status().unwrap();
    assert!(status.success(), "{command}");
}

/// Whether a process runs with a file of the module that is gone, as Linux says.
fn runs_a_replaced_one(pid: u32) -> bool {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mapped = maps.lines().find(|line| line.contains(FILE));
    let mapped = mapped.expect("the module is not mapped");
    mapped.ends_with("(deleted)")
}

fn reload(daemon: &Daemon) {
    let master = daemon.master();
    let old = children(master);
    send_signal(master, libc::SIGHUP);
    wait::until("new workers alone", || {
        let new = children(master);
        (new.len() == old.len() && new.iter().all(|pid| !old.contains(pid))).then_some(())
    });
}

/// Workers under load, new ones by HUP, a new binary by USR2: no request is lost, no process crashes, and
/// the new file is used from USR2 on.
#[test]
fn the_module_is_replaced_under_load() {
    let modules = TempDir::new("modules");
    let builds = [require::module(), require::fault_module()];
    install(&builds[0], modules.path());
    let load = Load::new();
    let path = modules.file(FILE);
    let daemon = Daemon::start(Config {
        workers: 2,
        main: format!(
            "load_module {}; upstream_tls_log upstream_tls.log;",
            path.display()
        ),
        ..load.config()
    });
    let failed = load.run(daemon.port(), || {
        for build in builds.iter().rev().cycle().take(4) {
            install(build, modules.path());
            let workers = children(daemon.master());
            assert!(workers.iter().all(|pid| runs_a_replaced_one(*pid)));
            for _ in 0..5 {
                reload(&daemon);
            }
            let workers = children(daemon.master());
            assert!(workers.iter().all(|pid| runs_a_replaced_one(*pid)));
            let (old, new) = daemon.upgrade();
            daemon.end(old, libc::SIGQUIT);
            let workers = children(new);
            assert!(workers.iter().all(|pid| !runs_a_replaced_one(*pid)));
        }
    });
    assert!(failed > 20, "only {failed} failures in four upgrades");
    let (log, documents) = daemon.finish();
    assert_eq!((log.ours().len(), documents.len()), (failed, failed));
}
