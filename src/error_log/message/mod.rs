//! What a message of nginx says.
//!
//! The kind is read from what stands before `, client: `, and there from its beginning and its action
//! (` while ...`): a client's bytes come later. A name that nginx compared may be a client's, too
//! (`proxy_ssl_name $http_x`), so it ends where nginx's own words go on, and that in one place only.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::entry::number;
use super::kind::{Compared, Kind};
use super::openssl;
use super::tail::Tail;
use crate::capture::Module;

static CLIENT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(", client: "));

/// What a message is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen<'l> {
    /// A handshake with an upstream failed.
    Failure(Failure<'l>),
    /// A script repeats what nginx has written already, as a rule.
    Echo(Failure<'l>),
    /// Debugging: nginx connects to an upstream.
    Attempt,
    /// A handshake with a client failed: another matter.
    ClientSide,
    /// nginx has no upstream left, or leaves one out, because of earlier failures.
    Consequence,
    /// Debugging: nginx sends a server name to the upstream.
    NameSent,
    /// A line of our own module: what follows `upstream_tls[`.
    Ours(&'l [u8]),
    /// Nothing of TLS.
    Nothing,
}

/// A failed handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure<'l> {
    pub(super) kind: Kind,
    /// Whose connection it was; absent where the line does not tell.
    pub(super) module: Option<Module>,
    pub(super) tail: Tail<'l>,
}

/// What nginx was doing.
#[derive(PartialEq, Eq)]
enum Action {
    /// Shaking hands with an upstream.
    Upstream,
    /// Shaking hands with the target of a script.
    Script,
    /// Shaking hands with a client.
    Client,
    /// Sending the request or waiting for the response.
    Exchange,
    /// The line does not say: a cosocket.
    None,
    Other,
}

impl Action {
    fn of(head: &[u8]) -> Self {
        // The longest is told by its end before shorter ones are.
        const ENDS: [(&[u8], Action); 9] = [
            (b" while SSL handshaking to upstream", Action::Upstream),
            (b" while SSL handshaking to http target", Action::Script),
            (b" while SSL handshaking to fetch target", Action::Script),
            (b" while SSL handshaking", Action::Client),
            (
                b" while reading response header from upstream",
                Action::Exchange,
            ),
            (b" while sending request to upstream", Action::Exchange),
            (
                b" while proxying and reading from upstream",
                Action::Exchange,
            ),
            (b" while proxying and sending to upstream", Action::Exchange),
            (b" while connecting to upstream", Action::Other),
        ];
        match ENDS.into_iter().find(|(end, _)| head.ends_with(end)) {
            Some((_, action)) => action,
            None if memmem::find(head, b" while ").is_some() => Self::Other,
            None => Self::None,
        }
    }
}

/// Reads a message.
pub(super) fn read(message: &[u8]) -> Seen<'_> {
    // One look at the first bytes sends most lines of a log away.
    let Some((start, _)) = message.split_first_chunk::<4>() else {
        return Seen::Nothing;
    };
    match start {
        b"SSL_" => handshake(message).or_else(|| after_handshake(message)),
        b"peer" => peer_closed(message),
        b"upst" => return upstream(message),
        b"lua " | b"stre" | b"js h" | b"js f" => script(message),
        b"[lua" => lua(message),
        b"cann" => own_certificate(message),
        b"no l" if message.starts_with(b"no live upstreams") => return Seen::Consequence,
        b"conn" => after_handshake(message),
        b"http" if message.starts_with(b"http upstream connect: ") => return Seen::Attempt,
        b"prox" if message.starts_with(b"proxy connect: ") => return Seen::Attempt,
        _ => None,
    }
    .unwrap_or(Seen::Nothing)
}

/// Before and after `, client: `.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let Some(at) = CLIENT.find(message) else {
        return (message, &[]);
    };
    let (head, tail) = message.split_at_checked(at).unwrap_or((message, &[]));
    (head, tail.get(CLIENT.needle().len()..).unwrap_or_default())
}

fn handshake(message: &[u8]) -> Option<Seen<'_>> {
    let said = message.strip_prefix(b"SSL_do_handshake() failed")?;
    let (head, tail) = split(said);
    let kind = library(head)?;
    Some(in_handshake(kind, head, tail))
}

fn peer_closed(message: &[u8]) -> Option<Seen<'_>> {
    let said = message.strip_prefix(b"peer closed connection in SSL handshake")?;
    let (head, tail) = split(said);
    let kind = errno(head).and_then(Kind::of_errno);
    Some(in_handshake(kind.unwrap_or(Kind::Closed), head, tail))
}

/// What our module's line is about, without nginx's.
pub(super) fn reported(said: &[u8]) -> Failure<'_> {
    let tail = Tail::read(split(said).1);
    Failure {
        kind: Kind::Reported,
        module: module(&tail),
        tail,
    }
}

/// What the library or the system says in parentheses.
pub(super) fn library(head: &[u8]) -> Option<Kind> {
    openssl::read(head)
        .or_else(|| openssl::read_words(head))
        .map(Kind::of)
        .or_else(|| Kind::of_errno(errno(head)?))
}

/// `(104: Connection reset by peer)`, at the beginning.
fn errno(head: &[u8]) -> Option<u16> {
    let (number, rest) = number(head.strip_prefix(b" (")?)?;
    rest.strip_prefix(b": ")?;
    u16::try_from(number).ok()
}

fn in_handshake<'l>(kind: Kind, head: &[u8], tail: &'l [u8]) -> Seen<'l> {
    let tail = Tail::read(tail);
    let module = match Action::of(head) {
        Action::Upstream => module(&tail),
        Action::Script => Some(Module::Other),
        Action::None if tail.has_request || head.ends_with(b", context: ngx.timer") => {
            Some(Module::Other)
        }
        Action::Client => return Seen::ClientSide,
        _ => return Seen::Nothing,
    };
    Seen::Failure(Failure { kind, module, tail })
}

/// The scheme tells the family of directives.
fn module(tail: &Tail<'_>) -> Option<Module> {
    Some(match tail.upstream? {
        https if https.starts_with(b"https://") => Module::Proxy,
        grpcs if grpcs.starts_with(b"grpcs://") => Module::Grpc,
        suwsgi if suwsgi.starts_with(b"suwsgi://") => Module::Uwsgi,
        other if memmem::find(other, b"://").is_some() => return None,
        _ => Module::Stream,
    })
}

fn upstream(message: &[u8]) -> Seen<'_> {
    if let Some(rest) = message.strip_prefix(b"upstream_tls[") {
        return Seen::Ours(rest);
    }
    if message.starts_with(b"upstream SSL server name: \"") {
        return Seen::NameSent;
    }
    if message.starts_with(b"upstream server temporarily disabled") {
        return Seen::Consequence;
    }
    certificate(message, &["upstream SSL certificate"], Module::Proxy)
        .or_else(|| timed_out(message))
        .or_else(|| after_handshake(message))
        .unwrap_or(Seen::Nothing)
}

fn timed_out(message: &[u8]) -> Option<Seen<'_>> {
    let said = message.strip_prefix(b"upstream timed out")?;
    let (head, tail) = split(said);
    (Action::of(head) == Action::Upstream).then(|| in_handshake(Kind::TimedOut, head, tail))
}

/// `... verify error: (20:text)` or `... does not match "name"`. Scripts write the same with words of
/// theirs, and no action.
fn certificate<'l>(message: &'l [u8], openings: &[&str], whose: Module) -> Option<Seen<'l>> {
    let said = strip_any(message, openings)?;
    let (kind, tail) = match said.strip_prefix(b" verify error: (") {
        Some(rest) => {
            let (code, _) = number(rest)?;
            (
                Kind::Verify(u16::try_from(code).ok()?),
                Tail::read(split(rest).1),
            )
        }
        None => {
            let rest = said.strip_prefix(b" does not match")?;
            mismatch(strip_any(rest, &[" host ", " "]).unwrap_or(rest))
        }
    };
    let module = match whose {
        Module::Proxy => module(&tail),
        other => Some(other),
    };
    Some(Seen::Failure(Failure { kind, module, tail }))
}

/// A name in quotes, then nginx's words. They may stand once only: a client can have written the name.
fn mismatch(quoted: &[u8]) -> (Kind, Tail<'_>) {
    let Some(quoted) = quoted.strip_prefix(b"\"") else {
        return (
            Kind::NameMismatch(Compared::Unknown),
            Tail::read(split(quoted).1),
        );
    };
    let mut ends = CLIENT.find_iter(quoted).filter(|at| {
        let before = quoted.get(..*at).unwrap_or_default();
        before.ends_with(b"\" while SSL handshaking to upstream") || before.ends_with(b"\"")
    });
    let (Some(at), None) = (ends.next(), ends.next()) else {
        let name = quoted.split(|one| *one == b'"').next().unwrap_or_default();
        return (Kind::NameMismatch(Compared::of(name)), Tail::default());
    };
    let (head, tail) = quoted.split_at_checked(at).unwrap_or((quoted, &[]));
    let end = memchr::memrchr(b'"', head).unwrap_or(head.len());
    let name = head.get(..end).unwrap_or_default();
    let tail = tail.get(CLIENT.needle().len()..).unwrap_or_default();
    (Kind::NameMismatch(Compared::of(name)), Tail::read(tail))
}

/// lua-nginx-module and njs verify for themselves.
fn script(message: &[u8]) -> Option<Seen<'_>> {
    const OPENINGS: [&str; 5] = [
        "lua ssl certificate",
        "stream lua ssl certificate",
        "js http SSL certificate",
        "js fetch SSL certificate",
        "js http fetch SSL certificate",
    ];
    const NAMES: [&str; 4] = [
        "lua ssl server name: ",
        "stream lua ssl server name: ",
        "js http SSL server name: ",
        "js fetch SSL server name: ",
    ];
    if starts_with_any(message, &NAMES) {
        return Some(Seen::NameSent);
    }
    certificate(message, &OPENINGS, Module::Other)
}

/// `[lua] file.lua:7: fn(): ssl handshake failed: 20: unable to get local issuer certificate`: a script's
/// words, but the verdict in them is OpenSSL's.
fn lua(message: &[u8]) -> Option<Seen<'_>> {
    let (head, tail) = split(message);
    let said = head.get(memmem::find(head, b"handshake")?..)?;
    let kind = verdict(said).or_else(|| {
        let mismatch = memmem::find(said, b"certificate host mismatch").is_some();
        mismatch.then_some(Kind::NameMismatch(Compared::Unknown))
    })?;
    Some(Seen::Echo(Failure {
        kind,
        module: Some(Module::Other),
        tail: Tail::read(tail),
    }))
}

/// `20: unable to get local issuer certificate` (`X509_verify_cert_error_string`), after a `: ` or at the
/// beginning.
pub(super) fn verdict(said: &[u8]) -> Option<Kind> {
    let starts = memmem::find_iter(said, b": ").map(|at| at + 2);
    std::iter::once(0).chain(starts).find_map(|at| {
        let (code, rest) = number(said.get(at..)?)?;
        let text = rest.strip_prefix(b": ")?;
        const WORDS: [&str; 6] = [
            "unable to ",
            "self",
            "certificate ",
            "CRL ",
            "invalid ",
            "format error",
        ];
        let is_verdict = starts_with_any(text, &WORDS);
        let code = u16::try_from(code)
            .ok()
            .filter(|code| (1..=200).contains(code))?;
        is_verdict.then_some(Kind::Verify(code))
    })
}

fn own_certificate(message: &[u8]) -> Option<Seen<'_>> {
    let said = message.strip_prefix(b"cannot load certificate ")?;
    let (head, tail) = split(said);
    if !head.ends_with(b" to upstream") {
        return None;
    }
    let tail = Tail::read(tail);
    Some(Seen::Failure(Failure {
        kind: Kind::OwnCertificate,
        module: module(&tail),
        tail,
    }))
}

/// What comes between the handshake and the response.
fn after_handshake(message: &[u8]) -> Option<Seen<'_>> {
    let (head, tail) = split(message);
    if Action::of(head) != Action::Exchange {
        return None;
    }
    let whole = tail;
    let tail = Tail::read(tail);
    let upstream = tail.upstream.unwrap_or_default();
    let module = module(&tail);
    // Of stream it is a failed handshake only while nothing came through it.
    let unused = memmem::find(whole, b", bytes from/to upstream:").is_none()
        || memmem::find(whole, b", bytes from/to upstream:0/").is_some();
    let http = matches!(module, Some(Module::Proxy | Module::Grpc | Module::Uwsgi));
    let kind = if let Some(said) = strip_any(head, &["SSL_read() failed", "SSL_write() failed"]) {
        match library(said).filter(|_| unused)? {
            Kind::Alert(alert) => Kind::LateAlert(alert),
            Kind::Closed | Kind::Reset => Kind::LateClose,
            _ => return None,
        }
    } else if http && starts_with_any(head, &CLOSES) {
        Kind::LateClose
    } else if head.starts_with(b"upstream sent no valid HTTP/1.0 header")
        && upstream.starts_with(b"http://")
        && TLS_PORTS
            .iter()
            .any(|port| upstream.ends_with(port.as_bytes()))
    {
        let (kind, module) = (Kind::PlainToTls, Some(Module::Proxy));
        return Some(Seen::Failure(Failure { kind, module, tail }));
    } else if module == Some(Module::Grpc) && head.starts_with(HTTP1_AS_FRAME) {
        Kind::NotHttp2
    } else {
        return None;
    };
    Some(Seen::Failure(Failure { kind, module, tail }))
}

/// How the end of a connection shows that nginx has just begun to use.
const CLOSES: [&str; 2] = [
    "upstream prematurely closed connection",
    "connect() failed (32: ",
];
/// Ports that nobody gives plain HTTP.
const TLS_PORTS: [&str; 4] = [":443", ":8443", ":9443", ":6443"];
/// The length of a frame, where "HTT" stands.
const HTTP1_AS_FRAME: &[u8] = b"upstream sent too large http2 frame: 4740180";

fn strip_any<'m>(message: &'m [u8], openings: &[&str]) -> Option<&'m [u8]> {
    let mut openings = openings.iter();
    openings.find_map(|opening| message.strip_prefix(opening.as_bytes()))
}

fn starts_with_any(message: &[u8], openings: &[&str]) -> bool {
    strip_any(message, openings).is_some()
}
