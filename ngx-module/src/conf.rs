//! What the configuration says, and where it applies.
//!
//! One structure serves every level: the core module's (main), each location's, each stream
//! server's. A level that sets nothing inherits; the main level is looked up when a connection
//! fails, because `upstream_tls_log` may stand after `http {}`.

use core::cell::Cell;
use core::ffi::c_void;
use core::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(ngx_feature = "stream")]
use ngx::ffi::ngx_stream_session_t;
use ngx::ffi::{
    ngx_array_create, ngx_array_push, ngx_array_t, ngx_conf_t, ngx_connection_t, ngx_cycle,
    ngx_cycle_t, ngx_flag_t, ngx_http_request_t, ngx_log_t, ngx_pcalloc, ngx_pool_t,
    ngx_shm_zone_t,
};

use crate::nginx::{cycle, modules};
use crate::sink::Sink;
use crate::zone::Zone;

/// NGX_CONF_UNSET.
pub(crate) const UNSET: ngx_flag_t = -1;

/// What one level of the configuration says.
#[repr(C)]
pub(crate) struct LevelConf {
    /// `upstream_tls_diag`.
    pub(crate) diag: ngx_flag_t,
    /// `upstream_tls_log off`.
    pub(crate) logs_off: ngx_flag_t,
    /// `upstream_tls_log` with a target: an array of [`Sink`]; NULL for none.
    pub(crate) logs: *mut ngx_array_t,
    /// `upstream_tls_repeat`, milliseconds; 0 is off.
    pub(crate) repeat_ms: ngx_flag_t,
    /// nginx's own log of this level; NULL for the main one's.
    pub(crate) error_log: *mut ngx_log_t,
    /// `upstream_tls_status`; never inherited.
    pub(crate) status: Option<Report>,
    /// Its number among the levels of this configuration, the same in every process; 0 is the main level.
    number: u32,
    /// Main level only: something uses `$upstream_tls_*`.
    variables: Cell<bool>,
    /// Main level only: `upstream_tls_zone`; NULL without.
    pub(crate) zone: Cell<*mut ngx_shm_zone_t>,
    /// Main level only: a directive that needs it.
    pub(crate) needs_zone: Cell<Option<&'static str>>,
    /// Main level only: an array of all other levels; NULL for none.
    others: Cell<*mut ngx_array_t>,
}

/// What `upstream_tls_status` serves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// What the Accept header asks for.
    Any,
    /// JSON.
    Json,
    /// Either format of Prometheus, by the Accept header.
    Metrics,
    /// The page.
    Html,
}

impl LevelConf {
    /// A level that sets nothing; NULL without memory.
    ///
    /// # Safety
    /// The pool is a configuration's.
    pub(crate) unsafe fn create(pool: *mut ngx_pool_t) -> *mut c_void {
        // SAFETY: the caller's promise; the allocation is zeroed and large enough.
        unsafe {
            let conf: *mut Self = ngx_pcalloc(pool, size_of::<Self>()).cast();
            if let Some(conf) = conf.as_mut() {
                conf.diag = UNSET;
                conf.logs_off = UNSET;
                conf.repeat_ms = UNSET;
                conf.status = None;
                conf.needs_zone = Cell::new(None);
            }
            conf.cast()
        }
    }

    /// A level of the configuration being read; NULL without memory.
    ///
    /// # Safety
    /// nginx handed `cf` to `create_loc_conf` or `create_srv_conf`.
    pub(crate) unsafe fn create_in(cf: *mut ngx_conf_t) -> *mut c_void {
        // SAFETY: the caller's promise; the cycle being built has loaded us.
        let numbered = unsafe {
            let level = Self::create((*cf).pool);
            let main = Self::main_of((*cf).cycle);
            main.and_then(|main| main.number_level((*cf).pool, level.cast()))
                .map(|()| level)
        };
        numbered.unwrap_or(ptr::null_mut())
    }

    /// Gives a new level its number; `None` without memory.
    ///
    /// # Safety
    /// `level` is NULL or a new one in `pool`, the configuration's.
    unsafe fn number_level(&self, pool: *mut ngx_pool_t, level: *mut Self) -> Option<()> {
        // SAFETY: the pool is the configuration's; the array is ours.
        unsafe {
            if self.others.get().is_null() {
                let levels = ngx_array_create(pool, 16, size_of::<*mut Self>());
                self.others.set(levels);
            }
            let levels = self.others.get().as_mut()?;
            let place: *mut *mut Self = ngx_array_push(levels).cast();
            *place.as_mut()? = level;
            level.as_mut()?.number = u32::try_from(levels.nelts).ok()?;
        }
        Some(())
    }

    /// Takes from the level above what this one does not set.
    pub(crate) fn inherit(&mut self, above: &Self) {
        if self.diag == UNSET {
            self.diag = above.diag;
        }
        if self.logs.is_null() && self.logs_off == UNSET {
            self.logs = above.logs;
            self.logs_off = above.logs_off;
        }
        if self.repeat_ms == UNSET {
            self.repeat_ms = above.repeat_ms;
        }
    }

    /// The main level of a cycle.
    ///
    /// # Safety
    /// NULL, or a cycle that loaded us and outlives the result.
    pub(crate) unsafe fn main_of<'c>(cycle: *const ngx_cycle_t) -> Option<&'c Self> {
        // SAFETY: conf_ctx of a cycle that loaded us holds what the core module's create_conf returned.
        unsafe {
            let conf: *const Self = (*cycle.as_ref()?.conf_ctx.add(modules::CORE.index())).cast();
            conf.as_ref()
        }
    }

    /// Something in this configuration, or in what it runs, uses `$upstream_tls_*`.
    pub(crate) fn use_variables(&self) {
        self.variables.set(true);
    }
}

/// The configuration that applies to one connection.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'c> {
    level: Option<&'c LevelConf>,
    main: &'c LevelConf,
}

impl<'c> Scope<'c> {
    /// Of a request's location. `None` where the running configuration has not loaded us.
    ///
    /// # Safety
    /// nginx serves the request.
    pub(crate) unsafe fn of_request(request: &'c ngx_http_request_t) -> Option<Self> {
        // SAFETY: a request is borrowed for a callback at most. The running cycle has loaded us, so that our
        // place in loc_conf holds what our create_loc_conf returned.
        let (main, level) = unsafe {
            let main = running()?;
            let level = *request.loc_conf.add(modules::HTTP.context_index());
            (main, level.cast::<LevelConf>().as_ref())
        };
        Some(Self { level, main })
    }

    /// Of a session's server; as for a request.
    ///
    /// # Safety
    /// nginx serves the session.
    #[cfg(ngx_feature = "stream")]
    pub(crate) unsafe fn of_session(session: &'c ngx_stream_session_t) -> Option<Self> {
        // SAFETY: a session is borrowed for a callback at most. The running cycle has loaded us, so that our
        // place in srv_conf holds what our create_srv_conf returned.
        let (main, level) = unsafe {
            let main = running()?;
            let level = *session.srv_conf.add(modules::STREAM.context_index());
            (main, level.cast::<LevelConf>().as_ref())
        };
        Some(Self { level, main })
    }

    /// Of a connection that serves neither: the main level.
    pub(crate) fn of_other(_connection: &'c ngx_connection_t) -> Option<Self> {
        // SAFETY: a connection is borrowed for a callback at most.
        let main = unsafe { running() }?;
        Some(Self { level: None, main })
    }

    fn levels(self) -> impl Iterator<Item = &'c LevelConf> {
        self.level.into_iter().chain([self.main])
    }

    /// `upstream_tls_diag`, on unless switched off.
    pub(crate) fn diag(self) -> bool {
        let mut set = self.levels().map(|level| level.diag);
        set.find(|diag| *diag != UNSET) != Some(0)
    }

    /// Of the level with this number in configuration `generation`. Where another configuration runs by now,
    /// of the main level.
    ///
    /// # Safety
    /// `'c` ends with the callback that asks.
    pub(crate) unsafe fn numbered(number: u32, generation: u32) -> Option<Self> {
        // SAFETY: the caller's promise.
        let main = unsafe { running() }?;
        let index = usize::try_from(number).ok()?.checked_sub(1);
        // SAFETY: NULL, or an array of the levels of this configuration, which live as long as it.
        let level = unsafe {
            let levels = main.others.get().as_ref();
            let levels: Option<&[*const LevelConf]> = levels.map(|levels| levels.as_slice());
            let found = levels.and_then(|levels| levels.get(index?));
            found.and_then(|level| level.as_ref())
        };
        Some(Self {
            level: level.filter(|_| generation == self::generation()),
            main,
        })
    }

    /// `upstream_tls_repeat`; `None` while it is off.
    pub(crate) fn repeat_ms(self) -> Option<i64> {
        let mut set = self.levels().map(|level| level.repeat_ms);
        let period = set.find(|period| *period != UNSET)?;
        i64::try_from(period).ok().filter(|period| *period > 0)
    }

    /// Where nginx writes of this level.
    pub(crate) fn error_log(self) -> *mut ngx_log_t {
        let own = self.level.map_or(ptr::null_mut(), |level| level.error_log);
        match own.is_null() {
            // SAFETY: nginx's own global, which is set while anything runs.
            true => unsafe { ngx_cycle.as_ref() }.map_or(ptr::null_mut(), |cycle| cycle.log),
            false => own,
        }
    }

    /// The number of the level; 0 is the main one.
    pub(crate) fn number(self) -> u32 {
        self.level.map_or(0, |level| level.number)
    }

    /// The logs to write to.
    ///
    /// # Safety
    /// No other borrow of them is alive.
    pub(crate) unsafe fn sinks(self) -> &'c mut [Sink] {
        let says = |level: &&LevelConf| !level.logs.is_null() || level.logs_off != UNSET;
        let logs = self.levels().find(says).map(|level| level.logs);
        // SAFETY: NULL, or an array in the configuration's pool that holds Sinks.
        let Some(logs) = logs.and_then(|logs| unsafe { logs.as_ref() }) else {
            return &mut [];
        };
        // SAFETY: the array holds so many Sinks, and the caller borrows them alone.
        unsafe { core::slice::from_raw_parts_mut(logs.elts.cast(), logs.nelts) }
    }
}

/// The main level of the running configuration; `None` where that has not loaded us: a single process
/// may still serve connections of an earlier configuration that had.
///
/// # Safety
/// `'c` ends with the callback that asks.
unsafe fn running<'c>() -> Option<&'c LevelConf> {
    if !cycle::is_loaded() {
        return None;
    }
    // SAFETY: nginx's own global, a cycle that loaded us; nginx replaces it between callbacks only.
    unsafe { LevelConf::main_of(ngx_cycle) }
}

/// Hands the zone of the running configuration to `body`; `None` where there is none.
pub(crate) fn with_zone<R>(body: impl FnOnce(&Zone<'_>) -> R) -> Option<R> {
    // SAFETY: the zone is NULL or the running configuration's own, and `body` cannot keep it.
    let zone = unsafe { Zone::of(running()?.zone.get()) };
    zone.map(|zone| body(&zone))
}

/// The number of the configuration that this process runs.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// A configuration is about to run: it gets the next number of its zone.
///
/// # Safety
/// The cycle is complete and lists us.
pub(crate) unsafe fn begin_generation(cycle: *const ngx_cycle_t) {
    // SAFETY: the caller's promise; the zone is this configuration's.
    let zone = unsafe { LevelConf::main_of(cycle).and_then(|main| Zone::of(main.zone.get())) };
    if let Some(zone) = zone {
        GENERATION.store(zone.table.next_generation(), Ordering::Relaxed);
    }
}

/// The number of the configuration that this process runs; 0 without a zone.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// What is served at the request's location.
///
/// # Safety
/// nginx serves the request.
pub(crate) unsafe fn status(request: &ngx_http_request_t) -> Option<Report> {
    // SAFETY: the caller's promise.
    unsafe { Scope::of_request(request) }?.level?.status
}

/// The running configuration uses `$upstream_tls_*`.
pub(crate) fn uses_variables() -> bool {
    // SAFETY: looked at here only.
    unsafe { running() }.is_some_and(|main| main.variables.get())
}

/// Something in this worker has asked for one of them.
pub(crate) fn use_variables() {
    // SAFETY: looked at here only.
    if let Some(main) = unsafe { running() } {
        main.use_variables();
    }
}
