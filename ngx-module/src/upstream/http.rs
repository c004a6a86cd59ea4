//! An http request's upstream: `proxy_pass`, `grpc_pass`, `uwsgi_pass`.

use core::ffi::c_void;
use core::mem::transmute;
use core::ptr;

use ngx::ffi::{
    ngx_connection_t, ngx_http_core_loc_conf_t, ngx_http_core_main_conf_t,
    ngx_http_core_srv_conf_t, ngx_http_request_t, ngx_http_upstream_conf_t,
    ngx_http_upstream_server_t, ngx_http_upstream_srv_conf_t, ngx_http_upstream_state_t,
    ngx_http_upstream_t, ngx_http_variable_t, ngx_http_variable_value_t, ngx_module_t, ngx_str_t,
    ngx_uint_t,
};
use tlsdiag::capture::{Context, Module, Settings};
use tlsdiag::text::Foreign;

use super::server_line::{self, Line};
use super::Owner;
use crate::nginx::{string, symbol};

/// The owner if the request's upstream points back at the connection.
///
/// # Safety
/// `request` is a live request.
pub(super) unsafe fn owner(
    connection: &ngx_connection_t,
    request: *mut ngx_http_request_t,
) -> Owner {
    // SAFETY: the caller's promise; upstream lives in the request's pool.
    unsafe {
        let upstream = (*request).upstream;
        match upstream.as_ref() {
            Some(found) if core::ptr::eq(found.peer.connection, connection) => {
                Owner::Http { request, upstream }
            }
            _ => Owner::Other,
        }
    }
}

/// # Safety
/// Request and upstream are alive.
pub(super) unsafe fn describe(
    request: *mut ngx_http_request_t,
    upstream: *mut ngx_http_upstream_t,
) -> (Context, Settings) {
    // SAFETY: the caller's promise; every pointer followed is checked.
    unsafe {
        let (request, upstream) = (&*request, &*upstream);
        let conf = upstream.conf.as_ref();
        (context(request, upstream, conf), settings(upstream, conf))
    }
}

unsafe fn context(
    request: &ngx_http_request_t,
    upstream: &ngx_http_upstream_t,
    conf: Option<&ngx_http_upstream_conf_t>,
) -> Context {
    // SAFETY: nginx's strings are valid for their length while the request is.
    unsafe {
        let client = request.connection.as_ref();
        let states = request.upstream_states.as_ref();
        let state: Option<&ngx_http_upstream_state_t> = upstream.state.as_ref();
        Context {
            module: module(conf),
            connection_id: 0,
            upstream: configured_host(upstream),
            peer: upstream
                .peer
                .name
                .as_ref()
                .and_then(|name| string::of(name)),
            attempt: states.and_then(|states| {
                let states: &[ngx_http_upstream_state_t] = states.as_slice();
                super::attempts(states.iter().map(|state| state.peer.is_null()))
            }),
            is_final: Some(upstream.cleanup.is_null()),
            client: client.and_then(|client| string::foreign(&client.addr_text)),
            method: string::foreign(&request.method_name),
            host: string::foreign(&request.headers_in.server),
            path: string::foreign(&request.uri),
            scheme: client.map(|client| {
                if client.ssl.is_null() {
                    "http"
                } else {
                    "https"
                }
                .to_owned()
            }),
            before: Vec::new(),
            request_id: request_id(request),
            virtual_server: virtual_server(request),
            listen: client.and_then(|client| super::listen(client)),
            location: location(request),
            status: state
                .and_then(|state| u16::try_from(state.status).ok())
                .filter(|status| *status != 0),
        }
    }
}

unsafe fn settings(
    upstream: &ngx_http_upstream_t,
    conf: Option<&ngx_http_upstream_conf_t>,
) -> Settings {
    // SAFETY: as in `context`.
    unsafe {
        Settings {
            verify: conf.map(|conf| conf.ssl_verify == 1),
            compared_name: name(upstream, conf).and_then(|name| string::foreign(&name)),
            send_server_name: conf.map(|conf| conf.ssl_server_name == 1),
            session_reuse: conf.map(|conf| conf.ssl_session_reuse == 1),
            upstream_is_constant: Some(upstream.resolved.is_null()),
            name_is_constant: conf.map(|conf| name_is_constant(upstream, conf)),
            upstream_block: Some(block(upstream).is_some()),
            server_line: server_line(upstream),
            ..Settings::default()
        }
    }
}

/// Only `upstream {}` blocks carry configurations of their own (ngx_http_upstream).
unsafe fn block(upstream: &ngx_http_upstream_t) -> Option<&ngx_http_upstream_srv_conf_t> {
    // SAFETY: as in `context`; blocks live as long as the configuration.
    let block = unsafe { upstream.upstream.as_ref() };
    block.filter(|block| !block.srv_conf.is_null())
}

unsafe fn server_line(upstream: &ngx_http_upstream_t) -> Option<String> {
    // SAFETY: as in `context`; a block's servers are of this type.
    unsafe {
        let read = |line: &ngx_http_upstream_server_t| Line {
            name: line.name,
            addresses: line.addrs,
            count: line.naddrs,
        };
        server_line::of_peer(block(upstream)?.servers, upstream.peer.name.as_ref()?, read)
    }
}

unsafe fn module(conf: Option<&ngx_http_upstream_conf_t>) -> Module {
    let name = conf.map_or(&[][..], |conf| {
        let ngx_str_t { len, data } = conf.module;
        if data.is_null() {
            return &[];
        }
        // SAFETY: a string constant of the module that owns the configuration.
        unsafe { core::slice::from_raw_parts(data, len) }
    });
    match name {
        b"proxy" => Module::Proxy,
        b"grpc" => Module::Grpc,
        b"uwsgi" => Module::Uwsgi,
        _ => Module::Other,
    }
}

/// Host of `proxy_pass`, or the block's name; with variables, what they gave.
unsafe fn configured_host(upstream: &ngx_http_upstream_t) -> Option<Foreign> {
    // SAFETY: as in `context`.
    unsafe {
        if let Some(block) = upstream.upstream.as_ref() {
            return string::foreign(&block.host);
        }
        upstream
            .resolved
            .as_ref()
            .and_then(|resolved| string::foreign(&resolved.host))
    }
}

/// The place of nginx's core module in the lists of a request's configuration.
fn core_index() -> Option<usize> {
    let module: *const ngx_module_t = symbol::of(c"ngx_http_core_module").cast();
    // SAFETY: the symbol, where present, is nginx's module structure.
    Some(unsafe { module.as_ref() }?.ctx_index)
}

unsafe fn location(request: &ngx_http_request_t) -> Option<String> {
    // SAFETY: the index is below the length of loc_conf.
    unsafe {
        let conf: *const ngx_http_core_loc_conf_t = (*request.loc_conf.add(core_index()?)).cast();
        string::of(&conf.as_ref()?.name)
    }
}

unsafe fn virtual_server(request: &ngx_http_request_t) -> Option<String> {
    // SAFETY: the index is below the length of srv_conf.
    unsafe {
        let conf: *const ngx_http_core_srv_conf_t = (*request.srv_conf.add(core_index()?)).cast();
        string::of(&conf.as_ref()?.server_name)
    }
}

/// `$request_id` as the access log will have it. Asked for only where nginx.conf does: then it has a
/// place among the request's variables, and the value made here is the one that is kept.
unsafe fn request_id(request: &ngx_http_request_t) -> Option<Foreign> {
    type Get =
        unsafe extern "C" fn(*mut ngx_http_request_t, ngx_uint_t) -> *mut ngx_http_variable_value_t;
    // SAFETY: the index is below the length of main_conf; the list is complete since the configuration
    // was read. The function, where there is one, takes a live request and an index of that list.
    unsafe {
        let main: *const ngx_http_core_main_conf_t = (*request.main_conf.add(core_index()?)).cast();
        let list: &[ngx_http_variable_t] = main.as_ref()?.variables.as_slice();
        let index = list
            .iter()
            .position(|variable| variable.name.as_bytes() == b"request_id")?;
        let get: *mut c_void = symbol::of(c"ngx_http_get_indexed_variable");
        let get = transmute::<*mut c_void, Option<Get>>(get)?;
        let value = get(ptr::from_ref(request).cast_mut(), index).as_ref()?;
        let is_known = value.not_found() == 0 && !value.as_bytes().is_empty();
        is_known.then(|| tlsdiag::text::bounded(value.as_bytes()).into())
    }
}

/// No variable has a part in the name. Only a `proxy_pass` with variables leaves a host to be resolved
/// (`ngx_http_upstream_init_request`).
unsafe fn name_is_constant(
    upstream: &ngx_http_upstream_t,
    conf: &ngx_http_upstream_conf_t,
) -> bool {
    // SAFETY: the complex value lives as long as the configuration.
    match unsafe { conf.ssl_name.as_ref() } {
        Some(value) => value.lengths.is_null(),
        None => upstream.resolved.is_null(),
    }
}

/// nginx evaluates `proxy_ssl_name` only where it uses it (`ngx_http_upstream_ssl_name`); elsewhere
/// a constant one says what the operator means.
unsafe fn name(
    upstream: &ngx_http_upstream_t,
    conf: Option<&ngx_http_upstream_conf_t>,
) -> Option<ngx_str_t> {
    let conf = conf?;
    // SAFETY: the complex value lives as long as the configuration.
    let configured = unsafe { conf.ssl_name.as_ref() };
    match configured {
        Some(value)
            if conf.ssl_verify != 1 && conf.ssl_server_name != 1 && value.lengths.is_null() =>
        {
            Some(value.value)
        }
        _ => Some(upstream.ssl_name),
    }
}
