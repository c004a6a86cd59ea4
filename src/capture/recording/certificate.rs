//! Certificates, and what verifying them says.

use serde::{Deserialize, Serialize};

use crate::text::Foreign;

/// Certificates kept of the peer's chain.
pub const MAX_CHAIN: usize = 10;
/// Names kept of a certificate's subjectAltName, each kind.
pub const MAX_NAMES: usize = 16;

/// One X.509 verification error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyError {
    /// `X509_V_ERR_*`.
    pub code: i32,
    /// Depth in the chain that was built; 0 is the leaf.
    pub depth: u32,
    /// Place of that certificate in [`CertificateCheck::chain`], when it was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
}

/// The peer's chain, and what verifying it says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CertificateCheck {
    /// `SSL_get_verify_result`, the code nginx logged: 0 is X509_V_OK.
    pub result: i32,
    /// The chain was verified again with this context's own store and parameters. False when it
    /// could not be (chain gone with a serialised session, bounds, memory); `errors` is empty then.
    pub verified_again: bool,
    /// Certificates and CRLs in the context's trust store.
    #[serde(rename = "trusted", skip_serializing_if = "Option::is_none")]
    pub trust_store_size: Option<u32>,
    /// Subjects of certificates in that store, at most 8: whom nginx trusts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trusted_names: Vec<Foreign>,
    /// Every error of that verification, in the order met.
    pub errors: Vec<VerifyError>,
    /// The smallest `*_ssl_verify_depth` with which the same chain verifies without any error, when
    /// that is larger than the configured one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven_depth: Option<u32>,
    /// Whether the leaf matches `Settings::compared_name` (`X509_check_host`, nginx's own test).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_matches: Option<bool>,
    /// The chain as received, leaf first, at most [`MAX_CHAIN`].
    pub chain: Vec<Certificate>,
    /// Certificates received.
    pub chain_length: u32,
}

/// What a certificate says of itself. All text is the peer's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Certificate {
    /// Subject, RFC 2253 order.
    pub subject: Foreign,
    /// Issuer, RFC 2253 order.
    pub issuer: Foreign,
    /// Last common name of the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_name: Option<Foreign>,
    /// Serial number, upper-case hex without separators.
    pub serial: Foreign,
    /// Start of validity, seconds since the epoch.
    pub not_before: i64,
    /// End of validity, seconds since the epoch.
    pub not_after: i64,
    /// DNS names of subjectAltName, at most 16.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_names: Vec<Foreign>,
    /// IP addresses of subjectAltName, at most 16, in text form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ip_addresses: Vec<Foreign>,
    /// Subject and issuer are the same name.
    pub self_issued: bool,
    /// basicConstraints says CA.
    pub ca: bool,
    /// First caIssuers URL of authorityInfoAccess.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_url: Option<Foreign>,
    /// SHA-256 of the DER, upper-case hex.
    pub sha256: String,
    /// `RSA`, `ECDSA`, `Ed25519`, ... (display only).
    pub key_algorithm: Foreign,
    /// Size of the public key in bits.
    pub key_bits: u32,
    /// Name of the curve of an EC key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_curve: Option<Foreign>,
    /// Signature algorithm, OpenSSL's long name (display only).
    pub signature_algorithm: Foreign,
}

impl Certificate {
    /// The names it is for: its DNS names, or without any its common name (`X509_check_host`). An empty
    /// one is for nobody.
    pub fn presented(&self) -> Vec<&Foreign> {
        let names: Vec<_> = match self.dns_names.as_slice() {
            [] => self.common_name.iter().collect(),
            names => names.iter().collect(),
        };
        let is_name = |name: &&Foreign| !name.raw().is_empty();
        names.into_iter().filter(is_name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_name_is_not_presented() {
        let mut leaf = Certificate {
            common_name: Some("a.example".into()),
            ..Certificate::default()
        };
        assert_eq!(leaf.presented(), [&Foreign::from("a.example")]);
        leaf.dns_names = vec!["".into(), "b.example".into()];
        assert_eq!(leaf.presented(), [&Foreign::from("b.example")]);
        leaf.dns_names.pop();
        assert!(
            leaf.presented().is_empty(),
            "the DNS names count, empty or not"
        );
    }
}
