//! The system's libssl, in threads of this process.

use std::io::{Read, Write};
use std::net::TcpStream;

use openssl::dh::Dh;
use openssl::ssl::{
    AlpnError, NameType, SniError, Ssl, SslAlert, SslContext, SslContextBuilder, SslMethod,
    SslOptions, SslSessionCacheMode, SslVerifyMode, SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::X509;

use super::scripted::Listener;
use super::upstream::DH_1024;
use super::{ClientAuth, Defect, Peer, Sni, Upstream, Version};

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\nConnection: close\r\n\r\nhello from openssl\n";

pub(super) fn start(upstream: &Upstream) -> Peer {
    let certified = context(upstream, upstream.defect != Some(Defect::NoCertificate));
    let context = match &upstream.sni {
        Sni::Ignored => {
            let mut context = certified;
            let refusal = match upstream.defect {
                Some(Defect::LookupFails) => Some(SslAlert::INTERNAL_ERROR),
                Some(Defect::Denies) => Some(SslAlert::ACCESS_DENIED),
                _ => None,
            };
            if let Some(refusal) = refusal {
                context.set_servername_callback(move |_, alert| {
                    *alert = refusal;
                    Err(SniError::ALERT_FATAL)
                });
            }
            context.build()
        }
        Sni::Only(name) => {
            let (mut context, name) = (certified, name.clone());
            context.set_servername_callback(move |ssl, alert| {
                if ssl.servername(NameType::HOST_NAME) == Some(&name) {
                    return Ok(());
                }
                *alert = SslAlert::UNRECOGNIZED_NAME;
                Err(SniError::ALERT_FATAL)
            });
            context.build()
        }
        Sni::CertificateFor(name) | Sni::OrDefault(name, _) => {
            let (certified, name) = (certified.build(), name.clone());
            let mut bare = match &upstream.sni {
                Sni::OrDefault(_, default) => {
                    let other = upstream.clone().identity((**default).clone());
                    self::context(&other, true)
                }
                _ => self::context(upstream, false),
            };
            bare.set_servername_callback(move |ssl, _| {
                if ssl.servername(NameType::HOST_NAME) == Some(&name) {
                    ssl.set_ssl_context(&certified).expect("set_ssl_context");
                }
                Ok(())
            });
            bare.build()
        }
    };
    let dies = match upstream.defect {
        Some(Defect::DiesAfterHandshake) => true,
        Some(Defect::ProxyProtocol | Defect::Plain) => panic!("no such peer in this process"),
        _ => false,
    };
    let listener = Listener::start(move |stream| serve(&context, stream, dies));
    Peer::new(listener.port(), listener)
}

fn context(upstream: &Upstream, with_certificate: bool) -> SslContextBuilder {
    let mut context = SslContext::builder(SslMethod::tls_server()).expect("SSL_CTX_new");
    if let Some(ciphers) = upstream.openssl_ciphers() {
        context.set_cipher_list(&ciphers).expect("cipher list");
    }
    context
        .set_min_proto_version(Some(version(upstream.min)))
        .expect("version");
    context
        .set_max_proto_version(Some(version(upstream.max)))
        .expect("version");
    context
        .set_session_id_context(b"tlsdiag")
        .expect("session id context");
    context.set_session_cache_mode(SslSessionCacheMode::SERVER);
    context.set_options(SslOptions::CIPHER_SERVER_PREFERENCE);
    if let Some(group) = upstream.group {
        context.set_groups_list(group.openssl()).expect("groups");
    }
    if let Some(signature) = upstream.signature {
        context
            .set_sigalgs_list(signature.openssl())
            .expect("signature algorithms");
    }
    if upstream.small_dh {
        let group = Dh::params_from_pem(DH_1024).expect("PEM");
        context.set_tmp_dh(&group).expect("DH group");
    }
    if let Some(protocol) = upstream.alpn {
        context.set_alpn_select_callback(move |_, offered| {
            let mut offered_ones = protocols(offered);
            match offered_ones.find(|p| *p == protocol.as_bytes()) {
                Some(found) => Ok(found),
                None => Err(AlpnError::ALERT_FATAL),
            }
        });
    }
    if with_certificate {
        context
            .set_certificate(&upstream.identity.certificate)
            .expect("certificate");
        context
            .set_private_key(&upstream.identity.key)
            .expect("key");
        for certificate in &upstream.identity.chain {
            context
                .add_extra_chain_cert(certificate.clone())
                .expect("chain");
        }
    }
    if let ClientAuth::Required(authority) = &upstream.client_auth {
        let certificate = X509::from_pem(&authority.pem()).expect("PEM");
        context.add_client_ca(&certificate).expect("CA name");
        let mut store = X509StoreBuilder::new().expect("store");
        store.add_cert(certificate).expect("store");
        upstream.assert_able(upstream.client_crl.is_none(), "read revocation lists");
        context.set_cert_store(store.build());
        context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    context
}

/// The names in a ProtocolNameList (RFC 7301 section 3.1) without its outer length.
fn protocols(mut list: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = list.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        list = rest;
        Some(name)
    })
}

fn version(version: Version) -> SslVersion {
    match version {
        Version::Tls10 => SslVersion::TLS1,
        Version::Tls12 => SslVersion::TLS1_2,
        Version::Tls13 => SslVersion::TLS1_3,
    }
}

/// Shakes hands, reads one request head, answers it. A client that gives up is not our business.
pub fn answer(context: &SslContext, stream: TcpStream) {
    serve(context, stream, false);
}

fn serve(context: &SslContext, stream: TcpStream, dies: bool) {
    let ssl = Ssl::new(context).expect("SSL_new");
    let copy = stream.try_clone().expect("duplicate a socket");
    match ssl.accept(stream) {
        Ok(_) if dies => super::scripted::close_gently(&copy),
        Ok(mut tls) => {
            let mut request = Vec::new();
            let mut part = [0; 4096];
            // A uwsgi packet is binary, short, and comes at once.
            let is_text = |r: &[u8]| r.first().is_none_or(u8::is_ascii_alphabetic);
            while is_text(&request) && !request.windows(4).any(|w| w == b"\r\n\r\n") {
                match tls.read(&mut part) {
                    Ok(0) | Err(_) => return,
                    Ok(count) => request.extend_from_slice(&part[..count]),
                }
            }
            let _ = tls.write_all(ANSWER);
            let _ = tls.shutdown();
        }
        // The alert must arrive before the reset that unread bytes would cause.
        Err(_) => super::scripted::close_gently(&copy),
    }
}
