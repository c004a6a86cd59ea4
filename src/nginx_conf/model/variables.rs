//! Variables whose value the configuration itself gives.
//!
//! `set $backend https://api.example.com; proxy_pass $backend;` is how people make nginx resolve a
//! name at run time: the value is the operator's constant, as if it stood in the `proxy_pass`. The value of
//! a variable that is set twice, in an `if`, from other variables or by anything else is unknown.

use std::collections::HashMap;

use super::scope::{Context, ScopeId, Scopes};

/// Bytes of a text with its variables put in, at most.
const MAX_TEXT: usize = 4096;
/// How often values may lead to other values.
const MAX_STEPS: usize = 4;

/// Where each variable of a server is set, and to what.
#[derive(Debug, Default)]
pub(super) struct Variables<'t> {
    /// By server and name; `None` where it is set more than once or by a condition.
    set: HashMap<(Option<ScopeId>, &'t [u8]), Option<Set<'t>>>,
}

/// A value, and where it is set.
#[derive(Debug, Clone, Copy)]
struct Set<'t> {
    scope: ScopeId,
    value: &'t [u8],
}

impl<'t> Variables<'t> {
    pub(super) fn new(scopes: &Scopes<'t>) -> Self {
        let mut variables = Self::default();
        for (id, scope) in scopes.iter() {
            for directive in scope.own(b"set") {
                let [_, name, value] = directive.words.as_slice() else {
                    continue;
                };
                let name = name.text.strip_prefix(b"$").unwrap_or(&name.text);
                let conditional = scope.context == Context::Unnamed;
                let value = (!conditional).then_some(Set {
                    scope: id,
                    value: &value.text,
                });
                variables
                    .set
                    .entry((server_of(scopes, id), name))
                    .and_modify(|known| *known = None)
                    .or_insert(value);
            }
        }
        variables
    }

    /// The text as the scope sees it, with the variables that are known put in.
    pub(super) fn resolve(&self, scopes: &Scopes<'t>, scope: ScopeId, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        for _ in 0..MAX_STEPS {
            match self.resolve_once(scopes, scope, &text) {
                Some(resolved) if resolved != text => text = resolved,
                _ => break,
            }
        }
        text
    }

    /// `None` when the values are too long.
    fn resolve_once(&self, scopes: &Scopes<'t>, scope: ScopeId, text: &[u8]) -> Option<Vec<u8>> {
        let server = server_of(scopes, scope);
        let mut resolved = Vec::with_capacity(text.len());
        for part in parts(text) {
            let known = match part {
                Part::Text(_) => None,
                Part::Variable { name, .. } => self.set.get(&(server, name)).copied().flatten(),
            };
            // A value holds in its scope and those inside.
            let is_around = |set: &Set<'_>| scopes.around(scope).any(|(id, _)| id == set.scope);
            let value = known.filter(is_around).map(|set| set.value);
            match (value, part) {
                (Some(value), _) => resolved.extend_from_slice(value),
                (None, Part::Text(text) | Part::Variable { text, .. }) => {
                    resolved.extend_from_slice(text);
                }
            }
            if resolved.len() > MAX_TEXT {
                return None;
            }
        }
        Some(resolved)
    }
}

fn server_of(scopes: &Scopes<'_>, scope: ScopeId) -> Option<ScopeId> {
    let server = |(_, scope): &(ScopeId, &super::Scope<'_>)| scope.context == Context::Server;
    scopes.around(scope).find(server).map(|(id, _)| id)
}

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Text(&'a [u8]),
    /// Its name, and how it is written.
    Variable {
        name: &'a [u8],
        text: &'a [u8],
    },
}

/// The pieces of a text (`ngx_http_script_compile`). A `$` without a name is text.
pub(super) fn parts(mut text: &[u8]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let (part, length) = match variable(text) {
            Some((name, length)) => {
                let text = text.get(..length).unwrap_or_default();
                (Part::Variable { name, text }, length)
            }
            None => {
                let next = text.iter().skip(1).position(|byte| *byte == b'$');
                let length = next.map_or(text.len(), |next| next + 1);
                (Part::Text(text.get(..length).unwrap_or_default()), length)
            }
        };
        parts.push(part);
        text = text.get(length..).unwrap_or_default();
    }
    parts
}

/// The name of the variable at the start of the text, and the bytes it takes.
fn variable(text: &[u8]) -> Option<(&[u8], usize)> {
    let rest = text.strip_prefix(b"$")?;
    let (name, braces) = match rest.strip_prefix(b"{") {
        Some(rest) => (rest, 2),
        None => (rest, 0),
    };
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let length = name.iter().take_while(is_name).count();
    let closed = braces == 0 || name.get(length) == Some(&b'}');
    let name = name
        .get(..length)
        .filter(|name| !name.is_empty() && closed)?;
    Some((name, 1 + braces + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_parts() {
        let variable = |name: &'static str, text: &'static str| Part::Variable {
            name: name.as_bytes(),
            text: text.as_bytes(),
        };
        let text = |text: &'static str| Part::Text(text.as_bytes());
        assert_eq!(
            parts(b"https://${a}b$c_1:443$"),
            [
                text("https://"),
                variable("a", "${a}"),
                text("b"),
                variable("c_1", "$c_1"),
                text(":443"),
                text("$"),
            ]
        );
        assert_eq!(parts(b"$$a"), [text("$"), variable("a", "$a")]);
        assert_eq!(parts(b"${a"), [text("${a")]);
        assert!(parts(b"").is_empty());
    }
}
