//! Ports of 127.0.0.1 that belong to one owner at a time.
//!
//! A listener inside this process binds port 0 and keeps it. A port for another program has a gap
//! between choosing and binding, so it comes from below the range from which the kernel takes
//! outgoing ports, and an abstract Unix socket reserves it against every other test process.

use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 20_000;
const COUNT: u32 = 12_000;

/// A reserved port; free again on drop.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _reservation: UnixListener,
}

impl Port {
    /// Reserves a port on which nobody listens.
    pub fn reserve() -> Port {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Different processes begin at different places; the reservation settles the rest.
        let start = std::process::id().wrapping_mul(97);
        for _ in 0..COUNT {
            let step = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
            let number = u16::try_from(FIRST + step % COUNT).expect("below 65536");
            if let Some(port) = Port::try_reserve(number) {
                return port;
            }
        }
        panic!("no free port between {FIRST} and {}", FIRST + COUNT);
    }

    fn try_reserve(number: u16) -> Option<Port> {
        let name = format!("tlsdiag-e2e-port-{number}");
        let address = SocketAddr::from_abstract_name(name).ok()?;
        let reservation = UnixListener::bind_addr(&address).ok()?;
        // All interfaces: some servers cannot be told to take one only.
        TcpListener::bind(("0.0.0.0", number)).ok()?;
        Some(Port {
            number,
            _reservation: reservation,
        })
    }

    /// The number.
    pub fn number(&self) -> u16 {
        self.number
    }
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.number.fmt(f)
    }
}
