//! Child processes that cannot outlive the test.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::wait;

/// A running program; killed on drop, and by the kernel when the thread that started it is gone.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: PathBuf,
}

impl Process {
    /// Starts `command` with both outputs in the file `output`.
    pub fn start(mut command: Command, output: &Path) -> Process {
        let name = command.get_program().to_string_lossy().into_owned();
        let file = File::create(output).expect("cannot create a file for a program's output");
        let copy = file
            .try_clone()
            .expect("cannot duplicate a file descriptor");
        command.stdin(Stdio::null()).stdout(file).stderr(copy);
        // SAFETY: `die_with_parent` makes one system call and nothing that fork forbids.
        unsafe {
            command.pre_exec(die_with_parent);
        }
        let child = command
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {name}: {e}"));
        Process {
            name,
            child,
            output: output.to_owned(),
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    pub fn output(&self) -> String {
        read_lossy(&self.output)
    }

    /// Waits until its output holds `mark`; a program that ends first stops the test.
    pub fn wait_for_output(&mut self, mark: &str) {
        let what = format!("{} to print {mark:?}", self.name);
        wait::until(&what, || {
            if self.output().contains(mark) {
                return Some(());
            }
            self.assert_alive();
            None
        });
    }

    /// Stops the test when the program has ended.
    pub fn assert_alive(&mut self) {
        if let Some(status) = self.exit_status() {
            panic!(
                "{} ended early ({status}) and said: {}",
                self.name,
                self.output()
            );
        }
    }

    /// How it ended, if it has.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("cannot wait for a child")
    }

    /// Sends a signal.
    pub fn signal(&self, signal: i32) {
        send_signal(self.pid(), signal);
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let what = format!("{} to end", self.name);
        wait::until(&what, || self.exit_status())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.exit_status().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn die_with_parent() -> std::io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes an integer and touches no memory of ours.
    let done = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) };
    if done == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    }
}

/// Sends a signal to a process that this one started, directly or through it.
pub fn send_signal(pid: u32, signal: i32) {
    let pid = libc::pid_t::try_from(pid).expect("a process id");
    // SAFETY: kill takes two integers and touches no memory of ours.
    unsafe {
        libc::kill(pid, signal);
    }
}

/// The children of a process's main thread.
pub fn children(pid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    list.unwrap_or_default()
        .split_whitespace()
        .filter_map(|n| n.parse().ok())
        .collect()
}

/// Processor time a process has used, in ticks of the kernel (a hundredth of a second).
pub fn cpu_ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a running process");
    // pid (name) state, then utime and stime as fields 14 and 15.
    let fields = stat.rsplit_once(") ").expect("a process's name").1;
    let mut times = fields.split(' ').skip(11);
    let mut time = || -> Option<u64> { times.next()?.parse().ok() };
    time()
        .zip(time())
        .map(|(user, system)| user + system)
        .expect("times")
}

/// What a process has in memory, in KiB: VmRSS of proc(5).
pub fn resident(pid: u32) -> u32 {
    let status = read_lossy(Path::new(&format!("/proc/{pid}/status")));
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse().ok())
        .expect("VmRSS of a running process")
}

/// Reads a file that may not exist yet, and may hold any bytes.
pub fn read_lossy(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
