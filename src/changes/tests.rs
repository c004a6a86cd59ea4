use super::*;
use crate::capture::{Offer, OwnCertificate, PeerCertificate};

const BEFORE: i64 = 1_795_000_000_000;

/// A good handshake of TLS 1.3 in the location `/`.
fn good() -> Summary {
    Summary {
        time_ms: BEFORE,
        generation: 1,
        location: Text::from("/"),
        server_name: Some(Text::from("api.example.test")),
        offer: Some(Offer {
            versions: 0b11000,
            ciphers: 1,
            groups: 2,
            signature_algorithms: 3,
            alpn: 4,
        }),
        client_certificate: Some(OwnCertificate {
            sha256: Fingerprint::new(&[1; 8]),
            not_after: BEFORE / 1000 + 86_400,
        }),
        version: 0x0304,
        cipher: 0x1302,
        group: 29,
        alpn: Some(Text::EMPTY),
        certificate: Some(PeerCertificate {
            sha256: Fingerprint::new(&[2; 32]),
            serial: Fingerprint::new(&[3; 4]),
            issuer: Text::from("CN=Old CA"),
            not_before: BEFORE / 1000 - 86_400,
            not_after: BEFORE / 1000 + 86_400,
            key: Text::from("RSA 2048"),
        }),
    }
}

fn later() -> Summary {
    Summary {
        time_ms: BEFORE + 12_000,
        ..good()
    }
}

fn changed(change: impl FnOnce(&mut Summary)) -> Vec<&'static str> {
    let mut now = later();
    change(&mut now);
    Changes::between(&good(), &now)
        .iter()
        .map(Change::code)
        .collect()
}

fn certificate(change: impl FnOnce(&mut PeerCertificate)) -> Vec<&'static str> {
    changed(|now| change(now.certificate.as_mut().unwrap()))
}

#[test]
fn the_same_again_changes_nothing() {
    assert!(Changes::between(&good(), &later()).is_empty());
}

#[test]
fn each_change_is_told_and_no_other() {
    let none: Vec<&str> = Vec::new();
    assert_eq!(changed(|now| now.location = Text::from("/b")), ["location"]);
    assert_eq!(changed(|now| now.generation = 2), ["configuration"]);
    let name = |name| changed(move |now| now.server_name = Some(Text::from(name)));
    assert_eq!(name("other.example.test"), ["server_name"]);
    assert_eq!(name(""), ["server_name"]);
    assert_eq!(
        changed(|now| now.client_certificate = None),
        ["client_certificate"]
    );
    assert_eq!(
        changed(|now| now.offer.as_mut().unwrap().versions = 0b01000),
        ["offered_versions"]
    );
    assert_eq!(
        changed(|now| now.offer.as_mut().unwrap().ciphers = 9),
        ["offered_ciphers"]
    );
    assert_eq!(
        changed(|now| {
            let offer = now.offer.as_mut().unwrap();
            (offer.groups, offer.signature_algorithms, offer.alpn) = (9, 9, 9);
        }),
        [
            "offered_groups",
            "offered_signature_algorithms",
            "offered_alpn"
        ]
    );
    assert_eq!(changed(|now| now.cipher = 0x1301), ["cipher"]);
    assert_eq!(
        changed(|now| (now.version, now.cipher) = (0x0303, 0xc02f)),
        ["version"],
        "another version has other suites"
    );
    assert_eq!(changed(|now| now.group = 23), ["group"]);
    assert_eq!(changed(|now| now.alpn = Some(Text::from("h2"))), ["alpn"]);
    assert_eq!(
        certificate(|now| {
            now.sha256 = Fingerprint::new(&[9; 32]);
            now.issuer = Text::from("CN=New CA");
        }),
        ["issuer", "certificate"]
    );
    assert_eq!(
        certificate(|now| {
            now.sha256 = Fingerprint::new(&[9; 32]);
            now.key = Text::from("ECDSA P-256");
        }),
        ["certificate", "certificate_key"]
    );
    assert_eq!(changed(|_| ()), none);
}

#[test]
fn what_a_handshake_did_not_come_to_is_not_compared() {
    let early = changed(|now| {
        (now.version, now.cipher, now.group) = (0, 0, 0);
        (now.alpn, now.certificate) = (None, None);
        (now.server_name, now.offer) = (None, None);
    });
    assert_eq!(early, Vec::<&str>::new());
    let mut resumed = good();
    resumed.group = 0;
    assert!(Changes::between(&resumed, &later()).is_empty());
}

#[test]
fn a_certificate_that_expired_since_is_the_same_and_says_so() {
    let days = |days: i64| BEFORE + days * 86_400_000 + 12_000;
    assert_eq!(
        changed(|now| now.time_ms = days(1)),
        ["certificate_expired", "client_certificate_expired"]
    );
    let mut renewed = later();
    renewed.time_ms = days(1);
    renewed.client_certificate = None;
    renewed.certificate.as_mut().unwrap().sha256 = Fingerprint::new(&[9; 32]);
    let codes: Vec<_> = Changes::between(&good(), &renewed)
        .iter()
        .map(Change::code)
        .collect();
    assert_eq!(codes, ["certificate", "client_certificate"]);
    let mut expired_already = good();
    expired_already.time_ms = days(1);
    let mut now = later();
    now.time_ms = days(2);
    assert!(Changes::between(&expired_already, &now).is_empty());
}

#[test]
fn a_set_survives_as_bits_and_codes_are_unique() {
    let all = Changes::from_bits(u32::MAX);
    assert_eq!(all.iter().count(), Change::ALL.len());
    assert_eq!(Changes::from_bits(all.bits()), all);
    assert!(all.contains(Change::Configuration));
    let mut codes: Vec<_> = Change::ALL.iter().map(|change| change.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Change::ALL.len());
}

#[test]
fn a_summary_survives_as_json() {
    let text = serde_json::to_string(&good()).unwrap();
    assert!(text.contains(r#""serial":"03030303""#), "{text}");
    assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), good());
    assert_eq!(
        serde_json::from_str::<Summary>("{}").unwrap(),
        Summary::default()
    );
}

#[test]
fn a_real_handshake_is_summed_up() {
    let text = include_str!("../../tests/fixtures/certificate_expired/leaf_expired.json");
    let recording = crate::Recording::from_json(text).unwrap();
    let leaf = recording.certificate.as_ref().unwrap().chain.first();
    let summary = Summary::new(&recording.handshake, leaf, None);
    assert_eq!(summary.server_name, Some(Text::EMPTY), "no SNI was sent");
    assert_eq!(
        (summary.version, summary.cipher, summary.group),
        (0x0303, 0xc02c, 29)
    );
    let offer = summary.offer.unwrap();
    let versions: Vec<_> = offer
        .versions()
        .map(|version| version.to_string())
        .collect();
    assert_eq!(versions, ["TLSv1.2"]);
    let certificate = summary.certificate.unwrap();
    assert_eq!(certificate.issuer.as_str(), "CN=Example Root CA,O=Example");
    assert_eq!(
        certificate.serial.to_string(),
        "50723686302C34228F36DF67C047A5DD1BEC5A35"
    );
    assert_eq!(certificate.sha256.as_bytes().len(), 32);
    assert_eq!(summary.alpn, Some(Text::EMPTY));
}
