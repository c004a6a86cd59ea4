//! The directives and where they apply.
//!
//! One structure serves every level: the core module's (main), each location's, each stream
//! server's. A level that sets nothing inherits; the main level is looked up when a connection
//! fails, because `upstream_tls_log` may stand after `http {}`.

pub(crate) mod core;
mod diag;
pub(crate) mod http;
mod log;
#[cfg(ngx_feature = "stream")]
pub(crate) mod stream;

use ::core::ptr;

#[cfg(ngx_feature = "stream")]
use ngx::ffi::ngx_stream_session_t;
use ngx::ffi::{
    ngx_array_t, ngx_conf_t, ngx_cycle, ngx_cycle_t, ngx_flag_t, ngx_http_request_t, ngx_int_t,
    ngx_pcalloc, NGX_ERROR, NGX_OK,
};

use crate::nginx::modules;
use crate::sink::Sink;

/// NGX_CONF_UNSET.
const UNSET: ngx_flag_t = -1;
/// NGX_CONF_ERROR.
const ERROR: *mut ::core::ffi::c_char = usize::MAX as *mut ::core::ffi::c_char;

/// What one level of the configuration says.
#[repr(C)]
pub(crate) struct LevelConf {
    /// `upstream_tls_diag`.
    diag: ngx_flag_t,
    /// `upstream_tls_log off`.
    logs_off: ngx_flag_t,
    /// `upstream_tls_log` with a target: an array of [`Sink`]; NULL for none.
    logs: *mut ngx_array_t,
    /// Main level only: something uses `$upstream_tls_*`.
    variables: ngx_flag_t,
}

impl LevelConf {
    /// A level that sets nothing; NULL when memory is out.
    unsafe fn create(pool: *mut ngx::ffi::ngx_pool_t) -> *mut ::core::ffi::c_void {
        // SAFETY: the pool is nginx's; the allocation is zeroed and large enough.
        unsafe {
            let conf: *mut Self = ngx_pcalloc(pool, size_of::<Self>()).cast();
            if let Some(conf) = conf.as_mut() {
                conf.diag = UNSET;
                conf.logs_off = UNSET;
            }
            conf.cast()
        }
    }

    /// Takes from the level above what this one does not set.
    fn inherit(&mut self, above: &Self) {
        if self.diag == UNSET {
            self.diag = above.diag;
        }
        if self.logs.is_null() && self.logs_off == UNSET {
            self.logs = above.logs;
            self.logs_off = above.logs_off;
        }
    }

    /// The level's configuration is created in the cycle's pool.
    unsafe fn create_in(cf: *mut ngx_conf_t) -> *mut ::core::ffi::c_void {
        // SAFETY: nginx hands a valid configuration to create_*_conf.
        unsafe { Self::create((*cf).pool) }
    }
}

/// The configuration that applies to one connection.
pub(crate) struct Scope {
    level: *const LevelConf,
    main: *const LevelConf,
}

impl Scope {
    /// Of a request's location.
    ///
    /// # Safety
    /// `request` is alive.
    pub(crate) unsafe fn of_request(request: *mut ngx_http_request_t) -> Option<Self> {
        // SAFETY: the module is part of the running cycle (`main_conf`), so its index is valid in
        // loc_conf.
        unsafe {
            let main = main_conf()?;
            let level = (*(*request).loc_conf.add(modules::HTTP.context_index())).cast();
            Some(Self { level, main })
        }
    }

    /// Of a session's server.
    ///
    /// # Safety
    /// `session` is alive.
    #[cfg(ngx_feature = "stream")]
    pub(crate) unsafe fn of_session(session: *mut ngx_stream_session_t) -> Option<Self> {
        // SAFETY: as in `of_request`.
        unsafe {
            let main = main_conf()?;
            let level = (*(*session).srv_conf.add(modules::STREAM.context_index())).cast();
            Some(Self { level, main })
        }
    }

    /// Of everything else.
    pub(crate) fn main() -> Option<Self> {
        main_conf().map(|main| Self {
            level: ptr::null(),
            main,
        })
    }

    fn levels(&self) -> impl Iterator<Item = &LevelConf> {
        // SAFETY: both live in the cycle's pool.
        [self.level, self.main]
            .into_iter()
            .filter_map(|level| unsafe { level.as_ref() })
    }

    /// `upstream_tls_diag`, on unless switched off.
    pub(crate) fn diag(&self) -> bool {
        self.levels()
            .map(|level| level.diag)
            .find(|diag| *diag != UNSET)
            != Some(0)
    }

    /// The logs to write to.
    pub(crate) fn sinks(&mut self) -> &mut [Sink] {
        let level = self
            .levels()
            .find(|level| !level.logs.is_null() || level.logs_off != UNSET);
        let logs = level.map_or(ptr::null_mut(), |level| level.logs);
        // SAFETY: the array holds Sinks pushed by `log::set`; a worker has one thread that logs.
        match unsafe { logs.as_ref() } {
            // SAFETY: as above.
            Some(logs) => unsafe {
                ::core::slice::from_raw_parts_mut(logs.elts.cast(), logs.nelts)
            },
            None => &mut [],
        }
    }
}

/// Of the running configuration; `None` where that has not loaded us. A single process goes on with
/// connections of the configuration before.
fn main_conf() -> Option<*const LevelConf> {
    if !crate::nginx::cycle::is_live() {
        return None;
    }
    // SAFETY: nginx's own global, a cycle that loaded us.
    unsafe { main_conf_of(ngx_cycle).map(|conf| conf.cast_const()) }
}

/// # Safety
/// NULL, or a cycle that loaded us.
unsafe fn main_conf_of(cycle: *mut ngx_cycle_t) -> Option<*mut LevelConf> {
    // SAFETY: conf_ctx of a cycle that loaded us holds what core::create_conf returned.
    unsafe {
        let cycle = cycle.as_ref()?;
        let conf = *cycle.conf_ctx.add(modules::CORE.index());
        Some(conf.cast())
    }
}

/// The running configuration uses `$upstream_tls_*`.
pub(crate) fn uses_variables() -> bool {
    // SAFETY: lives in the running cycle's pool.
    main_conf().is_some_and(|main| unsafe { (*main).variables == 1 })
}

/// This worker has met somebody who uses them.
pub(crate) fn use_variables() {
    if let Some(main) = main_conf() {
        // SAFETY: as above; written on the one thread that reads it.
        unsafe { (*main.cast_mut()).variables = 1 }
    }
}

/// What a postconfiguration does: `register` adds the variables and tells whether one is used.
/// Without memory for them the configuration is refused.
unsafe fn add_variables(
    cf: *mut ngx_conf_t,
    register: unsafe fn(*mut ngx_conf_t) -> Option<bool>,
) -> ngx_int_t {
    let added = crate::runtime::guard::guard("postconfiguration", || {
        // SAFETY: nginx passes the configuration of a cycle that loaded us.
        unsafe {
            if register(cf)? {
                (*main_conf_of((*cf).cycle)?).variables = 1;
            }
        }
        Some(())
    });
    match added.flatten() {
        Some(()) => NGX_OK as ngx_int_t,
        None => NGX_ERROR as ngx_int_t,
    }
}

/// A configuration is complete and about to run.
///
/// # Safety
/// The cycle is complete and lists us.
unsafe fn complete(cycle: *mut ngx_cycle_t) {
    // SAFETY: the caller's promise.
    unsafe {
        modules::HTTP.claim_context_index(cycle);
        #[cfg(ngx_feature = "stream")]
        modules::STREAM.claim_context_index(cycle);
    }
    crate::openssl::forget_verifications();
    crate::hook::attach();
    #[cfg(feature = "fault-injection")]
    crate::runtime::allocator::start();
}
