//! What a recording means in TLS terms. No rule reads a recording's bytes: it asks here.

mod chain;
mod name;
mod offer;
mod parameters;
mod phase;
mod plaintext;
mod suites;

pub use chain::{ChainProblem, Problem};
pub use name::{is_dns_name, Constant, NameFacts, NameProblem, Provenance};
pub use offer::{Authorities, Chosen, Offered};
pub use parameters::{Breadth, DEFAULT_GROUPS};
pub use phase::Phase;
pub use plaintext::PlainProtocol;

use crate::capture::{
    AlertSeen, CertificateCheck, ClientCertificate, Direction, EndingKind, Module, Recording,
    Response, Reused,
};
use crate::registry::{Alert, HandshakeType, ProtocolVersion, SslReason, ERR_LIB_SSL};

/// Bytes that fit one TCP segment on an Ethernet path, with options.
pub const ONE_SEGMENT: u32 = 1400;

/// Everything the rules may know.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The observations themselves.
    pub recording: &'a Recording,
    /// How far the handshake came.
    pub phase: Phase,
    /// What nginx offered; `None` when no ClientHello was sent.
    pub offered: Option<Offered>,
    /// What the peer chose; `None` when no hello of its came.
    pub chosen: Option<Chosen>,
    /// The peer asked for a client certificate; the CA names it listed.
    pub certificate_request: Option<Authorities<'a>>,
    /// The deciding alert: the last fatal one received, else the last fatal one sent.
    pub alert: Option<AlertSeen>,
    /// The name sent, the name compared and what is odd about it.
    pub name: NameFacts,
    /// The peer's first bytes are no TLS record: what they look like.
    pub plaintext: Option<PlainProtocol>,
}

impl<'a> Facts<'a> {
    /// Reads a recording. Never fails: what cannot be read is absent.
    pub fn of(recording: &'a Recording) -> Self {
        let offered = Offered::of(&recording.handshake);
        let chosen = Chosen::of(&recording.handshake);
        let version = chosen.as_ref().and_then(|chosen| chosen.version);
        Self {
            recording,
            phase: match recording.ending.kind {
                EndingKind::Refused => Phase::Response,
                _ => Phase::of(&recording.handshake),
            },
            certificate_request: Authorities::of(&recording.handshake, version),
            alert: deciding_alert(recording, version),
            name: NameFacts::of(recording, offered.as_ref()),
            plaintext: PlainProtocol::of(&recording.handshake.first_bytes.0),
            offered,
            chosen,
        }
    }

    /// How the attempt ended.
    pub fn ending(&self) -> EndingKind {
        self.recording.ending.kind
    }

    /// The fatal alert the peer sent, if that is what decided.
    pub fn received(&self) -> Option<Alert> {
        self.alert
            .filter(|alert| alert.from == Direction::Received)
            .map(|alert| Alert(alert.code))
    }

    /// The fatal alert nginx sent, if that is what decided.
    pub fn sent(&self) -> Option<Alert> {
        self.alert
            .filter(|alert| alert.from == Direction::Sent)
            .map(|alert| Alert(alert.code))
    }

    /// Reason of the library's own error (not of an alert received).
    pub fn ssl_reason(&self) -> Option<SslReason> {
        let ending = &self.recording.ending;
        let reason = ending
            .reason
            .filter(|_| ending.library == Some(ERR_LIB_SSL));
        reason.map(SslReason)
    }

    /// Library and reason of the earliest error, whichever library it came from.
    pub fn library_error(&self) -> Option<(u32, u32)> {
        let ending = &self.recording.ending;
        ending.library.zip(ending.reason)
    }

    /// Nothing of the peer's hello came.
    pub fn no_hello_came(&self) -> bool {
        self.chosen.is_none()
    }

    /// The name may still be what the peer stumbled over: nothing of its hello came, or (some stacks
    /// look for a certificate only after a TLS 1.3 ServerHello, and after their request for ours) no
    /// certificate did. A ServerHello of TLS 1.3 settles version, suite and group.
    pub fn name_may_decide(&self) -> bool {
        let tls13 = self.version() >= Some(ProtocolVersion::TLS1_3);
        self.no_hello_came()
            || (tls13 && self.phase <= Phase::Certificate && !self.certificate_came())
    }

    /// The peer presented a certificate in this handshake.
    fn certificate_came(&self) -> bool {
        const CERTIFICATES: [HandshakeType; 2] = [
            HandshakeType::CERTIFICATE,
            HandshakeType::COMPRESSED_CERTIFICATE,
        ];
        self.recording.handshake.messages.iter().any(|message| {
            message.from == Direction::Received
                && CERTIFICATES.contains(&HandshakeType(message.kind))
        })
    }

    /// The peer closed the connection, or fell silent, without an alert.
    pub fn closed_silently(&self) -> bool {
        matches!(
            self.ending(),
            EndingKind::Eof | EndingKind::Reset | EndingKind::LateClose
        )
    }

    /// The version in use or, before a ServerHello, the highest offered.
    pub fn version(&self) -> Option<ProtocolVersion> {
        let chosen = self.chosen.as_ref().and_then(|chosen| chosen.version);
        chosen.or_else(|| self.offered.as_ref().and_then(Offered::max_version))
    }

    /// Our answer to a CertificateRequest.
    pub fn client_certificate(&self) -> Option<&ClientCertificate> {
        self.recording.handshake.client_certificate.as_ref()
    }

    /// The upstream's answer in HTTP, where it refused the request over a handshake that stands.
    pub fn refusal(&self) -> Option<&Response> {
        let response = self.recording.response.as_ref();
        response.filter(|_| self.ending() == EndingKind::Refused)
    }

    /// The same, where it was this request's own handshake that the upstream holds against it.
    pub fn own_refusal(&self) -> Option<&Response> {
        self.refusal().filter(|_| self.reused().is_none())
    }

    /// What was used again although it was made under another name or client certificate.
    pub fn reused(&self) -> Option<Reused> {
        self.recording.handshake.reused
    }

    /// The peer asked for a certificate and got none, when it was nginx's turn: in TLS 1.3 that is after the
    /// peer's own certificate.
    pub fn sent_no_client_certificate(&self) -> bool {
        self.certificate_request.is_some()
            && !self.name_may_decide()
            && self.client_certificate().is_none_or(|sent| sent.empty)
    }

    /// The chain and its verification, when nginx rejected it.
    pub fn rejected_chain(&self) -> Option<&CertificateCheck> {
        self.recording
            .certificate
            .as_ref()
            .filter(|_| self.ending() == EndingKind::ChainRejected)
    }

    /// The chain is not trusted and the connection was closed unused, but it is another module's, whose
    /// own verification nobody sees: it may have closed for reasons of its own.
    pub fn rejection_is_inferred(&self) -> bool {
        self.recording.context.module == Module::Other && self.rejected_chain().is_some()
    }

    /// nginx rejected the chain of a certificate that is for another name, after a ClientHello without SNI:
    /// it may be the server's default certificate. Not so where another setting was proved to accept this
    /// very chain, or where the verdict came with a session.
    pub fn maybe_default_certificate(&self) -> bool {
        let proved =
            |found: ChainProblem| matches!(found.problem, Problem::TooLong | Problem::Inherited);
        self.name.not_sent()
            && !self.chain_problem().is_some_and(proved)
            && !self.verdict_came_with_a_session()
            && self
                .rejected_chain()
                .is_some_and(|check| check.name_matches == Some(false))
    }

    /// nginx rejected a resumed session for the verdict it carries, and the chain that was judged is
    /// not known.
    pub fn verdict_came_with_a_session(&self) -> bool {
        self.recording.handshake.resumed == Some(true)
            && self
                .rejected_chain()
                .is_some_and(|check| !check.verified_again)
    }

    /// What is wrong with a rejected chain, by precedence.
    pub fn chain_problem(&self) -> Option<ChainProblem> {
        let resumed = self.recording.handshake.resumed == Some(true);
        self.rejected_chain()
            .map(|check| ChainProblem::of(check, resumed))
    }

    /// The peer's port; `None` for a unix socket.
    pub fn port(&self) -> Option<u16> {
        let peer = self.recording.context.peer.as_deref()?;
        let port = peer
            .strip_prefix("unix:")
            .is_none()
            .then(|| peer.rsplit_once(':'))??
            .1;
        port.parse().ok()
    }

    /// nginx verifies the upstream's certificate. Only then is a context given a depth
    /// (`ngx_ssl_trusted_certificate`).
    pub fn verifies(&self) -> bool {
        let settings = &self.recording.settings;
        settings.verify.unwrap_or(settings.verify_depth.is_some())
    }

    /// Prefix of the module's directives; `None` where no directive is known.
    pub(crate) fn directive_prefix(&self) -> Option<&'static str> {
        match self.recording.context.module {
            Module::Proxy | Module::Stream => Some("proxy"),
            Module::Grpc => Some("grpc"),
            Module::Uwsgi => Some("uwsgi"),
            Module::Other => None,
        }
    }

    /// A directive written for `proxy_pass`, with the prefix of the module's own; other text as it is. `None`
    /// for directives the module does not have: stream has no headers, and uwsgi's are parameters.
    pub fn with_prefix(&self, text: &'static str) -> Option<String> {
        let Some(rest) = text.strip_prefix("proxy_") else {
            return Some(text.to_owned());
        };
        match (
            self.recording.context.module,
            rest.strip_prefix("set_header Host "),
        ) {
            (Module::Stream, Some(_)) => None,
            (Module::Uwsgi, Some(value)) => Some(format!("uwsgi_param HTTP_HOST {value}")),
            // Where the family is unknown, nobody knows whose.
            _ => Some([self.directive_prefix().unwrap_or("*"), "_", rest].concat()),
        }
    }

    /// `*_ssl_conf_command` exists in this nginx.
    pub fn has_conf_command(&self) -> bool {
        self.recording.environment.nginx >= 1_019_004
    }

    /// The running library is OpenSSL 3.0 or newer.
    pub fn is_openssl3(&self) -> bool {
        self.recording.environment.openssl >> 28 >= 3
    }
}

/// The last fatal alert received, else the last one sent: warnings are no evidence.
fn deciding_alert(recording: &Recording, version: Option<ProtocolVersion>) -> Option<AlertSeen> {
    let alerts = recording.handshake.alerts.iter();
    let fatal = alerts.rev().filter(|alert| alert.is_fatal(version));
    let last = |from| fatal.clone().find(|alert| alert.from == from).copied();
    last(Direction::Received).or_else(|| last(Direction::Sent))
}

#[cfg(test)]
mod tests;
