//! Verifies a rejected chain once more, to see *every* error and to test hypotheses.
//!
//! nginx keeps only the last error. Here the chain we hold is verified against the context's own
//! store with the context's own parameters (purpose, CRLs, depth, security level), collecting
//! `code@depth` and going on. A failure costs at most three verifications (as configured; with room
//! for any depth; with the depth found), one set a second per context and chain.
//!
//! A session that nginx keeps in a `zone` comes back without the chain. Where the chain with the same
//! leaf is among the last ones that failed under the same context, that one is looked at.

use core::ffi::c_int;
use core::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ngx::ffi::{
    SSL_CTX_get0_param, SSL_CTX_get_cert_store, SSL_CTX_get_security_level,
    SSL_CTX_get_verify_depth, X509_STORE_CTX_free, X509_STORE_CTX_get0_chain,
    X509_STORE_CTX_get0_param, X509_STORE_CTX_get1_certs, X509_STORE_CTX_get_current_cert,
    X509_STORE_CTX_get_error, X509_STORE_CTX_get_error_depth, X509_STORE_CTX_get_ex_data,
    X509_STORE_CTX_init, X509_STORE_CTX_new, X509_STORE_CTX_set_default,
    X509_STORE_CTX_set_ex_data, X509_STORE_CTX_set_verify_cb, X509_STORE_get0_objects,
    X509_VERIFY_PARAM_set1, X509_VERIFY_PARAM_set_auth_level, X509_VERIFY_PARAM_set_depth,
    X509_check_host, X509_get_issuer_name, X509_verify_cert, SSL_CTX, X509_STORE_CTX,
};
use tlsdiag::capture::{CertificateCheck, VerifyError, MAX_CHAIN};

use super::certificate::{describe, key_bits};
use super::{Chain, X509};

/// Larger keys are not verified again: a hostile chain must not cost a worker its time.
const MAX_KEY_BITS: c_int = 8192;
/// Errors kept of one verification.
const MAX_ERRORS: usize = 16;
/// X509_STORE_CTX slot 0 is reserved for the application.
const APP_DATA: c_int = 0;
/// Larger than any chain kept.
const ANY_DEPTH: c_int = 100;
/// Results remembered, and for how long.
const REMEMBERED: usize = 8;
const REMEMBER_NS: u64 = 1_000_000_000;

/// What the verifications of one chain said. Of a fixed size, because it is remembered: what outlives
/// a diagnosis holds no memory of the module's allocator.
#[derive(Clone, Copy, Default)]
struct Verified {
    errors: Errors,
    proven_depth: Option<u32>,
    /// For every certificate kept: its issuer's name is in the trust store.
    issuers_trusted: [bool; MAX_CHAIN],
}

/// The first errors of a verification, each once.
#[derive(Clone, Copy, Default)]
struct Errors {
    list: [Option<VerifyError>; MAX_ERRORS],
}

impl Errors {
    fn add(&mut self, error: VerifyError) {
        if self.iter().any(|known| known == error) {
            return;
        }
        if let Some(slot) = self.list.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(error);
        }
    }

    fn iter(&self) -> impl Iterator<Item = VerifyError> + '_ {
        self.list.iter().flatten().copied()
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// A chain that failed.
struct Memory {
    at_ns: u64,
    context: usize,
    chain: Chain,
    verified: Verified,
}

/// The last chains that failed.
static MEMORY: Mutex<[Option<Memory>; REMEMBERED]> = Mutex::new([const { None }; REMEMBERED]);

fn memory() -> MutexGuard<'static, [Option<Memory>; REMEMBERED]> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets remembered results: a new configuration may reuse the address of a context.
pub(crate) fn forget_verifications() {
    *memory() = [const { None }; REMEMBERED];
}

/// The chain as facts, with what a fresh verification says.
///
/// # Safety
/// `context` is alive; nothing else is required of the SSL.
pub(crate) unsafe fn check(
    context: *mut SSL_CTX,
    leaf: &X509,
    chain: Option<&Chain>,
    result: i64,
    compared_name: Option<&[u8]>,
    now_ns: u64,
) -> CertificateCheck {
    // SAFETY: we own leaf and chain; the caller owns the context.
    unsafe {
        let earlier = match chain {
            Some(_) => None,
            None => seen_with(context, leaf),
        };
        let chain = chain.or(earlier.as_ref());
        let verified = chain.and_then(|chain| remembered(context, leaf, chain, now_ns));
        let mut certificates: Vec<_> = match chain {
            Some(chain) => chain
                .iter()
                .take(MAX_CHAIN)
                .map(|one| describe(one))
                .collect(),
            None => vec![describe(leaf.as_ptr())],
        };
        if let Some(verified) = &verified {
            for (certificate, trusted) in certificates.iter_mut().zip(&verified.issuers_trusted) {
                certificate.issuer_trusted = Some(*trusted);
            }
        }
        CertificateCheck {
            result: i32::try_from(result).unwrap_or(i32::MAX),
            verified_again: verified.is_some(),
            trusted: trusted(context),
            proven_depth: verified.and_then(|verified| verified.proven_depth),
            errors: verified
                .map(|verified| verified.errors.iter().collect())
                .unwrap_or_default(),
            name_matches: compared_name.map(|name| matches_host(leaf, name)),
            chain_length: u32::try_from(chain.map_or(1, Chain::len)).unwrap_or(u32::MAX),
            chain: certificates,
        }
    }
}

/// Entries of the context's store. nginx loads files only: all of them are there from the start.
unsafe fn trusted(context: *mut SSL_CTX) -> Option<u32> {
    // SAFETY: the store belongs to the context, which the caller keeps alive.
    let objects = unsafe { X509_STORE_get0_objects(SSL_CTX_get_cert_store(context)) };
    if objects.is_null() {
        return None;
    }
    // SAFETY: STACK_OF(X509_OBJECT) is an OPENSSL_STACK.
    u32::try_from(unsafe { ngx::ffi::OPENSSL_sk_num(objects.cast()) }).ok()
}

/// nginx's own test (`ngx_ssl_check_host`).
pub(crate) fn matches_host(leaf: &X509, name: &[u8]) -> bool {
    if name.is_empty() {
        return false;
    }
    // SAFETY: the leaf is ours; the name is read for its length only.
    let matches = unsafe {
        X509_check_host(
            leaf.as_ptr(),
            name.as_ptr().cast(),
            name.len(),
            0,
            core::ptr::null_mut(),
        )
    };
    matches == 1
}

/// A chain with this leaf that failed under this context before.
fn seen_with(context: *mut SSL_CTX, leaf: &X509) -> Option<Chain> {
    let memory = memory();
    let mut known = memory.iter().flatten();
    known
        .find(|one| one.context == context as usize && one.chain.begins_with(leaf))
        .and_then(|one| one.chain.share())
}

unsafe fn remembered(
    context: *mut SSL_CTX,
    leaf: &X509,
    chain: &Chain,
    now_ns: u64,
) -> Option<Verified> {
    let mut memory = memory();
    let same = |one: &&Memory| one.context == context as usize && one.chain.is_same(chain);
    let is_young = |one: &&Memory| now_ns.saturating_sub(one.at_ns) < REMEMBER_NS;
    if let Some(known) = memory.iter().flatten().filter(same).find(is_young) {
        return Some(known.verified);
    }
    // SAFETY: the caller's promise.
    let verified = unsafe { verify_fully(context, leaf, chain) }?;
    let is_free = |slot: &Option<Memory>| slot.as_ref().is_none_or(|one| same(&one));
    let slot = match memory.iter().position(is_free) {
        Some(free) => memory.get_mut(free),
        // The oldest has to go.
        None => memory
            .iter_mut()
            .min_by_key(|slot| slot.as_ref().map(|one| one.at_ns)),
    };
    if let (Some(slot), Some(chain)) = (slot, chain.share()) {
        *slot = Some(Memory {
            at_ns: now_ns,
            context: context as usize,
            chain,
            verified,
        });
    }
    Some(verified)
}

unsafe fn verify_fully(context: *mut SSL_CTX, leaf: &X509, chain: &Chain) -> Option<Verified> {
    // SAFETY: as in `check`.
    unsafe {
        let too_large = |one| key_bits(one) > MAX_KEY_BITS;
        if chain.len() > MAX_CHAIN || chain.iter().any(too_large) {
            return None;
        }
        let (first, issuers_trusted) = Verification::new(context, leaf, chain)?.run(None, true);
        let configured = SSL_CTX_get_verify_depth(context);
        let mut proven_depth = None;
        if !first.errors.is_empty() {
            let (deeper, _) = Verification::new(context, leaf, chain)?.run(Some(ANY_DEPTH), false);
            // Depth counts intermediates: neither the leaf nor the anchor (since OpenSSL 1.1.0).
            let needed = deeper.built - 2;
            if deeper.errors.is_empty() && needed > configured.max(0) {
                let (again, _) = Verification::new(context, leaf, chain)?.run(Some(needed), false);
                proven_depth = again
                    .errors
                    .is_empty()
                    .then(|| u32::try_from(needed).ok())
                    .flatten();
            }
        }
        Some(Verified {
            errors: first.errors,
            proven_depth,
            issuers_trusted,
        })
    }
}

/// What one run collected.
struct Outcome {
    errors: Errors,
    /// Certificates of the chain built, leaf and anchor included.
    built: c_int,
}

/// What the callback of a run may touch.
struct Collected<'a> {
    errors: Errors,
    chain: &'a Chain,
}

/// One `X509_STORE_CTX`, set up as libssl does for a client (`ssl_verify_cert_chain`).
struct Verification<'a> {
    raw: NonNull<X509_STORE_CTX>,
    chain: &'a Chain,
}

impl<'a> Verification<'a> {
    unsafe fn new(context: *mut SSL_CTX, leaf: &X509, chain: &'a Chain) -> Option<Self> {
        // SAFETY: store and parameters belong to the context, which outlives this value; leaf and
        // chain are ours; the new X509_STORE_CTX is freed on drop.
        unsafe {
            let one = Self {
                raw: NonNull::new(X509_STORE_CTX_new())?,
                chain,
            };
            let raw = one.raw.as_ptr();
            let store = SSL_CTX_get_cert_store(context);
            if X509_STORE_CTX_init(raw, store, leaf.as_ptr(), chain.as_ptr()) != 1 {
                return None;
            }
            let parameters = X509_STORE_CTX_get0_param(raw);
            X509_VERIFY_PARAM_set_auth_level(parameters, SSL_CTX_get_security_level(context));
            X509_STORE_CTX_set_default(raw, c"ssl_server".as_ptr());
            X509_VERIFY_PARAM_set1(parameters, SSL_CTX_get0_param(context));
            X509_STORE_CTX_set_verify_cb(raw, Some(collect));
            Some(one)
        }
    }

    unsafe fn run(
        self,
        depth: Option<c_int>,
        look_up_issuers: bool,
    ) -> (Outcome, [bool; MAX_CHAIN]) {
        let mut collected = Collected {
            errors: Errors::default(),
            chain: self.chain,
        };
        let raw = self.raw.as_ptr();
        // SAFETY: `collected` outlives the verification that writes to it through the slot.
        unsafe {
            if let Some(depth) = depth {
                X509_VERIFY_PARAM_set_depth(X509_STORE_CTX_get0_param(raw), depth);
            }
            let slot = core::ptr::from_mut(&mut collected).cast();
            X509_STORE_CTX_set_ex_data(raw, APP_DATA, slot);
            let verdict = X509_verify_cert(raw);
            let mut errors = collected.errors;
            if verdict != 1 && errors.is_empty() {
                // It stopped without a word to the callback: out of memory, or no chain at all.
                let code = X509_STORE_CTX_get_error(raw);
                errors.add(VerifyError {
                    code: code.max(1),
                    depth: 0,
                    index: None,
                });
            }
            let built = X509_STORE_CTX_get0_chain(raw);
            let built = if built.is_null() {
                0
            } else {
                ngx::ffi::OPENSSL_sk_num(built.cast())
            };
            let trusted = if look_up_issuers {
                self.issuers_trusted()
            } else {
                [false; MAX_CHAIN]
            };
            (Outcome { errors, built }, trusted)
        }
    }

    /// For every certificate of the chain: is a certificate with its issuer's name in the store?
    unsafe fn issuers_trusted(&self) -> [bool; MAX_CHAIN] {
        let known = |certificate: *mut ngx::ffi::X509| {
            // SAFETY: the certificate is borrowed from the chain; the stack returned is ours.
            unsafe {
                let name = X509_get_issuer_name(certificate);
                let found = X509_STORE_CTX_get1_certs(self.raw.as_ptr(), name);
                Chain::adopt(found).is_some_and(|found| found.len() > 0)
            }
        };
        let mut trusted = [false; MAX_CHAIN];
        for (slot, certificate) in trusted.iter_mut().zip(self.chain.iter()) {
            *slot = known(certificate);
        }
        trusted
    }
}

impl Drop for Verification<'_> {
    fn drop(&mut self) {
        // SAFETY: allocated in `new`, freed once.
        unsafe { X509_STORE_CTX_free(self.raw.as_ptr()) }
    }
}

/// Collects the error and lets the verification go on, so that success means nothing collected.
unsafe extern "C" fn collect(ok: c_int, raw: *mut X509_STORE_CTX) -> c_int {
    if ok == 1 {
        return 1;
    }
    let collected = crate::guard::guard("verify", || {
        // SAFETY: OpenSSL passes the context of `run`, whose slot holds its `Collected`.
        unsafe {
            let collected: *mut Collected<'_> = X509_STORE_CTX_get_ex_data(raw, APP_DATA).cast();
            let Some(collected) = collected.as_mut() else {
                return;
            };
            let code = X509_STORE_CTX_get_error(raw);
            let depth = u32::try_from(X509_STORE_CTX_get_error_depth(raw)).unwrap_or(0);
            let culprit = X509_STORE_CTX_get_current_cert(raw);
            let index = collected.chain.iter().position(|one| one == culprit);
            let index = index.and_then(|index| u32::try_from(index).ok());
            collected.errors.add(VerifyError { code, depth, index });
        }
    });
    // After a fault it stops: what was not collected must not look like success.
    c_int::from(collected.is_some())
}
