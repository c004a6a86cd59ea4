//! Whose connection it was, and what nginx was told to do with it.

use serde::{Deserialize, Serialize};

use crate::text::Foreign;

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
    /// Names of the last two different diagnoses of this peer, made a moment ago; the latest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
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
    /// The lowest version that the context allows besides `*_ssl_protocols`, where a command sets one
    /// (`SSL_CTX_get_min_proto_version`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_version: Option<u16>,
    /// The highest one (`SSL_CTX_get_max_proto_version`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_version: Option<u16>,
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
    /// The `server` line of the block that led to the peer tried, as it stands there: `host`, `host:port`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_line: Option<String>,
    /// The host of `proxy_pass` (or of the peer's `server` line) is the name of an `upstream` block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_block: Option<bool>,
    /// Security level of the context (`SSL_CTX_get_security_level`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_level: Option<u32>,
    /// The context holds a client certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<bool>,
}
