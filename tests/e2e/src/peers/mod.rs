//! Upstreams that are wrong in one way: real TLS stacks, and peers scripted to the byte.

mod apache;
pub mod dns;
mod external;
mod gnutls;
mod haproxy;
pub mod middlebox;
mod nginx_peer;
mod openssl_peer;
mod programs;
pub mod relay;
pub mod rogue;
pub mod scripted;
mod upstream;

use crate::process::{self, Process};

pub use openssl_peer::answer;
pub use upstream::{ClientAuth, Defect, Group, Signature, Sni, Stack, Suite, Upstream, Version};

/// A listening upstream; stopped on drop.
pub struct Peer {
    port: u16,
    /// The processes it consists of; none for one in this process.
    pids: Vec<u32>,
    _running: Box<dyn std::any::Any>,
}

impl Peer {
    fn new(port: u16, running: impl std::any::Any) -> Peer {
        Peer {
            port,
            pids: Vec::new(),
            _running: Box::new(running),
        }
    }

    /// A peer that is a program and what else must live as long.
    fn program(port: u16, process: Process, keep: impl std::any::Any) -> Peer {
        let pids = vec![process.pid()];
        Peer {
            port,
            pids,
            _running: Box::new((process, keep)),
        }
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `proxy_pass` to it, by its address.
    pub fn pass(&self) -> String {
        crate::family::Family::Proxy.pass(&format!("127.0.0.1:{}", self.port))
    }

    /// Stops its processes without ending them: the kernel still accepts connections for them.
    pub fn freeze(&self) {
        assert!(!self.pids.is_empty(), "this peer has no process of its own");
        self.signal(libc::SIGSTOP);
    }

    /// Lets frozen processes go on.
    pub fn thaw(&self) {
        self.signal(libc::SIGCONT);
    }

    fn signal(&self, signal: i32) {
        for pid in &self.pids {
            process::send_signal(*pid, signal);
        }
    }
}
