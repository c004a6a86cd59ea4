//! Protocol versions. The version of a scenario is what the upstream speaks.

use crate::peers::{Stack, Suite, Upstream, Version};

use super::{cause, Cause, Setup, TLS10, TLS12, TLS13};

use Stack::{GnuTls, Go, Java, Nginx, OpenSsl};

const ECDHE: Suite = Suite::EcdheRsaAes128Sha;
const RSA: Suite = Suite::RsaAes128Sha;

/// OpenSSL 3 offers TLS 1.0 and does not finish it with ECDHE, for want of a signature it allows.
fn from_1_0(upstream: Upstream) -> Setup {
    Setup::to(upstream)
        .set("proxy_ssl_protocols TLSv1 TLSv1.1 TLSv1.2;")
        .weak_only()
}

pub(super) fn all() -> Vec<Cause> {
    const NAME: &str = "protocol_version_mismatch";
    vec![
        cause(NAME, "upstream TLS 1.3 only, nginx up to 1.2", |lab| {
            let newer = lab.good().versions(Version::Tls13, Version::Tls13);
            Setup::to(newer).set("proxy_ssl_protocols TLSv1.2;")
        })
        .versions(TLS13),
        cause(NAME, "upstream TLS 1.2 only, nginx 1.3 only", |lab| {
            Setup::to(lab.good()).set("proxy_ssl_protocols TLSv1.3;")
        })
        .versions(TLS12),
        cause(NAME, "upstream TLS 1.0 only, nginx 1.2 and newer", |lab| {
            let setup = Setup::to(lab.good()).set("proxy_ssl_protocols TLSv1.2 TLSv1.3;");
            setup.weak_only()
        })
        .versions(TLS10),
        cause(
            NAME,
            "upstream TLS 1.0 with ECDHE first, nginx from 1.0",
            |lab| from_1_0(lab.good().suites(&[ECDHE, RSA])),
        )
        .versions(TLS10),
        cause(
            NAME,
            "upstream TLS 1.0 with ECDHE only, nginx from 1.0",
            |lab| from_1_0(lab.good().suites(&[ECDHE])),
        )
        .versions(TLS10),
        cause(
            "no_protocols_enabled",
            "SSLv3 only, which the library lacks",
            |lab| Setup::to(lab.good()).set("proxy_ssl_protocols SSLv3;"),
        )
        .on(&[OpenSsl, GnuTls, Go, Java]),
        cause(
            "no_protocols_enabled",
            "MinProtocol above proxy_ssl_protocols",
            |lab| {
                Setup::to(lab.good())
                    .set("proxy_ssl_protocols TLSv1.2; proxy_ssl_conf_command MinProtocol TLSv1.3;")
            },
        )
        .on(&[OpenSsl, GnuTls, Go, Nginx])
        .versions(TLS13),
    ]
}
