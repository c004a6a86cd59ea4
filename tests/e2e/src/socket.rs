//! Options of sockets that the standard library does not set.

use std::ffi::c_int;
use std::os::fd::AsRawFd;

/// Sets an option of level `SOL_SOCKET` to a value of the C type that it takes.
pub(crate) fn set_option<T: Copy>(socket: &impl AsRawFd, name: c_int, value: T) {
    let size = libc::socklen_t::try_from(size_of::<T>()).expect("a small size");
    // SAFETY: the descriptor is open for as long as `socket`, and `size` bytes are copied from a live value.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            name,
            std::ptr::from_ref(&value).cast(),
            size,
        )
    };
    assert_eq!(
        done,
        0,
        "option {name}: {}",
        std::io::Error::last_os_error()
    );
}
