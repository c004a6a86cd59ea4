//! Variables whose value the configuration itself gives.
//!
//! `set $backend https://api.example.com; proxy_pass $backend;` is how people make nginx resolve a
//! name at run time: the value is the operator's constant, as if it stood in the `proxy_pass`. nginx runs what
//! the server says, then what the location says, but not what a location around it says
//! (`ngx_http_rewrite_handler`). So a value is known where one `set` of the location gives it, or one of
//! the server and nothing else in there. What is set twice, in an `if`, or by a script is unknown.

use std::collections::HashMap;

use super::scope::{Context, ScopeId, Scopes};
use crate::nginx_conf::Directive;

/// Bytes of a text with its variables put in, at most.
const MAX_TEXT: usize = 4096;
/// How often values may lead to other values.
const MAX_STEPS: usize = 4;

/// Where variables are set, and to what.
#[derive(Debug, Default)]
pub(super) struct Variables<'t> {
    /// By the location, or the part of a server outside of all locations, and by name.
    set: HashMap<(Option<ScopeId>, &'t [u8]), Set<'t>>,
    /// How many places of a server set a variable.
    places: HashMap<(Option<ScopeId>, &'t [u8]), usize>,
}

/// What a variable is set to in a place.
#[derive(Debug, Clone, Copy)]
struct Set<'t> {
    /// The `if` in which it is set; the value holds there only.
    condition: Option<ScopeId>,
    /// `None` where it is set more than once or by a script.
    value: Option<&'t [u8]>,
}

impl<'t> Variables<'t> {
    pub(super) fn new(scopes: &Scopes<'t>) -> Self {
        let mut variables = Self::default();
        for (id, scope) in scopes.iter() {
            for (name, value) in scope.list.iter().filter_map(set_by) {
                let condition = (scope.context == Context::Unnamed).then_some(id);
                let place = (place_of(scopes, id), name);
                match variables.set.get_mut(&place) {
                    Some(known) => known.value = None,
                    None => {
                        variables.set.insert(place, Set { condition, value });
                        let server = (server_of(scopes, id), name);
                        *variables.places.entry(server).or_default() += 1;
                    }
                }
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
        let mut resolved = Vec::with_capacity(text.len());
        for part in parts(text) {
            match part {
                Part::Variable { name, text } => {
                    let value = self.value(scopes, scope, name);
                    resolved.extend_from_slice(value.unwrap_or(text));
                }
                Part::Text(text) => resolved.extend_from_slice(text),
            }
            if resolved.len() > MAX_TEXT {
                return None;
            }
        }
        Some(resolved)
    }

    /// The value that a scope sees.
    fn value(&self, scopes: &Scopes<'t>, scope: ScopeId, name: &[u8]) -> Option<&'t [u8]> {
        let (place, server) = (place_of(scopes, scope), server_of(scopes, scope));
        let set = match self.set.get(&(place, name)) {
            Some(here) => here,
            None if self.places.get(&(server, name)) == Some(&1) => {
                self.set.get(&(server, name))?
            }
            None => return None,
        };
        let holds = |condition| scopes.around(scope).any(|(id, _)| id == condition);
        set.value.filter(|_| set.condition.is_none_or(holds))
    }
}

/// The variable a directive sets, and to what if that is known: `set` of nginx, `set_*` of other modules.
fn set_by(directive: &Directive) -> Option<(&[u8], Option<&[u8]>)> {
    let name = directive.argument(1)?.strip_prefix(b"$")?;
    match directive.name() {
        b"set" => Some((name, directive.argument(2))),
        b"auth_request_set" => Some((name, None)),
        other => other.starts_with(b"set_").then_some((name, None)),
    }
}

fn server_of(scopes: &Scopes<'_>, scope: ScopeId) -> Option<ScopeId> {
    innermost(scopes, scope, &[Context::Server])
}

fn place_of(scopes: &Scopes<'_>, scope: ScopeId) -> Option<ScopeId> {
    innermost(scopes, scope, &[Context::Server, Context::Location])
}

fn innermost(scopes: &Scopes<'_>, scope: ScopeId, contexts: &[Context]) -> Option<ScopeId> {
    let mut around = scopes.around(scope);
    let found = around.find(|(_, scope)| contexts.contains(&scope.context));
    found.map(|(id, _)| id)
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
