//! Logs that go away, cannot be written, or come back.

use std::ffi::CString;
use std::fs::{create_dir, remove_dir_all, remove_file, File, Permissions};
use std::io::Read;
use std::net::UdpSocket;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;

use tlsdiag_e2e::lab::refusing;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::observe::json;
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::wait;

use super::lab::with_module;

fn logging_to(target: &str, peer: &tlsdiag_e2e::peers::Peer) -> Config {
    Config {
        json: false,
        main: format!("upstream_tls_log {target};"),
        ..with_module(peer)
    }
}

fn is_root() -> bool {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// As with every log of nginx: the file without a name takes what is written until USR1.
#[test]
fn a_removed_file() {
    let peer = refusing();
    let nginx = Nginx::start(with_module(&peer));
    let log = nginx.file("upstream_tls.log");
    nginx.fail("/");
    remove_file(&log).unwrap();
    nginx.fail("/");
    assert!(!log.exists());
    nginx.signal(libc::SIGUSR1);
    // The master opens the file, then tells its worker.
    let deleted = format!("{} (deleted)", log.display());
    wait::until("the worker to let go of the removed file", || {
        let held = nginx.workers().iter().any(|pid| holds(*pid, &deleted));
        (log.exists() && !held).then_some(())
    });
    nginx.fail("/");
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 3);
    assert_eq!(finished.documents.len(), 1);
}

fn holds(pid: u32, target: &str) -> bool {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    let mut targets = files.filter_map(|file| std::fs::read_link(file.path()).ok());
    targets.any(|found| found == Path::new(target))
}

/// The directory goes, too: nginx keeps the old file, and takes the new one when it can.
#[test]
fn a_removed_directory() {
    let peer = refusing();
    let directory = TempDir::new("logs");
    let (place, log) = (directory.file("logs"), directory.file("logs/tls.log"));
    create_dir(&place).unwrap();
    let mut nginx = Nginx::start(logging_to(&log.display().to_string(), &peer));
    nginx.expect_trouble("failed (2: No such file or directory)");
    nginx.fail("/");
    remove_dir_all(&place).unwrap();
    nginx.signal(libc::SIGUSR1);
    // The master and its worker say so.
    wait::until("nginx to miss the directory", || {
        (nginx.log().text.matches("failed (2: No such file").count() == 2).then_some(())
    });
    nginx.fail("/");
    create_dir(&place).unwrap();
    nginx.signal(libc::SIGUSR1);
    let deleted = format!("{} (deleted)", log.display());
    wait::until("the worker to have the new file", || {
        let held = nginx.workers().iter().any(|pid| holds(*pid, &deleted));
        (log.exists() && !held).then_some(())
    });
    nginx.fail("/");
    assert_eq!(json::read(&log).len(), 1);
    assert_eq!(nginx.finish().log.ours().len(), 3);
}

/// As root nginx opens the log and a worker may not open it again: it goes on with what it has.
/// As anyone else nginx does not start, in its own words.
#[test]
fn a_directory_without_permission() {
    let peer = refusing();
    let directory = TempDir::new("private");
    let log = directory.file("private/tls.log");
    let place = directory.file("private");
    create_dir(&place).unwrap();
    let config = || logging_to(&log.display().to_string(), &peer);
    let denied = "failed (13: Permission denied)";
    if !is_root() {
        std::fs::set_permissions(&place, Permissions::from_mode(0o500)).unwrap();
        let (good, said) = Nginx::check(&config());
        assert!(
            !good && said.contains("[emerg]") && said.contains(denied),
            "{said}"
        );
        return;
    }
    std::fs::set_permissions(&place, Permissions::from_mode(0o700)).unwrap();
    let mut nginx = Nginx::start(config());
    nginx.expect_trouble(denied);
    nginx.fail("/");
    nginx.signal(libc::SIGUSR1);
    nginx.wait_for_log(denied);
    nginx.fail("/");
    assert_eq!(json::read(&log).len(), 2);
    assert_eq!(nginx.finish().log.ours().len(), 2);
}

/// A small file system in memory; gone on drop. Only root may have one.
struct Disk(TempDir);

impl Disk {
    fn of(pages: u32) -> Disk {
        let disk = Disk(TempDir::new("disk"));
        disk.mount(&format!("size={}k", pages * 4));
        disk
    }

    fn mount(&self, options: &str) {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]);
        assert!(mount.arg(self.0.path()).status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// The disk takes half a document and no more: requests go on, and when there is room again the next
/// document begins on a line of its own.
#[test]
fn a_disk_that_becomes_full() {
    if !is_root() {
        eprintln!("only root can mount a small file system: /dev/full is tried by `sinks`");
        return;
    }
    let (peer, disk) = (refusing(), Disk::of(2));
    let log = disk.0.file("tls.log");
    let nginx = Nginx::start(logging_to(&log.display().to_string(), &peer));
    let failed = "write() of an upstream TLS diagnosis to";
    let mut requests = 0;
    while !nginx.log().text.contains(failed) {
        assert!(requests < 50, "the disk is never full");
        nginx.fail("/");
        requests += 1;
    }
    nginx.fail("/");
    let torn = std::fs::read_to_string(&log).unwrap();
    assert!(!torn.ends_with('\n'), "no half line: {torn}");
    disk.mount("remount,size=64k");
    // A full disk is asked again in another second.
    let more = wait::until("a document after the disk was full", || {
        nginx.fail("/");
        requests += 1;
        let text = std::fs::read_to_string(&log).unwrap();
        text.strip_prefix(&torn)
            .filter(|more| !more.is_empty())
            .map(str::to_owned)
    });
    let schema = json::Schema::load();
    let check = |line: &str| schema.check(&serde_json::from_str(line).unwrap()).unwrap();
    let whole = torn.rsplit_once('\n').expect("whole documents before").0;
    whole.lines().for_each(check);
    more.strip_prefix('\n')
        .expect("a line of its own")
        .lines()
        .for_each(check);
    assert_eq!(nginx.finish().log.ours().len(), requests + 1);
}

/// A pipe with this name, and what comes out of it.
fn pipe(directory: &TempDir) -> PathBuf {
    let path = directory.file("pipe");
    let name = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: a name that ends in NUL.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    path
}

/// Opens a pipe to read what is there, without waiting for more.
fn reader(pipe: &Path) -> File {
    let mut options = File::options();
    let options = options.read(true).custom_flags(libc::O_NONBLOCK);
    options.open(pipe).unwrap()
}

/// The whole documents in the pipe.
fn drain(reader: &mut File) -> usize {
    let mut text = Vec::new();
    // Ends with an error when nothing more is there.
    let _ = reader.read_to_end(&mut text);
    let text = String::from_utf8(text).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "half a document");
    let schema = json::Schema::load();
    let check = |line: &str| schema.check(&serde_json::from_str(line).unwrap()).unwrap();
    text.lines().inspect(|line| check(line)).count()
}

#[test]
fn a_pipe_that_nobody_reads_is_refused() {
    let (peer, directory) = (refusing(), TempDir::new("logs"));
    let pipe = pipe(&directory);
    let (good, said) = Nginx::check(&logging_to(&pipe.display().to_string(), &peer));
    assert!(!good, "{said}");
    let words = format!("open() \"{}\" for", pipe.display());
    assert!(said.contains("[emerg]") && said.contains(&words), "{said}");
    assert!(said.contains("nobody reads it"), "{said}");
}

/// A full pipe costs documents, which is said once, and not one request; when there is room again later
/// documents come, whole.
#[test]
fn a_pipe_whose_reader_stops() {
    let (peer, directory) = (refusing(), TempDir::new("logs"));
    let pipe = pipe(&directory);
    let mut reader = reader(&pipe);
    let nginx = Nginx::start(logging_to(&pipe.display().to_string(), &peer));
    let worker = nginx.workers();
    nginx.fail("/");
    assert_eq!(drain(&mut reader), 1);
    let failed = format!(
        "write() of an upstream TLS diagnosis to \"{}\"",
        pipe.display()
    );
    let mut requests = 1;
    while !nginx.log().text.contains(&failed) {
        assert!(requests < 200, "the pipe is never full");
        nginx.fail("/");
        requests += 1;
    }
    for _ in 0..20 {
        nginx.fail("/");
    }
    assert_eq!(
        drain(&mut reader),
        requests - 2,
        "all but the first and the last"
    );
    nginx.fail("/");
    assert_eq!(drain(&mut reader), 1);
    drop(reader);
    nginx.fail("/");
    assert_eq!(nginx.workers(), worker);
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), requests + 22);
    assert_eq!(finished.log.text.matches(&failed).count(), 1);
}

/// The file becomes a pipe, and nginx opens that on USR1 in its own way: nothing is written to it.
#[test]
fn a_file_that_becomes_a_pipe() {
    let (peer, directory) = (refusing(), TempDir::new("logs"));
    let path = directory.file("pipe");
    let nginx = Nginx::start(logging_to(&path.display().to_string(), &peer));
    nginx.fail("/");
    assert_eq!(json::read(&path).len(), 1);
    remove_file(&path).unwrap();
    let mut reader = reader(&pipe(&directory));
    nginx.signal(libc::SIGUSR1);
    let deleted = format!("{} (deleted)", path.display());
    wait::until("the worker to let go of the removed file", || {
        let held = nginx.workers().iter().any(|pid| holds(*pid, &deleted));
        (!held).then_some(())
    });
    for _ in 0..100 {
        nginx.fail("/");
    }
    assert_eq!(drain(&mut reader), 0);
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 101);
    let told = format!(
        "not written to \"{}\": it is no regular file",
        path.display()
    );
    assert_eq!(finished.log.text.matches(&told).count(), 1);
}

/// The receiver goes and comes back: its absence is said once, in our words and not as nginx's alerts,
/// and nothing is lost once it is there again.
#[test]
fn a_syslog_socket_whose_receiver_restarts() {
    let (peer, directory) = (refusing(), TempDir::new("logs"));
    let socket = directory.file("syslog");
    let listen = || {
        let receiver = UnixDatagram::bind(&socket).unwrap();
        // The worker is another user where the tests run as root.
        std::fs::set_permissions(&socket, Permissions::from_mode(0o666)).unwrap();
        receiver.set_read_timeout(Some(wait::PATIENCE)).unwrap();
        receiver
    };
    let receive = |receiver: &UnixDatagram| {
        let mut datagram = [0; 16384];
        receiver.recv(&mut datagram).expect("a datagram");
    };
    let receiver = listen();
    let target = format!("syslog:server=unix:{}", socket.display());
    let nginx = Nginx::start(logging_to(&target, &peer));
    nginx.fail("/");
    receive(&receiver);
    drop(receiver);
    for _ in 0..10 {
        nginx.fail("/");
    }
    remove_file(&socket).unwrap();
    for _ in 0..10 {
        nginx.fail("/");
    }
    let receiver = listen();
    nginx.fail("/");
    receive(&receiver);
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 22);
    let lost = "an upstream TLS diagnosis was not sent to syslog server";
    assert_eq!(finished.log.text.matches(lost).count(), 1);
}

/// Nobody listens for a while: those datagrams are lost, the lines and the later ones are not.
#[test]
fn a_syslog_receiver_that_comes_late() {
    let (peer, port) = (refusing(), Port::reserve());
    let nginx = Nginx::start(logging_to(
        &format!("syslog:server=127.0.0.1:{port}"),
        &peer,
    ));
    for _ in 0..3 {
        nginx.fail("/");
    }
    let receiver = UdpSocket::bind(("127.0.0.1", port.number())).unwrap();
    receiver.set_read_timeout(Some(wait::PATIENCE)).unwrap();
    // The first send after a refusal may report it instead of sending.
    nginx.fail("/");
    nginx.fail("/");
    let mut datagram = [0; 16384];
    let length = receiver.recv(&mut datagram).expect("a datagram");
    let text = std::str::from_utf8(&datagram[..length]).unwrap();
    let document = serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap();
    json::Schema::load().check(&document).unwrap();
    assert_eq!(nginx.finish().log.ours().len(), 5);
}
