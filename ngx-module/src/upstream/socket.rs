//! What nginx's events and the kernel tell of a connection, whoever owns it.

use ngx::ffi::{ngx_connection_t, ngx_sock_ntop};
use tlsdiag::text::bounded;

use crate::nginx::string;

/// nginx's upstreams set the timer of the write event; njs sets both, and the read event's fires first.
///
/// # Safety
/// nginx made the connection.
pub(super) unsafe fn timed_out(connection: &ngx_connection_t) -> bool {
    [connection.write, connection.read]
        .into_iter()
        // SAFETY: the caller's promise: each is NULL, or an event that lives as long as its connection.
        .filter_map(|event| unsafe { event.as_ref() })
        .any(|event| event.timedout() == 1)
}

/// nginx may not have read yet when it closes (`connect() failed (32: Broken pipe)`): then the socket
/// itself is asked. The connection's own error flag says nothing: a worker that must shut down sets it.
///
/// # Safety
/// nginx made the connection.
pub(super) unsafe fn was_closed_by_peer(connection: &ngx_connection_t) -> bool {
    // SAFETY: the caller's promise: it is NULL, or an event that lives as long as its connection.
    let read = unsafe { connection.read.as_ref() };
    if read.is_some_and(|event| event.eof() == 1 || event.error() == 1) {
        return true;
    }
    let mut socket = libc::pollfd {
        fd: connection.fd,
        events: libc::POLLRDHUP,
        revents: 0,
    };
    // SAFETY: one descriptor, no waiting. nginx closes the socket after the SSL.
    let ready = unsafe { libc::poll(&mut socket, 1, 0) };
    ready == 1 && socket.revents & (libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) != 0
}

/// The address a socket is connected to, from the kernel, for a connection that neither http nor stream
/// describes; `None` after a reset.
pub(super) fn peer(connection: &ngx_connection_t) -> Option<String> {
    // SAFETY: zeroes are a valid sockaddr_storage; the kernel writes at most `length` bytes of it.
    let (address, length) = unsafe {
        let mut address: libc::sockaddr_storage = core::mem::zeroed();
        let mut length = libc::socklen_t::try_from(size_of_val(&address)).ok()?;
        if libc::getpeername(connection.fd, (&raw mut address).cast(), &mut length) != 0 {
            return None;
        }
        (address, length)
    };
    let mut text = [0u8; 128];
    // SAFETY: nginx writes at most as many bytes as it is told, and returns how many.
    let written = unsafe {
        ngx_sock_ntop(
            (&raw const address).cast_mut().cast(),
            length,
            text.as_mut_ptr(),
            text.len(),
            1,
        )
    };
    let text = text.get(..written).filter(|text| !text.is_empty());
    text.map(bounded)
}

/// Where a client's connection was accepted, as `listen` has it.
///
/// # Safety
/// nginx made the connection.
pub(super) unsafe fn listen(client: &ngx_connection_t) -> Option<String> {
    // SAFETY: the caller's promise: it is NULL, or a socket of the cycle, which outlives its connections.
    let listening = unsafe { client.listening.as_ref() }?;
    string::to_text(&listening.addr_text)
}
