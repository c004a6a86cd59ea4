//! Protocol versions. The TLS column is what the upstream speaks.

use tlsdiag_e2e::peers::{Stack, Suite, Upstream, Version};

use super::{ALL, BOTH, TLS10, TLS12, TLS13};
use crate::scenario::{row, Row, Setup};

use Stack::{GnuTls, Go, Java, Nginx, OpenSsl};

const ECDHE: Suite = Suite::EcdheRsaAes128Sha;
const RSA: Suite = Suite::RsaAes128Sha;

/// OpenSSL 3 offers TLS 1.0 and does not finish it with ECDHE, for want of a signature it allows.
fn from_1_0(upstream: Upstream) -> Setup {
    Setup::to(upstream)
        .set("proxy_ssl_protocols TLSv1 TLSv1.1 TLSv1.2;")
        .weak_only()
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "protocol_version_mismatch",
            "upstream TLS 1.3 only, nginx up to 1.2",
            ALL,
            TLS13,
            |lab| {
                let newer = lab.good().versions(Version::Tls13, Version::Tls13);
                Setup::to(newer).set("proxy_ssl_protocols TLSv1.2;")
            },
        ),
        row(
            "protocol_version_mismatch",
            "upstream TLS 1.2 only, nginx 1.3 only",
            ALL,
            TLS12,
            |lab| Setup::to(lab.good()).set("proxy_ssl_protocols TLSv1.3;"),
        ),
        row(
            "protocol_version_mismatch",
            "upstream TLS 1.0 only, nginx 1.2 and newer",
            ALL,
            TLS10,
            |lab| {
                Setup::to(lab.good())
                    .set("proxy_ssl_protocols TLSv1.2 TLSv1.3;")
                    .weak_only()
            },
        ),
        row(
            "protocol_version_mismatch",
            "upstream TLS 1.0 with ECDHE first, nginx from 1.0",
            ALL,
            TLS10,
            |lab| from_1_0(lab.good().suites(&[ECDHE, RSA])),
        ),
        row(
            "protocol_version_mismatch",
            "upstream TLS 1.0 with ECDHE only, nginx from 1.0",
            ALL,
            TLS10,
            |lab| from_1_0(lab.good().suites(&[ECDHE])),
        ),
        row(
            "no_protocols_enabled",
            "SSLv3 only, which the library lacks",
            &[OpenSsl, GnuTls, Go, Java],
            BOTH,
            |lab| Setup::to(lab.good()).set("proxy_ssl_protocols SSLv3;"),
        ),
        row(
            "no_protocols_enabled",
            "MinProtocol above proxy_ssl_protocols",
            &[OpenSsl, GnuTls, Go, Nginx],
            TLS13,
            |lab| {
                Setup::to(lab.good())
                    .set("proxy_ssl_protocols TLSv1.2; proxy_ssl_conf_command MinProtocol TLSv1.3;")
            },
        ),
    ]
}
