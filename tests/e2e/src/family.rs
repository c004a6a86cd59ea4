//! nginx's families of upstream directives: the same handshake under other names.

use crate::certs::Identity;
use crate::peers::{Stack, Upstream};
use crate::require::Build;

/// Who speaks to the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `proxy_pass https://`.
    Proxy,
    /// The same with `proxy_http_version 2`.
    Http2,
    /// `grpc_pass grpcs://`.
    Grpc,
    /// `uwsgi_pass suwsgi://`.
    Uwsgi,
    /// `proxy_pass` and `proxy_ssl on` in a stream server.
    Stream,
}

impl Family {
    /// Whether the nginx under test can do it.
    pub fn is_known(self) -> bool {
        self != Family::Http2 || Build::get().version >= (1, 29, 4)
    }

    /// The prefix of its directives.
    pub fn prefix(self) -> &'static str {
        match self {
            Family::Grpc => "grpc_ssl",
            Family::Uwsgi => "uwsgi_ssl",
            Family::Proxy | Family::Http2 | Family::Stream => "proxy_ssl",
        }
    }

    /// The name of the module in the document.
    pub fn module(self) -> &'static str {
        match self {
            Family::Proxy | Family::Http2 => "proxy",
            Family::Grpc => "grpc",
            Family::Uwsgi => "uwsgi",
            Family::Stream => "stream",
        }
    }

    /// The directives that pass to `target` over TLS.
    pub fn pass(self, target: &str) -> String {
        match self {
            Family::Proxy => format!("proxy_pass https://{target};\n"),
            Family::Http2 => format!("proxy_http_version 2;\nproxy_pass https://{target};\n"),
            Family::Grpc => format!("grpc_pass grpcs://{target};\n"),
            Family::Uwsgi => format!("uwsgi_pass suwsgi://{target};\n"),
            Family::Stream => format!("proxy_ssl on;\nproxy_pass {target};\n"),
        }
    }

    /// An upstream that this family can talk to.
    pub fn upstream(self, identity: Identity) -> Upstream {
        match self {
            Family::Grpc | Family::Http2 => Upstream::new(Stack::Go, identity).http2(),
            _ => Upstream::new(Stack::OpenSsl, identity),
        }
    }
}

/// `each_family!(rows: row_01, row_02)` makes `row_01::proxy`, `row_01::grpc` and so on, each a test
/// that calls `rows::row_01(family)`.
#[macro_export]
macro_rules! each_family {
    ($place:ident: $($row:ident),+ $(,)?) => {
        $(mod $row {
            use $crate::family::Family;
            #[test]
            fn proxy() {
                super::$place::$row(Family::Proxy);
            }
            #[test]
            fn proxy_http2() {
                if Family::Http2.is_known() {
                    super::$place::$row(Family::Http2);
                }
            }
            #[test]
            fn grpc() {
                super::$place::$row(Family::Grpc);
            }
            #[test]
            fn uwsgi() {
                super::$place::$row(Family::Uwsgi);
            }
            #[test]
            fn stream() {
                super::$place::$row(Family::Stream);
            }
        })+
    };
}
