//! The system's libssl, in threads of this process.

use std::io::{Read, Write};
use std::net::TcpStream;

use openssl::ssl::{
    NameType, SniError, Ssl, SslAlert, SslContext, SslContextBuilder, SslMethod, SslOptions,
    SslSessionCacheMode, SslVerifyMode, SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::X509;

use super::scripted::Listener;
use super::{ClientAuth, Peer, Sni, Upstream, Version};

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\nConnection: close\r\n\r\nhello from openssl\n";

pub(super) fn start(upstream: &Upstream) -> Peer {
    let certified = context(upstream, true);
    let context = match &upstream.sni {
        Sni::Ignored => certified.build(),
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
        Sni::CertificateFor(name) => {
            let (certified, name) = (certified.build(), name.clone());
            let mut bare = self::context(upstream, false);
            bare.set_servername_callback(move |ssl, _| {
                if ssl.servername(NameType::HOST_NAME) == Some(&name) {
                    ssl.set_ssl_context(&certified).expect("set_ssl_context");
                }
                Ok(())
            });
            bare.build()
        }
    };
    let dies = upstream.dies;
    let listener = Listener::start(move |stream| serve(&context, stream, dies));
    Peer::new(listener.port(), listener)
}

fn context(upstream: &Upstream, with_certificate: bool) -> SslContextBuilder {
    let mut context = SslContext::builder(SslMethod::tls_server()).expect("SSL_CTX_new");
    if upstream.min < Version::Tls12 {
        context
            .set_cipher_list("ALL:@SECLEVEL=0")
            .expect("cipher list");
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
    if let Some(suite) = upstream.suite {
        context
            .set_cipher_list(suite.openssl())
            .expect("cipher list");
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
        context.set_cert_store(store.build());
        context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    context
}

fn version(version: Version) -> SslVersion {
    match version {
        Version::Tls10 => SslVersion::TLS1,
        Version::Tls12 => SslVersion::TLS1_2,
        Version::Tls13 => SslVersion::TLS1_3,
    }
}

/// Shakes hands, reads one request head, answers it. A client that gives up is not our business.
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
