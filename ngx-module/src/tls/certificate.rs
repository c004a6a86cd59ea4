//! A certificate as facts, read with libcrypto's own accessors: nothing here parses DER itself.

use core::ffi::{c_int, c_void};
use core::ptr;

use ngx::ffi::{
    i2d_X509_NAME, stack_st, tm, ASN1_STRING_get0_data, ASN1_STRING_length, ASN1_TIME_to_tm,
    BIO_ctrl, BIO_free, BIO_new, BIO_s_mem, CRYPTO_free, EVP_sha256, GENERAL_NAME_free, OBJ_nid2ln,
    OBJ_nid2sn, OBJ_obj2nid, OPENSSL_sk_num, OPENSSL_sk_pop_free, OPENSSL_sk_value,
    X509_ALGOR_get0, X509_NAME_ENTRY_get_data, X509_NAME_cmp, X509_NAME_get_entry,
    X509_NAME_get_index_by_NID, X509_NAME_print_ex, X509_PUBKEY_get0_param, X509_check_ca,
    X509_digest, X509_get0_notAfter, X509_get0_notBefore, X509_get0_pubkey, X509_get0_serialNumber,
    X509_get_X509_PUBKEY, X509_get_ext_d2i, X509_get_issuer_name, X509_get_signature_nid,
    X509_get_subject_name, ACCESS_DESCRIPTION, ASN1_OBJECT, ASN1_STRING, ASN1_TIME, GENERAL_NAME,
    X509 as RawX509, X509_ALGOR, X509_NAME,
};
use tlsdiag::capture::{Certificate, MAX_NAMES};
use tlsdiag::text::Foreign;

use crate::text::bounded;

const XN_FLAG_RFC2253: u64 = 0x0111_0317;
const NID_COMMON_NAME: c_int = 13;
const NID_SUBJECT_ALT_NAME: c_int = 85;
const NID_INFO_ACCESS: c_int = 177;
const NID_CA_ISSUERS: c_int = 179;
const GEN_DNS: c_int = 2;
const GEN_URI: c_int = 6;
const GEN_IPADD: c_int = 7;
const V_ASN1_OBJECT: c_int = 6;
const BIO_CTRL_INFO: c_int = 3;

/// Reads what the report shows of a certificate.
///
/// # Safety
/// `certificate` is alive.
pub(crate) unsafe fn describe(certificate: *mut RawX509) -> Certificate {
    // SAFETY: the caller's promise covers every accessor; get0 results live with the certificate.
    unsafe {
        let subject = X509_get_subject_name(certificate);
        let issuer = X509_get_issuer_name(certificate);
        let (key_algorithm, key_curve) = key_names(certificate);
        let (dns_names, ip_addresses) = alternative_names(certificate);
        Certificate {
            subject: name_text(subject).into(),
            issuer: name_text(issuer).into(),
            common_name: common_name(subject),
            serial: hex(string_bytes(X509_get0_serialNumber(certificate).cast()), 32).into(),
            not_before: unix_time(X509_get0_notBefore(certificate)),
            not_after: unix_time(X509_get0_notAfter(certificate)),
            dns_names,
            ip_addresses,
            self_issued: X509_NAME_cmp(subject, issuer) == 0,
            ca: X509_check_ca(certificate) != 0,
            issuer_trusted: None,
            issuer_url: issuer_url(certificate),
            sha256: fingerprint(certificate),
            key_algorithm: key_algorithm.into(),
            key_bits: u32::try_from(key_bits(certificate)).unwrap_or(0),
            key_curve: key_curve.map(Foreign::from),
            signature_algorithm: nid_text(OBJ_nid2ln(X509_get_signature_nid(certificate))).into(),
        }
    }
}

/// The issuer's name in DER, as a CertificateRequest would list it.
///
/// # Safety
/// `certificate` is alive.
pub(crate) unsafe fn issuer_der(certificate: *mut RawX509) -> Option<Vec<u8>> {
    let mut der: *mut u8 = ptr::null_mut();
    // SAFETY: with a NULL buffer i2d allocates one of the length returned.
    unsafe {
        let length = i2d_X509_NAME(X509_get_issuer_name(certificate), &mut der);
        let length = usize::try_from(length).ok().filter(|_| !der.is_null())?;
        let bytes = core::slice::from_raw_parts(der, length).to_vec();
        CRYPTO_free(der.cast(), c"tlsdiag".as_ptr(), 0);
        Some(bytes)
    }
}

/// SHA-256 of the DER in upper-case hex; empty when the digest is unavailable.
///
/// # Safety
/// `certificate` is alive.
pub(crate) unsafe fn fingerprint(certificate: *mut RawX509) -> String {
    let mut digest = [0u8; 64];
    let mut length = 0;
    // SAFETY: EVP_MAX_MD_SIZE is 64.
    let ok =
        unsafe { X509_digest(certificate, EVP_sha256(), digest.as_mut_ptr(), &mut length) } == 1;
    let used = usize::try_from(length).ok().filter(|_| ok).unwrap_or(0);
    hex(digest.get(..used).unwrap_or_default(), 64)
}

/// Bits of the public key; 0 when it cannot be read.
///
/// # Safety
/// `certificate` is alive.
pub(crate) unsafe fn key_bits(certificate: *mut RawX509) -> c_int {
    // SAFETY: get0: borrowed from the certificate; NULL is checked.
    unsafe {
        let key = X509_get0_pubkey(certificate);
        if key.is_null() {
            return 0;
        }
        #[cfg(openssl3)]
        return ngx::ffi::EVP_PKEY_get_bits(key);
        #[cfg(not(openssl3))]
        return ngx::ffi::EVP_PKEY_bits(key);
    }
}

fn hex(bytes: &[u8], max: usize) -> String {
    use core::fmt::Write;
    let mut text = String::new();
    for byte in bytes.iter().take(max) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}

unsafe fn string_bytes<'a>(string: *const ASN1_STRING) -> &'a [u8] {
    if string.is_null() {
        return &[];
    }
    // SAFETY: the caller keeps the certificate that owns the string alive while it uses the bytes.
    unsafe {
        let data = ASN1_STRING_get0_data(string);
        match usize::try_from(ASN1_STRING_length(string)) {
            Ok(length) if !data.is_null() => core::slice::from_raw_parts(data, length),
            _ => &[],
        }
    }
}

unsafe fn name_text(name: *const X509_NAME) -> String {
    // SAFETY: the memory BIO is ours; BIO_get_mem_data's pointer lives until it is freed.
    unsafe {
        let bio = BIO_new(BIO_s_mem());
        if bio.is_null() {
            return String::new();
        }
        X509_NAME_print_ex(bio, name.cast_mut(), 0, XN_FLAG_RFC2253);
        let mut data: *mut u8 = ptr::null_mut();
        let length = BIO_ctrl(bio, BIO_CTRL_INFO, 0, ptr::addr_of_mut!(data).cast());
        let text = match usize::try_from(length) {
            Ok(length) if !data.is_null() => bounded(core::slice::from_raw_parts(data, length)),
            _ => String::new(),
        };
        BIO_free(bio);
        text
    }
}

/// The last common name: the one `X509_check_host` falls back to.
unsafe fn common_name(subject: *const X509_NAME) -> Option<Foreign> {
    let subject = subject.cast_mut();
    let mut last = -1;
    // SAFETY: the index comes from the same name; entries are borrowed from it.
    unsafe {
        loop {
            let next = X509_NAME_get_index_by_NID(subject, NID_COMMON_NAME, last);
            if next < 0 {
                break;
            }
            last = next;
        }
        if last < 0 {
            return None;
        }
        let entry = X509_NAME_get_entry(subject, last);
        Some(bounded(string_bytes(X509_NAME_ENTRY_get_data(entry))).into())
    }
}

unsafe fn unix_time(time: *const ASN1_TIME) -> i64 {
    // SAFETY: tm is plain data; both functions only write it.
    unsafe {
        let mut parts: tm = core::mem::zeroed();
        if time.is_null() || ASN1_TIME_to_tm(time, &mut parts) != 1 {
            return 0;
        }
        libc::timegm(ptr::addr_of_mut!(parts).cast())
    }
}

/// Key algorithm and, for EC keys, the curve, both as OpenSSL's short names.
unsafe fn key_names(certificate: *mut RawX509) -> (String, Option<String>) {
    // SAFETY: everything returned is borrowed from the certificate.
    unsafe {
        let mut algorithm: *mut X509_ALGOR = ptr::null_mut();
        let key = X509_get_X509_PUBKEY(certificate);
        if key.is_null()
            || X509_PUBKEY_get0_param(
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                &mut algorithm,
                key,
            ) != 1
        {
            return (String::new(), None);
        }
        let mut object: *const ASN1_OBJECT = ptr::null();
        let mut kind = 0;
        let mut parameter: *const c_void = ptr::null();
        X509_ALGOR_get0(&mut object, &mut kind, &mut parameter, algorithm);
        let name = match nid_text(OBJ_nid2sn(OBJ_obj2nid(object))).as_str() {
            "rsaEncryption" => "RSA".to_owned(),
            "id-ecPublicKey" => "ECDSA".to_owned(),
            other => other.to_owned(),
        };
        let curve =
            (kind == V_ASN1_OBJECT).then(|| nid_text(OBJ_nid2sn(OBJ_obj2nid(parameter.cast()))));
        (name, curve)
    }
}

unsafe fn nid_text(name: *const core::ffi::c_char) -> String {
    if name.is_null() {
        return String::new();
    }
    // SAFETY: OpenSSL's object names are NUL-terminated and static.
    bounded(unsafe { core::ffi::CStr::from_ptr(name) }.to_bytes())
}

/// Visits the elements of a stack that `X509_get_ext_d2i` allocated, then frees it.
unsafe fn each_extension<T>(
    certificate: *mut RawX509,
    nid: c_int,
    free: unsafe extern "C" fn(*mut c_void),
    mut visit: impl FnMut(&T),
) {
    // SAFETY: the decoded stack is ours until it is freed with its elements' own free function.
    unsafe {
        let stack: *mut stack_st =
            X509_get_ext_d2i(certificate, nid, ptr::null_mut(), ptr::null_mut()).cast();
        if stack.is_null() {
            return;
        }
        for index in 0..OPENSSL_sk_num(stack) {
            if let Some(element) = OPENSSL_sk_value(stack, index).cast::<T>().as_ref() {
                visit(element);
            }
        }
        OPENSSL_sk_pop_free(stack, Some(free));
    }
}

unsafe extern "C" fn free_general_name(name: *mut c_void) {
    // SAFETY: called once for every element of a GENERAL_NAMES.
    unsafe { GENERAL_NAME_free(name.cast()) }
}

unsafe extern "C" fn free_access_description(description: *mut c_void) {
    // SAFETY: called once for every element of an AUTHORITY_INFO_ACCESS.
    unsafe { ngx::ffi::ACCESS_DESCRIPTION_free(description.cast()) }
}

unsafe fn alternative_names(certificate: *mut RawX509) -> (Vec<Foreign>, Vec<Foreign>) {
    let (mut dns, mut ip) = (Vec::new(), Vec::new());
    // SAFETY: the union's member is an ASN1_STRING for both kinds read.
    unsafe {
        each_extension(
            certificate,
            NID_SUBJECT_ALT_NAME,
            free_general_name,
            |name| {
                let name: &GENERAL_NAME = name;
                let bytes = string_bytes(name.d.ptr.cast());
                match name.type_ {
                    GEN_DNS if dns.len() < MAX_NAMES => dns.push(bounded(bytes).into()),
                    GEN_IPADD if ip.len() < MAX_NAMES => {
                        ip.extend(address(bytes).map(Foreign::from))
                    }
                    _ => {}
                }
            },
        );
    }
    (dns, ip)
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(v4).to_string());
    }
    <[u8; 16]>::try_from(bytes)
        .ok()
        .map(|v6| std::net::Ipv6Addr::from(v6).to_string())
}

unsafe fn issuer_url(certificate: *mut RawX509) -> Option<Foreign> {
    let mut url = None;
    // SAFETY: method and location are never NULL in a decoded ACCESS_DESCRIPTION.
    unsafe {
        each_extension(
            certificate,
            NID_INFO_ACCESS,
            free_access_description,
            |access| {
                let access: &ACCESS_DESCRIPTION = access;
                let Some(location) = access.location.as_ref() else {
                    return;
                };
                if url.is_none()
                    && OBJ_obj2nid(access.method) == NID_CA_ISSUERS
                    && location.type_ == GEN_URI
                {
                    url = Some(bounded(string_bytes(location.d.ptr.cast())).into());
                }
            },
        );
    }
    url
}
