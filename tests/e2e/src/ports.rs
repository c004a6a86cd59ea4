//! Ports of 127.0.0.1 that belong to one owner at a time.
//!
//! A listener inside this process binds port 0 and keeps it. A port for another program has a gap
//! between choosing and binding, so it comes from below the range from which the kernel takes
//! outgoing ports, and an abstract Unix socket reserves it against every other test process.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::socket::set_option;

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
        bound(number)?;
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

/// A socket with this port of all interfaces, for some servers cannot be told to take one only; none if somebody
/// listens on it.
///
/// It never listens itself. A program that is being started has a copy of it until it is executed, and a copy that
/// listens would keep the port from its owner for that long.
fn bound(number: u16) -> Option<OwnedFd> {
    // SAFETY: takes numbers only.
    let socket = unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
    assert!(socket >= 0, "socket: {}", std::io::Error::last_os_error());
    // SAFETY: it was opened by the line above, and nobody else has it.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    let yes: libc::c_int = 1;
    set_option(&socket, libc::SO_REUSEADDR, yes);
    let address = libc::sockaddr_in {
        sin_family: libc::sa_family_t::try_from(libc::AF_INET).expect("a small number"),
        sin_port: number.to_be(),
        sin_addr: libc::in_addr {
            s_addr: libc::INADDR_ANY,
        },
        sin_zero: [0; 8],
    };
    // SAFETY: the pointer is to an address that lives, the size is its own.
    let done = unsafe {
        libc::bind(
            socket.as_raw_fd(),
            std::ptr::from_ref(&address).cast(),
            libc::socklen_t::try_from(size_of_val(&address)).expect("a small size"),
        )
    };
    (done == 0).then_some(socket)
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.number.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::process::Command;
    use std::thread;

    #[test]
    fn whoever_listens_is_seen() {
        let other = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let number = other.local_addr().unwrap().port();
        assert!(Port::try_reserve(number).is_none());
    }

    /// A program that is being started has a copy of every socket of this process.
    #[test]
    fn a_port_is_free_for_its_owner_while_programs_start() {
        let starting = thread::spawn(|| {
            for _ in 0..200 {
                assert!(Command::new("true").status().unwrap().success());
            }
        });
        while !starting.is_finished() {
            let port = Port::reserve();
            let bound = TcpListener::bind(("127.0.0.1", port.number()));
            assert!(bound.is_ok(), "{port}: {bound:?}");
        }
        starting.join().unwrap();
    }
}
