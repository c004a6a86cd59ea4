//! Symbols of nginx that not every nginx has: http may be left out, stream may be a module of its own.
//! They are looked up where they are needed, because one that is linked and missing keeps nginx from
//! loading this module.

use core::ffi::{c_void, CStr};

/// The symbol's address in the running nginx; NULL where it is missing.
pub(crate) fn lookup(name: &CStr) -> *mut c_void {
    // SAFETY: looks a name up among the objects loaded.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }
}
