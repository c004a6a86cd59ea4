//! Our own references to certificates: they outlive the SSL they came from.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::ffi::{
    stack_st_X509, OPENSSL_sk_num, OPENSSL_sk_pop_free, OPENSSL_sk_value, SSL_SESSION_get0_peer,
    SSL_get_certificate, SSL_get_peer_cert_chain, SSL_get_session, X509_chain_up_ref, X509_cmp,
    X509_free, X509_up_ref, SSL, X509 as RawX509,
};

/// One reference to a certificate.
pub(crate) struct X509(NonNull<RawX509>);

impl X509 {
    /// The certificate the peer presented.
    ///
    /// # Safety
    /// `ssl` is alive: only from inside a message or info callback.
    pub(crate) unsafe fn peer(ssl: *const SSL) -> Option<Self> {
        // SAFETY: the caller's promise; the function returns a reference of ours or NULL.
        NonNull::new(unsafe { get1_peer_certificate(ssl) }).map(Self)
    }

    /// The certificate nginx holds for this connection.
    ///
    /// # Safety
    /// `ssl` is alive: only from inside a message or info callback.
    pub(crate) unsafe fn own(ssl: *const SSL) -> Option<Self> {
        // SAFETY: the caller's promise.
        let borrowed = NonNull::new(unsafe { SSL_get_certificate(ssl) })?;
        // SAFETY: the certificate is alive while the SSL is.
        (unsafe { X509_up_ref(borrowed.as_ptr()) } == 1).then_some(Self(borrowed))
    }

    /// The certificate, to be looked at.
    pub(crate) fn borrow(&self) -> Borrowed<'_> {
        // SAFETY: the reference is ours for as long as it is borrowed.
        unsafe { Borrowed::new(self.0) }
    }
}

impl Drop for X509 {
    fn drop(&mut self) {
        // SAFETY: the reference is ours.
        unsafe { X509_free(self.0.as_ptr()) }
    }
}

/// # Safety
/// `ssl` is alive.
#[cfg(openssl3)]
unsafe fn get1_peer_certificate(ssl: *const SSL) -> *mut RawX509 {
    // SAFETY: the caller's promise.
    unsafe { super::ffi::SSL_get1_peer_certificate(ssl) }
}

/// # Safety
/// `ssl` is alive.
#[cfg(not(openssl3))]
unsafe fn get1_peer_certificate(ssl: *const SSL) -> *mut RawX509 {
    // SAFETY: the caller's promise.
    unsafe { super::ffi::SSL_get_peer_certificate(ssl) }
}

/// A certificate that somebody holds.
#[derive(Clone, Copy)]
pub(crate) struct Borrowed<'a> {
    raw: NonNull<RawX509>,
    holder: PhantomData<&'a RawX509>,
}

impl Borrowed<'_> {
    /// The certificate the peer presented, which the session of the SSL holds: no reference is taken.
    ///
    /// # Safety
    /// `ssl` is alive and has finished its handshake, and outlives what is made here.
    pub(crate) unsafe fn peer(ssl: *const SSL) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe {
            let session = SSL_get_session(ssl);
            (!session.is_null()).then(|| Self::of(SSL_SESSION_get0_peer(session)))?
        }
    }

    /// `None` for NULL.
    ///
    /// # Safety
    /// Whoever holds it outlives what is made here.
    pub(crate) unsafe fn of(raw: *mut RawX509) -> Option<Self> {
        // SAFETY: the caller's promise.
        NonNull::new(raw).map(|raw| unsafe { Self::new(raw) })
    }

    /// # Safety
    /// Whoever holds it outlives what is made here.
    pub(super) unsafe fn new(raw: NonNull<RawX509>) -> Self {
        Self {
            raw,
            holder: PhantomData,
        }
    }

    /// For libcrypto's functions.
    pub(super) fn as_ptr(self) -> *mut RawX509 {
        self.raw.as_ptr()
    }

    /// The same certificate, whichever handshake it came with.
    fn equals(self, other: Borrowed<'_>) -> bool {
        // SAFETY: both are alive.
        unsafe { X509_cmp(self.as_ptr(), other.as_ptr()) == 0 }
    }
}

/// A reference to every certificate the peer sent, leaf first.
pub(crate) struct Chain(NonNull<stack_st_X509>);

// SAFETY: the references are ours, and libcrypto counts references of certificates atomically.
unsafe impl Send for Chain {}

impl Chain {
    /// The chain the peer sent; `None` when the session does not hold it (it was serialised).
    ///
    /// # Safety
    /// `ssl` is alive: only from inside a message or info callback.
    pub(crate) unsafe fn peer(ssl: *const SSL) -> Option<Self> {
        // SAFETY: the caller's promise.
        let borrowed = NonNull::new(unsafe { SSL_get_peer_cert_chain(ssl) })?;
        // SAFETY: the stack is alive while the SSL is; the copy is ours.
        NonNull::new(unsafe { X509_chain_up_ref(borrowed.as_ptr()) }).map(Self)
    }

    /// The same certificates with references of their own; `None` without memory.
    pub(crate) fn share(&self) -> Option<Self> {
        // SAFETY: the stack is ours; so is the copy.
        NonNull::new(unsafe { X509_chain_up_ref(self.0.as_ptr()) }).map(Self)
    }

    /// Its first certificate is this one.
    pub(crate) fn begins_with(&self, leaf: &X509) -> bool {
        let first = self.iter().next();
        first.is_some_and(|first| first.equals(leaf.borrow()))
    }

    /// The same certificates in the same order.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let mut pairs = self.iter().zip(other.iter());
        self.len() == other.len() && pairs.all(|(one, two)| one.equals(two))
    }

    /// For libcrypto's functions.
    pub(super) fn as_ptr(&self) -> *mut stack_st_X509 {
        self.0.as_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        // SAFETY: the stack is ours; STACK_OF(X509) is an OPENSSL_STACK.
        usize::try_from(unsafe { OPENSSL_sk_num(self.0.as_ptr().cast()) }).unwrap_or(0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Borrowed<'_>> {
        (0..self.len()).filter_map(|index| {
            let index = i32::try_from(index).ok()?;
            // SAFETY: the index is below the number of elements, which are ours as long as the stack is.
            unsafe {
                let certificate = OPENSSL_sk_value(self.0.as_ptr().cast(), index);
                Borrowed::of(certificate.cast())
            }
        })
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        /// # Safety
        /// Called once for every element, each of which holds one reference of ours.
        unsafe extern "C" fn free(certificate: *mut core::ffi::c_void) {
            // SAFETY: the caller's promise.
            unsafe { X509_free(certificate.cast()) }
        }
        // SAFETY: the stack and its references are ours.
        unsafe { OPENSSL_sk_pop_free(self.0.as_ptr().cast(), Some(free)) }
    }
}
