//! An http request's upstream: `proxy_pass`, `grpc_pass`, `uwsgi_pass`.

use ngx::ffi::{
    ngx_connection_t, ngx_http_core_loc_conf_t, ngx_http_request_t, ngx_http_upstream_conf_t,
    ngx_http_upstream_state_t, ngx_http_upstream_t, ngx_module_t, ngx_str_t,
};
use tlsdiag::capture::{Context, Module, Settings};

use super::Owner;
use crate::text;

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
            peer: upstream.peer.name.as_ref().and_then(|name| text::of(name)),
            attempt: states.and_then(|states| u32::try_from(states.nelts).ok()),
            is_final: Some(upstream.cleanup.is_null()),
            client: client.and_then(|client| text::of(&client.addr_text)),
            method: text::of(&request.method_name),
            host: text::of(&request.headers_in.server),
            path: text::of(&request.uri),
            scheme: client.map(|client| {
                if client.ssl.is_null() {
                    "http"
                } else {
                    "https"
                }
                .to_owned()
            }),
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
            compared_name: name(upstream, conf).and_then(|name| text::of(&name)),
            send_server_name: conf.map(|conf| conf.ssl_server_name == 1),
            session_reuse: conf.map(|conf| conf.ssl_session_reuse == 1),
            // Only `upstream {}` blocks carry configurations of their own (ngx_http_upstream).
            upstream_block: Some(
                upstream
                    .upstream
                    .as_ref()
                    .is_some_and(|block| !block.srv_conf.is_null()),
            ),
            ..Settings::default()
        }
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
unsafe fn configured_host(upstream: &ngx_http_upstream_t) -> Option<String> {
    // SAFETY: as in `context`.
    unsafe {
        if let Some(block) = upstream.upstream.as_ref() {
            return text::of(&block.host);
        }
        upstream
            .resolved
            .as_ref()
            .and_then(|resolved| text::of(&resolved.host))
    }
}

/// `ngx_http_core_module` is looked up, not linked: an nginx without http must still load us.
unsafe fn location(request: &ngx_http_request_t) -> Option<String> {
    // SAFETY: the symbol, where present, is nginx's module structure; its index is below the
    // length of loc_conf.
    unsafe {
        let module: *const ngx_module_t =
            libc::dlsym(libc::RTLD_DEFAULT, c"ngx_http_core_module".as_ptr()).cast();
        let index = module.as_ref()?.ctx_index;
        let conf: *const ngx_http_core_loc_conf_t = (*request.loc_conf.add(index)).cast();
        text::of(&conf.as_ref()?.name)
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
