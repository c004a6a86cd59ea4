//! Connections of scripts: lua-nginx-module and njs verify for themselves, in words of their own.

use memchr::memmem;

use super::action::split;
use super::{certificate, strip_any, Failure, Seen};
use crate::capture::Module;
use crate::error_log::entry::number;
use crate::error_log::kind::{Compared, Kind};
use crate::error_log::tail::Tail;

/// Lines of the modules.
pub(super) fn read(message: &[u8]) -> Option<Seen<'_>> {
    const CERTIFICATE: [&str; 5] = [
        "lua ssl certificate",
        "stream lua ssl certificate",
        "js http SSL certificate",
        "js fetch SSL certificate",
        "js http fetch SSL certificate",
    ];
    const NAME: [&str; 4] = [
        "lua ssl server name: ",
        "stream lua ssl server name: ",
        "js http SSL server name: ",
        "js fetch SSL server name: ",
    ];
    if strip_any(message, &NAME).is_some() {
        return Some(Seen::NameSent);
    }
    let (kind, tail) = certificate(strip_any(message, &CERTIFICATE)?)?;
    let module = Some(Module::Other);
    Some(Seen::Failure(Failure { kind, module, tail }))
}

/// `[lua] file.lua:7: fn(): ssl handshake failed: 20: unable to get local issuer certificate`: the words of
/// a script, but the verdict in them is OpenSSL's.
pub(super) fn lua(message: &[u8]) -> Option<Seen<'_>> {
    let (head, tail) = split(message);
    let said = head.get(memmem::find(head, b"handshake")?..)?;
    let mismatch = || memmem::find(said, b"certificate host mismatch");
    let kind =
        verdict(said).or_else(|| mismatch().map(|_| Kind::NameMismatch(Compared::Unknown)))?;
    Some(Seen::Echo(Failure {
        kind,
        module: Some(Module::Other),
        tail: Tail::read(tail),
    }))
}

/// `20: unable to get local issuer certificate` (`X509_verify_cert_error_string`), at the beginning or after
/// a colon.
pub(in crate::error_log) fn verdict(said: &[u8]) -> Option<Kind> {
    const WORDS: [&str; 6] = [
        "unable to ",
        "self",
        "certificate ",
        "CRL ",
        "invalid ",
        "format error",
    ];
    let after_colons = memmem::find_iter(said, b": ").map(|at| at + 2);
    std::iter::once(0).chain(after_colons).find_map(|at| {
        let (code, rest) = number(said.get(at..)?)?;
        strip_any(rest.strip_prefix(b": ")?, &WORDS)?;
        let code = u16::try_from(code).ok()?;
        (1..=200).contains(&code).then_some(Kind::Verify(code))
    })
}
