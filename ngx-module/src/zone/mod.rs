//! The zone: what all workers have counted, in shared memory.
//!
//! The layout, and what a worker that dies leaves behind, is the core's business ([`tlsdiag::table`]). Here
//! is what nginx provides: the memory, and the slab pool's lock. No other lock may be used, because nginx
//! takes only this one back from a worker that died.
//!
//! A zone is found through the running configuration each time ([`crate::conf::with_zone`]) and lives no
//! longer than one callback: a single process that reads a configuration with another size frees the old
//! zone, while connections of the old configuration go on.

mod memory;

use std::sync::atomic::AtomicU64;

use ngx::ffi::{
    ngx_shm_zone_t, ngx_shmtx_lock, ngx_shmtx_t, ngx_shmtx_trylock, ngx_shmtx_unlock,
    ngx_slab_pool_t, ngx_str_t, ngx_timeofday,
};
use tlsdiag::fixed::Text;
use tlsdiag::table::{Locked, NewServer, Server, Slot, Table};

pub(crate) use memory::{add, Settings, MIN_SIZE};

/// Milliseconds since the epoch, as nginx has them.
pub(crate) fn now_ms() -> i64 {
    let now = ngx_timeofday();
    now.sec * 1000 + i64::try_from(now.msec).unwrap_or(0)
}

/// The zone of a configuration.
pub(crate) struct Zone<'z> {
    pool: &'z ngx_slab_pool_t,
    /// What was counted.
    pub(crate) table: Table<'z>,
    settings: &'z Settings,
    name: &'z ngx_str_t,
    size: usize,
}

impl<'z> Zone<'z> {
    /// `None` for NULL.
    ///
    /// # Safety
    /// `zone` is a zone of [`add`], and its configuration outlives `'z`.
    pub(crate) unsafe fn of(zone: *mut ngx_shm_zone_t) -> Option<Self> {
        // SAFETY: the caller's promise; the pool's `data` is what `memory::init` put there. Everybody
        // reads and writes these words as atomics.
        unsafe {
            let zone = zone.as_ref()?;
            let pool = zone.shm.addr.cast::<ngx_slab_pool_t>().as_ref()?;
            let first = pool.data.cast::<AtomicU64>();
            if first.is_null() {
                return None;
            }
            let words = core::slice::from_raw_parts(first, memory::words(zone.shm.size));
            Some(Self {
                pool,
                table: Table::open(words)?,
                settings: zone.data.cast::<Settings>().as_ref()?,
                name: &zone.shm.name,
                size: zone.shm.size,
            })
        }
    }

    /// Name and size, as nginx.conf has them.
    pub(crate) fn facts(&self) -> tlsdiag::counters::Zone {
        tlsdiag::counters::Zone {
            name: Text::new(self.name.as_bytes()),
            size: self.size as u64,
            ..Default::default()
        }
    }

    /// Waits for the lock, as every zone of nginx does.
    pub(crate) fn lock(&self) -> Held<'z> {
        let mutex = self.mutex();
        // SAFETY: the mutex is the pool's.
        unsafe { ngx_shmtx_lock(mutex) };
        #[cfg(feature = "fault-injection")]
        crate::runtime::guard::die_at("lock");
        Held {
            mutex,
            locked: self.table.locked(),
        }
    }

    /// Takes the lock if nobody has it.
    pub(crate) fn try_lock(&self) -> Option<Held<'z>> {
        let mutex = self.mutex();
        // SAFETY: the mutex is the pool's.
        (unsafe { ngx_shmtx_trylock(mutex) } == 1).then(|| Held {
            mutex,
            locked: self.table.locked(),
        })
    }

    fn mutex(&self) -> *mut ngx_shmtx_t {
        core::ptr::addr_of!(self.pool.mutex).cast_mut()
    }

    /// The slot of a server, made if need be with the name that `name` gives. `None` when there is no
    /// room for it.
    pub(crate) fn slot(
        &self,
        server: &Server<'_>,
        name: impl FnOnce() -> Text<64>,
    ) -> Option<Slot<'z>> {
        self.table.find(server).or_else(|| {
            let held = self.lock();
            held.locked.insert(server, || NewServer {
                name: name(),
                now_ms: now_ms(),
                inactive_ms: self.settings.inactive_ms,
            })
        })
    }
}

/// The lock, while it is held.
pub(crate) struct Held<'z> {
    mutex: *mut ngx_shmtx_t,
    /// What may be done now.
    pub(crate) locked: Locked<'z>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // SAFETY: the mutex is locked by us.
        unsafe { ngx_shmtx_unlock(self.mutex) }
    }
}
