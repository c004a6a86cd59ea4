//! A failed connection as the module would record it, and what can be learnt from it without another
//! connection.

use std::time::{SystemTime, UNIX_EPOCH};

use tlsdiag::capture::{
    Context as Identity, EndingKind, Environment, Handshake, Recording, Settings as Configured,
    FORMAT,
};
use tlsdiag::probe::{Change, Failure, Settings};

use super::check::{check, unverified};
use super::connection::Peer;
use super::context::Context;
use super::library::version_number;
use super::recording::{client_certificate, ending, with_context};
use super::session::Session;
use super::verify::verify;

/// Where systems keep the authorities they trust: Debian, Fedora, SUSE, Alpine.
const SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Everything about a failed connection.
pub(super) fn failure(
    session: &Session,
    context: &Context,
    settings: &Settings,
    peer: &Peer<'_>,
    kind: EndingKind,
) -> Failure {
    let watch = &session.watch;
    let now_ns = watch.now_ns();
    let result = session.verify_result();
    let name = settings.compared_name().as_bytes();
    let is_rejected = kind == EndingKind::ChainRejected;
    let certificate = watch.leaf.as_ref().map(|leaf| match is_rejected {
        // SAFETY: the context is alive.
        true => unsafe {
            let chain = watch.chain.as_ref();
            check(context.as_ptr(), leaf, chain, result, Some(name), now_ns)
        },
        false => unverified(leaf, kind, result),
    });
    let own = watch.own_certificate.as_ref();
    let recording = Recording {
        format: FORMAT,
        environment: environment(settings),
        context: Identity {
            module: settings.module,
            upstream: Some(settings.upstream.as_str().into()),
            peer: Some(peer.address.to_string()),
            ..Identity::default()
        },
        // SAFETY: the context is alive.
        settings: unsafe { with_context(configured(settings), context.as_ptr()) },
        handshake: Handshake {
            client_certificate: client_certificate(&watch.recorder, own),
            ..watch.recorder.handshake(now_ns)
        },
        ending: ending(&watch.recorder, kind),
        certificate,
        response: None,
        history: None,
    };
    let chain = Rejected {
        session,
        settings,
        peer,
    };
    Failure {
        recording,
        trusted_by_system: is_rejected.then(|| chain.trusted_by_system()).flatten(),
        only_the_time: is_rejected && chain.only_the_time(),
    }
}

fn environment(settings: &Settings) -> Environment {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Environment {
        nginx: settings.nginx,
        openssl: version_number(),
        time_ms: now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX)),
        pid: std::process::id(),
    }
}

/// All names are the operator's own words: they stand in nginx.conf or were typed.
fn configured(settings: &Settings) -> Configured {
    Configured {
        verify: Some(settings.verify),
        compared_name: Some(settings.compared_name().into()),
        send_server_name: Some(settings.send_name),
        session_reuse: Some(settings.session_reuse),
        upstream_is_constant: Some(true),
        name_is_constant: Some(true),
        server_line: settings.server_line.clone(),
        upstream_block: Some(settings.is_block),
        ..Configured::default()
    }
}

/// A chain that nginx would reject.
struct Rejected<'a> {
    session: &'a Session,
    settings: &'a Settings,
    peer: &'a Peer<'a>,
}

impl Rejected<'_> {
    /// The system's own file, where the chain leads to one of its authorities.
    fn trusted_by_system(&self) -> Option<String> {
        let file = SYSTEM
            .iter()
            .find(|file| self.peer.files.read(file.as_bytes()).is_ok())?;
        let changes = Change::read(&format!("proxy_ssl_trusted_certificate {file}")).ok()?;
        let context = Context::new(&self.settings.with(&changes), self.peer.files).ok()?;
        self.verifies_with(&context).then(|| (*file).to_owned())
    }

    /// Nothing but the date is wrong with it.
    fn only_the_time(&self) -> bool {
        let Ok(context) = Context::new(self.settings, self.peer.files) else {
            return false;
        };
        context.ignore_the_time();
        self.verifies_with(&context)
    }

    fn verifies_with(&self, context: &Context) -> bool {
        let watch = &self.session.watch;
        let (Some(leaf), Some(chain)) = (&watch.leaf, &watch.chain) else {
            return false;
        };
        // SAFETY: the context is alive. Nothing is known of the chain in this one.
        let verified = unsafe { verify(context.as_ptr(), leaf, chain, 0) };
        verified.is_some_and(|verified| verified.errors.iter().next().is_none())
    }
}
