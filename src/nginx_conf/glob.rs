//! The patterns of `include`: nginx hands them to glob(3) without flags.

use super::source::Files;

/// Names of files found by one pattern at most.
const MAX_FOUND: usize = 10_000;

/// Whether nginx takes the name for a pattern (`ngx_conf_include`).
pub(super) fn is_pattern(name: &[u8]) -> bool {
    name.iter().any(|byte| b"*?[".contains(byte))
}

/// The paths that a pattern matches, sorted by their bytes as in the C locale nginx runs in. A
/// directory that cannot be listed matches nothing.
pub(super) fn expand(files: &dyn Files, pattern: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = vec![Vec::new()];
    let last = pattern.split(|byte| *byte == b'/').count() - 1;
    let mut names_are_known = false;
    for (number, part) in pattern.split(|byte| *byte == b'/').enumerate() {
        let mut next = Vec::new();
        for start in found {
            // What comes last must be there; a directory that is not there lists nothing.
            let must_be_there = number == last && names_are_known;
            if !is_pattern(part) && !must_be_there {
                next.push([start.as_slice(), part].concat());
                continue;
            }
            let mut names = files.list(&start).unwrap_or_default();
            names.sort();
            let matching = names.into_iter().filter(|name| matches(part, name));
            next.extend(matching.map(|name| [start.as_slice(), &name].concat()));
            next.truncate(MAX_FOUND);
        }
        names_are_known |= is_pattern(part);
        if number < last {
            next.iter_mut().for_each(|path| path.push(b'/'));
        }
        found = next;
    }
    found
}

/// Whether a pattern matches one component of a path: `*`, `?`, `[a-z]`, `[!a-z]`, backslash. A
/// leading dot is matched by a dot only.
pub(super) fn matches(pattern: &[u8], name: &[u8]) -> bool {
    if name.first() == Some(&b'.') && pattern.first() != Some(&b'.') {
        return false;
    }
    let (mut pattern, mut name) = (pattern, name);
    // The last `*`: what follows it, and where in the name it is tried next.
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', rest @ ..] = pattern {
            star = Some((rest, name));
            pattern = rest;
            continue;
        }
        let one = match (pattern, name) {
            ([], []) => return true,
            (_, [first, rest @ ..]) => take(pattern, *first).map(|after| (after, rest)),
            (_, []) => return false,
        };
        match (one, star) {
            (Some(after), _) => (pattern, name) = after,
            (None, Some((after, [_, rest @ ..]))) => {
                star = Some((after, rest));
                (pattern, name) = (after, rest);
            }
            (None, _) => return false,
        }
    }
}

/// What is left of the pattern once it has matched one byte.
fn take(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    match pattern {
        [b'?', rest @ ..] => Some(rest),
        [b'[', set @ ..] => match take_set(set, byte) {
            Some((true, rest)) => Some(rest),
            Some((false, _)) => None,
            // Without its end it is a bracket.
            None => (byte == b'[').then_some(set),
        },
        [b'\\', quoted, rest @ ..] => (*quoted == byte).then_some(rest),
        [first, rest @ ..] => (*first == byte).then_some(rest),
        [] => None,
    }
}

/// Whether the set after a `[` holds the byte, and what comes after its `]`.
fn take_set(set: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let (negated, mut rest) = match set {
        [b'!' | b'^', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    let (mut holds, mut first) = (false, true);
    loop {
        rest = match rest {
            [b']', rest @ ..] if !first => return Some((holds != negated, rest)),
            [from, b'-', to, rest @ ..] if *to != b']' => {
                holds |= (*from..=*to).contains(&byte);
                rest
            }
            [one, rest @ ..] => {
                holds |= *one == byte;
                rest
            }
            [] => return None,
        };
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx_conf::source::tests::Memory;

    #[test]
    fn components_match_as_the_shell_matches_them() {
        for (pattern, name, wanted) in [
            ("*.conf", "a.conf", true),
            ("*.conf", ".conf", false),
            (".*", ".conf", true),
            ("*.conf", "a.conf.bak", false),
            ("a*b*c", "axxbyybzzc", true),
            ("a*b*c", "axxbyybzz", false),
            ("[a-c]?", "bz", true),
            ("[!a-c]?", "bz", false),
            ("[]]", "]", true),
            ("[a", "[a", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("", "", true),
            ("*", "", true),
        ] {
            let matched = matches(pattern.as_bytes(), name.as_bytes());
            assert_eq!(matched, wanted, "{pattern} {name}");
        }
    }

    #[test]
    fn patterns_may_stand_in_every_component() {
        let files = Memory::new(&[
            ("/etc/b/1.conf", ""),
            ("/etc/a/2.conf", ""),
            ("/etc/a/1.conf", ""),
            ("/etc/a/1.txt", ""),
        ]);
        let found = expand(&files, b"/etc/*/*.conf");
        assert_eq!(
            found,
            [b"/etc/a/1.conf", b"/etc/a/2.conf", b"/etc/b/1.conf"]
        );
        let found = expand(&files, b"/etc/*/2.conf");
        assert_eq!(found, [b"/etc/a/2.conf"]);
        assert!(expand(&files, b"/no/*/*.conf").is_empty());
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(100) + "b";
        assert!(!matches(pattern.as_bytes(), "a".repeat(5_000).as_bytes()));
    }
}
