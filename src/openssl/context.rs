//! An `SSL_CTX` as nginx makes one for an upstream: the same calls in the same order
//! (`ngx_ssl_create`, `ngx_http_proxy_set_ssl` and its kin).

use core::ffi::{c_int, c_long};
use core::ptr::NonNull;
use std::ffi::CString;

use tlsdiag::capture::Module;
use tlsdiag::nginx_conf::Files;
use tlsdiag::probe::Settings;
use tlsdiag::registry::ProtocolVersion;

use super::ffi;
use super::library::take_error;
use super::pem;

/// nginx 1.21.2 and 1.29.1, which set an option more.
const IGNORES_EOF: u32 = 1_021_002;
const COMPRESSES_NO_CERTIFICATES: u32 = 1_029_001;
/// The first OpenSSL with certificate compression, and the options against it in both directions.
const OPENSSL_3_2: u64 = 0x3020_0000;
const NO_CERTIFICATE_COMPRESSION: u64 = 1 << 32 | 1 << 33;
/// SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS.
const DONT_INSERT_EMPTY_FRAGMENTS: u64 = 0x800;
/// SSL_CONF_FLAG_FILE, CLIENT, SERVER, SHOW_ERRORS, CERTIFICATE.
const CONF_FLAGS: u32 = 0x02 | 0x04 | 0x08 | 0x10 | 0x20;
/// X509_V_FLAG_CRL_CHECK, X509_V_FLAG_CRL_CHECK_ALL.
const CRL_CHECK: core::ffi::c_ulong = 0x4 | 0x8;
/// X509_V_FLAG_NO_CHECK_TIME.
const NO_CHECK_TIME: core::ffi::c_ulong = 0x20_0000;
/// SSL_SESS_CACHE_CLIENT, SSL_SESS_CACHE_NO_INTERNAL.
const CLIENT_SESSIONS: c_long = 0x1 | 0x300;

/// A context, freed on drop.
pub(super) struct Context(NonNull<ffi::SSL_CTX>);

impl Context {
    /// What these directives make.
    ///
    /// # Errors
    /// A sentence: why nginx would not start.
    pub(super) fn new(settings: &Settings, files: &dyn Files) -> Result<Self, String> {
        // SAFETY: a new context of ours, or NULL.
        let raw = unsafe { ffi::SSL_CTX_new(ffi::TLS_method()) };
        let context = Self(NonNull::new(raw).ok_or_else(take_error)?);
        context.create(settings);
        context.set_ciphers(settings)?;
        context.set_certificate(settings, files)?;
        if settings.verify {
            context.set_trust(settings, files)?;
        }
        if settings.session_reuse {
            // SAFETY: the context is ours.
            unsafe { ffi::SSL_CTX_set_session_cache_mode(raw, CLIENT_SESSIONS) };
        }
        if settings.module == Module::Grpc {
            let protocols = alpn_list(&settings.alpn);
            let length = u32::try_from(protocols.len()).unwrap_or(0);
            // SAFETY: the library copies the list.
            unsafe { ffi::SSL_CTX_set_alpn_protos(raw, protocols.as_ptr(), length) };
        }
        context.command(settings)?;
        Ok(context)
    }

    /// For the library's functions, as long as the context lives.
    pub(super) fn as_ptr(&self) -> *mut ffi::SSL_CTX {
        self.0.as_ptr()
    }

    /// Verifies without a look at the clock.
    pub(super) fn ignore_the_time(&self) {
        // SAFETY: the parameters belong to the context.
        unsafe {
            let parameters = ffi::SSL_CTX_get0_param(self.as_ptr());
            ffi::X509_VERIFY_PARAM_set_flags(parameters, NO_CHECK_TIME);
        }
    }

    /// Options and versions, of nginx's those that mean anything to a client today.
    fn create(&self, settings: &Settings) {
        let versions = settings.versions();
        let mut set = DONT_INSERT_EMPTY_FRAGMENTS | ffi::SSL_OP_NO_COMPRESSION;
        let mut clear = 0;
        for (version, off) in [
            (ProtocolVersion::SSL3, ffi::SSL_OP_NO_SSLv3),
            (ProtocolVersion::TLS1, ffi::SSL_OP_NO_TLSv1),
            (ProtocolVersion::TLS1_1, ffi::SSL_OP_NO_TLSv1_1),
            (ProtocolVersion::TLS1_2, ffi::SSL_OP_NO_TLSv1_2),
            (ProtocolVersion::TLS1_3, ffi::SSL_OP_NO_TLSv1_3),
        ] {
            clear |= off;
            set |= if versions.contains(&version) { 0 } else { off };
        }
        if settings.nginx >= IGNORES_EOF {
            set |= ffi::SSL_OP_IGNORE_UNEXPECTED_EOF;
        }
        let has_compression = super::library::version_number() >= OPENSSL_3_2;
        if settings.nginx >= COMPRESSES_NO_CERTIFICATES && has_compression {
            set |= NO_CERTIFICATE_COMPRESSION;
        }
        let raw = self.as_ptr();
        // SAFETY: the context is ours.
        unsafe {
            ffi::SSL_CTX_clear_options(raw, clear);
            ffi::SSL_CTX_set_options(raw, set);
            ffi::SSL_CTX_set_min_proto_version(raw, 0);
            ffi::SSL_CTX_set_max_proto_version(raw, ffi::TLS1_3_VERSION);
            ffi::SSL_CTX_set_mode(
                raw,
                ffi::SSL_MODE_RELEASE_BUFFERS | ffi::SSL_MODE_NO_AUTO_CHAIN,
            );
            ffi::SSL_CTX_set_read_ahead(raw, 1);
        }
    }

    fn set_ciphers(&self, settings: &Settings) -> Result<(), String> {
        let list = settings.ciphers.as_deref().unwrap_or("DEFAULT");
        let text = c_string(list)?;
        // SAFETY: the library copies the text.
        let set = unsafe { ffi::SSL_CTX_set_cipher_list(self.as_ptr(), text.as_ptr()) };
        done(set, || format!("the list of ciphers {list}"))
    }

    /// `ngx_ssl_certificate`
    fn set_certificate(&self, settings: &Settings, files: &dyn Files) -> Result<(), String> {
        let Some(certificate) = &settings.certificate else {
            return Ok(());
        };
        let prefix = settings.prefix();
        let Some(key) = &settings.certificate_key else {
            return Err(format!(
                "no {prefix}_ssl_certificate_key is set for {certificate}"
            ));
        };
        let chain = pem::certificates(certificate, files)?;
        let passwords = match &settings.password_file {
            Some(file) => pem::passwords(file, files)?,
            None => Vec::new(),
        };
        let key = pem::key(key, &passwords, files)?;
        let raw = self.as_ptr();
        let Some((leaf, rest)) = chain.split_first() else {
            return Ok(());
        };
        // SAFETY: the context takes references of its own, and the new stack as it is.
        unsafe {
            done(ffi::SSL_CTX_use_certificate(raw, leaf.as_ptr()), || {
                certificate.clone()
            })?;
            ffi::SSL_CTX_ctrl(raw, SSL_CTRL_CHAIN, 0, pem::stack(rest).cast());
            done(ffi::SSL_CTX_use_PrivateKey(raw, key.as_ptr()), || {
                format!("{certificate} with its key")
            })
        }
    }

    /// `ngx_ssl_trusted_certificate`, `ngx_ssl_crl`
    fn set_trust(&self, settings: &Settings, files: &dyn Files) -> Result<(), String> {
        let prefix = settings.prefix();
        let Some(trusted) = &settings.trusted_certificate else {
            return Err(format!(
                "no {prefix}_ssl_trusted_certificate is set for {prefix}_ssl_verify"
            ));
        };
        let raw = self.as_ptr();
        let depth = c_int::try_from(settings.verify_depth).unwrap_or(c_int::MAX);
        // SAFETY: the context is ours; the callback takes what the library passes it.
        let store = unsafe {
            ffi::SSL_CTX_set_verify(raw, ffi::SSL_VERIFY_NONE, Some(go_on));
            ffi::SSL_CTX_set_verify_depth(raw, depth);
            ffi::SSL_CTX_get_cert_store(raw)
        };
        for certificate in pem::certificates(trusted, files)? {
            // SAFETY: the store takes a reference of its own; one that it has is no error.
            unsafe { ffi::X509_STORE_add_cert(store, certificate.as_ptr()) };
        }
        if let Some(file) = &settings.crl {
            pem::add_lists(file, store, files)?;
            // SAFETY: the store belongs to the context.
            unsafe { ffi::X509_STORE_set_flags(store, CRL_CHECK) };
        }
        // SAFETY: this thread's queue.
        unsafe { ffi::ERR_clear_error() };
        Ok(())
    }

    /// `ngx_ssl_conf_commands`
    fn command(&self, settings: &Settings) -> Result<(), String> {
        if settings.commands.is_empty() {
            return Ok(());
        }
        // SAFETY: a new one of ours, or NULL, which all its functions mind; freed below.
        unsafe {
            let commands = ffi::SSL_CONF_CTX_new();
            ffi::SSL_CONF_CTX_set_flags(commands, CONF_FLAGS);
            ffi::SSL_CONF_CTX_set_ssl_ctx(commands, self.as_ptr());
            let each = settings.commands.iter();
            let each = each.map(|(name, value)| {
                let (key, text) = (c_string(name)?, c_string(value)?);
                let set = ffi::SSL_CONF_cmd(commands, key.as_ptr(), text.as_ptr());
                done(c_int::from(set > 0), || {
                    format!("the command {name} {value}")
                })
            });
            let result = each.collect::<Result<(), _>>();
            let result = result.and_then(|()| {
                done(ffi::SSL_CONF_CTX_finish(commands), || {
                    "the commands".to_owned()
                })
            });
            ffi::SSL_CONF_CTX_free(commands);
            result
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the reference is ours.
        unsafe { ffi::SSL_CTX_free(self.as_ptr()) }
    }
}

/// SSL_CTRL_CHAIN
const SSL_CTRL_CHAIN: c_int = 88;

/// `ngx_ssl_verify_callback`: the handshake goes on, the verdict is read after it.
extern "C" fn go_on(_: c_int, _: *mut ffi::X509_STORE_CTX) -> c_int {
    1
}

/// Names with their lengths in front (RFC 7301).
pub(super) fn alpn_list(names: &[String]) -> Vec<u8> {
    let mut list = Vec::new();
    for name in names {
        if let Ok(length @ 1..) = u8::try_from(name.len()) {
            list.push(length);
            list.extend(name.bytes());
        }
    }
    list
}

pub(super) fn c_string(text: &str) -> Result<CString, String> {
    CString::new(text).map_err(|_| "a NUL in a directive".to_owned())
}

/// An error of the library as a sentence about what was set.
fn done(result: c_int, what: impl FnOnce() -> String) -> Result<(), String> {
    match result {
        1 => Ok(()),
        _ => Err(format!("{} is not taken: {}", what(), take_error())),
    }
}
