//! A certificate as facts.
//!
//! The peer decides how large its certificates are and how many it sends. So nothing here decodes a whole
//! extension, and of the certificates above the leaf only the links and the possible faults are read.

use core::ffi::{c_int, c_void};
use core::ptr;

use super::ffi::{
    tm, ASN1_STRING_get0_data, ASN1_STRING_length, ASN1_TIME_to_tm, EVP_sha256, OBJ_nid2ln,
    OBJ_nid2sn, OBJ_obj2nid, X509_ALGOR_get0, X509_EXTENSION_get_data, X509_NAME_ENTRY_get_data,
    X509_NAME_cmp, X509_NAME_get0_der, X509_NAME_get_entry, X509_NAME_get_index_by_NID,
    X509_PUBKEY_get0_param, X509_check_host, X509_digest, X509_get0_notAfter, X509_get0_notBefore,
    X509_get0_pubkey, X509_get0_serialNumber, X509_get0_signature, X509_get_X509_PUBKEY,
    X509_get_ext, X509_get_ext_by_NID, X509_get_issuer_name, X509_get_signature_nid,
    X509_get_subject_name, ASN1_BIT_STRING, ASN1_OBJECT, ASN1_STRING, ASN1_TIME, X509_ALGOR,
    X509_EXTENSION, X509_NAME,
};
use tlsdiag::budget::{Effort, KeySize};
use tlsdiag::capture::{Certificate, MAX_NAMES};
use tlsdiag::text::{bounded, Foreign};
use tlsdiag::wire::{self, AlternativeName};

use super::x509::Borrowed;

const NID_COMMON_NAME: c_int = 13;
const NID_SUBJECT_ALT_NAME: c_int = 85;
const NID_BASIC_CONSTRAINTS: c_int = 87;
const NID_INFO_ACCESS: c_int = 177;
const NID_NAME_CONSTRAINTS: c_int = 666;
const V_ASN1_OBJECT: c_int = 6;

/// Bytes at the end of a signature: no two certificates have the same.
const SIGNATURE_TAIL: usize = 32;

impl<'a> Borrowed<'a> {
    /// Identifies a certificate without a digest; empty for none.
    pub(crate) fn signature_tail(certificate: Option<Self>) -> &'a [u8] {
        let Some(certificate) = certificate else {
            return &[];
        };
        let mut signature: *const ASN1_BIT_STRING = ptr::null();
        // SAFETY: the certificate is alive, and the signature is borrowed from it.
        let bytes = unsafe {
            X509_get0_signature(&mut signature, ptr::null_mut(), certificate.as_ptr());
            string_bytes(signature.cast())
        };
        let start = bytes.len().saturating_sub(SIGNATURE_TAIL);
        bytes.get(start..).unwrap_or_default()
    }
}

impl Borrowed<'_> {
    /// Everything that a report shows of a leaf.
    pub(crate) fn describe(self) -> Certificate {
        // SAFETY: the certificate is alive, and what is borrowed from it is copied here.
        let (common_name, serial) = unsafe {
            (
                common_name(X509_get_subject_name(self.as_ptr())),
                string_bytes(X509_get0_serialNumber(self.as_ptr()).cast()),
            )
        };
        let (dns_names, ip_addresses) = self.alternative_names();
        Certificate {
            common_name,
            serial: hex(serial, 32).into(),
            dns_names,
            ip_addresses,
            sha256: self.fingerprint(),
            ..self.describe_link()
        }
    }

    /// What links a certificate to its chain, and what may be wrong with it.
    pub(crate) fn describe_link(self) -> Certificate {
        let key = self.key();
        // SAFETY: the certificate is alive; get0 results live as long.
        unsafe {
            let subject = X509_get_subject_name(self.as_ptr());
            let issuer = X509_get_issuer_name(self.as_ptr());
            Certificate {
                subject: self.subject(),
                issuer: name_text(issuer).into(),
                not_before: unix_time(X509_get0_notBefore(self.as_ptr())),
                not_after: unix_time(X509_get0_notAfter(self.as_ptr())),
                self_issued: X509_NAME_cmp(subject, issuer) == 0,
                ca: wire::is_authority(self.extension(NID_BASIC_CONSTRAINTS)),
                issuer_url: wire::issuer_url(self.extension(NID_INFO_ACCESS)).map(foreign),
                key_algorithm: key.algorithm.into(),
                key_bits: self.key_bits(),
                key_curve: key.curve.map(Foreign::from),
                signature_algorithm: nid_text(OBJ_nid2ln(X509_get_signature_nid(self.as_ptr())))
                    .into(),
                ..Certificate::default()
            }
        }
    }

    /// The issuer's name in DER, as a CertificateRequest would list it.
    pub(crate) fn issuer_der(self) -> Option<Vec<u8>> {
        // SAFETY: the certificate is alive; the bytes are copied.
        let der = unsafe { name_der(X509_get_issuer_name(self.as_ptr())) };
        (!der.is_empty()).then(|| der.to_vec())
    }

    /// Subject, RFC 2253 order.
    pub(super) fn subject(self) -> Foreign {
        // SAFETY: the certificate is alive; the name is borrowed from it.
        unsafe { name_text(X509_get_subject_name(self.as_ptr())) }.into()
    }

    /// nginx's own test of a name (`ngx_ssl_check_host`). libcrypto decodes all names for it.
    pub(crate) fn matches_host(self, name: &[u8]) -> bool {
        if name.is_empty() {
            return false;
        }
        // SAFETY: the certificate is alive; the name is read for its length only.
        let matches = unsafe {
            let name = (name.as_ptr().cast(), name.len());
            X509_check_host(self.as_ptr(), name.0, name.1, 0, ptr::null_mut())
        };
        matches == 1
    }

    /// Adds what this certificate costs in a verification.
    pub(super) fn add_to(self, effort: &mut Effort) {
        let key = KeySize {
            bits: self.key_bits(),
            exponent_bits: self.key().rsa_exponent_bits,
        };
        let names = wire::alternative_names(self.extension(NID_SUBJECT_ALT_NAME)).count();
        let constraints = wire::count_name_constraints(self.extension(NID_NAME_CONSTRAINTS));
        effort.add(key, names, constraints);
    }

    /// SHA-256 of the DER in upper-case hex; empty when the digest is unavailable.
    fn fingerprint(self) -> String {
        self.digest()
            .map_or_else(String::new, |digest| hex(&digest, 32))
    }

    /// A number that another certificate does not have; never 0.
    pub(super) fn number(self) -> u64 {
        let digest = self.digest().unwrap_or_default();
        let first = digest.first_chunk().copied().unwrap_or_default();
        u64::from_be_bytes(first).max(1)
    }

    /// SHA-256 of the DER.
    fn digest(self) -> Option<[u8; 32]> {
        let mut digest = [0u8; 32];
        let mut length = 0;
        // SAFETY: the certificate is alive; SHA-256 takes 32 bytes.
        let made = unsafe {
            X509_digest(
                self.as_ptr(),
                EVP_sha256(),
                digest.as_mut_ptr(),
                &mut length,
            )
        };
        (made == 1 && length == 32).then_some(digest)
    }

    /// Bits of the public key; 0 when it cannot be read.
    fn key_bits(self) -> u32 {
        // SAFETY: get0: borrowed from the certificate; NULL is checked.
        let bits = unsafe {
            let key = X509_get0_pubkey(self.as_ptr());
            if key.is_null() {
                return 0;
            }
            #[cfg(openssl3)]
            {
                super::ffi::EVP_PKEY_get_bits(key)
            }
            #[cfg(not(openssl3))]
            {
                super::ffi::EVP_PKEY_bits(key)
            }
        };
        u32::try_from(bits).unwrap_or(0)
    }

    fn key(self) -> Key {
        // SAFETY: everything returned is borrowed from the certificate.
        unsafe {
            let mut algorithm: *mut X509_ALGOR = ptr::null_mut();
            let (mut bytes, mut length) = (ptr::null(), 0);
            let key = X509_get_X509_PUBKEY(self.as_ptr());
            if key.is_null()
                || X509_PUBKEY_get0_param(
                    ptr::null_mut(),
                    &mut bytes,
                    &mut length,
                    &mut algorithm,
                    key,
                ) != 1
            {
                return Key::default();
            }
            let mut object: *const ASN1_OBJECT = ptr::null();
            let mut kind = 0;
            let mut parameter: *const c_void = ptr::null();
            X509_ALGOR_get0(&mut object, &mut kind, &mut parameter, algorithm);
            let name = nid_text(OBJ_nid2sn(OBJ_obj2nid(object)));
            Key {
                rsa_exponent_bits: wire::rsa_exponent_bits(slice(bytes, length.into())),
                algorithm: match name.as_str() {
                    "rsaEncryption" => "RSA".to_owned(),
                    "id-ecPublicKey" => "ECDSA".to_owned(),
                    _ => name,
                },
                curve: (kind == V_ASN1_OBJECT)
                    .then(|| nid_text(OBJ_nid2sn(OBJ_obj2nid(parameter.cast())))),
            }
        }
    }

    /// The first names of subjectAltName: DNS names and addresses.
    fn alternative_names(self) -> (Vec<Foreign>, Vec<Foreign>) {
        let (mut dns, mut ip) = (Vec::new(), Vec::new());
        for name in wire::alternative_names(self.extension(NID_SUBJECT_ALT_NAME)) {
            match name {
                AlternativeName::Dns(name) if dns.len() < MAX_NAMES => dns.push(foreign(name)),
                AlternativeName::Ip(bytes) if ip.len() < MAX_NAMES => ip.extend(address(bytes)),
                _ => {}
            }
        }
        (dns, ip)
    }

    /// An extension as sent; empty where there is none, or more than one: libcrypto takes none then.
    fn extension(&self, nid: c_int) -> &[u8] {
        // SAFETY: the extension and its contents are borrowed from the certificate.
        unsafe {
            let place = X509_get_ext_by_NID(self.as_ptr(), nid, -1);
            if place < 0 || X509_get_ext_by_NID(self.as_ptr(), nid, place) >= 0 {
                return &[];
            }
            // Constant from OpenSSL 4.0 on.
            let extension: *const X509_EXTENSION = X509_get_ext(self.as_ptr(), place);
            string_bytes(X509_EXTENSION_get_data(extension.cast_mut()).cast())
        }
    }
}

/// What a certificate says of its public key.
#[derive(Default)]
struct Key {
    /// OpenSSL's short name, or the usual one.
    algorithm: String,
    /// OpenSSL's short name of an EC key's curve.
    curve: Option<String>,
    rsa_exponent_bits: Option<usize>,
}

fn hex(bytes: &[u8], max: usize) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    let digits = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    let digits = bytes.iter().take(max).flat_map(digits);
    digits.map(|digit| digit.to_ascii_uppercase()).collect()
}

/// # Safety
/// NULL, or a string whose owner outlives the bytes.
unsafe fn string_bytes<'a>(string: *const ASN1_STRING) -> &'a [u8] {
    if string.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe {
        slice(
            ASN1_STRING_get0_data(string),
            ASN1_STRING_length(string).into(),
        )
    }
}

/// # Safety
/// `data` points to `length` bytes whose owner outlives the slice, or is NULL.
unsafe fn slice<'a>(data: *const u8, length: i64) -> &'a [u8] {
    match usize::try_from(length) {
        // SAFETY: the caller's promise.
        Ok(length) if !data.is_null() => unsafe { core::slice::from_raw_parts(data, length) },
        _ => &[],
    }
}

/// # Safety
/// `name` is alive.
unsafe fn name_text(name: *const X509_NAME) -> String {
    // SAFETY: the caller's promise.
    wire::distinguished_name(unsafe { name_der(name) }).unwrap_or_default()
}

/// Empty where there is no memory to encode a name.
///
/// # Safety
/// The owner of `name` outlives the bytes.
unsafe fn name_der<'a>(name: *const X509_NAME) -> &'a [u8] {
    let (mut der, mut length) = (ptr::null(), 0);
    // SAFETY: the caller's promise; the bytes live with the name.
    unsafe {
        if X509_NAME_get0_der(name.cast_mut(), &mut der, &mut length) != 1 || der.is_null() {
            return &[];
        }
        core::slice::from_raw_parts(der, length)
    }
}

/// The last common name: the one `X509_check_host` falls back to.
///
/// # Safety
/// `subject` is alive.
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
        Some(foreign(string_bytes(X509_NAME_ENTRY_get_data(entry))))
    }
}

/// # Safety
/// NULL, or a time that is alive.
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

/// # Safety
/// NULL, or one of OpenSSL's object names.
unsafe fn nid_text(name: *const core::ffi::c_char) -> String {
    if name.is_null() {
        return String::new();
    }
    // SAFETY: OpenSSL's object names are NUL-terminated and static.
    bounded(unsafe { core::ffi::CStr::from_ptr(name) }.to_bytes())
}

fn foreign(bytes: &[u8]) -> Foreign {
    bounded(bytes).into()
}

fn address(bytes: &[u8]) -> Option<Foreign> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(v4).to_string().into());
    }
    <[u8; 16]>::try_from(bytes)
        .ok()
        .map(|v6| std::net::Ipv6Addr::from(v6).to_string().into())
}
