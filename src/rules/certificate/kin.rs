//! Whether two authorities are called alike.
//!
//! Who runs a root and an intermediate below it mostly gives both the same organisation, or common names
//! that begin alike: "Acme Root CA" and "Acme Issuing CA 2".

/// Words that say what an authority is, not whose.
const COMMON: [&str; 16] = [
    "root",
    "ca",
    "cas",
    "issuing",
    "intermediate",
    "authority",
    "certification",
    "certificate",
    "class",
    "the",
    "global",
    "server",
    "tls",
    "ssl",
    "private",
    "internal",
];

/// Both names (RFC 2253 text) hold a word of their own in common: in the organisation or the common name.
pub(super) fn are(one: &str, other: &str) -> bool {
    let others: Vec<String> = words(other).collect();
    words(one).any(|word| others.contains(&word))
}

/// The telling words of a name, in lower case.
fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(',')
        .filter_map(|part| {
            let (kind, value) = part.trim().split_once('=')?;
            ["CN", "O"].contains(&kind).then_some(value)
        })
        .flat_map(|value| value.split(|c: char| !c.is_alphanumeric()))
        .map(str::to_lowercase)
        .filter(|word| word.len() > 2 && !COMMON.contains(&word.as_str()))
        .filter(|word| !word.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::are;

    #[test]
    fn whose_an_authority_is_shows_in_its_name() {
        for (one, other) in [
            ("CN=Acme Root CA", "CN=Acme Issuing CA 2"),
            (
                "CN=ISRG Root X1,O=Internet Security Research Group",
                "CN=X,O=Internet Security Research Group",
            ),
            (
                "CN=DigiCert Global Root G2,O=DigiCert Inc",
                "CN=DigiCert TLS RSA SHA256 2020 CA1,O=DigiCert Inc",
            ),
        ] {
            assert!(are(one, other), "{one} and {other}");
        }
        for (one, other) in [
            ("CN=Acme Root CA", "CN=Other Root CA"),
            ("CN=Root CA 2020", "CN=Issuing CA 2020"),
            ("CN=Acme,C=DE", "CN=Other,C=DE"),
            ("", "CN=Acme"),
        ] {
            assert!(!are(one, other), "{one} and {other}");
        }
    }
}
