//! Whose connection it was: an http request's, a stream session's, or something else's.
//!
//! `c->data` of an upstream connection points to a request or a session, and both start with a
//! signature. That alone is no proof (an idle keepalive connection points to a cache item), so the
//! owner must point back at the connection. Anything else is `Other`, and nothing but its log is
//! followed.

mod http;
mod server_line;
#[cfg(ngx_feature = "stream")]
mod stream;

use core::ffi::c_void;

use ngx::ffi::{ngx_connection_t, ngx_http_request_t, ngx_http_upstream_t, ngx_pool_t};
#[cfg(ngx_feature = "stream")]
use ngx::ffi::{ngx_stream_session_t, ngx_stream_upstream_t};
use tlsdiag::capture::{Context, Settings};

use crate::conf::Scope;

/// "HTTP", `NGX_HTTP_MODULE`'s value as nginx writes it into `r->signature`.
const HTTP: u32 = u32::from_ne_bytes(*b"HTTP");
/// "STRM", likewise for stream sessions.
#[cfg(ngx_feature = "stream")]
const STREAM: u32 = u32::from_ne_bytes(*b"STRM");

/// The owner of an upstream connection.
pub(crate) enum Owner {
    Http {
        request: *mut ngx_http_request_t,
        upstream: *mut ngx_http_upstream_t,
    },
    #[cfg(ngx_feature = "stream")]
    Stream {
        session: *mut ngx_stream_session_t,
        upstream: *mut ngx_stream_upstream_t,
    },
    Other,
}

/// Finds the owner of a connection.
pub(crate) fn of(connection: &ngx_connection_t) -> Owner {
    let data = connection.data;
    if data.is_null() || !data.cast::<u32>().is_aligned() {
        return Owner::Other;
    }
    // SAFETY: c->data, when set, points to a structure of at least pointer size.
    let signature = unsafe { *data.cast::<u32>() };
    match signature {
        // SAFETY: only requests start with this signature.
        HTTP => unsafe { http::owner(connection, data.cast()) },
        #[cfg(ngx_feature = "stream")]
        // SAFETY: only sessions start with this signature.
        STREAM => unsafe { stream::owner(connection, data.cast()) },
        _ => Owner::Other,
    }
}

impl Owner {
    /// The configuration that applies: of the location, of the stream server, or the main one.
    pub(crate) fn scope<'c>(&self, connection: &'c ngx_connection_t) -> Option<Scope<'c>> {
        // SAFETY: an owner is only made from live structures and used within one callback.
        unsafe {
            match self {
                Self::Http { request, .. } => Scope::of_request(&**request),
                #[cfg(ngx_feature = "stream")]
                Self::Stream { session, .. } => Scope::of_session(&**session),
                Self::Other => Scope::of_other(connection),
            }
        }
    }

    /// `upstream_tls_diag` is on where this connection belongs.
    pub(crate) fn wants_diagnosis(&self, connection: &ngx_connection_t) -> bool {
        self.scope(connection).is_some_and(|scope| scope.diag())
    }

    /// Request or session, its pool, and the place of the current attempt in its `upstream_states`;
    /// `None` for other owners, and before an attempt has a state.
    ///
    /// # Safety
    /// The owner's structures are alive.
    pub(crate) unsafe fn attempt(&self) -> Option<(*const c_void, *mut ngx_pool_t, usize)> {
        // SAFETY: the caller's promise.
        let (owner, pool, states): (*const c_void, _, _) = unsafe {
            match self {
                Self::Http { request, .. } => (
                    request.cast(),
                    (**request).pool,
                    (**request).upstream_states,
                ),
                #[cfg(ngx_feature = "stream")]
                Self::Stream { session, .. } => {
                    let client = (**session).connection.as_ref()?;
                    (session.cast(), client.pool, (**session).upstream_states)
                }
                Self::Other => return None,
            }
        };
        // SAFETY: as above.
        let states = unsafe { states.as_ref() }?;
        Some((owner, pool, states.nelts.checked_sub(1)?))
    }

    /// nginx went past its own checks: it sent the request, or connected the session.
    ///
    /// # Safety
    /// The owner's structures are alive.
    pub(crate) unsafe fn has_used_connection(&self) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Self::Http { upstream, .. } => (**upstream).request_sent() == 1,
                #[cfg(ngx_feature = "stream")]
                Self::Stream { upstream, .. } => (**upstream).connected() == 1,
                Self::Other => true,
            }
        }
    }

    /// The name nginx compares with the certificate.
    ///
    /// # Safety
    /// The owner's structures are alive while the slice is used.
    pub(crate) unsafe fn compared_name(&self) -> Option<&[u8]> {
        // SAFETY: the caller's promise.
        let name = unsafe {
            match self {
                Self::Http { upstream, .. } => (**upstream).ssl_name,
                #[cfg(ngx_feature = "stream")]
                Self::Stream { upstream, .. } => (**upstream).ssl_name,
                Self::Other => return None,
            }
        };
        if name.len == 0 || name.data.is_null() {
            return None;
        }
        // SAFETY: as above.
        Some(unsafe { core::slice::from_raw_parts(name.data, name.len) })
    }

    /// Identity and settings, as far as public structures tell.
    ///
    /// # Safety
    /// The owner's structures are alive.
    pub(crate) unsafe fn describe(&self, connection: &ngx_connection_t) -> (Context, Settings) {
        let (mut context, settings) = match self {
            // SAFETY: the caller's promise.
            Self::Http { request, upstream } => unsafe { http::describe(*request, *upstream) },
            #[cfg(ngx_feature = "stream")]
            // SAFETY: the caller's promise.
            Self::Stream { session, upstream } => unsafe { stream::describe(*session, *upstream) },
            Self::Other => {
                let peer = peer_of(connection.fd);
                (
                    Context {
                        peer,
                        ..Context::default()
                    },
                    Settings::default(),
                )
            }
        };
        // SAFETY: nginx's log outlives the connection.
        let number = unsafe { connection.log.as_ref() }.map_or(0, |log| log.connection);
        context.connection_id = number;
        (context, settings)
    }
}

/// Position of the current attempt in `$upstream_addr`. Of the states given, those without a peer are
/// no attempts: they mark where a new pass begins.
fn attempts(are_borders: impl Iterator<Item = bool>) -> Option<u32> {
    u32::try_from(are_borders.filter(|border| !border).count()).ok()
}

/// Where the client's connection was accepted, as `listen` has it.
///
/// # Safety
/// `client` is alive.
unsafe fn listen(client: &ngx_connection_t) -> Option<String> {
    // SAFETY: nginx's listening sockets live as long as their cycle, which outlives its connections.
    unsafe { crate::nginx::string::of(&client.listening.as_ref()?.addr_text) }
}

/// The address a socket is connected to, which only the kernel tells of a connection nobody describes;
/// `None` after a reset.
fn peer_of(socket: core::ffi::c_int) -> Option<String> {
    // SAFETY: zeroes are a valid sockaddr_storage; the kernel writes at most `length` bytes of it.
    let (address, length) = unsafe {
        let mut address: libc::sockaddr_storage = core::mem::zeroed();
        let mut length = libc::socklen_t::try_from(size_of_val(&address)).ok()?;
        if libc::getpeername(socket, (&raw mut address).cast(), &mut length) != 0 {
            return None;
        }
        (address, length)
    };
    let mut text = [0u8; 128];
    // SAFETY: nginx writes at most as many bytes as it is told, and returns how many.
    let written = unsafe {
        ngx::ffi::ngx_sock_ntop(
            (&raw const address).cast_mut().cast(),
            length,
            text.as_mut_ptr(),
            text.len(),
            1,
        )
    };
    text.get(..written)
        .filter(|text| !text.is_empty())
        .map(tlsdiag::text::bounded)
}
