//! An http request's upstream: `proxy_pass`, `grpc_pass`, `uwsgi_pass`.

use core::ffi::c_void;
use core::mem::transmute;
use core::ptr;

use ngx::ffi::{
    ngx_connection_t, ngx_http_core_loc_conf_t, ngx_http_core_main_conf_t,
    ngx_http_core_srv_conf_t, ngx_http_request_t, ngx_http_upstream_conf_t,
    ngx_http_upstream_server_t, ngx_http_upstream_srv_conf_t, ngx_http_upstream_state_t,
    ngx_http_upstream_t, ngx_http_variable_t, ngx_http_variable_value_t, ngx_str_t, ngx_uint_t,
};
use tlsdiag::capture::{Context, Module, Settings};
use tlsdiag::text::{bounded, Foreign};

use super::server_line::{self, Line};
use super::{count_attempts, is_theirs, socket, Attempt};
use crate::nginx::{modules, string, symbol};

/// A request and its upstream. What they point to lives as long as they do.
pub(super) struct Http<'c> {
    pub(super) request: &'c ngx_http_request_t,
    pub(super) upstream: &'c ngx_http_upstream_t,
}

impl<'c> Http<'c> {
    /// The request, if its upstream points back at the connection.
    ///
    /// # Safety
    /// A live request, for as long as the connection is borrowed.
    pub(super) unsafe fn of(
        connection: &'c ngx_connection_t,
        request: *const ngx_http_request_t,
    ) -> Option<Self> {
        // SAFETY: the caller's promise; the upstream lives in the request's pool.
        let (request, upstream) = unsafe {
            let request = request.as_ref()?;
            (request, request.upstream.as_ref()?)
        };
        is_theirs(upstream.peer.connection, connection).then_some(Self { request, upstream })
    }

    pub(super) fn attempt(&self) -> Option<Attempt> {
        // SAFETY: NULL, or an array in the request's pool.
        let states = unsafe { self.request.upstream_states.as_ref() };
        Attempt::last(
            ptr::from_ref(self.request).cast(),
            self.request.pool,
            states,
        )
    }

    pub(super) fn describe(&self) -> (Context, Settings) {
        (self.context(), self.settings())
    }

    fn context(&self) -> Context {
        let (request, upstream) = (self.request, self.upstream);
        // SAFETY: each is NULL or lives as long as the request; the states are of this type.
        let (client, peer, state, states) = unsafe {
            let states = request.upstream_states.as_ref();
            let states: Option<&[ngx_http_upstream_state_t]> =
                states.map(|states| states.as_slice());
            (
                request.connection.as_ref(),
                upstream.peer.name.as_ref(),
                upstream.state.as_ref(),
                states,
            )
        };
        let scheme = |client: &ngx_connection_t| match client.ssl.is_null() {
            true => "http".to_owned(),
            false => "https".to_owned(),
        };
        Context {
            module: self.module(),
            connection_id: 0,
            upstream: self.configured_host(),
            peer: peer.and_then(string::to_text),
            attempt: states
                .and_then(|states| count_attempts(states.iter().map(|state| state.peer.is_null()))),
            is_final: Some(upstream.cleanup.is_null()),
            client: client.and_then(|client| string::to_foreign(&client.addr_text)),
            method: string::to_foreign(&request.method_name),
            host: string::to_foreign(&request.headers_in.server),
            path: string::to_foreign(&request.uri),
            scheme: client.map(scheme),
            before: Vec::new(),
            request_id: self.request_id(),
            virtual_server: self.virtual_server(),
            // SAFETY: nginx made the client's connection, too.
            listen: client.and_then(|client| unsafe { socket::listen(client) }),
            location: self.location(),
            status: state
                .and_then(|state| u16::try_from(state.status).ok())
                .filter(|status| *status != 0),
        }
    }

    fn settings(&self) -> Settings {
        let conf = self.conf();
        Settings {
            verify: conf.map(|conf| conf.ssl_verify == 1),
            compared_name: self.name().and_then(string::to_foreign),
            send_server_name: conf.map(|conf| conf.ssl_server_name == 1),
            session_reuse: conf.map(|conf| conf.ssl_session_reuse == 1),
            upstream_is_constant: Some(self.upstream.resolved.is_null()),
            name_is_constant: self.name_is_constant(),
            upstream_block: Some(self.block().is_some()),
            server_line: self.server_line(),
            ..Settings::default()
        }
    }

    /// What the location says of its upstream.
    pub(super) fn conf(&self) -> Option<&'c ngx_http_upstream_conf_t> {
        // SAFETY: NULL, or the configuration of the location, which outlives its requests.
        unsafe { self.upstream.conf.as_ref() }
    }

    /// Only `upstream {}` blocks carry configurations of their own (ngx_http_upstream).
    fn block(&self) -> Option<&'c ngx_http_upstream_srv_conf_t> {
        // SAFETY: NULL, or a block of the configuration.
        let block = unsafe { self.upstream.upstream.as_ref() };
        block.filter(|block| !block.srv_conf.is_null())
    }

    /// The `server` line that has the peer's address.
    pub(super) fn server_line(&self) -> Option<String> {
        let read = |line: &ngx_http_upstream_server_t| Line {
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

    fn module(&self) -> Module {
        let name = self.conf().and_then(|conf| string::bytes(&conf.module));
        match name {
            Some(b"proxy") => Module::Proxy,
            Some(b"grpc") => Module::Grpc,
            Some(b"uwsgi") => Module::Uwsgi,
            _ => Module::Other,
        }
    }

    /// Host of `proxy_pass`, or the block's name; with variables, what they gave.
    fn configured_host(&self) -> Option<Foreign> {
        // SAFETY: each is NULL, or lives as long as the request.
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

    fn location(&self) -> Option<String> {
        // SAFETY: the index is below the length of loc_conf.
        let conf = unsafe {
            let conf: *const ngx_http_core_loc_conf_t =
                (*self.request.loc_conf.add(modules::http_core_index()?)).cast();
            conf.as_ref()
        };
        string::to_text(&conf?.name)
    }

    fn virtual_server(&self) -> Option<String> {
        // SAFETY: the index is below the length of srv_conf.
        let conf = unsafe {
            let conf: *const ngx_http_core_srv_conf_t =
                (*self.request.srv_conf.add(modules::http_core_index()?)).cast();
            conf.as_ref()
        };
        string::to_text(&conf?.server_name)
    }

    /// `$request_id` as the access log will have it. It is read only where nginx.conf uses it: then it is
    /// indexed, and nginx keeps the value made here.
    fn request_id(&self) -> Option<Foreign> {
        type Get = unsafe extern "C" fn(
            *mut ngx_http_request_t,
            ngx_uint_t,
        ) -> *mut ngx_http_variable_value_t;
        // SAFETY: the index is below the length of main_conf; the list is complete since the
        // configuration was read. The function, where there is one, takes a live request and an index
        // of that list.
        unsafe {
            let main: *const ngx_http_core_main_conf_t =
                (*self.request.main_conf.add(modules::http_core_index()?)).cast();
            let list: &[ngx_http_variable_t] = main.as_ref()?.variables.as_slice();
            let index = list
                .iter()
                .position(|variable| variable.name.as_bytes() == b"request_id")?;
            let get: *mut c_void = symbol::lookup(c"ngx_http_get_indexed_variable");
            let get = transmute::<*mut c_void, Option<Get>>(get)?;
            let value = get(ptr::from_ref(self.request).cast_mut(), index).as_ref()?;
            let is_known = value.not_found() == 0 && !value.as_bytes().is_empty();
            is_known.then(|| bounded(value.as_bytes()).into())
        }
    }

    /// No variable has a part in the name. Only a `proxy_pass` with variables leaves a host to be
    /// resolved (`ngx_http_upstream_init_request`).
    fn name_is_constant(&self) -> Option<bool> {
        // SAFETY: NULL, or a value of the configuration.
        Some(match unsafe { self.conf()?.ssl_name.as_ref() } {
            Some(value) => value.lengths.is_null(),
            None => self.upstream.resolved.is_null(),
        })
    }

    /// nginx evaluates `proxy_ssl_name` only where it uses it (`ngx_http_upstream_ssl_name`); elsewhere
    /// a constant one says what the operator means.
    fn name(&self) -> Option<&'c ngx_str_t> {
        let conf = self.conf()?;
        let is_used = conf.ssl_verify == 1 || conf.ssl_server_name == 1;
        // SAFETY: NULL, or a value of the configuration.
        match unsafe { conf.ssl_name.as_ref() } {
            Some(value) if !is_used && value.lengths.is_null() => Some(&value.value),
            _ => Some(&self.upstream.ssl_name),
        }
    }
}
