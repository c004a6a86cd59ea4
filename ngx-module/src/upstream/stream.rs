//! A stream session's upstream: `proxy_pass` with `proxy_ssl on`.
//!
//! The proxy module's own configuration is private: the handshake shows whether it verifies, the rest stays
//! unknown.

use core::ptr;

use ngx::ffi::{
    ngx_connection_t, ngx_stream_session_t, ngx_stream_upstream_server_t,
    ngx_stream_upstream_srv_conf_t, ngx_stream_upstream_state_t, ngx_stream_upstream_t,
};
use tlsdiag::capture::{Context, Module, Settings};
use tlsdiag::text::Foreign;

use super::server_line::{self, Line};
use super::{count_attempts, is_theirs, socket, Attempt};
use crate::nginx::string;

/// `response_time` of an attempt that goes on.
const NOT_YET: usize = usize::MAX;

/// A session and its upstream. What they point to lives as long as they do.
pub(super) struct Stream<'c> {
    pub(super) session: &'c ngx_stream_session_t,
    pub(super) upstream: &'c ngx_stream_upstream_t,
}

impl<'c> Stream<'c> {
    /// The session, if its upstream points back at the connection.
    ///
    /// # Safety
    /// A live session, for as long as the connection is borrowed.
    pub(super) unsafe fn of(
        connection: &'c ngx_connection_t,
        session: *const ngx_stream_session_t,
    ) -> Option<Self> {
        // SAFETY: the caller's promise; the upstream lives in the session's pool.
        let (session, upstream) = unsafe {
            let session = session.as_ref()?;
            (session, session.upstream.as_ref()?)
        };
        is_theirs(upstream.peer.connection, connection).then_some(Self { session, upstream })
    }

    fn client(&self) -> Option<&'c ngx_connection_t> {
        // SAFETY: NULL, or the connection that the session serves.
        unsafe { self.session.connection.as_ref() }
    }

    pub(super) fn attempt(&self) -> Option<Attempt> {
        // SAFETY: NULL, or an array in the session's pool.
        let states = unsafe { self.session.upstream_states.as_ref() };
        let owner = ptr::from_ref(self.session).cast();
        Attempt::last(owner, self.client()?.pool, states)
    }

    pub(super) fn describe(&self) -> (Context, Settings) {
        let upstream = self.upstream;
        // SAFETY: each is NULL or lives as long as the session; the states are of this type.
        let (peer, state, states) = unsafe {
            let states = self.session.upstream_states.as_ref();
            let states: Option<&[ngx_stream_upstream_state_t]> =
                states.map(|states| states.as_slice());
            (upstream.peer.name.as_ref(), upstream.state.as_ref(), states)
        };
        let client = self.client();
        let context = Context {
            module: Module::Stream,
            upstream: self.configured_host(),
            peer: peer.and_then(string::to_text),
            attempt: states
                .and_then(|states| count_attempts(states.iter().map(|state| state.peer.is_null()))),
            is_final: state.map(|state| state.response_time != NOT_YET),
            client: client.and_then(|client| string::to_foreign(&client.addr_text)),
            // SAFETY: nginx made the client's connection, too.
            listen: client.and_then(|client| unsafe { socket::listen(client) }),
            ..Context::default()
        };
        let settings = Settings {
            compared_name: string::to_foreign(&upstream.ssl_name),
            upstream_is_constant: Some(upstream.resolved.is_null()),
            upstream_block: Some(self.block().is_some()),
            server_line: self.server_line(),
            ..Settings::default()
        };
        (context, settings)
    }

    /// Only `upstream {}` blocks carry configurations of their own (ngx_stream_upstream).
    fn block(&self) -> Option<&'c ngx_stream_upstream_srv_conf_t> {
        // SAFETY: NULL, or a block of the configuration.
        let block = unsafe { self.upstream.upstream.as_ref() };
        block.filter(|block| !block.srv_conf.is_null())
    }

    /// Host of `proxy_pass`, or the block's name; with variables, what they gave.
    fn configured_host(&self) -> Option<Foreign> {
        // SAFETY: each is NULL, or lives as long as the session.
        let (block, resolved) = unsafe {
            (
                self.upstream.upstream.as_ref(),
                self.upstream.resolved.as_ref(),
            )
        };
        match block {
            Some(block) => string::to_foreign(&block.host),
            None => string::to_foreign(&resolved?.host),
        }
    }

    /// The `server` line that has the peer's address.
    pub(super) fn server_line(&self) -> Option<String> {
        let read = |line: &ngx_stream_upstream_server_t| Line {
            name: line.name,
            addresses: line.addrs,
            count: line.naddrs,
        };
        // SAFETY: a block's servers are of this type.
        unsafe {
            let peer = self.upstream.peer.name.as_ref()?;
            server_line::of_peer(self.block()?.servers, peer, read)
        }
    }
}
