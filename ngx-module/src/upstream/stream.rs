//! A stream session's upstream: `proxy_pass` with `proxy_ssl on`.
//!
//! The proxy module's own configuration is private: whether it verifies is told by the handshake,
//! the rest stays unknown.

use ngx::ffi::{
    ngx_connection_t, ngx_stream_session_t, ngx_stream_upstream_server_t,
    ngx_stream_upstream_state_t, ngx_stream_upstream_t,
};
use tlsdiag::capture::{Context, Module, Settings};

use super::server_line::{self, Line};
use super::Owner;
use crate::nginx::string;

/// The owner if the session's upstream points back at the connection.
///
/// # Safety
/// `session` is a live session.
pub(super) unsafe fn owner(
    connection: &ngx_connection_t,
    session: *mut ngx_stream_session_t,
) -> Owner {
    // SAFETY: the caller's promise; upstream lives in the session's pool.
    unsafe {
        let upstream = (*session).upstream;
        match upstream.as_ref() {
            Some(found) if core::ptr::eq(found.peer.connection, connection) => {
                Owner::Stream { session, upstream }
            }
            _ => Owner::Other,
        }
    }
}

/// `response_time` of an attempt that goes on.
const NOT_YET: usize = usize::MAX;

/// # Safety
/// Session and upstream are alive.
pub(super) unsafe fn describe(
    session: *mut ngx_stream_session_t,
    upstream: *mut ngx_stream_upstream_t,
) -> (Context, Settings) {
    // SAFETY: the caller's promise; every pointer followed is checked; nginx's strings are valid
    // for their length while the session is.
    unsafe {
        let (session, upstream) = (&*session, &*upstream);
        let block = upstream.upstream.as_ref();
        let host = match (block, upstream.resolved.as_ref()) {
            (Some(block), _) => string::foreign(&block.host),
            (None, Some(resolved)) => string::foreign(&resolved.host),
            (None, None) => None,
        };
        let client = session.connection.as_ref();
        let states = session.upstream_states.as_ref();
        let context = Context {
            module: Module::Stream,
            upstream: host,
            peer: upstream
                .peer
                .name
                .as_ref()
                .and_then(|name| string::of(name)),
            attempt: states.and_then(|states| {
                let states: &[ngx_stream_upstream_state_t] = states.as_slice();
                super::attempts(states.iter().map(|state| state.peer.is_null()))
            }),
            is_final: upstream
                .state
                .as_ref()
                .map(|state| state.response_time != NOT_YET),
            client: client.and_then(|client| string::foreign(&client.addr_text)),
            listen: client.and_then(|client| super::listen(client)),
            ..Context::default()
        };
        let settings = Settings {
            compared_name: string::foreign(&upstream.ssl_name),
            upstream_is_constant: Some(upstream.resolved.is_null()),
            upstream_block: Some(block.is_some_and(|block| !block.srv_conf.is_null())),
            server_line: server_line(upstream),
            ..Settings::default()
        };
        (context, settings)
    }
}

unsafe fn server_line(upstream: &ngx_stream_upstream_t) -> Option<String> {
    // SAFETY: as in `describe`; a block's servers are of this type. Only blocks have a configuration of
    // their own.
    unsafe {
        let block = upstream.upstream.as_ref();
        let block = block.filter(|block| !block.srv_conf.is_null())?;
        let read = |line: &ngx_stream_upstream_server_t| Line {
            name: line.name,
            addresses: line.addrs,
            count: line.naddrs,
        };
        server_line::of_peer(block.servers, upstream.peer.name.as_ref()?, read)
    }
}
