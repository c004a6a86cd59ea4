//! Whether two authorities have similar names.
//!
//! An authority mostly gives its root and its intermediates the same organisation, or common names with the
//! same beginning: "Acme Root CA" and "Acme Issuing CA 2".

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

/// Both names (RFC 2253 text) hold a word of their own in common, in the organisation or the common name; or
/// one of them has none ("Issuing CA"), so that it may be anybody's.
pub(super) fn may_be(one: &str, other: &str) -> bool {
    let others: Vec<String> = words(other).collect();
    let mut words = words(one).peekable();
    words.peek().is_none() || others.is_empty() || words.any(|word| others.contains(&word))
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
    use super::may_be;

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
            ("CN=Acme Root CA", "CN=Issuing CA"),
            ("", "CN=Acme"),
        ] {
            assert!(may_be(one, other), "{one} and {other}");
        }
        for (one, other) in [
            ("CN=Acme Root CA", "CN=Other Root CA"),
            ("CN=Acme,C=DE", "CN=Other,C=DE"),
        ] {
            assert!(!may_be(one, other), "{one} and {other}");
        }
    }
}
