//! The indices of our own `ngx_module_t`s in nginx's lists, for the rooms below `module`.
//!
//! nginx writes a module's indices into its structure while it reads a configuration. The structures are
//! registered here when nginx wakes the first module, so that lower rooms read an index without importing
//! the room that owns the structure.

use core::ffi::CStr;
use core::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use ngx::ffi::{ngx_cycle_t, ngx_module_t};

use super::symbol;

/// NGX_MODULE_UNSET_INDEX.
const UNSET_INDEX: usize = usize::MAX;

/// The core module.
pub(crate) static CORE: Module = Module::unknown();
/// The http module.
pub(crate) static HTTP: Module = Module::unknown();
/// The stream module.
#[cfg(ngx_feature = "stream")]
pub(crate) static STREAM: Module = Module::unknown();

/// One of our modules; it has no index before it is entered.
pub(crate) struct Module(AtomicPtr<ngx_module_t>);

impl Module {
    const fn unknown() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Makes the structure known.
    ///
    /// # Safety
    /// It is one of this shared object's, and nobody but nginx and this file writes to it.
    pub(crate) unsafe fn enter(&self, module: *mut ngx_module_t) {
        self.0.store(module, Ordering::Relaxed);
    }

    /// The structure's address, which tells this module's zones from others'.
    pub(crate) fn address(&self) -> *mut ngx_module_t {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether an entry of a cycle's list is this module.
    pub(super) fn is(&self, listed: *const ngx_module_t) -> bool {
        ptr::eq(self.0.load(Ordering::Relaxed), listed)
    }

    /// Its index in `cycle->conf_ctx`.
    pub(crate) fn index(&self) -> usize {
        // SAFETY: nginx writes it on this thread, while it reads a configuration.
        unsafe { self.0.load(Ordering::Relaxed).as_ref() }.map_or(UNSET_INDEX, |one| one.index)
    }

    /// Its index among the modules of its kind: in `r->loc_conf`, in `s->srv_conf`.
    pub(crate) fn context_index(&self) -> usize {
        // SAFETY: nginx writes it on this thread, while it reads a configuration.
        unsafe { self.0.load(Ordering::Relaxed).as_ref() }.map_or(UNSET_INDEX, |one| one.ctx_index)
    }

    /// Takes a free index where nginx gave none, which is the case without an `http` or `stream` block. If a
    /// reload then adds the block and drops us, `ngx_count_modules` also looks at the old cycle's modules: it
    /// would take "unset" for the highest index and allocate nothing.
    ///
    /// # Safety
    /// The cycle is complete.
    pub(crate) unsafe fn claim_context_index(&self, cycle: *const ngx_cycle_t) {
        // SAFETY: the caller's promise; a cycle's modules end in NULL.
        unsafe {
            let Some(module) = self.0.load(Ordering::Relaxed).as_mut() else {
                return;
            };
            if module.ctx_index != UNSET_INDEX {
                return;
            }
            let mut free = 0;
            let mut next = (*cycle).modules;
            while let Some(other) = (*next).as_ref() {
                if other.type_ == module.type_ && other.ctx_index != UNSET_INDEX {
                    free = free.max(other.ctx_index + 1);
                }
                next = next.add(1);
            }
            module.ctx_index = free;
        }
    }

    fn forget_indices(&self) {
        // SAFETY: nginx writes it on this thread, and reads no configuration now.
        if let Some(module) = unsafe { self.0.load(Ordering::Relaxed).as_mut() } {
            module.index = UNSET_INDEX;
            module.ctx_index = UNSET_INDEX;
        }
    }
}

/// nginx's `ngx_stream_core_module`.
#[cfg(ngx_feature = "stream")]
pub(crate) const STREAM_CORE: &CStr = c"ngx_stream_core_module";

/// The place of one of nginx's own modules among those of its kind; `None` in an nginx without it.
pub(crate) fn context_index_of(name: &CStr) -> Option<usize> {
    let module: *const ngx_module_t = symbol::lookup(name).cast();
    // SAFETY: the symbol, where present, is nginx's module structure.
    Some(unsafe { module.as_ref() }?.ctx_index)
}

/// The place of `ngx_http_core_module`. It is part of the program, if there is one: it is looked up once.
pub(crate) fn http_core_index() -> Option<usize> {
    static FOUND: AtomicPtr<ngx_module_t> = AtomicPtr::new(ptr::null_mut());
    let mut module = FOUND.load(Ordering::Relaxed);
    if module.is_null() {
        module = symbol::lookup(c"ngx_http_core_module").cast();
        FOUND.store(module, Ordering::Relaxed);
    }
    // SAFETY: NULL, or nginx's module structure.
    Some(unsafe { module.as_ref() }?.ctx_index)
}

/// Resets the indices once no configuration holds the modules any more. They survive a dlclose
/// (`-z nodelete`), and nginx would take stale indices for valid ones when it loads the shared object again.
pub(super) fn forget_indices() {
    CORE.forget_indices();
    HTTP.forget_indices();
    #[cfg(ngx_feature = "stream")]
    STREAM.forget_indices();
}
