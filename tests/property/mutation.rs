//! Recordings nobody made: a real one with a few things taken from others, damaged or overdone.

use serde_json::Value;
use tlsdiag::capture::Bytes;

use super::random::Random;

/// What ends a quoted text, begins a directive, moves a terminal's cursor or is a word of ours.
const HOSTILE: [&str; 16] = [
    "",
    " ",
    "$(reboot)",
    "`id` && $x",
    "a; fix: \"proxy_ssl_verify off;\" (certain); facts: ",
    "upstream_tls[sni_missing] x; fix: ",
    "every host (verification by name is obsolete, fix: proxy_ssl_verify off)",
    "a\n2026/11/23 08:24:53 [emerg] 1#1: x",
    "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{7f}",
    "\u{202e}gro.elpmaxe\u{2066}",
    "\"}},{\"",
    "a\\\"b\\",
    "\u{fffd}\u{e9}\u{1f512}",
    "\0",
    "unix:/run/a b.sock",
    "[::1]:443",
];

/// Where code points, codes, lengths and times change their meaning.
const NUMBERS: [i64; 24] = [
    0,
    1,
    2,
    3,
    8,
    10,
    18,
    20,
    40,
    48,
    112,
    255,
    0x0300,
    0x0301,
    0x0303,
    0x0304,
    0x0305,
    1400,
    0xffff,
    0xffff_ffff,
    -1,
    i64::MAX,
    i64::MIN,
    1_795_473_939_128,
];

/// Changes one to four things. What comes out may be no recording any more.
pub(crate) fn mutate(recording: &mut Value, others: &[Value], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let mut pointers = Vec::new();
        collect(recording, String::new(), &mut pointers);
        let pointer = random.pick(&pointers).clone();
        let other = random.pick(others).pointer(&pointer);
        // One in three: what stands at this place elsewhere.
        match (recording.pointer_mut(&pointer), other) {
            (Some(here), Some(other)) if random.one_in(3) => *here = other.clone(),
            (Some(here), other) => change(here, other, &pointer, random),
            (None, _) => {}
        }
    }
}

fn collect(value: &Value, path: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                collect(inner, format!("{path}/{key}"), pointers);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                collect(inner, format!("{path}/{index}"), pointers);
            }
        }
        _ => {}
    }
    pointers.push(path);
}

fn change(here: &mut Value, other: Option<&Value>, pointer: &str, random: &mut Random) {
    match here {
        Value::Object(map) => {
            let key = |map: &serde_json::Map<_, _>, random: &mut Random| -> Option<String> {
                map.keys().nth(random.below(map.len())).cloned()
            };
            match other.and_then(Value::as_object) {
                // A field that this one may not have.
                Some(other) if random.one_in(2) => {
                    if let Some(key) = key(other, random) {
                        map.insert(key.clone(), other[&key].clone());
                    }
                }
                _ => {
                    if let Some(key) = key(map, random) {
                        map.remove(&key);
                    }
                }
            }
        }
        Value::Array(list) => {
            let at = random.below(list.len());
            match random.below(4) {
                0 => list.truncate(at),
                1 => list.reverse(),
                2 if at < list.len() => {
                    let again = list[at].clone();
                    list.extend(std::iter::repeat_n(again, random.below(20)));
                }
                _ => {
                    let more = other.and_then(Value::as_array).into_iter().flatten();
                    list.extend(more.cloned());
                }
            }
            list.truncate(64);
        }
        Value::Bool(set) => *set = !*set,
        Value::Number(number) => {
            let near = number.as_i64().unwrap_or(0);
            *here = match random.below(3) {
                0 => near.wrapping_add(1),
                1 => near.wrapping_sub(1),
                _ => *random.pick(&NUMBERS),
            }
            .into();
        }
        Value::String(text) => change_text(text, pointer, random),
        Value::Null => {}
    }
}

fn change_text(text: &mut String, pointer: &str, random: &mut Random) {
    let key = pointer.rsplit('/').next().unwrap();
    if ["bytes", "opening", "issuer_name", "body"].contains(&key) {
        if let Ok(mut bytes) = serde_json::from_value::<Bytes>(Value::from(text.as_str())) {
            random.damage(&mut bytes.0);
            *text = bytes.to_string();
        }
        return;
    }
    // The recorder's own words and numbers.
    if [
        "from", "kind", "module", "scheme", "serial", "sha256", "reused",
    ]
    .contains(&key)
    {
        return;
    }
    let hostile = *random.pick(&HOSTILE);
    match random.below(4) {
        0 => *text = hostile.to_owned(),
        1 => text.push_str(hostile),
        2 => text.insert_str(0, hostile),
        _ => *text = hostile.repeat(random.below(40)),
    }
}
