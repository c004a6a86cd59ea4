//! Symbols that not every nginx has: it may be built without http, or with stream as a shared object.
//! They are looked up at run time, because nginx refuses to load a module with an unresolved symbol.

use core::ffi::{c_void, CStr};

/// The symbol's address in the running nginx; NULL where it is missing.
pub(crate) fn lookup(name: &CStr) -> *mut c_void {
    // SAFETY: looks a name up among the objects loaded.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }
}
