//! An SSL on a socket that never blocks.

use core::ffi::{c_int, c_long};
use core::ptr::NonNull;
use std::net::TcpStream;
use std::os::fd::AsRawFd;

use tlsdiag::capture::{EndingKind, HandshakeError, Module};
use tlsdiag::probe::Settings;

use super::connection::Deadline;
use super::context::{alpn_list, c_string, Context};
use super::error::handshake_error;
use super::ffi;
use super::library::take_error;
use super::watch::Watch;

/// X509_V_OK.
const V_OK: c_long = 0;

/// A connection, closed on drop.
pub(super) struct Session {
    ssl: NonNull<ffi::SSL>,
    /// Outlives the SSL, whose callbacks write to it.
    pub(super) watch: Box<Watch>,
    stream: TcpStream,
}

/// How a call of the library ended.
enum Step {
    /// It is done.
    Done,
    /// The deadline came first.
    Late,
    /// It failed.
    Failed(HandshakeError),
}

impl Session {
    /// A client's, as `ngx_http_upstream_ssl_init_connection` sets it up.
    ///
    /// # Errors
    /// A sentence, when the library refuses a name or has no memory.
    pub(super) fn new(
        context: &Context,
        settings: &Settings,
        stream: TcpStream,
    ) -> Result<Self, String> {
        // SAFETY: a new SSL of ours, or NULL.
        let raw = unsafe { ffi::SSL_new(context.as_ptr()) };
        let mut session = Self {
            ssl: NonNull::new(raw).ok_or_else(take_error)?,
            watch: Watch::new(),
            stream,
        };
        // SAFETY: the SSL is ours and freed before its watch, which is in a box of its own.
        unsafe {
            session.watch.attach(raw);
            ffi::SSL_set_fd(raw, session.stream.as_raw_fd());
            ffi::SSL_set_connect_state(raw);
        }
        if let Some(name) = settings.sent_name() {
            let text = c_string(name)?;
            // SAFETY: the library copies the name.
            let set = unsafe { ffi::SSL_set_tlsext_host_name(raw, text.as_ptr().cast_mut()) };
            if set != 1 {
                return Err(format!("the name {name} is not taken: {}", take_error()));
            }
        }
        if settings.module != Module::Grpc && !settings.alpn.is_empty() {
            let list = alpn_list(&settings.alpn);
            let length = u32::try_from(list.len()).unwrap_or(0);
            // SAFETY: the library copies the list.
            unsafe { ffi::SSL_set_alpn_protos(raw, list.as_ptr(), length) };
        }
        Ok(session)
    }

    fn raw(&self) -> *mut ffi::SSL {
        self.ssl.as_ptr()
    }

    /// Calls a function of the library until it is done, fails, or the time is over.
    fn drive(&mut self, deadline: Deadline, call: impl Fn(*mut ffi::SSL) -> c_int) -> Step {
        loop {
            // SAFETY: this thread's queue.
            unsafe { ffi::ERR_clear_error() };
            let ret = call(self.raw());
            let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
            if ret > 0 {
                return Step::Done;
            }
            // SAFETY: the SSL is ours.
            let events = match unsafe { ffi::SSL_get_error(self.raw(), ret) } {
                ffi::SSL_ERROR_WANT_READ => libc::POLLIN,
                ffi::SSL_ERROR_WANT_WRITE => libc::POLLOUT,
                ssl_error => return Step::Failed(handshake_error(ssl_error, errno)),
            };
            if !self.wait(events, deadline) {
                return Step::Late;
            }
        }
    }

    /// Until the socket is ready for that; false when the time is over.
    fn wait(&self, events: core::ffi::c_short, deadline: Deadline) -> bool {
        let mut socket = libc::pollfd {
            fd: self.stream.as_raw_fd(),
            events,
            revents: 0,
        };
        let left = deadline.left();
        // Rounded up, so that it does not spin through the last millisecond.
        let timeout = c_int::try_from(left.as_micros().div_ceil(1000)).unwrap_or(c_int::MAX);
        // SAFETY: one descriptor that is ours.
        let ready = unsafe { libc::poll(&mut socket, 1, timeout) };
        ready != 0 && !left.is_zero()
    }

    /// `None` when our side is done.
    pub(super) fn shake_hands(&mut self, deadline: Deadline) -> Option<EndingKind> {
        // SAFETY: the SSL is ours.
        let step = self.drive(deadline, |ssl| unsafe { ffi::SSL_do_handshake(ssl) });
        let recorder = &mut self.watch.recorder;
        match step {
            Step::Done => None,
            // Some libraries see the end of the connection behind the alert first.
            Step::Failed(_) if recorder.fatal_alert(false).is_some() => Some(EndingKind::Error),
            Step::Failed(error) => Some(recorder.error.get_or_insert(error).kind()),
            Step::Late => Some(EndingKind::Timeout),
        }
    }

    /// nginx's tests of a finished handshake, in nginx's order (`ngx_http_upstream_ssl_handshake`).
    pub(super) fn rejected_by_nginx(&self, settings: &Settings) -> Option<EndingKind> {
        if !settings.verify {
            return None;
        }
        if self.verify_result() != V_OK {
            return Some(EndingKind::ChainRejected);
        }
        let name = settings.compared_name().as_bytes();
        let leaf = self.watch.leaf.as_ref()?;
        (!leaf.borrow().matches_host(name)).then_some(EndingKind::NameRejected)
    }

    pub(super) fn verify_result(&self) -> c_long {
        // SAFETY: the SSL is ours.
        unsafe { ffi::SSL_get_verify_result(self.raw()) }
    }

    /// In TLS 1.3 a server looks at our certificate after we are done.
    pub(super) fn said_late(&mut self, deadline: Deadline) -> Option<EndingKind> {
        let mut byte = 0u8;
        let into = core::ptr::from_mut(&mut byte).cast();
        // SAFETY: the SSL is ours; one byte at most is written.
        let step = self.drive(deadline, |ssl| unsafe { ffi::SSL_peek(ssl, into, 1) });
        self.after_the_handshake(&step)
    }

    /// Sends bytes; all of them or none.
    pub(super) fn write(&mut self, bytes: &[u8], deadline: Deadline) -> Option<EndingKind> {
        let length = c_int::try_from(bytes.len()).unwrap_or(c_int::MAX);
        let from = bytes.as_ptr().cast();
        // SAFETY: the SSL is ours; the bytes stay where they are until it has taken them.
        let step = self.drive(deadline, |ssl| unsafe { ffi::SSL_write(ssl, from, length) });
        self.after_the_handshake(&step)
    }

    /// Reads more bytes; false when there are none any more.
    pub(super) fn read(
        &mut self,
        bytes: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<bool, EndingKind> {
        let mut buffer = [0u8; 4096];
        let count = core::cell::Cell::new(0);
        let into = buffer.as_mut_ptr().cast();
        let step = self.drive(deadline, |ssl| {
            // SAFETY: the SSL is ours; the buffer is as long as said.
            count.set(unsafe { ffi::SSL_read(ssl, into, 4096) });
            count.get()
        });
        if let Some(kind) = self.after_the_handshake(&step) {
            return Err(kind);
        }
        let count = usize::try_from(count.get()).unwrap_or(0);
        bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(count > 0)
    }

    /// How a call on an established connection failed, as far as TLS explains it.
    fn after_the_handshake(&mut self, step: &Step) -> Option<EndingKind> {
        let recorder = &mut self.watch.recorder;
        let Step::Failed(error) = step else {
            return None;
        };
        if recorder.fatal_alert(false).is_some() {
            return Some(EndingKind::LateAlert);
        }
        if recorder.fatal_alert(true).is_some() {
            recorder.error = Some(*error);
            return Some(EndingKind::Error);
        }
        recorder
            .certificate_request
            .is_some()
            .then_some(EndingKind::LateClose)
    }

    /// Sends close_notify.
    pub(super) fn close(&mut self) {
        // SAFETY: the SSL is ours.
        unsafe { ffi::SSL_shutdown(self.raw()) };
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: ours, freed once; its watch goes after it.
        unsafe { ffi::SSL_free(self.raw()) }
    }
}
