//! What changed since the last good handshake, in words.

use std::fmt::Write;

use super::Age;
use crate::capture::{PeerCertificate, Summary};
use crate::changes::{self, Change, Changes};
use crate::date::{day, timestamp};
use crate::facts::Facts;
use crate::fixed::Text;
use crate::registry::{CipherSuite, NamedGroup, ProtocolVersion};
use crate::text::quote;

/// Bytes of everything that changed.
const MAX_CHANGES: usize = 240;

/// What differs from the last good handshake, as a phrase; `None` where none is known.
///
/// `changed since 10:02:11: issuer 'CN=Old_CA' to 'CN=New_CA'`, with local time as in error.log. Where
/// not all of it has room the rest is counted.
pub(super) fn since_last_good(facts: &Facts<'_>) -> Option<String> {
    let (good, now) = changes::since_last_good(facts)?;
    let offset_min = facts.recording.history.as_ref()?.utc_offset_min;
    let age_ms = now.time_ms.saturating_sub(good.time_ms);
    let mut phrases = Changes::between(&good, &now)
        .iter()
        .map(|one| phrase(one, &good, &now));
    let Some(first) = phrases.next() else {
        return Some(format!(
            "nothing changed since the last good handshake {} ago",
            Age(age_ms)
        ));
    };
    let mut text = format!(
        "changed since {}: {first}",
        moment(good.time_ms, now.time_ms, offset_min)
    );
    while let Some(next) = phrases.next() {
        if text.len() + next.len() > MAX_CHANGES {
            let _ = write!(text, " and {} more", phrases.count() + 1);
            break;
        }
        text.push_str(", ");
        text.push_str(&next);
    }
    Some(text)
}

/// Local time as nginx writes it, with the day where it is another.
fn moment(time_ms: i64, now_ms: i64, offset_min: i32) -> String {
    let local = |ms: i64| ms.saturating_add(i64::from(offset_min) * 60_000);
    let then = timestamp(local(time_ms));
    let (day, time) = then.split_once('T').unwrap_or((&then, ""));
    let time = time.split('.').next().unwrap_or_default();
    match timestamp(local(now_ms)).starts_with(day) {
        true => time.to_owned(),
        false => format!("{} {time}", day.replace('-', "/")),
    }
}

fn phrase(change: Change, good: &Summary, now: &Summary) -> String {
    let from_to = |what: &str, show: fn(&Summary) -> String| {
        format!("{what} {} to {}", show(good), show(now))
    };
    let words = match change {
        Change::Location => return from_to("location", |one| quote(one.location.as_str())),
        Change::CertificateExpired => "the same certificate, which has expired since",
        Change::ClientCertificateExpired => "the same client certificate, which has expired since",
        Change::Issuer => {
            return from_to("issuer", |one| peer(one, |it| quote(it.issuer.as_str())))
        }
        Change::Certificate => return from_to("certificate", |one| peer(one, serial)),
        Change::CertificateKey => {
            return from_to("key", |one| peer(one, |it| quote(it.key.as_str())))
        }
        Change::ServerName => return from_to("SNI", |one| name(one.server_name.as_ref())),
        Change::ClientCertificate => return from_to("client certificate", own),
        Change::OfferedVersions => return from_to("versions offered", versions),
        Change::OfferedCiphers => "other ciphers offered",
        Change::OfferedGroups => "other groups offered",
        Change::OfferedSignatureAlgorithms => "other signature algorithms offered",
        Change::OfferedAlpn => "other application protocols offered",
        Change::Version => {
            return from_to("version", |one| ProtocolVersion(one.version).to_string())
        }
        Change::Cipher => return from_to("cipher", |one| CipherSuite(one.cipher).to_string()),
        Change::Group => return from_to("group", |one| NamedGroup(one.group).to_string()),
        Change::Alpn => return from_to("ALPN", |one| name(one.alpn.as_ref())),
        Change::Configuration => "nginx was reloaded",
    };
    words.to_owned()
}

/// A name, or that there is none.
fn name<const N: usize>(name: Option<&Text<N>>) -> String {
    match name {
        Some(name) if !name.is_empty() => quote(name.as_str()),
        _ => "none".to_owned(),
    }
}

fn peer(summary: &Summary, show: impl Fn(&PeerCertificate) -> String) -> String {
    summary.certificate.as_ref().map_or("none".to_owned(), show)
}

/// Certificates are identified by what both sides can look up: the serial number, and the day they end.
fn serial(certificate: &PeerCertificate) -> String {
    format!(
        "{} until {}",
        certificate.serial,
        day(certificate.not_after)
    )
}

fn own(summary: &Summary) -> String {
    match &summary.client_certificate {
        Some(own) => format!("{} until {}", own.sha256, day(own.not_after)),
        None => "none".to_owned(),
    }
}

fn versions(summary: &Summary) -> String {
    let versions = summary.offer.iter().flat_map(|offer| offer.versions());
    let names: Vec<_> = versions.map(|version| version.to_string()).collect();
    names.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Offer, OwnCertificate};
    use crate::fixed::Fingerprint;

    fn summary() -> Summary {
        Summary {
            time_ms: 1_795_000_000_000,
            generation: 1,
            server_name: Some(Text::EMPTY),
            offer: Some(Offer {
                versions: 0b01000,
                ..Offer::default()
            }),
            certificate: Some(PeerCertificate {
                sha256: Fingerprint::new(&[1; 32]),
                serial: Fingerprint::new(&[0x55, 0xfb]),
                issuer: Text::from("CN=Old CA"),
                not_before: 0,
                not_after: 1_796_000_000,
                key: Text::from("RSA 2048"),
            }),
            version: 0x0304,
            ..Summary::default()
        }
    }

    #[test]
    fn every_change_has_words_and_values_where_there_are_any() {
        let good = summary();
        let mut now = summary();
        now.time_ms += 1;
        now.generation = 2;
        now.server_name = Some(Text::from("api.example.test"));
        now.offer = Some(Offer {
            versions: 0b11000,
            ciphers: 7,
            ..Offer::default()
        });
        now.client_certificate = Some(OwnCertificate {
            sha256: Fingerprint::new(&[0xab; 8]),
            not_after: 1_796_000_000,
        });
        now.version = 0x0303;
        let certificate = now.certificate.as_mut().unwrap();
        certificate.sha256 = Fingerprint::new(&[2; 32]);
        certificate.serial = Fingerprint::new(&[0x66, 0xac]);
        certificate.issuer = Text::from("CN=New CA");
        let changes = Changes::between(&good, &now).iter();
        let text: Vec<_> = changes.map(|one| phrase(one, &good, &now)).collect();
        assert_eq!(
            text,
            [
                "issuer 'CN=Old_CA' to 'CN=New_CA'",
                "certificate 55FB until 2026-11-30 to 66AC until 2026-11-30",
                "SNI none to 'api.example.test'",
                "client certificate none to ABABABABABABABAB until 2026-11-30",
                "versions offered TLSv1.2 to TLSv1.2,TLSv1.3",
                "other ciphers offered",
                "version TLSv1.3 to TLSv1.2",
                "nginx was reloaded",
            ]
        );
    }

    #[test]
    fn no_phrase_stands_for_two_changes() {
        let good = summary();
        let mut phrases: Vec<_> = Change::ALL
            .iter()
            .map(|change| phrase(*change, &good, &good))
            .collect();
        phrases.sort_unstable();
        phrases.dedup();
        assert_eq!(phrases.len(), Change::ALL.len());
    }

    #[test]
    fn a_moment_is_local_and_has_its_day_where_that_is_another() {
        let now = 1_795_423_267_123; // 2026-11-23T08:41:07.123Z
        assert_eq!(moment(now - 5_000, now, 0), "08:41:02");
        assert_eq!(moment(now - 5_000, now, 60), "09:41:02");
        assert_eq!(moment(now - 9 * 3_600_000, now, 0), "2026/11/22 23:41:07");
        assert_eq!(moment(now - 9 * 3_600_000, now, -600), "13:41:07");
        assert_eq!(moment(now, now, 15 * 60 + 19), "00:00:07");
    }
}
