//! Our line, taken apart by the grammar the project promises.

use super::{foreign, Line};

/// Longest part of a line that is ours.
pub const MAX_LENGTH: usize = 900;
const CONFIDENCES: [&str; 3] = ["certain", "likely", "possible"];
const LABELS: [&str; 2] = ["weakens security", "changes trust"];

/// The parts of `upstream_tls[name] sentence; fix: ... only if ... (confidence, label); facts: ...;
/// not: ...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosed {
    /// The name.
    pub name: String,
    /// One sentence that stands alone.
    pub sentence: String,
    /// The directives of the fix; empty when `action` says what to do.
    pub fix: Vec<String>,
    /// What somebody else must do, or `none`.
    pub action: Option<String>,
    /// When it is right to do so, where that is a question of trust.
    pub condition: Option<String>,
    /// `certain`, `likely` or `possible`.
    pub confidence: String,
    /// What it costs: `weakens security` or `changes trust`.
    pub label: Option<String>,
    /// What changed since the last good handshake, or that nothing did; `None` where none is known.
    pub changed: Option<String>,
    /// `key=value` facts in the order written.
    pub facts: Vec<(String, String)>,
    /// What people try in vain: directives, or words such as `restarting`.
    pub dead_ends: Vec<String>,
    /// All of this as written.
    pub ours: String,
    /// nginx's own tail, from " while ".
    pub tail: String,
}

impl Diagnosed {
    /// Takes a line apart; the error says which promise it breaks.
    pub fn parse(line: &Line) -> Result<Diagnosed, String> {
        let text = &line.message;
        let rest = text
            .strip_prefix("upstream_tls[")
            .ok_or("does not start upstream_tls[")?;
        let (name, rest) = rest.split_once("] ").ok_or("no \"] \" after the name")?;
        let (sentence, rest) = rest.split_once("; fix: ").ok_or("no \"; fix: \"")?;
        let (fix, rest) = split_outside_quotes(rest, "; facts: ").ok_or("no \"; facts: \"")?;
        // The tail is nginx's, with whatever the client said; before it peer text holds no space, and
        // our directives are quoted.
        let (rest, tail) = cut_tail(rest);
        let (facts, dead_ends) = split_outside_quotes(rest, "; not: ").unwrap_or((rest, ""));
        let (fix, changed) = cut_history(fix);
        let (fix, end) = fix.rsplit_once(" (").ok_or("no confidence after the fix")?;
        let end = end.strip_suffix(')').ok_or("confidence not closed")?;
        let (confidence, label) = match end.split_once(", ") {
            Some((confidence, label)) => (confidence, Some(label)),
            None => (end, None),
        };
        if !CONFIDENCES.contains(&confidence) {
            return Err(format!("confidence {confidence:?}"));
        }
        if label.is_some_and(|label| !LABELS.contains(&label)) {
            return Err(format!("label {label:?}"));
        }
        let (fix, condition) = match split_outside_quotes(fix, " only if ") {
            Some((fix, condition)) => (fix, Some(condition)),
            None => (fix, None),
        };
        let ours = &text[..text.len() - tail.len()];
        if ours.len() > MAX_LENGTH {
            return Err(format!("our part has {} bytes", ours.len()));
        }
        once(ours, &["; fix: "])?;
        once(ours, &["; facts: "])?;
        once(ours, &[" (certain", " (likely", " (possible"])?;
        let directives = directives(fix)?;
        let action = directives.is_empty().then(|| fix.to_owned());
        for text in [Some(sentence), action.as_deref(), condition, changed]
            .into_iter()
            .flatten()
        {
            foreign::words(text)?;
        }
        Ok(Diagnosed {
            name: name.to_owned(),
            sentence: sentence.to_owned(),
            action,
            fix: directives,
            condition: condition.map(str::to_owned),
            confidence: confidence.to_owned(),
            label: label.map(str::to_owned),
            changed: changed.map(str::to_owned),
            facts: facts
                .split(' ')
                .filter_map(|f| f.split_once('='))
                .map(owned)
                .collect(),
            dead_ends: quoted(dead_ends)?,
            ours: ours.to_owned(),
            tail: tail.to_owned(),
        })
    }

    /// The value of one fact.
    pub fn fact(&self, key: &str) -> Option<&str> {
        self.facts
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, value)| value.as_str())
    }
}

/// Exactly one of these marks, exactly once: whoever looks for it finds ours.
fn once(text: &str, marks: &[&str]) -> Result<(), String> {
    let found: usize = marks.iter().map(|mark| text.matches(mark).count()).sum();
    match found {
        1 => Ok(()),
        _ => Err(format!("{found} times {marks:?}")),
    }
}

fn owned((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

/// What stands between confidence and facts, where a zone counts.
fn cut_history(text: &str) -> (&str, Option<&str>) {
    let marks = ["; changed since ", "; nothing changed since "];
    let found = marks
        .iter()
        .filter_map(|mark| find_outside_quotes(text, mark));
    match found.min() {
        Some(at) => (&text[..at], Some(&text[at + 2..])),
        None => (text, None),
    }
}

fn cut_tail(text: &str) -> (&str, &str) {
    let tail = [" while ", ", client: "]
        .iter()
        .filter_map(|mark| find_outside_quotes(text, mark));
    text.split_at(tail.min().unwrap_or(text.len()))
}

fn split_outside_quotes<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let at = find_outside_quotes(text, mark)?;
    Some((&text[..at], &text[at + mark.len()..]))
}

fn find_outside_quotes(text: &str, mark: &str) -> Option<usize> {
    text.match_indices(mark)
        .map(|(at, _)| at)
        .find(|at| text[..*at].matches('"').count() % 2 == 0)
}

/// Complete directives in double quotes; none when the text is an action in words.
fn directives(text: &str) -> Result<Vec<String>, String> {
    let directives = quoted(text)?;
    match directives.iter().find(|d| !d.ends_with(';')) {
        Some(half) => Err(format!("not a complete directive: {half:?}")),
        None => Ok(directives),
    }
}

/// The contents of double quotes, when the text is nothing but such.
fn quoted(text: &str) -> Result<Vec<String>, String> {
    if !text.starts_with('"') {
        return Ok(Vec::new());
    }
    let parts: Vec<&str> = text.split('"').collect();
    if parts.len() % 2 == 0 {
        return Err(format!("unbalanced quotes in {text:?}"));
    }
    let contents = parts.iter().skip(1).step_by(2);
    Ok(contents.map(|part| (*part).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(message: &str) -> Result<Diagnosed, String> {
        let raw = format!("2026/11/23 08:24:53 [error] 1#1: *1 {message}");
        Diagnosed::parse(&Line::parse(&raw).unwrap())
    }

    #[test]
    fn takes_a_line_apart() {
        let d = parse(
            "upstream_tls[sni_missing] upstream refused: received alert 40; fix: \
             \"proxy_ssl_server_name on;\" \"proxy_ssl_name a;\" (likely); facts: \
             phase=client_hello sni=none; not: \"proxy_ssl_verify off;\" while SSL handshaking to \
             upstream, client: 127.0.0.1",
        )
        .unwrap();
        assert_eq!(d.name, "sni_missing");
        assert_eq!(d.fix, ["proxy_ssl_server_name on;", "proxy_ssl_name a;"]);
        assert_eq!(
            (d.confidence.as_str(), d.label.as_deref()),
            ("likely", None)
        );
        assert_eq!(d.condition, None);
        assert_eq!(d.fact("sni"), Some("none"));
        assert_eq!(d.dead_ends, ["proxy_ssl_verify off;"]);
        assert!(d.tail.starts_with(" while SSL handshaking"));
    }

    #[test]
    fn takes_an_action() {
        let d = parse(
            "upstream_tls[x] y; fix: upstream must renew (certain, weakens security); facts: \
             phase=finished, client: 127.0.0.1",
        )
        .unwrap();
        assert_eq!(d.action.as_deref(), Some("upstream must renew"));
        assert_eq!(d.label.as_deref(), Some("weakens security"));
        assert_eq!(d.fact("phase"), Some("finished"));
    }

    #[test]
    fn takes_a_condition() {
        let d = parse(
            "upstream_tls[x] for 'a_only_if_b'; fix: \"proxy_ssl_name <host>;\" only if 'a.test' is \
             the host you mean (certain, changes trust); facts: presented=a.test while x",
        )
        .unwrap();
        assert_eq!(d.fix, ["proxy_ssl_name <host>;"]);
        let condition = d.condition.as_deref();
        assert_eq!(condition, Some("'a.test' is the host you mean"));
        assert_eq!(d.label.as_deref(), Some("changes trust"));
        assert!(d.ours.ends_with("presented=a.test"));
        let d = parse("upstream_tls[x] y; fix: act only if z (likely); facts: a=b").unwrap();
        assert_eq!(d.action.as_deref(), Some("act"));
        assert_eq!(d.condition.as_deref(), Some("z"));
    }

    #[test]
    fn refuses_a_second_fix() {
        for foreign in ["'x'; fix: y", "y (certain)", "'a b'"] {
            let line = format!("upstream_tls[x] {foreign}; fix: z (certain); facts: a=b");
            assert!(parse(&line).is_err(), "{line}");
        }
    }

    #[test]
    fn refuses_half_a_directive() {
        assert!(parse("upstream_tls[x] y; fix: \"a b\" (certain); facts: a=b").is_err());
    }
}
