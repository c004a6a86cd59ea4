//! A piece of a line, as people paste it into an issue: without its beginning, or cut.
//!
//! It must begin with one of nginx's messages or with an error of OpenSSL.

use memchr::memmem;

use super::entry::number;
use super::kind::{Compared, Kind};
use super::message::{self, Failure, Seen};
use super::tail::{address, Tail};
use crate::capture::Module;

/// Bytes of a line that are looked at.
const MAX_TEXT: usize = 4096;

/// A message that somebody wrote into a line of nginx by hand, or cut at its beginning.
pub(super) fn in_entry(message: &[u8]) -> Option<Failure<'_>> {
    let starts = [b"Peer", b"Upst", b"(SSL", b"SSL:", b"SSL ", b"erro"];
    let start = message.first_chunk::<4>()?;
    starts.contains(&start).then(|| read(message))?
}

/// The failure in it.
pub(super) fn read(line: &[u8]) -> Option<Failure<'_>> {
    let line = line.get(..MAX_TEXT).unwrap_or(line);
    let text = line.trim_ascii_start();
    let quote = |one: &u8| matches!(one, b'>' | b'`' | b'"' | b'\'' | b' ' | b'(');
    let start = text.iter().position(|one| !quote(one))?;
    let text = numbered(text.get(start..)?);
    if let Seen::Failure(failure) = message::read(text) {
        return Some(failure);
    }
    let kind = kind(text)?;
    let of_client = memmem::find(text, b"SSL handshaking").is_some_and(|at| {
        let rest = text
            .get(at + b"SSL handshaking".len()..)
            .unwrap_or_default();
        !rest.starts_with(b" to ")
    });
    (!of_client).then(|| failure(kind, text))
}

/// A failure of this kind, on the connection that the text names.
pub(super) fn failure(kind: Kind, text: &[u8]) -> Failure<'_> {
    let field = |name: &[u8]| {
        let rest = text.get(memmem::find(text, name)? + name.len()..)?;
        Some(rest.strip_prefix(b"\"").unwrap_or(rest))
    };
    let server = field(b"server: ").map(|rest| {
        let mut ends = rest.split(|one| matches!(one, b',' | b' '));
        ends.next().unwrap_or_default()
    });
    let tail = Tail {
        server: server.filter(|name| !name.is_empty()),
        upstream: field(b"upstream: ").and_then(|rest| {
            // Quotes may be missing.
            address(rest.split(|one| matches!(one, b' ' | b'?')).next()?)
        }),
        has_request: false,
    };
    let module = tail.upstream.and_then(module);
    Failure { kind, module, tail }
}

/// Without a connection's number.
fn numbered(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"*")
        .and_then(number)
        .and_then(|(_, rest)| rest.strip_prefix(b" "))
        .unwrap_or(text)
}

fn module(upstream: &[u8]) -> Option<Module> {
    match upstream {
        https if https.starts_with(b"https:") => Some(Module::Proxy),
        grpcs if grpcs.starts_with(b"grpcs:") => Some(Module::Grpc),
        suwsgi if suwsgi.starts_with(b"suwsgi:") => Some(Module::Uwsgi),
        _ => None,
    }
}

fn kind(text: &[u8]) -> Option<Kind> {
    // Whoever begins a sentence with it writes a capital letter.
    let starts = |words: &str| {
        let (first, rest) = text.split_first()?;
        let (wanted, words) = words.as_bytes().split_first()?;
        first
            .eq_ignore_ascii_case(wanted)
            .then(|| rest.strip_prefix(words))?
    };
    if let Some(rest) = starts("peer closed connection in SSL handshake") {
        let errno = rest.strip_prefix(b" (").and_then(number);
        let errno = errno.and_then(|(errno, _)| u16::try_from(errno).ok());
        return Some(errno.and_then(Kind::of_errno).unwrap_or(Kind::Closed));
    }
    if let Some(rest) = starts("upstream SSL certificate verify error: (") {
        let (code, _) = number(rest)?;
        return Some(Kind::Verify(u16::try_from(code).ok()?));
    }
    if let Some(rest) = starts("upstream SSL certificate does not match") {
        let name = rest
            .strip_prefix(b" \"")
            .and_then(|rest| rest.split(|one| *one == b'"').next());
        return Some(Kind::NameMismatch(Compared::of(name.unwrap_or_default())));
    }
    if starts("upstream timed out").is_some() {
        return memmem::find(text, b"SSL handshaking").map(|_| Kind::TimedOut);
    }
    let of_library = [
        "SSL_do_handshake() failed",
        "SSL: error:",
        "SSL routines:",
        "error:",
    ];
    match of_library.iter().any(|words| starts(words).is_some()) {
        true => message::library(text),
        false if text.first().is_some_and(u8::is_ascii_digit) => message::verdict(text),
        false => None,
    }
}
