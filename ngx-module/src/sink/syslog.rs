//! syslog: a datagram, never blocking, lost when nobody listens.
//!
//! nginx's own functions read the directive and write the header. Sending is done here, because nginx logs
//! an alert for every message to a receiver that is gone.

use core::ffi::c_int;

use ngx::ffi::{ngx_errno, ngx_log_t, ngx_syslog_add_header, ngx_syslog_peer_t, NGX_LOG_ERR};

use super::Reports;
use crate::nginx::log;

/// Room for the header: priority, time, host name (255 at most), tag (32 at most).
const MAX_HEADER: usize = 512;

/// A peer of `ngx_syslog_process_conf`, which lives as long as its configuration. Its socket is kept
/// where nginx closes it in the end (`ngx_syslog_cleanup`).
pub(super) struct Syslog {
    peer: *mut ngx_syslog_peer_t,
    reports: Reports,
}

impl Syslog {
    pub(super) fn new(peer: *mut ngx_syslog_peer_t) -> Self {
        Self {
            peer,
            reports: Reports::new(),
        }
    }

    /// False when the kernel did not take the document; whether it arrives is not known.
    ///
    /// # Safety
    /// The configuration that holds the peer and `log` are alive.
    pub(super) unsafe fn write(&mut self, log: *mut ngx_log_t, document: &[u8]) -> bool {
        let mut datagram = vec![0u8; MAX_HEADER + document.len()];
        // SAFETY: the header fits by construction of the peer (ngx_syslog_parse_args).
        let header = unsafe {
            let start = datagram.as_mut_ptr();
            ngx_syslog_add_header(self.peer, start).offset_from(start)
        };
        let header = usize::try_from(header).unwrap_or(MAX_HEADER);
        let end = header + document.len();
        let Some(body) = datagram.get_mut(header..end) else {
            return false;
        };
        body.copy_from_slice(document);
        let datagram = datagram.get(..end).unwrap_or_default();
        // SAFETY: the caller's promise; nobody else uses the peer.
        let peer = unsafe { &mut *self.peer };
        // SAFETY: the peer's address is as nginx parsed it.
        let Err(error) = (unsafe { send(peer, datagram) }) else {
            return true;
        };
        if self.reports.is_due() {
            let server = peer.server.name;
            // SAFETY: the caller's promise.
            unsafe {
                log::write(
                    log,
                    NGX_LOG_ERR,
                    error,
                    format_args!(
                        "an upstream TLS diagnosis was not sent to syslog server \"{server}\""
                    ),
                )
            };
        }
        false
    }
}

/// Sends a datagram; the error is errno. A socket that reports what became of an earlier datagram, or a
/// receiver that is gone, is replaced once.
///
/// # Safety
/// The peer's address is valid.
unsafe fn send(peer: &mut ngx_syslog_peer_t, datagram: &[u8]) -> Result<(), c_int> {
    let mut result = Ok(());
    for _ in 0..2 {
        if peer.conn.fd == -1 {
            // SAFETY: the caller's promise.
            peer.conn.fd = unsafe { connect(peer) }?;
        }
        // SAFETY: the socket is ours, the datagram is read for its length.
        let sent = unsafe {
            let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
            libc::send(
                peer.conn.fd,
                datagram.as_ptr().cast(),
                datagram.len(),
                flags,
            )
        };
        if sent >= 0 {
            return Ok(());
        }
        result = Err(ngx_errno());
        if result == Err(libc::EAGAIN) {
            // A receiver that is there and does not read.
            break;
        }
        // SAFETY: the socket is ours.
        unsafe { libc::close(peer.conn.fd) };
        peer.conn.fd = -1;
    }
    result
}

/// # Safety
/// The peer's address is valid.
unsafe fn connect(peer: &ngx_syslog_peer_t) -> Result<c_int, c_int> {
    let server = &peer.server;
    // SAFETY: the caller's promise.
    unsafe {
        let kind = libc::SOCK_DGRAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        let socket = libc::socket((*server.sockaddr).sa_family.into(), kind, 0);
        if socket < 0 {
            return Err(ngx_errno());
        }
        if libc::connect(socket, server.sockaddr.cast(), server.socklen) != 0 {
            let error = ngx_errno();
            libc::close(socket);
            return Err(error);
        }
        Ok(socket)
    }
}
