//! `proxy_pass`, `grpc_pass`, `uwsgi_pass`: who is asked, and over what.

use super::address::{self, Host};
use super::scope::{Module, ScopeId};
use super::variables::{parts, Part};
use crate::nginx_conf::Directive;

/// A family of directives: those that speak to one kind of upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// `proxy_*` in http.
    Proxy,
    /// `grpc_*`.
    Grpc,
    /// `uwsgi_*`.
    Uwsgi,
    /// `proxy_*` in stream.
    Stream,
}

impl Family {
    /// What the names of its directives begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Proxy | Self::Stream => "proxy",
            Self::Grpc => "grpc",
            Self::Uwsgi => "uwsgi",
        }
    }

    /// Those whose directives a module reads.
    pub(super) fn of(module: Module) -> &'static [Family] {
        match module {
            Module::Http => &[Self::Proxy, Self::Grpc, Self::Uwsgi],
            Module::Stream => &[Self::Stream],
        }
    }

    /// Schemes, whether they mean TLS, and the default port. Without a scheme it is not TLS.
    fn schemes(self) -> &'static [(&'static [u8], bool, Option<u16>)] {
        match self {
            Self::Proxy => &[
                (b"https://", true, Some(443)),
                (b"http://", false, Some(80)),
            ],
            Self::Grpc => &[(b"grpcs://", true, None), (b"grpc://", false, None)],
            Self::Uwsgi => &[(b"suwsgi://", true, None), (b"uwsgi://", false, None)],
            Self::Stream => &[],
        }
    }
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// An upstream block, by its index in the model.
    Block(usize),
    /// A host of its own; the port is the one that nginx connects to.
    Host(Host, Option<u16>),
    /// Only the request knows.
    Unknown,
}

/// One directive that passes requests or connections on.
#[derive(Debug)]
pub struct Pass<'t> {
    /// It.
    pub directive: &'t Directive,
    /// Where it stands.
    pub scope: ScopeId,
    /// Whose directives hold for it.
    pub family: Family,
    /// Whether it is over TLS; `None` where only the request knows.
    pub tls: Option<bool>,
    /// Who is asked.
    pub target: Target,
    /// Its argument with the variables that the configuration sets put in.
    pub text: Vec<u8>,
    /// nginx finds out with every request: its argument has variables.
    pub at_run_time: bool,
}

/// What a text says of who is asked, before the names of upstream blocks are looked up.
pub(super) struct Url {
    pub(super) tls: Option<bool>,
    pub(super) host: Option<(Host, Option<u16>)>,
    pub(super) default_port: Option<u16>,
}

/// Takes apart what a `*_pass` names.
pub(super) fn parse(family: Family, text: &[u8]) -> Url {
    let mut url = Url {
        tls: (family != Family::Stream).then_some(false),
        host: None,
        default_port: None,
    };
    let scheme = family.schemes().iter().find(|(scheme, ..)| {
        let start = text.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    let mut rest = text;
    if let Some((scheme, tls, port)) = scheme {
        (url.tls, url.default_port) = (Some(*tls), *port);
        rest = text.get(scheme.len()..).unwrap_or_default();
    } else if text.first() == Some(&b'$') {
        url.tls = None;
    }
    url.host = authority(family, rest).and_then(address::parse);
    url
}

/// What stands before the path; `None` where variables may be part of it.
fn authority(family: Family, text: &[u8]) -> Option<&[u8]> {
    // These begin with a slash or a question mark, or are empty.
    const PATHS: &[&[u8]] = &[b"request_uri", b"uri", b"document_uri", b"is_args"];
    let unix = text
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"unix:"));
    let mut length = 0;
    for part in parts(text) {
        match part {
            Part::Variable { name, .. } if PATHS.contains(&name) && length > 0 => break,
            Part::Variable { .. } => return None,
            // What nginx would not take either, such as a template's `${a.b}`.
            Part::Text([b'$', ..]) => return None,
            Part::Text(part) => {
                let end = part.iter().position(|byte| {
                    // A path ends with a colon where a socket is, and begins with a slash elsewhere.
                    family == Family::Proxy && !unix && matches!(byte, b'/' | b'?')
                });
                length += end.unwrap_or(part.len());
                if end.is_some() {
                    break;
                }
            }
        }
    }
    let text = text.get(..length)?;
    if !unix {
        return Some(text);
    }
    let path = text.get(5..)?;
    let end = path
        .iter()
        .position(|byte| *byte == b':' && family == Family::Proxy);
    text.get(..5 + end.unwrap_or(path.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_to() {
        let text = |family, text: &str| {
            let url = parse(family, text.as_bytes());
            let host = url
                .host
                .map(|(host, port)| (host.to_text(), port.or(url.default_port)));
            (url.tls, host)
        };
        let host = |host: &str, port| Some((host.to_owned(), port));
        for (url, tls, wanted) in [
            (
                "https://api.example.com",
                Some(true),
                host("api.example.com", Some(443)),
            ),
            ("HTTPS://a:8443/b?c", Some(true), host("a", Some(8443))),
            ("http://a?b", Some(false), host("a", Some(80))),
            ("https://a$request_uri", Some(true), host("a", Some(443))),
            ("https://a/$b", Some(true), host("a", Some(443))),
            ("https://a$is_args$args", Some(true), host("a", Some(443))),
            ("https://a$b", Some(true), None),
            ("https://a:$port", Some(true), None),
            ("https://${a.b}", Some(true), None),
            ("https://$host$request_uri", Some(true), None),
            ("$scheme://a", None, None),
            (
                "https://unix:/run/a.sock:/b",
                Some(true),
                host("unix:/run/a.sock", Some(443)),
            ),
            (
                "https://unix:/run/a.sock",
                Some(true),
                host("unix:/run/a.sock", Some(443)),
            ),
        ] {
            assert_eq!(text(Family::Proxy, url), (tls, wanted), "{url}");
        }
        assert_eq!(
            text(Family::Grpc, "grpcs://a:1"),
            (Some(true), host("a", Some(1)))
        );
        assert_eq!(text(Family::Grpc, "a:1"), (Some(false), host("a", Some(1))));
        assert_eq!(
            text(Family::Uwsgi, "suwsgi://a"),
            (Some(true), host("a", None))
        );
        assert_eq!(text(Family::Stream, "a:1"), (None, host("a", Some(1))));
        assert_eq!(text(Family::Stream, "$a"), (None, None));
    }
}
