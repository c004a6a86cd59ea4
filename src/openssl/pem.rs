//! Certificates, keys and revocation lists out of files, as nginx reads them. Keys stay inside the
//! library; no word of a file is ever part of an error.

use core::ffi::{c_char, c_int, c_void};
use core::ptr::{self, NonNull};

use tlsdiag::nginx_conf::Files;

use super::ffi;
use super::library::take_error;

/// Bytes of a password, as nginx has it (NGX_SSL_PASSWORD_BUFFER_SIZE).
const MAX_PASSWORD: usize = 4096;
/// Passwords tried.
const MAX_PASSWORDS: usize = 64;

/// A certificate of ours.
pub(super) struct Certificate(NonNull<ffi::X509>);

impl Certificate {
    pub(super) fn as_ptr(&self) -> *mut ffi::X509 {
        self.0.as_ptr()
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        // SAFETY: the reference is ours.
        unsafe { ffi::X509_free(self.as_ptr()) }
    }
}

/// A private key of ours.
pub(super) struct Key(NonNull<ffi::EVP_PKEY>);

impl Key {
    pub(super) fn as_ptr(&self) -> *mut ffi::EVP_PKEY {
        self.0.as_ptr()
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the reference is ours.
        unsafe { ffi::EVP_PKEY_free(self.as_ptr()) }
    }
}

/// The certificates of a file, at least one (`ngx_ssl_load_certificate`).
pub(super) fn certificates(name: &str, files: &dyn Files) -> Result<Vec<Certificate>, String> {
    let bytes = read(name, files)?;
    let bio = Memory::new(&bytes)?;
    let mut found = Vec::new();
    // SAFETY: the BIO is ours; each certificate is a new one or NULL.
    unsafe {
        let first =
            ffi::PEM_read_bio_X509_AUX(bio.0.as_ptr(), ptr::null_mut(), None, ptr::null_mut());
        let first = NonNull::new(first).ok_or_else(|| unreadable("certificate", name))?;
        found.push(Certificate(first));
        loop {
            let next =
                ffi::PEM_read_bio_X509(bio.0.as_ptr(), ptr::null_mut(), None, ptr::null_mut());
            let Some(next) = NonNull::new(next) else {
                break;
            };
            found.push(Certificate(next));
        }
        // The end of the file is an error, too.
        ffi::ERR_clear_error();
    }
    Ok(found)
}

/// A new stack with references of its own to these; NULL without memory.
pub(super) fn stack(certificates: &[Certificate]) -> *mut ffi::OPENSSL_STACK {
    // SAFETY: a new stack that takes a reference for every pointer pushed.
    unsafe {
        let stack = ffi::OPENSSL_sk_new_null();
        for one in certificates {
            if ffi::X509_up_ref(one.as_ptr()) == 1 {
                ffi::OPENSSL_sk_push(stack, one.as_ptr().cast());
            }
        }
        stack
    }
}

/// The lines of a `*_ssl_password_file` (`ngx_ssl_read_password_file`).
pub(super) fn passwords(name: &str, files: &dyn Files) -> Result<Vec<Vec<u8>>, String> {
    let bytes = read(name, files)?;
    let lines = bytes.split(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let used = lines.filter(|line| !line.is_empty() && line.len() <= MAX_PASSWORD);
    Ok(used.take(MAX_PASSWORDS).map(<[u8]>::to_vec).collect())
}

/// A private key, by the first password that opens it. Nobody is asked for one.
pub(super) fn key(name: &str, passwords: &[Vec<u8>], files: &dyn Files) -> Result<Key, String> {
    let bytes = read(name, files)?;
    let none: &[Vec<u8>] = &[Vec::new()];
    for password in if passwords.is_empty() {
        none
    } else {
        passwords
    } {
        let bio = Memory::new(&bytes)?;
        let argument = ptr::from_ref(password).cast_mut().cast();
        // SAFETY: the BIO is ours; the callback gets a vector that outlives the call.
        let key = unsafe {
            ffi::PEM_read_bio_PrivateKey(bio.0.as_ptr(), ptr::null_mut(), Some(give), argument)
        };
        if let Some(key) = NonNull::new(key) {
            return Ok(Key(key));
        }
    }
    Err(unreadable("key", name))
}

/// Adds the revocation lists of a file to a store (`ngx_ssl_crl`).
pub(super) fn add_lists(
    name: &str,
    store: *mut ffi::X509_STORE,
    files: &dyn Files,
) -> Result<(), String> {
    let bytes = read(name, files)?;
    let bio = Memory::new(&bytes)?;
    let mut count = 0;
    loop {
        // SAFETY: the BIO is ours; the store, which the caller keeps alive, takes a reference.
        unsafe {
            let list =
                ffi::PEM_read_bio_X509_CRL(bio.0.as_ptr(), ptr::null_mut(), None, ptr::null_mut());
            if list.is_null() {
                break;
            }
            ffi::X509_STORE_add_crl(store, list);
            ffi::X509_CRL_free(list);
        }
        count += 1;
    }
    match count {
        0 => Err(unreadable("revocation list", name)),
        _ => Ok(()),
    }
}

fn read(name: &str, files: &dyn Files) -> Result<Vec<u8>, String> {
    if let Some(text) = name.strip_prefix("data:") {
        return Ok(text.as_bytes().to_vec());
    }
    if let Some((scheme @ ("engine" | "store"), _)) = name.split_once(':') {
        return Err(format!("{scheme}: is not read here"));
    }
    let bytes = files.read(name.as_bytes());
    bytes.map_err(|error| format!("{name}: {error}"))
}

fn unreadable(what: &str, name: &str) -> String {
    let name = if name.starts_with("data:") {
        "data:"
    } else {
        name
    };
    format!("no {what} can be read from {name}: {}", take_error())
}

/// A BIO that reads from memory.
struct Memory<'b>(NonNull<ffi::BIO>, core::marker::PhantomData<&'b [u8]>);

impl<'b> Memory<'b> {
    fn new(bytes: &'b [u8]) -> Result<Self, String> {
        let length = c_int::try_from(bytes.len()).map_err(|_| "too large a file".to_owned())?;
        // SAFETY: the BIO reads bytes that outlive it.
        let bio = unsafe { ffi::BIO_new_mem_buf(bytes.as_ptr().cast(), length) };
        let bio = NonNull::new(bio).ok_or_else(take_error)?;
        Ok(Self(bio, core::marker::PhantomData))
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        // SAFETY: ours, freed once.
        unsafe { ffi::BIO_free_all(self.0.as_ptr()) }
    }
}

/// Gives the library a password.
///
/// # Safety
/// `buffer` is writable for `size` bytes; `argument` points to a `Vec<u8>`.
unsafe extern "C" fn give(
    buffer: *mut c_char,
    size: c_int,
    _: c_int,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: `key` passes its vector.
    let Some(password) = (unsafe { argument.cast::<Vec<u8>>().as_ref() }) else {
        return 0;
    };
    let fits = usize::try_from(size).is_ok_and(|size| password.len() <= size);
    let length = c_int::try_from(password.len()).ok().filter(|_| fits);
    let Some(length) = length else { return 0 };
    // SAFETY: the library's buffer has room for it, as was just seen.
    unsafe { ptr::copy_nonoverlapping(password.as_ptr(), buffer.cast(), password.len()) };
    length
}
