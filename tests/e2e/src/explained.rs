//! What `tlsdiag explain` makes of a log without the module's lines.

use std::io;

use tlsdiag::error_log::settings::Settings;
use tlsdiag::error_log::{Explanation, Group, Reader};
use tlsdiag::nginx_conf::{read_text, Files, Model};

/// A group of failures.
#[derive(Debug)]
pub struct Explained {
    /// How many failures.
    pub count: u64,
    /// What is said of them.
    pub alone: Explanation,
    /// The same in the light of nginx.conf; absent where that does not show the connection.
    pub with_conf: Option<Explanation>,
}

/// Explains lines. Of a configuration that includes files, nothing is known.
pub fn explain<'l>(conf: &str, lines: impl IntoIterator<Item = &'l str>) -> Vec<Explained> {
    let mut reader = Reader::new();
    for line in lines {
        if !line.contains(" upstream_tls[") {
            reader.line(line.as_bytes());
        }
    }
    reader.flush();
    let tree = read_text(&NoFiles, b"nginx.conf", conf.as_bytes()).unwrap_or_default();
    let model = Model::new(&tree);
    let explained = |(_, group): (usize, &Group)| Explained {
        count: group.count,
        alone: Explanation::of(group, None),
        with_conf: Settings::of(&model, group).map(|known| Explanation::of(group, Some(&known))),
    };
    reader.groups().map(explained).collect()
}

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &[u8]) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn list(&self, _: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        Err(io::ErrorKind::NotFound.into())
    }
}
