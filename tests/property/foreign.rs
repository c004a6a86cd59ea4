//! Whose words these are: every text of a recording that is not the operator's is rewritten in
//! letters that no directive is made of. Where such a word shows, a peer or a client spoke.

use std::net::IpAddr;

use serde_json::Value;

/// No directive, value or name of a rule has four of these in a row.
const LETTERS: [u8; 6] = *b"qxzjvk";
/// Shorter runs stay: `h2`, `com`, `CN`.
const SHORTEST: usize = 4;
/// In bytes a run this short may be anything.
const SHORTEST_IN_BYTES: usize = 6;
/// Addresses for benchmarks (RFC 2544): no operator's.
const NETWORK: &str = "198.18.";

/// What nginx.conf says.
const OPERATORS: [&str; 4] = [
    "/context/virtual_server",
    "/context/listen",
    "/context/location",
    "/settings/server_line",
];
/// The same, where no variable has a part in it: then this says so.
const CONSTANTS: [(&str, &str); 2] = [
    ("/context/upstream", "/settings/upstream_is_constant"),
    ("/settings/compared_name", "/settings/name_is_constant"),
];

/// Rewrites a recording's foreign texts. Equal texts stay equal, so a chain stays a chain.
pub(crate) fn mark(recording: &mut Value) {
    let constant = |says: &str| recording.pointer(says) == Some(&Value::Bool(true));
    let constants = CONSTANTS.iter().filter(|(_, says)| constant(says));
    let paths = OPERATORS.iter().chain(constants.map(|(path, _)| path));
    let operators: Vec<&str> = paths.copied().collect();
    // A ClientHello carries the operator's words, too.
    let words: Vec<String> = operators
        .iter()
        .filter_map(|path| recording.pointer(path)?.as_str())
        .flat_map(|text| text.split(|one: char| !one.is_ascii_alphanumeric()))
        .map(str::to_owned)
        .collect();
    let own = Own { operators, words };
    walk(recording, &mut String::new(), &own);
}

/// What stays as it is.
struct Own<'a> {
    operators: Vec<&'a str>,
    words: Vec<String>,
}

/// The first word of a peer's or a client's in a text that should have none.
pub(crate) fn found(text: &str) -> Option<&str> {
    let word = |word: &&str| word.len() >= SHORTEST && word.bytes().all(is_mark);
    if let Some(at) = text.find(NETWORK) {
        return text.get(at..);
    }
    // Names are split into their labels.
    text.split(|letter| !u8::try_from(letter).is_ok_and(is_mark))
        .find(word)
}

/// The first one that stands outside single quotes. What is quoted has neither quotes nor spaces in it.
pub(crate) fn unquoted(text: &str) -> Option<&str> {
    let words = text.split(' ').map(|word| word.trim_start_matches('('));
    // An address stands for itself.
    words
        .filter(|word| !word.starts_with('\'') && !word.contains(NETWORK))
        .find_map(found)
}

fn is_mark(byte: u8) -> bool {
    LETTERS.contains(&byte)
}

fn walk(value: &mut Value, path: &mut String, own: &Own<'_>) {
    let length = path.len();
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                path.push('/');
                path.push_str(key);
                walk(inner, path, own);
                path.truncate(length);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| walk(inner, path, own)),
        Value::String(text) => {
            let key = path.rsplit('/').next().unwrap();
            match key {
                _ if own.operators.contains(&path.as_str()) => {}
                // The recorder's own words and numbers. Five bytes decide by what they are.
                "from" | "kind" | "module" | "scheme" | "serial" | "sha256" | "opening"
                | "reused" => {}
                "bytes" | "issuer_name" | "body" => *text = in_bytes(text, own),
                "peer" => *text = peer(text),
                _ => *text = in_text(text),
            }
        }
        _ => {}
    }
}

/// The same run becomes the same word.
fn word(run: &[u8], length: usize) -> String {
    // FNV-1a.
    let mut hash = run.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    let letter = |_| {
        let index = usize::try_from(hash % 6).unwrap();
        hash = hash.rotate_left(7).wrapping_mul(0x100_0000_01b3);
        char::from(LETTERS[index])
    };
    (0..length).map(letter).collect()
}

fn in_text(text: &str) -> String {
    if text.parse::<IpAddr>().is_ok() {
        return address(text);
    }
    let mut marked = runs(text.as_bytes(), SHORTEST);
    if found(&marked).is_none() && !text.is_empty() {
        marked.push_str(&word(text.as_bytes(), SHORTEST));
    }
    marked
}

/// Every run of letters and digits that is long enough becomes a word of its length.
fn runs(text: &[u8], shortest: usize) -> String {
    let text = String::from_utf8_lossy(text);
    let mut marked = String::new();
    let mut rest = text.as_ref();
    while !rest.is_empty() {
        let end = rest.find(|one: char| !one.is_ascii_alphanumeric());
        let (run, after) = rest.split_at(end.unwrap_or(rest.len()));
        match run.len() >= shortest && !["http", "https"].contains(&run) {
            true => marked.push_str(&word(run.as_bytes(), run.len())),
            false => marked.push_str(run),
        }
        let next = after.chars().next();
        marked.extend(next);
        rest = &after[next.map_or(0, char::len_utf8)..];
    }
    marked
}

fn address(text: &str) -> String {
    let sum = text.bytes().fold(0_u8, u8::wrapping_add);
    format!("{NETWORK}{}.{sum}", text.len())
}

/// The host of the peer was resolved; the port is the operator's.
fn peer(text: &str) -> String {
    match text.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => format!("{}:{port}", address(host)),
        _ => in_text(text),
    }
}

/// Hexadecimal bytes, of the same length afterwards.
fn in_bytes(hex: &str, own: &Own<'_>) -> String {
    let Ok(bytes) = serde_json::from_value::<tlsdiag::capture::Bytes>(Value::from(hex)) else {
        return hex.to_owned();
    };
    let mut bytes = bytes.0;
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric());
        let end = at + run.count();
        let is_own = own
            .words
            .iter()
            .any(|one| one.as_bytes() == &bytes[at..end]);
        if end - at >= SHORTEST_IN_BYTES && !is_own {
            let marked = word(&bytes[at..end], end - at);
            bytes[at..end].copy_from_slice(marked.as_bytes());
        }
        at = end + 1;
    }
    tlsdiag::capture::Bytes(bytes).to_string()
}
