//! How a connection ended, from what was observed of it.
//!
//! nginx frees an SSL after every failure, but also when a client goes away, a worker exits, or a
//! connection was never used. Most endings are no failure, and then nothing is written.

use super::{EndingKind, HandshakeError, Recorder};
use crate::registry::{Alert, SslReason, ERR_LIB_SSL, ERR_LIB_SYS};

/// `SSL_get_error`'s words for the end of a connection (openssl/ssl.h).
const SSL_ERROR_SYSCALL: i32 = 5;
const SSL_ERROR_ZERO_RETURN: i32 = 6;

/// A peer may accept a client certificate in TLS and close over it all the same, but then at once (Node
/// does).
const AT_ONCE_NS: u64 = 1_000_000_000;

/// What nginx and the kernel know of a connection that ends. The two functions cost something, so they are
/// called only where they decide.
pub struct Circumstances<'a> {
    /// nginx went past its own checks of the certificate: it sent a request, or passed data on. `None`
    /// where nobody can tell.
    pub was_used: Option<bool>,
    /// `SSL_get_verify_result`: 0 is X509_V_OK.
    pub verify_result: i64,
    /// The timer of the handshake fired.
    pub timed_out: bool,
    /// CLOCK_MONOTONIC, nanoseconds.
    pub now_ns: u64,
    /// The certificate is for the name that nginx compares; true where there is nothing to compare.
    pub name_matches: &'a dyn Fn() -> bool,
    /// The peer has closed or reset the connection.
    pub closed_by_peer: &'a dyn Fn() -> bool,
}

/// How the attempt failed; `None` where nothing failed that TLS could explain: the client went away
/// mid-handshake, the worker exits, the upstream died after the handshake.
pub fn ending_of(recorder: &Recorder, seen: &Circumstances<'_>) -> Option<EndingKind> {
    if recorder.finished {
        after_the_handshake(recorder, seen)
    } else {
        during_the_handshake(recorder, seen)
    }
}

fn during_the_handshake(recorder: &Recorder, seen: &Circumstances<'_>) -> Option<EndingKind> {
    if recorder.fatal_alert(false).is_some() {
        // Some libraries see the end of the connection behind the alert first.
        return Some(EndingKind::Error);
    }
    if let Some(error) = recorder.error {
        return Some(match error.kind() {
            EndingKind::Error if is_orderly(recorder, error) => EndingKind::Eof,
            kind => kind,
        });
    }
    if recorder.fatal_alert(true).is_some() {
        return Some(EndingKind::Error);
    }
    seen.timed_out.then_some(EndingKind::Timeout)
}

fn after_the_handshake(recorder: &Recorder, seen: &Circumstances<'_>) -> Option<EndingKind> {
    if recorder.error.is_some() || recorder.fatal_alert(true).is_some() {
        return Some(EndingKind::Error);
    }
    if recorder.fatal_alert(false).is_some() {
        return Some(EndingKind::LateAlert);
    }
    if let Some(rejected) = rejected_by_nginx(recorder, seen) {
        return Some(rejected);
    }
    let asked = recorder.certificate_request.is_some();
    let judged = certificate_was_judged(recorder, seen.now_ns);
    (asked && !judged && (seen.closed_by_peer)()).then_some(EndingKind::LateClose)
}

/// Repeats nginx's two tests of a finished handshake, in nginx's order.
fn rejected_by_nginx(recorder: &Recorder, seen: &Circumstances<'_>) -> Option<EndingKind> {
    // Whoever it is: it has verified before it sends anything.
    let used = seen.was_used.unwrap_or(recorder.sent_data);
    if !recorder.verifies || used {
        return None;
    }
    if seen.verify_result != 0 {
        return Some(EndingKind::ChainRejected);
    }
    (!(seen.name_matches)()).then_some(EndingKind::NameRejected)
}

/// The peer accepted the answer to its CertificateRequest. What ends later ended for another reason.
fn certificate_was_judged(recorder: &Recorder, now_ns: u64) -> bool {
    let since = now_ns.saturating_sub(recorder.finished_ns);
    recorder.certificate_was_accepted() && since > AT_ONCE_NS
}

/// The library makes an error of an alert that is no failure in this version: the peer said that it ends.
fn is_orderly(recorder: &Recorder, error: HandshakeError) -> bool {
    let mut received = recorder.alerts.iter().flatten().filter(|alert| !alert.sent);
    let is_it = |code: u8| error.is(SslReason::of_alert(Alert(code)));
    // A fatal one was seen before.
    received.any(|alert| alert.is_closure() && is_it(alert.code))
}

impl HandshakeError {
    /// What kind of end a failing handshake call means.
    pub fn kind(self) -> EndingKind {
        match self.ssl_error {
            // How OpenSSL 3 says EOF where nginx does not set SSL_OP_IGNORE_UNEXPECTED_EOF (before 1.20.2).
            _ if self.is(SslReason::UNEXPECTED_EOF_WHILE_READING) => EndingKind::Eof,
            // OpenSSL 4.0 says SYSCALL in the info callback whatever stands in the queue.
            _ if self.code != 0 && self.library != ERR_LIB_SYS => EndingKind::Error,
            SSL_ERROR_SYSCALL if self.errno == 0 => EndingKind::Eof,
            SSL_ERROR_SYSCALL => EndingKind::Reset,
            SSL_ERROR_ZERO_RETURN => EndingKind::Eof,
            _ => EndingKind::Error,
        }
    }

    /// The SSL library's error with this reason.
    fn is(self, reason: SslReason) -> bool {
        (self.library, self.reason) == (ERR_LIB_SSL, reason.0)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const TLS12: u16 = 0x0303;
    const TLS13: u16 = 0x0304;
    /// SSL3_RT_HANDSHAKE and SSL3_RT_ALERT.
    const HANDSHAKE: i32 = 22;
    const ALERT: i32 = 21;
    const SSL_ERROR_SSL: i32 = 1;
    const ECONNRESET: i32 = 104;

    /// What nginx and the kernel tell, without laziness.
    struct Seen {
        was_used: Option<bool>,
        verify_result: i64,
        timed_out: bool,
        now_ns: u64,
        name_matches: bool,
        closed_by_peer: bool,
    }

    /// Nothing is wrong, and nginx has not come to use the connection.
    const UNUSED: Seen = Seen {
        was_used: Some(false),
        verify_result: 0,
        timed_out: false,
        now_ns: 0,
        name_matches: true,
        closed_by_peer: false,
    };

    fn end(recorder: &Recorder, seen: Seen) -> Option<EndingKind> {
        let circumstances = Circumstances {
            was_used: seen.was_used,
            verify_result: seen.verify_result,
            timed_out: seen.timed_out,
            now_ns: seen.now_ns,
            name_matches: &|| seen.name_matches,
            closed_by_peer: &|| seen.closed_by_peer,
        };
        ending_of(recorder, &circumstances)
    }

    fn failure(ssl_error: i32, library: u32, reason: u32, errno: i32) -> HandshakeError {
        HandshakeError {
            ssl_error,
            code: u64::from(library) << 23 | u64::from(reason),
            library,
            reason,
            errno,
        }
    }

    /// A handshake under way.
    fn running() -> Recorder {
        Recorder::new(1)
    }

    /// A handshake that is done, of a context that verifies.
    fn finished(version: u16) -> Recorder {
        let mut recorder = running();
        recorder.finished = true;
        recorder.version = version;
        recorder.verifies = true;
        recorder
    }

    /// One that asked for a client certificate.
    fn asking(version: u16) -> Recorder {
        let mut recorder = finished(version);
        recorder.observe(false, HANDSHAKE, &[13, 0, 0, 0]);
        recorder.observe(true, HANDSHAKE, &[11, 0, 0, 0]);
        recorder
    }

    fn alert(mut recorder: Recorder, sent: bool, level: u8, code: u8) -> Recorder {
        recorder.observe(sent, ALERT, &[level, code]);
        recorder
    }

    fn failing(mut recorder: Recorder, error: HandshakeError) -> Recorder {
        recorder.error = Some(error);
        recorder
    }

    #[test]
    fn a_failing_call_says_how_it_failed() {
        let kinds = [
            (failure(SSL_ERROR_SSL, 20, 1040, 0), EndingKind::Error),
            (failure(SSL_ERROR_SSL, 20, 294, 0), EndingKind::Eof),
            (failure(SSL_ERROR_SSL, 4, 294, 0), EndingKind::Error),
            (failure(SSL_ERROR_SYSCALL, 20, 267, 0), EndingKind::Error),
            (failure(SSL_ERROR_SYSCALL, 0, 0, 0), EndingKind::Eof),
            (
                failure(SSL_ERROR_SYSCALL, 0, 0, ECONNRESET),
                EndingKind::Reset,
            ),
            (
                failure(SSL_ERROR_SYSCALL, 2, 104, ECONNRESET),
                EndingKind::Reset,
            ),
            (failure(SSL_ERROR_ZERO_RETURN, 0, 0, 0), EndingKind::Eof),
            (failure(SSL_ERROR_SSL, 0, 0, 0), EndingKind::Error),
        ];
        for (error, kind) in kinds {
            assert_eq!(
                end(&failing(running(), error), UNUSED),
                Some(kind),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn during_the_handshake_a_fatal_alert_is_an_error() {
        let received = alert(running(), false, 2, 40);
        assert_eq!(end(&received, UNUSED), Some(EndingKind::Error));
        let then_eof = failing(received, failure(SSL_ERROR_SYSCALL, 0, 0, 0));
        assert_eq!(
            end(&then_eof, UNUSED),
            Some(EndingKind::Error),
            "seen first"
        );
        let sent = alert(running(), true, 2, 70);
        assert_eq!(end(&sent, UNUSED), Some(EndingKind::Error));
        let warned = alert(running(), false, 1, 112);
        assert_eq!(end(&warned, UNUSED), None);
    }

    /// A handshake whose HelloRetryRequest has chosen TLS 1.3.
    fn chosen() -> Recorder {
        let mut hello = vec![2, 0, 0, 46, 3, 3];
        hello.extend([0; 33]);
        // Suite, no compression, supported_versions.
        hello.extend([0x13, 0x01, 0, 0, 6, 0, 43, 0, 2, 3, 4]);
        let mut recorder = running();
        recorder.observe(false, HANDSHAKE, &hello);
        recorder
    }

    #[test]
    fn an_orderly_end_of_an_unfinished_handshake_is_the_peers_close() {
        for code in [0, 90] {
            let closing = || alert(chosen(), false, 2, code);
            let errors = [
                failure(SSL_ERROR_SSL, 20, 1000 + u32::from(code), 0),
                failure(SSL_ERROR_ZERO_RETURN, 0, 0, 0),
                failure(SSL_ERROR_SYSCALL, 0, 0, 0),
            ];
            for error in errors {
                let ended = end(&failing(closing(), error), UNUSED);
                assert_eq!(ended, Some(EndingKind::Eof), "{code}");
            }
            assert_eq!(end(&closing(), UNUSED), None, "nothing failed yet");
            let other = failing(closing(), failure(SSL_ERROR_SSL, 20, 267, 0));
            assert_eq!(
                end(&other, UNUSED),
                Some(EndingKind::Error),
                "not of the alert"
            );
            let refused = alert(closing(), false, 2, 40);
            assert_eq!(end(&refused, UNUSED), Some(EndingKind::Error));
            // Before a version is chosen, and in older ones, the level decides.
            let early = alert(running(), false, 2, code);
            assert_eq!(end(&early, UNUSED), Some(EndingKind::Error));
        }
        let ours = alert(chosen(), true, 2, 0);
        let failed = failing(ours, failure(SSL_ERROR_SSL, 20, 1000, 0));
        assert_eq!(
            end(&failed, UNUSED),
            Some(EndingKind::Error),
            "not the peer's"
        );
        // A warning that means no end, made an error all the same.
        let warned = alert(running(), false, 1, 112);
        let failed = failing(warned, failure(SSL_ERROR_SSL, 20, 1112, 0));
        assert_eq!(end(&failed, UNUSED), Some(EndingKind::Error));
    }

    #[test]
    fn what_costs_something_is_asked_for_only_where_it_decides() {
        let asked = |recorder: &Recorder, verify_result| {
            let (names, sockets) = (Cell::new(0), Cell::new(0));
            let count = |counter: &Cell<u32>| counter.set(counter.get() + 1);
            let circumstances = Circumstances {
                was_used: Some(false),
                verify_result,
                timed_out: false,
                now_ns: 0,
                name_matches: &|| {
                    count(&names);
                    true
                },
                closed_by_peer: &|| {
                    count(&sockets);
                    false
                },
            };
            ending_of(recorder, &circumstances);
            (names.get(), sockets.get())
        };
        assert_eq!(asked(&running(), 0), (0, 0));
        assert_eq!(asked(&finished(TLS13), 18), (0, 0), "the chain decides");
        assert_eq!(
            asked(&finished(TLS13), 0),
            (1, 0),
            "no certificate asked for"
        );
        assert_eq!(asked(&asking(TLS13), 0), (1, 1));
        assert_eq!(asked(&alert(asking(TLS13), false, 2, 116), 0), (0, 0));
    }

    #[test]
    fn during_the_handshake_only_its_timer_is_a_timeout() {
        let timed_out = || Seen {
            timed_out: true,
            ..UNUSED
        };
        assert_eq!(end(&running(), timed_out()), Some(EndingKind::Timeout));
        assert_eq!(end(&finished(TLS13), timed_out()), None);
        let failed = failing(running(), failure(SSL_ERROR_SYSCALL, 0, 0, ECONNRESET));
        assert_eq!(end(&failed, timed_out()), Some(EndingKind::Reset));
    }

    #[test]
    fn a_client_that_goes_away_mid_handshake_is_nobodys_failure() {
        let closed = Seen {
            closed_by_peer: true,
            verify_result: 18,
            name_matches: false,
            ..UNUSED
        };
        assert_eq!(end(&running(), closed), None);
    }

    #[test]
    fn after_the_handshake_alerts_and_errors_are_failures() {
        let received = alert(finished(TLS13), false, 2, 116);
        assert_eq!(end(&received, UNUSED), Some(EndingKind::LateAlert));
        let sent = alert(finished(TLS13), true, 2, 20);
        assert_eq!(end(&sent, UNUSED), Some(EndingKind::Error));
        let both = alert(received, true, 2, 20);
        assert_eq!(end(&both, UNUSED), Some(EndingKind::Error));
        let failed = failing(finished(TLS12), failure(SSL_ERROR_SSL, 20, 1040, 0));
        assert_eq!(
            end(&failed, UNUSED),
            Some(EndingKind::Error),
            "renegotiated"
        );
        for (version, level, code) in [(TLS13, 2, 0), (TLS13, 1, 90), (TLS12, 1, 0)] {
            let orderly = alert(finished(version), false, level, code);
            assert_eq!(end(&orderly, UNUSED), None, "{version:x} {code}");
        }
    }

    #[test]
    fn a_certificate_is_rejected_only_where_nginx_looks_and_before_it_goes_on() {
        let untrusted = || Seen {
            verify_result: 18,
            name_matches: false,
            ..UNUSED
        };
        let misnamed = || Seen {
            name_matches: false,
            ..UNUSED
        };
        let done = finished(TLS12);
        assert_eq!(end(&done, untrusted()), Some(EndingKind::ChainRejected));
        assert_eq!(end(&done, misnamed()), Some(EndingKind::NameRejected));
        assert_eq!(end(&done, UNUSED), None);
        let mut careless = finished(TLS12);
        careless.verifies = false;
        for seen in [untrusted(), misnamed()] {
            assert_eq!(end(&careless, seen), None);
        }
        for seen in [untrusted(), misnamed()] {
            let used = Seen {
                was_used: Some(true),
                ..seen
            };
            assert_eq!(end(&done, used), None);
        }
    }

    #[test]
    fn whoever_it_is_sends_nothing_before_it_has_verified() {
        let untrusted = || Seen {
            was_used: None,
            verify_result: 18,
            ..UNUSED
        };
        let mut recorder = finished(TLS13);
        assert_eq!(end(&recorder, untrusted()), Some(EndingKind::ChainRejected));
        recorder.sent_data = true;
        assert_eq!(end(&recorder, untrusted()), None);
    }

    #[test]
    fn a_peer_that_asked_for_a_certificate_and_closes_may_have_disliked_it() {
        let closed = |now_ns| Seen {
            was_used: Some(true),
            closed_by_peer: true,
            now_ns,
            ..UNUSED
        };
        assert_eq!(end(&asking(TLS13), closed(0)), Some(EndingKind::LateClose));
        assert_eq!(end(&asking(TLS13), UNUSED), None, "we close");
        assert_eq!(end(&finished(TLS13), closed(0)), None, "it never asked");
        let mut accepted = asking(TLS13);
        accepted.finished_ns = 5;
        accepted.observe(false, HANDSHAKE, &[4, 0, 0, 0]);
        let at_once = closed(5 + AT_ONCE_NS);
        assert_eq!(end(&accepted, at_once), Some(EndingKind::LateClose));
        assert_eq!(
            end(&accepted, closed(6 + AT_ONCE_NS)),
            None,
            "judged by then"
        );
        let slow = closed(6 + AT_ONCE_NS);
        assert_eq!(end(&asking(TLS13), slow), Some(EndingKind::LateClose));
    }
}
