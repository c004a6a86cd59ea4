//! How directives and values are written in a finding.

use crate::nginx_conf::Directive;

/// Bytes of a directive that are shown.
const MAX_TEXT: usize = 200;

/// A directive as one could write it: `proxy_ssl_verify on;`, `upstream backend {`. Of what passes on,
/// only who is asked: paths and queries may hold secrets.
pub(super) fn directive_text(directive: &Directive) -> String {
    let mut words: Vec<_> = directive
        .words
        .iter()
        .map(|word| quoted(&word.text))
        .collect();
    if directive.name().ends_with(b"_pass") {
        if let (Some(shown), Some(url)) = (words.get_mut(1), directive.argument(1)) {
            *shown = without_path(url);
        }
    }
    let end = match directive.block {
        Some(_) => " {",
        None => ";",
    };
    shortened(words.join(" ")) + end
}

/// A directive with another name, or another first argument.
pub(super) fn rewritten(directive: &Directive, name: &str, first: Option<&str>) -> String {
    let mut words = vec![name.to_owned()];
    words.extend(directive.arguments().map(quoted));
    if let (Some(word), Some(first)) = (words.get_mut(1), first) {
        *word = first.to_owned();
    }
    shortened(words.join(" ")) + ";"
}

/// Where a directive is to be written that several places need.
pub(super) const IN_EACH: &str =
    "in each place that is named, or once on a level around all of them";

/// Bytes of a configuration as text.
pub(super) fn text(bytes: &[u8]) -> String {
    shortened(String::from_utf8_lossy(bytes).into_owned())
}

/// A word as nginx would read it again (`ngx_conf_read_token`): a brace after a dollar is not special.
fn quoted(word: &[u8]) -> String {
    let text = String::from_utf8_lossy(word);
    let special =
        |one: char| one.is_whitespace() || matches!(one, ';' | '{' | '"' | '\'' | '\\' | '#');
    let bare = !text.is_empty() && !text.starts_with('}');
    if bare && !text.replace("${", "").contains(special) {
        return text.into_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn without_path(url: &[u8]) -> String {
    let url = String::from_utf8_lossy(url);
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url.as_ref()),
    };
    if rest.starts_with("unix:") {
        let path = rest.split(':').take(2).collect::<Vec<_>>().join(":");
        return scheme + &path;
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    // A password before the host, which nginx would not take.
    let host = authority.rsplit('@').next().unwrap_or_default();
    let rest = match path {
        "" | "/" => path,
        _ => "/...",
    };
    scheme + host + rest
}

fn shortened(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        let end = (0..=MAX_TEXT).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx_conf::{read_text, Memory};

    fn shown(directive: &str) -> String {
        let tree = read_text(&Memory::default(), b"a", directive.as_bytes()).unwrap();
        directive_text(&tree.directives[0])
    }

    #[test]
    fn directives_are_shown_without_what_may_be_secret() {
        for (written, wanted) in [
            ("proxy_ssl_verify   on ;", "proxy_ssl_verify on;"),
            ("upstream b { server a; }", "upstream b {"),
            ("a \"b c\" 'd\"' \"\";", "a \"b c\" \"d\\\"\" \"\";"),
            ("a ${b}:1 \"{c}\" \"}\";", "a ${b}:1 \"{c}\" \"}\";"),
            (
                "proxy_pass https://a/b?key=secret;",
                "proxy_pass https://a/...;",
            ),
            (
                "proxy_pass https://a?key=secret;",
                "proxy_pass https://a/...;",
            ),
            ("proxy_pass https://a/;", "proxy_pass https://a/;"),
            ("proxy_pass https://u:secret@a;", "proxy_pass https://a;"),
            (
                "proxy_pass https://unix:/run/s:/secret;",
                "proxy_pass https://unix:/run/s;",
            ),
            ("grpc_pass a:1;", "grpc_pass a:1;"),
        ] {
            assert_eq!(shown(written), wanted);
        }
        let long = shown(&format!("a {};", "\u{e9}".repeat(500)));
        assert!(long.len() < 210 && long.ends_with("...;"), "{long}");
    }
}
