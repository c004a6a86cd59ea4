//! What checks look at.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::x509::PemFile;
use crate::nginx_conf::model::{has_variables, ScopeId, Server, Target, UpstreamTls};
use crate::nginx_conf::{Files, Model};

/// The configuration, and the files it names.
pub(super) struct Input<'i, 't> {
    pub(super) model: &'i Model<'t>,
    /// Seconds since 1970.
    pub(super) now: i64,
    files: &'i dyn Files,
    read: RefCell<HashMap<Vec<u8>, Option<Rc<PemFile>>>>,
    servers: HashMap<ScopeId, Server<'t>>,
}

impl<'i, 't> Input<'i, 't> {
    pub(super) fn new(model: &'i Model<'t>, files: &'i dyn Files, now: i64) -> Self {
        Self {
            model,
            now,
            files,
            read: RefCell::default(),
            servers: model
                .servers()
                .into_iter()
                .map(|one| (one.scope, one))
                .collect(),
        }
    }

    /// Everything that passes on over TLS.
    pub(super) fn tls(&self) -> impl Iterator<Item = UpstreamTls<'i, 't>> {
        self.model.tls()
    }

    /// The server in which something passes on.
    pub(super) fn server_of(&self, tls: &UpstreamTls<'i, 't>) -> Option<&Server<'t>> {
        self.servers.get(&self.model.server_of(tls.pass.scope)?)
    }

    /// The same by who is asked, in the order of the configuration; nginx keeps connections and
    /// sessions by that. What only the request knows is left out.
    pub(super) fn by_upstream(&self) -> Vec<Vec<UpstreamTls<'i, 't>>> {
        let mut groups: Vec<Vec<UpstreamTls<'i, 't>>> = Vec::new();
        let mut numbers: HashMap<(bool, &'i Target), usize> = HashMap::new();
        for tls in self.tls().filter(|tls| tls.pass.target != Target::Unknown) {
            let next = groups.len();
            let number = *numbers
                .entry((tls.is_stream(), &tls.pass.target))
                .or_insert(next);
            match groups.get_mut(number) {
                Some(group) => group.push(tls),
                None => groups.push(vec![tls]),
            }
        }
        groups
    }

    /// A file of certificates, lists or keys that a directive names. `None` where it is none (variables,
    /// `engine:...`) or cannot be read here.
    pub(super) fn pem(&self, name: &[u8]) -> Option<Rc<PemFile>> {
        let other = [b"engine:".as_slice(), b"data:", b"store:"];
        if has_variables(name) || other.iter().any(|prefix| name.starts_with(prefix)) {
            return None;
        }
        if let Some(known) = self.read.borrow().get(name) {
            return known.clone();
        }
        let paths = self.model.tree().full_names(name).into_iter();
        let bytes = paths
            .map(|path| self.files.read(&path))
            .find_map(Result::ok);
        let file = bytes.map(|bytes| Rc::new(PemFile::parse(&bytes)));
        self.read.borrow_mut().insert(name.to_vec(), file.clone());
        file
    }
}
