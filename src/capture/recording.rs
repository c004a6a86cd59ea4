//! The recording's shape. Field order is the order in which a reader wants to see it.

use serde::{Deserialize, Serialize};

use super::Bytes;
use crate::text::Foreign;

/// Version of the recording format; a reader refuses any other.
pub const FORMAT: u32 = 1;
/// Bytes kept of one handshake message; [`Captured::length`] keeps the true length.
pub const MAX_MESSAGE: usize = 16 * 1024;
/// Entries kept of [`Handshake::messages`].
pub const MAX_MESSAGES: usize = 32;
/// Certificates kept of the peer's chain.
pub const MAX_CHAIN: usize = 10;
/// Names kept of a certificate's subjectAltName, each kind.
pub const MAX_NAMES: usize = 16;

/// Everything observed on one upstream connection that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The nginx and the TLS library that made the connection.
    pub environment: Environment,
    /// Whose connection it was. Decides nothing but the directive family.
    #[serde(default)]
    pub context: Context,
    /// What nginx was configured to do, as far as public structures tell.
    #[serde(default)]
    pub settings: Settings,
    /// What crossed the wire.
    #[serde(default)]
    pub handshake: Handshake,
    /// How it ended.
    pub ending: Ending,
    /// The peer's certificate chain and what a verification says; absent when no chain was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateCheck>,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// A sentence, when the text is no recording or one of another format.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let recording: Self =
            serde_json::from_str(text).map_err(|error| format!("not a recording: {error}"))?;
        if recording.format != FORMAT {
            return Err(format!(
                "recording format {} instead of {FORMAT}",
                recording.format
            ));
        }
        Ok(recording)
    }
}

/// Versions and clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// nginx's `nginx_version`: 1022001 is 1.22.1.
    pub nginx: u32,
    /// `OpenSSL_version_num()` of the running library: 0x1010117f is 1.1.1w, 0x300000d0 is 3.0.13.
    pub openssl: u64,
    /// Wall clock at the failure, milliseconds since the epoch, UTC.
    pub time_ms: i64,
    /// Process id of the worker.
    pub pid: u32,
}

/// The nginx module that made the connection; it names the directive family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Module {
    /// `proxy_pass https://` in http: `proxy_ssl_*`.
    Proxy,
    /// `grpc_pass grpcs://`: `grpc_ssl_*`.
    Grpc,
    /// `uwsgi_pass suwsgi://`: `uwsgi_ssl_*`.
    Uwsgi,
    /// `proxy_ssl on` in stream: `proxy_ssl_*`.
    Stream,
    /// Any other client-side connection of nginx: no directive is known.
    #[default]
    Other,
}

/// Identity of the connection and of the request it served.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// The module that made the connection.
    pub module: Module,
    /// nginx's connection number, the `*N` of error.log.
    pub connection_id: u64,
    /// The upstream as configured: block name, or host of `proxy_pass`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Foreign>,
    /// The peer tried, as nginx prints it: `10.0.0.5:8443`, `[::1]:443`, `unix:/run/app.sock`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Position of this attempt in `$upstream_addr`, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// No further attempt follows in this pass.
    #[serde(rename = "final", skip_serializing_if = "Option::is_none")]
    pub is_final: Option<bool>,
    /// Address of the downstream client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Foreign>,
    /// Request method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Foreign>,
    /// Host asked for, without a port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Foreign>,
    /// Path of the request, without the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Foreign>,
    /// `http` or `https` towards the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// `$request_id`, where nginx.conf uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Foreign>,
    /// First name of the `server` block that serves the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_server: Option<String>,
    /// Address and port of the `listen` that took the client's connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// Name of the `location`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Status sent or about to be sent to the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// What nginx was told to do. Unknown is `None`, never guessed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `*_ssl_verify`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<bool>,
    /// `*_ssl_verify_depth` (`SSL_CTX_get_verify_depth`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_depth: Option<u32>,
    /// The name nginx compares with the certificate and sends as SNI when told to (`ssl_name`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared_name: Option<Foreign>,
    /// `*_ssl_server_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_server_name: Option<bool>,
    /// Suites of TLS 1.3 in the context's list (`SSL_CTX_get_ciphers`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls13_suites: Option<u32>,
    /// `*_ssl_session_reuse`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_reuse: Option<bool>,
    /// [`Context::upstream`] is the operator's own word: `proxy_pass` holds no variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_is_constant: Option<bool>,
    /// [`Settings::compared_name`] is the operator's own word: no variable has a part in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_is_constant: Option<bool>,
    /// The host of `proxy_pass` (or of the peer's `server` line) is the name of an `upstream` block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_block: Option<bool>,
    /// Security level of the context (`SSL_CTX_get_security_level`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_level: Option<u32>,
    /// Certificates in the context's trust store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_anchors: Option<u32>,
    /// The context holds a client certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<bool>,
}

/// Who sent something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// nginx sent it.
    Sent,
    /// The upstream sent it.
    Received,
}

/// One handshake message, cut at [`MAX_MESSAGE`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Captured {
    /// Message with its 4-byte handshake header.
    pub bytes: Bytes,
    /// True length, header included.
    pub length: u32,
}

/// A handshake message went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSeen {
    /// Who sent it.
    pub from: Direction,
    /// HandshakeType (RFC 8446 section 4).
    pub kind: u8,
}

/// An alert went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertSeen {
    /// Who sent it.
    pub from: Direction,
    /// AlertLevel: 1 warning, 2 fatal.
    pub level: u8,
    /// AlertDescription (RFC 8446 section 6).
    pub code: u8,
    /// It came after our side had finished the handshake.
    #[serde(default)]
    pub after_finished: bool,
}

/// What crossed the wire, in both directions.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Handshake {
    /// ClientHellos sent: one, or two after a HelloRetryRequest.
    pub client_hellos: Vec<Captured>,
    /// HelloRetryRequest received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hello_retry_request: Option<Captured>,
    /// ServerHello received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_hello: Option<Captured>,
    /// CertificateRequest received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_request: Option<Captured>,
    /// The handshake messages in order, at most [`MAX_MESSAGES`].
    pub messages: Vec<MessageSeen>,
    /// Alerts in order, at most 4.
    pub alerts: Vec<AlertSeen>,
    /// First bytes received, at most 5: a record header, or the peer's own protocol.
    pub opening: Bytes,
    /// Bytes of records sent, headers included.
    pub bytes_sent: u64,
    /// Bytes of records received, headers included.
    pub bytes_received: u64,
    /// Our side finished the handshake.
    pub finished: bool,
    /// Negotiated protocol version (0x0303 is TLS 1.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u16>,
    /// Negotiated cipher suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cipher: Option<u16>,
    /// Negotiated group (TLS `NamedGroup`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<u16>,
    /// Negotiated ALPN protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpn: Option<Foreign>,
    /// An earlier session was resumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<bool>,
    /// The client Certificate message we sent; absent when none was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<ClientCertificate>,
    /// First handshake byte to failure, nanoseconds.
    pub duration_ns: u64,
}

/// Our answer to a CertificateRequest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// The Certificate message carried no certificate.
    pub empty: bool,
    /// The certificate nginx holds for this context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// Issuer name of that certificate, DER: what a CertificateRequest lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_name: Option<Bytes>,
}

/// How the attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndingKind {
    /// The library failed: an alert in or out, or a local error.
    Error,
    /// The peer closed the connection during the handshake.
    Eof,
    /// The connection was reset or broken during the handshake (`errno`).
    Reset,
    /// The handshake timer fired.
    Timeout,
    /// The handshake finished and nginx rejected the chain.
    ChainRejected,
    /// The handshake finished and nginx rejected the name.
    NameRejected,
    /// Our side finished, then a fatal alert came before any application data.
    LateAlert,
    /// Our side finished, then the peer closed or reset before any application data.
    LateClose,
}

/// The end of the attempt and the library's own words for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// What kind of end.
    pub kind: EndingKind,
    /// The packed OpenSSL error (`ERR_peek_error`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u64>,
    /// Library of that error (`ERR_GET_LIB`): 20 is SSL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<u32>,
    /// Reason of that error (`ERR_GET_REASON`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<u32>,
    /// `errno` at the failing call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errno: Option<i32>,
    /// `ERR_error_string` of the code. For display; never classified on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Foreign>,
}

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted: Option<u32>,
    /// Every error of that verification, in the order met.
    pub errors: Vec<VerifyError>,
    /// The smallest `*_ssl_verify_depth` with which the same chain verifies without any error, when
    /// that is larger than the configured one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven_depth: Option<u32>,
    /// Whether the leaf matches [`Settings::compared_name`] (`X509_check_host`, nginx's own test).
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
    /// A certificate with the issuer's name is in the context's trust store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_trusted: Option<bool>,
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
