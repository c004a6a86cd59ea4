//! Bindings: openssl-sys's, and what it lacks.

#![allow(non_camel_case_types, reason = "C's own names")]

use core::ffi::{c_char, c_int, c_uchar, c_ulong, c_void};

pub(super) use libc::tm;
pub(super) use openssl_sys::*;

/// An opaque type.
pub(super) enum SSL_CONF_CTX {}
pub(super) enum X509_PUBKEY {}

pub(super) type MessageCallback =
    unsafe extern "C" fn(c_int, c_int, c_int, *const c_void, usize, *mut SSL, *mut c_void);
pub(super) type InfoCallback = unsafe extern "C" fn(*const SSL, c_int, c_int);
pub(super) type VerifySignatures = unsafe extern "C" fn(*mut X509_STORE_CTX) -> c_int;
pub(super) type VerifyCallback = unsafe extern "C" fn(c_int, *mut X509_STORE_CTX) -> c_int;

// As in OpenSSL's headers, which are the same for these from 1.1.1 to 4.0 but for `const`.
extern "C" {
    pub(super) fn OPENSSL_INIT_new() -> *mut OPENSSL_INIT_SETTINGS;
    pub(super) fn OPENSSL_INIT_free(settings: *mut OPENSSL_INIT_SETTINGS);
    pub(super) fn OPENSSL_INIT_set_config_appname(
        settings: *mut OPENSSL_INIT_SETTINGS,
        name: *const c_char,
    ) -> c_int;

    pub(super) fn ERR_peek_error() -> c_ulong;
    pub(super) fn ERR_set_mark() -> c_int;
    pub(super) fn ERR_pop_to_mark() -> c_int;
    pub(super) fn ERR_error_string_n(code: c_ulong, text: *mut c_char, length: usize);

    pub(super) fn SSL_CTX_get_ciphers(context: *const SSL_CTX) -> *mut stack_st_SSL_CIPHER;
    pub(super) fn SSL_CTX_get_verify_depth(context: *const SSL_CTX) -> c_int;
    pub(super) fn SSL_get_verify_depth(ssl: *const SSL) -> c_int;
    pub(super) fn SSL_set_fd(ssl: *mut SSL, fd: c_int) -> c_int;
    pub(super) fn SSL_set_msg_callback(ssl: *mut SSL, callback: Option<MessageCallback>);
    pub(super) fn SSL_SESSION_get0_peer(session: *mut SSL_SESSION) -> *mut X509;
    pub(super) fn SSL_set_info_callback(ssl: *mut SSL, callback: Option<InfoCallback>);

    pub(super) fn SSL_CONF_CTX_new() -> *mut SSL_CONF_CTX;
    pub(super) fn SSL_CONF_CTX_free(commands: *mut SSL_CONF_CTX);
    pub(super) fn SSL_CONF_CTX_finish(commands: *mut SSL_CONF_CTX) -> c_int;
    pub(super) fn SSL_CONF_CTX_set_flags(commands: *mut SSL_CONF_CTX, flags: u32) -> u32;
    pub(super) fn SSL_CONF_CTX_set_ssl_ctx(commands: *mut SSL_CONF_CTX, context: *mut SSL_CTX);
    pub(super) fn SSL_CONF_cmd(
        commands: *mut SSL_CONF_CTX,
        name: *const c_char,
        value: *const c_char,
    ) -> c_int;

    pub(super) fn ASN1_TIME_to_tm(time: *const ASN1_TIME, parts: *mut tm) -> c_int;
    pub(super) fn PEM_read_bio_X509_AUX(
        bio: *mut BIO,
        into: *mut *mut X509,
        password: pem_password_cb,
        argument: *mut c_void,
    ) -> *mut X509;
    pub(super) fn X509_get0_notBefore(certificate: *const X509) -> *const ASN1_TIME;
    pub(super) fn X509_get0_notAfter(certificate: *const X509) -> *const ASN1_TIME;
    pub(super) fn X509_get0_pubkey(certificate: *const X509) -> *mut EVP_PKEY;
    pub(super) fn X509_get0_serialNumber(certificate: *const X509) -> *const ASN1_INTEGER;
    pub(super) fn X509_get_X509_PUBKEY(certificate: *const X509) -> *mut X509_PUBKEY;
    pub(super) fn X509_PUBKEY_get0_param(
        algorithm: *mut *mut ASN1_OBJECT,
        key: *mut *const c_uchar,
        length: *mut c_int,
        parameters: *mut *mut X509_ALGOR,
        public: *const X509_PUBKEY,
    ) -> c_int;
    pub(super) fn X509_NAME_get0_der(
        name: *const X509_NAME,
        der: *mut *const c_uchar,
        length: *mut usize,
    ) -> c_int;
    pub(super) fn X509_chain_up_ref(chain: *mut stack_st_X509) -> *mut stack_st_X509;

    pub(super) fn X509_STORE_add_crl(store: *mut X509_STORE, list: *mut X509_CRL) -> c_int;
    pub(super) fn X509_STORE_CTX_get0_param(
        verification: *const X509_STORE_CTX,
    ) -> *mut X509_VERIFY_PARAM;
    pub(super) fn X509_STORE_CTX_set_default(
        verification: *mut X509_STORE_CTX,
        name: *const c_char,
    ) -> c_int;
    pub(super) fn X509_STORE_CTX_set_ex_data(
        verification: *mut X509_STORE_CTX,
        index: c_int,
        data: *mut c_void,
    ) -> c_int;
    pub(super) fn X509_STORE_CTX_set_verify(
        verification: *mut X509_STORE_CTX,
        verify: Option<VerifySignatures>,
    );
    pub(super) fn X509_STORE_CTX_set_verify_cb(
        verification: *mut X509_STORE_CTX,
        callback: Option<VerifyCallback>,
    );
    pub(super) fn X509_VERIFY_PARAM_set1(
        to: *mut X509_VERIFY_PARAM,
        from: *const X509_VERIFY_PARAM,
    ) -> c_int;
}
