//! A rejected chain as facts.

use core::ptr::NonNull;

use super::ffi::{
    OPENSSL_sk_num, OPENSSL_sk_value, SSL_CTX_get_cert_store, X509_OBJECT_get0_X509,
    X509_STORE_get0_objects, OPENSSL_STACK, SSL_CTX, X509_OBJECT,
};
use tlsdiag::capture::{CertificateCheck, EndingKind, MAX_CHAIN};
use tlsdiag::text::Foreign;

use super::x509::Borrowed;
use super::{memory, Chain, X509};

/// The chain, and what a fresh verification says. `name` is what nginx compares with the leaf.
///
/// # Safety
/// `context` is alive; nothing else is required of the SSL.
pub(crate) unsafe fn check(
    context: *mut SSL_CTX,
    leaf: &X509,
    chain: Option<&Chain>,
    result: i64,
    name: Option<&[u8]>,
    now_ns: u64,
) -> CertificateCheck {
    let is_cheap = memory::is_reasonable(core::iter::once(leaf.borrow()));
    let earlier = match chain {
        None if is_cheap => memory::seen_with(context, leaf),
        _ => None,
    };
    let chain = chain.or(earlier.as_ref());
    let reasonable = chain.filter(|chain| memory::is_reasonable(chain.iter()));
    // SAFETY: the caller owns the context.
    let verified = reasonable
        .and_then(|chain| unsafe { memory::verified(context, leaf, chain, result, now_ns) });
    let mut certificates = vec![leaf.borrow().describe()];
    if let Some(chain) = chain {
        let links = chain.iter().take(MAX_CHAIN).skip(1);
        certificates.extend(links.map(|link| link.describe_link()));
    }
    CertificateCheck {
        result: i32::try_from(result).unwrap_or(i32::MAX),
        verified_again: verified.is_some(),
        // SAFETY: the caller owns the context.
        trust_store_size: unsafe { trust_store_size(context) },
        // SAFETY: the caller owns the context.
        trusted_names: unsafe { trusted_names(context) },
        proven_depth: verified.and_then(|verified| verified.proven_depth),
        errors: verified
            .map(|verified| verified.errors.iter().collect())
            .unwrap_or_default(),
        name_matches: name
            .filter(|_| is_cheap)
            .map(|name| leaf.borrow().matches_host(name)),
        chain_length: u32::try_from(chain.map_or(1, Chain::len)).unwrap_or(u32::MAX),
        chain: certificates,
    }
}

/// The peer's certificate of a connection that did not end with its rejection: it is not verified again.
pub(crate) fn unverified(leaf: &X509, kind: EndingKind, result: i64) -> CertificateCheck {
    CertificateCheck {
        result: i32::try_from(result).unwrap_or(i32::MAX),
        name_matches: (kind == EndingKind::NameRejected).then_some(false),
        chain: vec![leaf.borrow().describe()],
        chain_length: 1,
        ..CertificateCheck::default()
    }
}

/// Subjects kept of a store.
const MAX_TRUSTED_NAMES: usize = 8;

/// Entries of the context's store. nginx loads files only: all of them are there from the start.
///
/// # Safety
/// `context` is alive.
unsafe fn trust_store_size(context: *mut SSL_CTX) -> Option<u32> {
    // SAFETY: the caller's promise; STACK_OF(X509_OBJECT) is an OPENSSL_STACK.
    u32::try_from(unsafe { OPENSSL_sk_num(objects(context)?.as_ptr()) }).ok()
}

/// Whom nginx trusts: subjects of the first certificates in the store.
///
/// # Safety
/// `context` is alive.
unsafe fn trusted_names(context: *mut SSL_CTX) -> Vec<Foreign> {
    // SAFETY: the caller's promise; the index is below the number of entries, and what an entry holds
    // lives as long as it.
    unsafe {
        let Some(objects) = objects(context) else {
            return Vec::new();
        };
        let entries = 0..OPENSSL_sk_num(objects.as_ptr());
        let certificates = entries.filter_map(|index| {
            let entry: *const X509_OBJECT = OPENSSL_sk_value(objects.as_ptr(), index).cast();
            // NULL for a revocation list.
            NonNull::new(X509_OBJECT_get0_X509(entry))
        });
        let names = certificates.map(|one| Borrowed::new(one).subject());
        names.take(MAX_TRUSTED_NAMES).collect()
    }
}

/// # Safety
/// `context` is alive as long as the result is used.
unsafe fn objects(context: *mut SSL_CTX) -> Option<NonNull<OPENSSL_STACK>> {
    // SAFETY: the store belongs to the context.
    let objects = unsafe { X509_STORE_get0_objects(SSL_CTX_get_cert_store(context)) };
    NonNull::new(objects.cast())
}
