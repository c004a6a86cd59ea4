//! Verifies a rejected chain once more, to see *every* error and to test hypotheses.
//!
//! nginx keeps only the last error. Here the chain is verified against the context's own store with the
//! context's own parameters (purpose, CRLs, depth, security level), and every error is collected with its
//! depth. That is done at most three times: with the configured depth, with room for any chain, and with
//! the smallest depth that the second run needed.
//!
//! Signatures are what a verification costs, and signatures and dates are checked last: where the last
//! error is one of those that come before, there was none in them, and they are not checked again.

use core::ffi::c_int;
use core::ptr::NonNull;

use super::ffi::{
    SSL_CTX_get0_param, SSL_CTX_get_cert_store, SSL_CTX_get_security_level,
    SSL_CTX_get_verify_depth, X509_STORE_CTX_free, X509_STORE_CTX_get0_chain,
    X509_STORE_CTX_get0_param, X509_STORE_CTX_get_current_cert, X509_STORE_CTX_get_error,
    X509_STORE_CTX_get_error_depth, X509_STORE_CTX_get_ex_data, X509_STORE_CTX_init,
    X509_STORE_CTX_new, X509_STORE_CTX_set_default, X509_STORE_CTX_set_ex_data,
    X509_STORE_CTX_set_verify, X509_STORE_CTX_set_verify_cb, X509_VERIFY_PARAM_set1,
    X509_VERIFY_PARAM_set_auth_level, X509_VERIFY_PARAM_set_depth, X509_verify_cert, SSL_CTX,
    X509_STORE_CTX,
};
use tlsdiag::capture::VerifyError;

use super::{Chain, X509};

/// Errors kept of one verification.
const MAX_ERRORS: usize = 16;
/// X509_STORE_CTX slot 0 is reserved for the application.
const APP_DATA: c_int = 0;
/// Room for every chain that is verified again, and for some intermediates of the trust store's own.
const ANY_DEPTH: c_int = 16;

/// What the verifications of one chain said. Its size is fixed, because it is remembered: nothing that
/// outlives a diagnosis may hold memory of the module's allocator.
#[derive(Clone, Copy, Default)]
pub(super) struct Verified {
    pub(super) errors: Errors,
    /// The smallest depth with which there is no error, where that is larger than the configured one.
    pub(super) proven_depth: Option<u32>,
}

/// The first errors of a verification, each once.
#[derive(Clone, Copy, Default)]
pub(super) struct Errors {
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

    pub(super) fn iter(&self) -> impl Iterator<Item = VerifyError> + '_ {
        self.list.iter().flatten().copied()
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// Errors that come before signatures and dates are looked at (`verify_chain`): of issuers, trust, depth,
/// CA certificates, purpose, revocation and key sizes. `X509_V_ERR_*`.
const BEFORE_SIGNATURES: [i64; 12] = [2, 3, 18, 19, 20, 22, 23, 24, 26, 66, 67, 68];

/// Verifies a chain whose last error is known; `None` without memory.
///
/// # Safety
/// `context` is alive.
pub(super) unsafe fn verify(
    context: *mut SSL_CTX,
    leaf: &X509,
    chain: &Chain,
    last_error: i64,
) -> Option<Verified> {
    // SAFETY: the caller's promise.
    unsafe {
        let first = Verification::new(context, leaf, chain)?;
        let first = match BEFORE_SIGNATURES.contains(&last_error) {
            true => first.without_signatures().run(None),
            false => first.run(None),
        };
        let configured = SSL_CTX_get_verify_depth(context);
        let mut proven_depth = None;
        // A chain that ended before the depth did ends there whatever the depth is.
        if !first.errors.is_empty() && first.built > configured {
            let deeper = Verification::new(context, leaf, chain)?;
            let deeper = deeper.without_signatures().run(Some(ANY_DEPTH));
            // Depth counts intermediates: neither the leaf nor the anchor (since OpenSSL 1.1.0).
            let needed = deeper.built - 2;
            if deeper.errors.is_empty() && needed > configured.max(0) {
                let again = Verification::new(context, leaf, chain)?.run(Some(needed));
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
    /// # Safety
    /// `context` is alive, and stays so until the verification has run.
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
            if X509_STORE_CTX_init(raw, store, leaf.borrow().as_ptr(), chain.as_ptr()) != 1 {
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

    /// The same, as if all signatures were right and all dates today's.
    fn without_signatures(self) -> Self {
        // SAFETY: ours; the function is static.
        unsafe { X509_STORE_CTX_set_verify(self.raw.as_ptr(), Some(take_signatures_for_right)) };
        self
    }

    /// # Safety
    /// The context given to `new` is alive.
    unsafe fn run(self, depth: Option<c_int>) -> Outcome {
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
                super::ffi::OPENSSL_sk_num(built.cast())
            };
            Outcome { errors, built }
        }
    }
}

impl Drop for Verification<'_> {
    fn drop(&mut self) {
        // SAFETY: allocated in `new`, freed once.
        unsafe { X509_STORE_CTX_free(self.raw.as_ptr()) }
    }
}

/// Stands in the place of libcrypto's `internal_verify`.
///
/// # Safety
/// None: it does nothing.
unsafe extern "C" fn take_signatures_for_right(_: *mut X509_STORE_CTX) -> c_int {
    1
}

/// Collects the error and lets the verification go on, so that success means nothing collected.
///
/// # Safety
/// OpenSSL passes the context of a verification that runs.
unsafe extern "C" fn collect(ok: c_int, raw: *mut X509_STORE_CTX) -> c_int {
    if ok == 1 {
        return 1;
    }
    let collected = super::guard("verify", || {
        // SAFETY: OpenSSL passes the context of `run`, whose slot holds its `Collected`.
        unsafe {
            let collected: *mut Collected<'_> = X509_STORE_CTX_get_ex_data(raw, APP_DATA).cast();
            let Some(collected) = collected.as_mut() else {
                return;
            };
            let code = X509_STORE_CTX_get_error(raw);
            let depth = u32::try_from(X509_STORE_CTX_get_error_depth(raw)).unwrap_or(0);
            let culprit = X509_STORE_CTX_get_current_cert(raw);
            let index = collected
                .chain
                .iter()
                .position(|one| one.as_ptr() == culprit);
            let index = index.and_then(|index| u32::try_from(index).ok());
            collected.errors.add(VerifyError { code, depth, index });
        }
    });
    // After a fault it stops: what was not collected must not look like success.
    c_int::from(collected.is_some())
}
