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

    /// One of `proxy_pass`'s directives in this family.
    pub fn directive(self, proxys: &str) -> String {
        match (self, proxys.strip_prefix("proxy_")) {
            (Family::Grpc, Some(rest)) => format!("grpc_{rest}"),
            (Family::Uwsgi, Some(rest)) => format!("uwsgi_{rest}"),
            _ => proxys.to_owned(),
        }
    }

    /// Whether it wants HTTP/2 of the upstream.
    pub fn is_http2(self) -> bool {
        matches!(self, Family::Grpc | Family::Http2)
    }

    /// A stack that this family can talk to.
    pub fn stack(self) -> Stack {
        match self.is_http2() {
            true => Stack::Go,
            false => Stack::OpenSsl,
        }
    }

    /// An upstream that this family can talk to.
    pub fn upstream(self, identity: Identity) -> Upstream {
        let mut upstream = Upstream::new(self.stack(), identity);
        upstream.http2 = self.is_http2();
        upstream
    }
}

/// A test for each family, where it stands: `family_tests!(path::to::test)` calls `test(family)`.
#[macro_export]
macro_rules! family_tests {
    ($test:path) => {
        #[test]
        fn proxy() {
            $test($crate::family::Family::Proxy);
        }
        #[test]
        fn proxy_http2() {
            if $crate::family::Family::Http2.is_known() {
                $test($crate::family::Family::Http2);
            }
        }
        #[test]
        fn grpc() {
            $test($crate::family::Family::Grpc);
        }
        #[test]
        fn uwsgi() {
            $test($crate::family::Family::Uwsgi);
        }
        #[test]
        fn stream() {
            $test($crate::family::Family::Stream);
        }
    };
}

/// `each_family!(place: http, alert)` makes `http::proxy`, `http::grpc` and so on, each a test that calls
/// `place::http(family)`.
#[macro_export]
macro_rules! each_family {
    ($place:ident: $($test:ident),+ $(,)?) => {
        $(mod $test {
            $crate::family_tests!(super::$place::$test);
        })+
    };
}

/// `on_stacks!(expired: Go, Java)` makes `expired::Go` and `expired::Java`, each a test that calls
/// `expired(stack)`; with `families` before the stacks, `expired::proxy` and so on besides.
#[macro_export]
macro_rules! on_stacks {
    ($test:ident: families $(, $stack:ident)* $(,)?) => {
        $crate::on_stacks!(@ $test, $($stack)*; $crate::family_tests!(super::$test););
    };
    ($test:ident: $($stack:ident),+ $(,)?) => {
        $crate::on_stacks!(@ $test, $($stack)+;);
    };
    (@ $test:ident, $($stack:ident)*; $($more:tt)*) => {
        #[allow(non_snake_case, reason = "a test is named as its stack is")]
        mod $test {
            $($more)*
            $(
                #[test]
                fn $stack() {
                    super::$test($crate::peers::Stack::$stack);
                }
            )*
        }
    };
}
