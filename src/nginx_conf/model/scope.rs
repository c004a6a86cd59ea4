//! The contexts of nginx and what they inherit from each other.

use std::collections::HashMap;

use crate::nginx_conf::parse::is_name as is_directive;
use crate::nginx_conf::Directive;

/// Which of nginx's modules reads a directive: they share names, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Module {
    /// `http {}`.
    Http,
    /// `stream {}`.
    Stream,
}

/// Where a block of directives stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Outside of everything.
    Main,
    /// `http {}` or `stream {}`.
    Module,
    /// `server {}`.
    Server,
    /// `location {}`.
    Location,
    /// `if {}` or `limit_except {}`: a location without a name that inherits its handler.
    Unnamed,
}

/// Index of a scope in its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub(super) usize);

/// One block of one of the contexts.
#[derive(Debug)]
pub struct Scope<'t> {
    /// The scope around it.
    pub parent: Option<ScopeId>,
    /// What it is.
    pub context: Context,
    /// Whose it is; the main level is taken for http's.
    pub module: Module,
    /// The directive whose block it is; none for the file itself.
    pub directive: Option<&'t Directive>,
    /// What is written in it.
    pub list: &'t [Directive],
    /// A file included here could not be read, or a template's placeholder stands here: anything may.
    pub incomplete: bool,
    by_name: HashMap<&'t [u8], Vec<&'t Directive>>,
}

impl<'t> Scope<'t> {
    /// The directives of one name written in it.
    pub fn own(&self, name: &[u8]) -> &[&'t Directive] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}

/// All scopes; each one's parent comes before it.
#[derive(Debug, Default)]
pub(super) struct Scopes<'t>(Vec<Scope<'t>>);

impl<'t> Scopes<'t> {
    pub(super) fn add(
        &mut self,
        parent: Option<ScopeId>,
        context: Context,
        module: Module,
        directive: Option<&'t Directive>,
        list: &'t [Directive],
    ) -> ScopeId {
        let mut by_name: HashMap<&[u8], Vec<&Directive>> = HashMap::new();
        for directive in list {
            by_name.entry(directive.name()).or_default().push(directive);
        }
        self.0.push(Scope {
            parent,
            context,
            module,
            directive,
            list,
            incomplete: list.iter().any(is_unknown),
            by_name,
        });
        ScopeId(self.0.len() - 1)
    }

    pub(super) fn get(&self, id: ScopeId) -> Option<&Scope<'t>> {
        self.0.get(id.0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ScopeId, &Scope<'t>)> {
        self.0
            .iter()
            .enumerate()
            .map(|(n, scope)| (ScopeId(n), scope))
    }

    /// The scope and the ones around it, the innermost first.
    pub(super) fn around(&self, id: ScopeId) -> impl Iterator<Item = (ScopeId, &Scope<'t>)> {
        let mut next = Some(id);
        std::iter::from_fn(move || {
            let id = next?;
            let scope = self.get(id)?;
            next = scope.parent;
            Some((id, scope))
        })
    }
}

/// An include that leads nowhere, or a template's placeholder for directives; the files that come with
/// nginx, Debian's package and certbot hold nothing about upstreams.
fn is_unknown(directive: &Directive) -> bool {
    const SHIPPED: &[&str] = &[
        "mime.types",
        "fastcgi.conf",
        "fastcgi_params",
        "fastcgi-php.conf",
        "proxy_params",
        "scgi_params",
        "uwsgi_params",
        "koi-utf",
        "koi-win",
        "win-utf",
        "snakeoil.conf",
        "options-ssl-nginx.conf",
    ];
    let name = directive.argument(1).unwrap_or_default();
    let shipped = |file: &&str| {
        let rest = name.strip_suffix(file.as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(b"/"))
    };
    let included = directive.name() == b"include" && !SHIPPED.iter().any(shipped);
    included || !is_directive(directive.name())
}
