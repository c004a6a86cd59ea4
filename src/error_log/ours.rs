//! Lines of our own module, where the log has them: `upstream_tls[NAME] SENTENCE; fix: FIX (CONFIDENCE)`.
//!
//! The module saw the handshake itself, so its answer replaces the table's. `report::line` gives the
//! grammar; no text of others in it holds a semicolon, a double quote or a bracket.

use memchr::memmem;

use crate::rules::{Confidence, Security, CATALOGUE};

/// What the module answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDiagnosis {
    /// A name of the catalogue.
    pub name: &'static str,
    /// How sure.
    pub confidence: Confidence,
    /// Directives to paste.
    pub fix: Vec<String>,
    /// Under which condition, after "only if".
    pub condition: Option<String>,
    /// What to do where there is nothing to paste.
    pub action: Option<String>,
    /// What the fix does to security.
    pub security: Security,
}

/// The name in what follows `upstream_tls[`; `None` where the catalogue has no such name.
pub(super) fn name(said: &[u8]) -> Option<&'static str> {
    let end = memchr::memchr(b']', said.get(..64).unwrap_or(said))?;
    let name = said.get(..end)?;
    let rule = CATALOGUE.iter().find(|rule| rule.name.as_bytes() == name)?;
    Some(rule.name)
}

/// All of it.
pub(super) fn read(said: &[u8]) -> Option<OwnDiagnosis> {
    let name = name(said)?;
    let start = memmem::find(said, b"; fix: ")? + b"; fix: ".len();
    let rest = said.get(start..)?;
    // The first is the module's: foreign text before it has no spaces, and a client's comes later.
    let (end, confidence) = [
        Confidence::Certain,
        Confidence::Likely,
        Confidence::Possible,
    ]
    .into_iter()
    .filter_map(|one| {
        Some((
            memmem::find(rest, format!(" ({}", one.name()).as_bytes())?,
            one,
        ))
    })
    .min()?;
    let (text, after) = rest.split_at_checked(end)?;
    let text = std::str::from_utf8(text).ok()?;
    if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return None;
    }
    let after = after.get(2 + confidence.name().len()..)?;
    let (text, condition) = match text.rsplit_once(" only if ") {
        Some((text, condition)) => (text, Some(condition.to_owned())),
        None => (text, None),
    };
    let is_fix = text.starts_with('"');
    let directives = text.split('"').skip(1).step_by(2).filter(|_| is_fix);
    Some(OwnDiagnosis {
        name,
        confidence,
        fix: directives.map(str::to_owned).collect(),
        condition,
        action: (!is_fix && text != "none").then(|| text.to_owned()),
        security: match after {
            rest if rest.starts_with(b", weakens security)") => Security::Weakens,
            rest if rest.starts_with(b", changes trust)") => Security::ChangesTrust,
            _ => Security::Neutral,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_to_paste() {
        let said = b"sni_missing] upstream refused; fix: \"proxy_ssl_server_name on;\" \"proxy_ssl_name \
            <host>;\" only if that is the host you mean (likely, changes trust); facts: phase=x; not: \"y;\"";
        let own = read(said).unwrap();
        assert_eq!(
            (own.name, own.confidence),
            ("sni_missing", Confidence::Likely)
        );
        assert_eq!(
            own.fix,
            ["proxy_ssl_server_name on;", "proxy_ssl_name <host>;"]
        );
        assert_eq!(own.condition.as_deref(), Some("that is the host you mean"));
        assert_eq!((own.action, own.security), (None, Security::ChangesTrust));
    }

    #[test]
    fn something_to_do() {
        let said = b"peer_closed] x; fix: look at the log, else a or b (possible) while SSL handshaking to \
            upstream, client: 192.0.2.1, server: , request: \"GET /; fix: \"z;\" (certain)\"";
        let own = read(said).unwrap();
        assert_eq!(own.action.as_deref(), Some("look at the log, else a or b"));
        assert_eq!((own.fix, own.confidence), (vec![], Confidence::Possible));
        let own = read(b"legacy_renegotiation] x; fix: none (certain, weakens security)").unwrap();
        assert_eq!((own.action, own.security), (None, Security::Weakens));
    }

    #[test]
    fn what_the_module_never_writes_is_nothing() {
        for said in [
            "no_such_name] x; fix: none (certain)",
            "sni_missing",
            "sni_missing] x",
            "sni_missing] x; fix: none",
            "sni_missing] x; fix: \x1b[31m (certain)",
        ] {
            assert_eq!(read(said.as_bytes()), None, "{said}");
        }
    }
}
