//! Whose connection it was: an http request's, a stream session's, or something else's.
//!
//! `c->data` of an upstream connection points to a request or a session, and both start with a
//! signature. That alone is no proof (an idle keepalive connection points to a cache item), so the
//! owner must point back at the connection. With any other owner only the connection itself is read.

mod answer;
mod http;
mod identity;
mod server;
mod server_line;
mod socket;
#[cfg(ngx_feature = "stream")]
mod stream;

use core::ffi::c_void;
use core::ptr;

use ngx::ffi::{ngx_array_t, ngx_connection_t, ngx_log_t, ngx_pool_t};
use tlsdiag::capture::{Context, Identity, Response, Settings};

use crate::conf::Scope;
use crate::nginx::string;
use http::Http;
#[cfg(ngx_feature = "stream")]
use stream::Stream;

/// "HTTP", `NGX_HTTP_MODULE`'s value as nginx writes it into `r->signature`.
const HTTP: u32 = u32::from_ne_bytes(*b"HTTP");
/// "STRM", likewise for stream sessions.
#[cfg(ngx_feature = "stream")]
const STREAM: u32 = u32::from_ne_bytes(*b"STRM");

/// A connection to an upstream, and whom it serves; lives no longer than a callback. Whoever makes one
/// promises that nginx's structures behind it are alive for as long, and all methods rely on that.
pub(crate) struct UpstreamConnection<'c> {
    connection: &'c ngx_connection_t,
    owner: Owner<'c>,
}

enum Owner<'c> {
    Http(Http<'c>),
    #[cfg(ngx_feature = "stream")]
    Stream(Stream<'c>),
    Other,
}

/// One attempt of a request or session to reach an upstream.
pub(crate) struct Attempt {
    /// The request or session: sub-requests share their request's pool.
    pub(crate) owner: *const c_void,
    /// The pool that lives as long as the owner, and longer.
    pub(crate) pool: *mut ngx_pool_t,
    /// Place in the owner's `upstream_states`.
    pub(crate) index: usize,
}

impl<'c> UpstreamConnection<'c> {
    /// Finds out whom a connection serves.
    ///
    /// # Safety
    /// nginx made the connection, and calls us on its thread: what the connection points to is alive
    /// and of the type it says, and stays so for as long as the connection is borrowed.
    pub(crate) unsafe fn of(connection: &'c ngx_connection_t) -> Self {
        Self {
            connection,
            // SAFETY: the caller's promise.
            owner: unsafe { Owner::of(connection) },
        }
    }

    /// Where nginx writes of this connection.
    pub(crate) fn log(&self) -> *mut ngx_log_t {
        self.connection.log
    }

    /// The configuration that applies: of the location, of the stream server, or the main one.
    pub(crate) fn scope(&self) -> Option<Scope<'c>> {
        match &self.owner {
            // SAFETY: nginx serves it, as was promised to `of`.
            Owner::Http(http) => unsafe { Scope::of_request(http.request) },
            #[cfg(ngx_feature = "stream")]
            // SAFETY: nginx serves it, as was promised to `of`.
            Owner::Stream(stream) => unsafe { Scope::of_session(stream.session) },
            Owner::Other => Scope::of_other(self.connection),
        }
    }

    /// `upstream_tls_diag` is on where this connection belongs.
    pub(crate) fn wants_diagnosis(&self) -> bool {
        self.scope().is_some_and(Scope::diag)
    }

    /// The current attempt; `None` for other owners, and before an attempt has a state.
    pub(crate) fn attempt(&self) -> Option<Attempt> {
        match &self.owner {
            Owner::Http(http) => http.attempt(),
            #[cfg(ngx_feature = "stream")]
            Owner::Stream(stream) => stream.attempt(),
            Owner::Other => None,
        }
    }

    /// Whether nginx went past its own checks: it sent the request, or connected the session. `None`
    /// where nobody can tell.
    pub(crate) fn was_used(&self) -> Option<bool> {
        match &self.owner {
            Owner::Http(http) => Some(http.upstream.request_sent() == 1),
            #[cfg(ngx_feature = "stream")]
            Owner::Stream(stream) => Some(stream.upstream.connected() == 1),
            Owner::Other => None,
        }
    }

    /// The name nginx compares with the certificate; an empty one, which matches none, where a variable came
    /// to nothing.
    pub(crate) fn compared_name(&self) -> Option<&'c [u8]> {
        match &self.owner {
            Owner::Http(http) => Some(string::bytes(&http.upstream.ssl_name).unwrap_or_default()),
            #[cfg(ngx_feature = "stream")]
            Owner::Stream(stream) => {
                Some(string::bytes(&stream.upstream.ssl_name).unwrap_or_default())
            }
            Owner::Other => None,
        }
    }

    /// It serves an http request.
    pub(crate) fn is_http(&self) -> bool {
        matches!(self.owner, Owner::Http(_))
    }

    /// It serves a session of stream.
    pub(crate) fn is_session(&self) -> bool {
        #[cfg(ngx_feature = "stream")]
        let is_session = matches!(self.owner, Owner::Stream(_));
        #[cfg(not(ngx_feature = "stream"))]
        let is_session = false;
        is_session
    }

    /// Name of the peer of an http request, as `$upstream_addr` has it.
    pub(crate) fn http_peer(&self) -> Option<&'c [u8]> {
        match &self.owner {
            // SAFETY: the peer's name lives as long as the upstream.
            Owner::Http(http) => string::bytes(unsafe { http.upstream.peer.name.as_ref() }?),
            _ => None,
        }
    }

    /// Requests it has served, this one included.
    pub(crate) fn requests(&self) -> usize {
        self.connection.requests
    }

    /// nginx has read an answer whose status can be about TLS.
    pub(crate) fn has_suspicious_answer(&self) -> bool {
        match &self.owner {
            Owner::Http(http) => answer::is_suspicious(http),
            _ => false,
        }
    }

    /// The answer whose header nginx has just read; its body, where that came later.
    pub(crate) fn answer(&self, body: Option<&[u8]>) -> Option<Response> {
        match &self.owner {
            Owner::Http(http) => Some(answer::read(http, body)),
            _ => None,
        }
    }

    /// The identity that nginx would show if it connected for this request now.
    pub(crate) fn identity(&self) -> Identity {
        match &self.owner {
            Owner::Http(http) => identity::current(http),
            _ => Identity::default(),
        }
    }

    /// The timer of the handshake fired.
    pub(crate) fn timed_out(&self) -> bool {
        // SAFETY: nginx's connection, as was promised to `of`.
        unsafe { socket::timed_out(self.connection) }
    }

    /// The peer has closed or reset the connection, whether nginx has noticed or not.
    pub(crate) fn was_closed_by_peer(&self) -> bool {
        // SAFETY: nginx's connection, as was promised to `of`.
        unsafe { socket::was_closed_by_peer(self.connection) }
    }

    /// Identity and settings, as far as public structures tell.
    pub(crate) fn describe(&self) -> (Context, Settings) {
        let (context, settings) = match &self.owner {
            Owner::Http(http) => http.describe(),
            #[cfg(ngx_feature = "stream")]
            Owner::Stream(stream) => stream.describe(),
            Owner::Other => {
                let context = Context {
                    peer: socket::peer(self.connection),
                    ..Context::default()
                };
                (context, Settings::default())
            }
        };
        // SAFETY: nginx's log outlives the connection.
        let log = unsafe { self.connection.log.as_ref() };
        let context = Context {
            connection_id: log.map_or(0, |log| log.connection),
            ..context
        };
        (context, settings)
    }
}

impl<'c> Owner<'c> {
    /// # Safety
    /// nginx made the connection, and calls us on its thread: what the connection points to is alive
    /// and of the type it says, and stays so for as long as the connection is borrowed.
    unsafe fn of(connection: &'c ngx_connection_t) -> Self {
        let data = connection.data;
        if data.is_null() || !data.cast::<u32>().is_aligned() {
            return Self::Other;
        }
        // SAFETY: c->data, when set, points to a structure of at least pointer size.
        let signature = unsafe { *data.cast::<u32>() };
        let found = match signature {
            // SAFETY: only requests start with this signature.
            HTTP => unsafe { Http::of(connection, data.cast()) }.map(Self::Http),
            #[cfg(ngx_feature = "stream")]
            // SAFETY: only sessions start with this signature.
            STREAM => unsafe { Stream::of(connection, data.cast()) }.map(Self::Stream),
            _ => None,
        };
        found.unwrap_or(Self::Other)
    }
}

impl Attempt {
    /// The last of the states.
    fn last(
        owner: *const c_void,
        pool: *mut ngx_pool_t,
        states: Option<&ngx_array_t>,
    ) -> Option<Self> {
        let index = states?.nelts.checked_sub(1)?;
        Some(Self { owner, pool, index })
    }
}

/// Position of the current attempt in `$upstream_addr`. A state without a peer is no attempt: it marks where
/// a new pass begins.
fn count_attempts(are_borders: impl Iterator<Item = bool>) -> Option<u32> {
    u32::try_from(are_borders.filter(|border| !border).count()).ok()
}

/// Whether this is the peer's connection of somebody's upstream.
fn is_theirs(peer: *const ngx_connection_t, connection: &ngx_connection_t) -> bool {
    ptr::eq(peer, connection)
}
