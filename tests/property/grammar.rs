//! The line, read strictly: `upstream_tls[NAME] SENTENCE; fix: FIX (CONFIDENCE); facts: ...; not: ...`.

/// In this order, each at most once.
const KEYS: [&str; 14] = [
    "phase",
    "sent",
    "chosen",
    "sni",
    "alert",
    "err",
    "verify",
    "depth",
    "compared",
    "presented",
    "peer",
    "bytes",
    "",
    "",
];

/// What a reader of the line is told, and what can be pasted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Read<'a> {
    pub(crate) name: &'a str,
    pub(crate) sentence: &'a str,
    /// The fix or the action, and the condition.
    pub(crate) advice: &'a str,
    pub(crate) fix: Vec<&'a str>,
}

/// Reads a line; the error says what is wrong with it.
pub(crate) fn read(line: &str) -> Result<Read<'_>, String> {
    if line.len() > 900 || !line.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(format!("{} bytes, or bytes that do not print", line.len()));
    }
    let rest = after(line, "upstream_tls[")?;
    let (name, rest) = parts(rest, "] ")?;
    let (sentence, rest) = parts(rest, "; fix: ")?;
    if sentence.is_empty() || sentence.contains(';') {
        return Err(format!("the sentence {sentence:?}"));
    }
    let (fix, rest) = outside_quotes(rest, "; facts: ")?;
    let (facts, dead_ends) = match outside_quotes(rest, "; not: ") {
        Ok((facts, dead_ends)) => (facts, quoted(dead_ends, "")?),
        Err(_) => (rest, Vec::new()),
    };
    if dead_ends.iter().any(|one| one.is_empty()) {
        return Err("an empty dead end".to_owned());
    }
    check_facts(facts)?;
    let (advice, sure) = fix.rsplit_once(" (").ok_or("no confidence")?;
    let sure = sure
        .strip_suffix(')')
        .ok_or("a confidence that stays open")?;
    let (confidence, security) = sure.split_once(", ").unwrap_or((sure, ""));
    if !["certain", "likely", "possible"].contains(&confidence)
        || !["", "weakens security", "changes trust"].contains(&security)
    {
        return Err(format!("the confidence {sure:?}"));
    }
    let fix = match advice.starts_with('"') {
        true => quoted(advice, " only if ")?,
        false if advice.is_empty() || advice.contains(['"', ';']) => {
            return Err(format!("the action {advice:?}"))
        }
        false => Vec::new(),
    };
    match fix.iter().find(|one| !is_directive(one)) {
        Some(odd) => Err(format!("the directive {odd:?}")),
        None => Ok(Read {
            name,
            sentence,
            advice,
            fix,
        }),
    }
}

fn after<'a>(text: &'a str, beginning: &str) -> Result<&'a str, String> {
    text.strip_prefix(beginning)
        .ok_or_else(|| format!("no {beginning:?}"))
}

fn parts<'a>(text: &'a str, mark: &str) -> Result<(&'a str, &'a str), String> {
    text.split_once(mark).ok_or_else(|| format!("no {mark:?}"))
}

/// The mark may stand once: a second one would be somebody's who wants to be read.
fn outside_quotes<'a>(text: &'a str, mark: &str) -> Result<(&'a str, &'a str), String> {
    let outside = |at: &usize| text[..*at].matches('"').count() % 2 == 0;
    let mut found = text.match_indices(mark).map(|(at, _)| at).filter(outside);
    match (found.next(), found.next()) {
        (Some(at), None) => Ok((&text[..at], &text[at + mark.len()..])),
        (None, _) => Err(format!("no {mark:?}")),
        _ => Err(format!("two of {mark:?}")),
    }
}

/// Texts in double quotes, one space between them; after them nothing, or what begins with `end`.
fn quoted<'a>(text: &'a str, end: &str) -> Result<Vec<&'a str>, String> {
    let (mut rest, mut texts) = (text, Vec::new());
    loop {
        let (inside, outside) = parts(after(rest, "\"")?, "\"")?;
        texts.push(inside);
        match outside.strip_prefix(' ') {
            Some(next) if next.starts_with('"') => rest = next,
            _ if outside.is_empty() => return Ok(texts),
            _ if !end.is_empty() && outside.starts_with(end) => return Ok(texts),
            _ => return Err(format!("{outside:?} after {inside:?}")),
        }
    }
}

/// One directive of one line, complete.
fn is_directive(text: &str) -> bool {
    let Some((name, value)) = text.strip_suffix(';').and_then(|text| text.split_once(' ')) else {
        return false;
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty()
        && name.bytes().all(plain)
        && !value.is_empty()
        && !value.contains(['"', ';', '{', '}', '\\'])
}

fn check_facts(facts: &str) -> Result<(), String> {
    let mut last = None;
    for pair in facts.split(' ') {
        let (key, value) = parts(pair, "=")?;
        let place = KEYS.iter().position(|one| *one == key);
        if place.is_none() || place <= last {
            return Err(format!("the fact {key:?} at its place in {facts:?}"));
        }
        if value.contains(['"', ';']) {
            return Err(format!("the value {value:?} of {key}"));
        }
        last = place;
    }
    Ok(())
}
