//! What a message of nginx says.
//!
//! The kind is read before `, client: `, from the beginning of the message and from its action
//! (` while ...`): a client's bytes come later. A name that nginx compared may be a client's, too
//! (`proxy_ssl_name $http_x`): it ends where nginx's own words follow, and they must follow exactly once.

mod action;
mod exchange;
mod script;
#[cfg(test)]
mod tests;

use memchr::memmem;

use action::{clients, split, Action};
use exchange::Opening;
pub(super) use script::verdict;

use super::entry::number;
use super::kind::{Compared, Kind};
use super::openssl;
use super::tail::Tail;
use crate::capture::Module;

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

/// Reads a message.
pub(super) fn read(message: &[u8]) -> Seen<'_> {
    let Some((start, _)) = message.split_first_chunk::<4>() else {
        return Seen::Nothing;
    };
    match start {
        b"upst" => return upstream(message),
        b"SSL_" => of_library(message),
        b"peer" => peer_closed(message),
        b"conn" => message
            .strip_prefix(b"connect() failed (32: ")
            .and_then(|said| exchange::read(said, Opening::Closed)),
        b"lua " | b"stre" | b"js h" | b"js f" => script::read(message),
        b"[lua" => script::lua(message),
        b"cann" => own_certificate(message),
        b"no l" if message.starts_with(b"no live upstreams") => return Seen::Consequence,
        b"http" if message.starts_with(b"http upstream connect: ") => return Seen::Attempt,
        b"prox" if message.starts_with(b"proxy connect: ") => return Seen::Attempt,
        _ => None,
    }
    .unwrap_or(Seen::Nothing)
}

fn of_library(message: &[u8]) -> Option<Seen<'_>> {
    if let Some(said) = message.strip_prefix(b"SSL_do_handshake() failed") {
        let (head, tail) = split(said);
        return Some(in_handshake(library(head)?, head, tail));
    }
    let said = strip_any(message, &["SSL_read() failed", "SSL_write() failed"])?;
    exchange::read(said, Opening::Library)
}

fn peer_closed(message: &[u8]) -> Option<Seen<'_>> {
    let said = message.strip_prefix(b"peer closed connection in SSL handshake")?;
    let (head, tail) = split(said);
    let kind = errno(head).and_then(Kind::of_errno);
    Some(in_handshake(kind.unwrap_or(Kind::Closed), head, tail))
}

/// `upstream ...`: by the letter that follows.
fn upstream(message: &[u8]) -> Seen<'_> {
    let said = message.get(b"upstream ".len()..).unwrap_or_default();
    match message.get(8..10) {
        Some(b"_t") => match message.strip_prefix(b"upstream_tls[") {
            Some(said) => return Seen::Ours(said),
            None => None,
        },
        Some(b" S") if said.starts_with(b"SSL server name: \"") => return Seen::NameSent,
        Some(b" S") => said.strip_prefix(b"SSL certificate").and_then(of_upstream),
        Some(b" t") => said.strip_prefix(b"timed out").and_then(timed_out),
        Some(b" p") => said
            .strip_prefix(b"prematurely closed connection")
            .and_then(|said| exchange::read(said, Opening::Closed)),
        Some(b" s") if said.starts_with(b"server temporarily disabled") => {
            return Seen::Consequence
        }
        Some(b" s") => match said.strip_prefix(b"sent too large http2 frame: 4740180") {
            Some(said) => exchange::read(said, Opening::Http1AsFrame),
            None => said
                .strip_prefix(b"sent no valid HTTP/1.0 header")
                .and_then(|said| exchange::read(said, Opening::NoHttp)),
        },
        _ => None,
    }
    .unwrap_or(Seen::Nothing)
}

fn of_upstream(said: &[u8]) -> Option<Seen<'_>> {
    let (kind, tail) = certificate(said)?;
    let module = module(&tail);
    Some(Seen::Failure(Failure { kind, module, tail }))
}

fn timed_out(said: &[u8]) -> Option<Seen<'_>> {
    let (head, tail) = split(said);
    (Action::of(head) == Action::Upstream).then(|| in_handshake(Kind::TimedOut, head, tail))
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
    // A subrequest shakes hands while its main request does something else.
    let known = module(&tail).filter(|one| *one != Module::Stream);
    let module = match Action::of(head) {
        Action::Upstream => module(&tail),
        Action::Script => Some(Module::Other),
        Action::Client => return Seen::ClientSide,
        _ if known.is_some() => known,
        Action::None if tail.has_request || head.ends_with(b", context: ngx.timer") => {
            Some(Module::Other)
        }
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
        http if http.starts_with(b"http://") => return None,
        other if memmem::find(other, b"://").is_some() => return None,
        _ => Module::Stream,
    })
}

/// ` verify error: (20:text)` or ` does not match "name"`.
fn certificate(said: &[u8]) -> Option<(Kind, Tail<'_>)> {
    if let Some(said) = said.strip_prefix(b" verify error: (") {
        let (code, rest) = number(said)?;
        let kind = Kind::Verify(u16::try_from(code).ok()?);
        return Some((kind, Tail::read(split(rest).1)));
    }
    let said = said.strip_prefix(b" does not match")?;
    let said = strip_any(said, &[" host ", " "]).unwrap_or(said);
    let Some(quoted) = said.strip_prefix(b"\"") else {
        return Some((
            Kind::NameMismatch(Compared::Unknown),
            Tail::read(split(said).1),
        ));
    };
    let (name, tail) = mismatch(quoted);
    Some((Kind::NameMismatch(Compared::of(name)), tail))
}

/// A name up to its quote, then nginx's words. They may stand once only: a client can have written the name.
fn mismatch(quoted: &[u8]) -> (&[u8], Tail<'_>) {
    let mut ends = clients(quoted).filter_map(|(head, tail)| {
        let head = head
            .strip_suffix(b" while SSL handshaking to upstream")
            .unwrap_or(head);
        Some((head.strip_suffix(b"\"")?, tail))
    });
    match (ends.next(), ends.next()) {
        (Some((name, tail)), None) => (name, Tail::read(tail)),
        _ => {
            let end = memchr::memchr(b'"', quoted).unwrap_or(quoted.len());
            (quoted.get(..end).unwrap_or_default(), Tail::default())
        }
    }
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

fn strip_any<'m>(message: &'m [u8], openings: &[&str]) -> Option<&'m [u8]> {
    let mut openings = openings.iter();
    openings.find_map(|opening| message.strip_prefix(opening.as_bytes()))
}
