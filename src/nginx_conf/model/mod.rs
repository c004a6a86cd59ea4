//! What the directives of a [`Tree`] mean for upstreams: servers, locations, upstream blocks, and what
//! each location effectively has.
//!
//! Inheritance is nginx's (`ngx_conf_merge_value` and its kin): the nearest level that has a
//! directive decides, and of directives that may repeat, the nearest level that has any replaces
//! all others.

mod address;
mod pass;
mod question;
mod scope;
mod server;
#[cfg(test)]
mod tests;
mod tls;
mod upstream;
mod variables;

pub use address::Host;
pub use pass::{Family, Pass, Target};
pub use question::Question;
pub use scope::{Context, Module, Scope, ScopeId};
pub use server::Server;
pub use tls::{has_variables, NameKind, ServerName, UpstreamTls, SETTINGS};
pub use upstream::{Block, Peer, DEFAULT_PORT};

use std::collections::HashMap;

use scope::Scopes;
use variables::Variables;

use super::{Directive, Tree};

/// How many directives of one name on one level are looked at for each location.
const MAX_REPEATED: usize = 64;

/// The model of a configuration.
#[derive(Debug)]
pub struct Model<'t> {
    tree: &'t Tree,
    scopes: Scopes<'t>,
    blocks: Vec<Block<'t>>,
    /// Their indices by name, in lower case.
    block_numbers: HashMap<(Module, Vec<u8>), usize>,
    passes: Vec<Pass<'t>>,
    variables: Variables<'t>,
    is_whole: bool,
}

impl<'t> Model<'t> {
    /// Makes the model of a tree. If that is a part of a configuration, its context is inferred from its
    /// directives.
    pub fn new(tree: &'t Tree) -> Self {
        let mut model = Self {
            tree,
            scopes: Scopes::default(),
            blocks: Vec::new(),
            block_numbers: HashMap::new(),
            passes: Vec::new(),
            variables: Variables::default(),
            is_whole: false,
        };
        let (context, module) = context_of(&tree.directives);
        model.enter(None, context, module, None, &tree.directives);
        model.variables = Variables::new(&model.scopes);
        model.passes = model.find_passes();
        model.is_whole = model.is_complete_outside_of_servers();
        model
    }

    /// What was read.
    pub fn tree(&self) -> &'t Tree {
        self.tree
    }

    /// All scopes.
    pub fn scopes(&self) -> impl Iterator<Item = (ScopeId, &Scope<'t>)> {
        self.scopes.iter()
    }

    /// One scope.
    pub fn scope(&self, id: ScopeId) -> Option<&Scope<'t>> {
        self.scopes.get(id)
    }

    /// The scope and the ones around it, the innermost first.
    pub fn around(&self, id: ScopeId) -> impl Iterator<Item = (ScopeId, &Scope<'t>)> {
        self.scopes.around(id)
    }

    /// All upstream blocks.
    pub fn blocks(&self) -> &[Block<'t>] {
        &self.blocks
    }

    /// One upstream block.
    pub fn block(&self, index: usize) -> Option<&Block<'t>> {
        self.blocks.get(index)
    }

    /// Everything that passes on, over TLS or not.
    pub fn passes(&self) -> &[Pass<'t>] {
        &self.passes
    }

    /// What passes on over TLS for sure, with its settings.
    pub fn tls(&self) -> impl Iterator<Item = UpstreamTls<'_, 't>> {
        let tls = self.passes.iter().filter(|pass| pass.tls == Some(true));
        tls.map(|pass| UpstreamTls { model: self, pass })
    }

    /// The nearest directive of a name that a scope sees, and where it stands.
    pub fn nearest(&self, scope: ScopeId, name: &[u8]) -> Option<(ScopeId, &'t Directive)> {
        let mut around = self.scopes.around(scope);
        around.find_map(|(id, scope)| Some((id, *scope.own(name).first()?)))
    }

    /// All directives of a name on the nearest level that has any; of very many, the first.
    pub fn nearest_all(&self, scope: ScopeId, name: &[u8]) -> &[&'t Directive] {
        let mut around = self.scopes.around(scope);
        let own = around.find_map(|(_, scope)| Some(scope.own(name)).filter(|own| !own.is_empty()));
        let own = own.unwrap_or_default();
        own.get(..MAX_REPEATED).unwrap_or(own)
    }

    /// A text of a scope with the variables that the configuration sets put in.
    pub fn resolve(&self, scope: ScopeId, text: &[u8]) -> Vec<u8> {
        self.variables.resolve(&self.scopes, scope, text)
    }

    /// Whether directives of the server or the location may stand where nobody has looked: in a file
    /// that could not be read, or around what was read.
    pub fn is_incomplete(&self, scope: ScopeId) -> bool {
        if self.is_part_of_server() {
            return true;
        }
        let inner = |scope: &Scope<'_>| {
            let main = matches!(scope.context, Context::Main | Context::Module);
            !main && scope.incomplete
        };
        self.scopes.around(scope).any(|(_, scope)| inner(scope))
    }

    /// What was read begins at the main level: `http` and `stream` are seen.
    pub fn begins_at_main(&self) -> bool {
        self.outermost() == Some(Context::Main)
    }

    /// Besides, nothing is missing there or in `http` and `stream`.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    fn is_complete_outside_of_servers(&self) -> bool {
        let outer = |scope: &Scope<'_>| matches!(scope.context, Context::Main | Context::Module);
        let missing = |scope: &Scope<'_>| outer(scope) && scope.incomplete;
        self.begins_at_main() && !self.scopes.iter().any(|(_, scope)| missing(scope))
    }

    /// Whether `http`, `stream` or the main level is this scope and goes on in files that were not read:
    /// what stands in it is for others, too.
    pub fn goes_on_elsewhere(&self, scope: ScopeId) -> bool {
        let context = self.scope(scope).map(|scope| scope.context);
        matches!(context, Some(Context::Main | Context::Module)) && !self.is_whole()
    }

    /// What was read stands inside of a server that is not seen.
    pub fn is_part_of_server(&self) -> bool {
        matches!(self.outermost(), Some(Context::Server | Context::Location))
    }

    fn outermost(&self) -> Option<Context> {
        self.scopes.iter().next().map(|(_, scope)| scope.context)
    }

    fn enter(
        &mut self,
        parent: Option<ScopeId>,
        context: Context,
        module: Module,
        directive: Option<&'t Directive>,
        list: &'t [Directive],
    ) {
        let id = self.scopes.add(parent, context, module, directive, list);
        for child in list.iter().filter(|child| child.block.is_some()) {
            let inner = match (context, child.name()) {
                (Context::Main, b"http") => Some((Context::Module, Module::Http)),
                (Context::Main, b"stream") => Some((Context::Module, Module::Stream)),
                (Context::Module, b"server") => Some((Context::Server, module)),
                (Context::Server | Context::Location, b"location") => {
                    Some((Context::Location, module))
                }
                (Context::Server | Context::Location, b"if" | b"limit_except") => {
                    Some((Context::Unnamed, module))
                }
                (Context::Module, b"upstream") => {
                    self.add_block(Block::new(child, module));
                    None
                }
                _ => None,
            };
            if let Some((context, module)) = inner {
                self.enter(Some(id), context, module, Some(child), child.children());
            }
        }
    }

    fn find_passes(&self) -> Vec<Pass<'t>> {
        let mut passes = Vec::new();
        for (id, scope) in self.scopes.iter() {
            for family in Family::of(scope.module) {
                let name = format!("{}_pass", family.prefix());
                let own = scope.own(name.as_bytes());
                passes.extend(own.iter().filter_map(|one| self.pass(id, *family, one)));
            }
        }
        passes.sort_by_key(|pass| pass.directive.position());
        passes
    }

    fn pass(&self, scope: ScopeId, family: Family, directive: &'t Directive) -> Option<Pass<'t>> {
        let written = directive.argument(1)?;
        let text = self.resolve(scope, written);
        let url = pass::parse(family, &text);
        let tls = match family {
            Family::Stream => Some(self.nearest(scope, b"proxy_ssl").is_some_and(|(_, one)| {
                one.argument(1)
                    .is_some_and(|value| value.eq_ignore_ascii_case(b"on"))
            })),
            _ => url.tls,
        };
        let module = self.scopes.get(scope)?.module;
        let block = match &url.host {
            Some((Host::Name(name), None)) => self.find_block(module, name),
            _ => None,
        };
        let target = match (block, url.host) {
            (Some(block), _) => Target::Block(block),
            (None, Some((host, port))) if !host.is_placeholder() => {
                Target::Host(host, port.or(url.default_port))
            }
            _ => Target::Unknown,
        };
        Some(Pass {
            directive,
            scope,
            family,
            tls,
            target,
            text,
            at_run_time: has_variables(written),
        })
    }

    /// nginx compares the names without regard to case (`ngx_http_upstream_add`).
    fn add_block(&mut self, block: Block<'t>) {
        let key = (block.module, block.name().to_ascii_lowercase());
        self.block_numbers.entry(key).or_insert(self.blocks.len());
        self.blocks.push(block);
    }

    fn find_block(&self, module: Module, name: &[u8]) -> Option<usize> {
        let key = (module, name.to_ascii_lowercase());
        self.block_numbers.get(&key).copied()
    }
}

/// What a file is: a whole configuration, or what stands in `http`, in `stream`, in a server or in a
/// location.
fn context_of(list: &[Directive]) -> (Context, Module) {
    let blocks = || list.iter().filter(|one| one.block.is_some());
    let main = |one: &Directive| matches!(one.name(), b"http" | b"stream" | b"mail" | b"events");
    let passes = |list: &[Directive]| list.iter().any(|one| one.name() == b"proxy_pass");
    if blocks().any(main) {
        return (Context::Main, Module::Http);
    }
    if blocks().any(|one| one.name() == b"server" && passes(one.children())) {
        return (Context::Module, Module::Stream);
    }
    if blocks().any(|one| matches!(one.name(), b"server" | b"upstream")) {
        return (Context::Module, Module::Http);
    }
    let location = list.iter().any(|one| one.name().ends_with(b"_pass"));
    match location {
        true => (Context::Location, Module::Http),
        false => (Context::Server, Module::Http),
    }
}
