//! What must hold of the reader of configurations and of the checks, whatever bytes they get.

use std::io;
use std::path::Path;

use tlsdiag::check::check;
use tlsdiag::nginx_conf::{is_dump, read_dump, read_text, Directive, Files};

/// Every file is the same one, and every directory has it.
pub(crate) struct Everywhere<'b>(pub(crate) &'b [u8]);

impl Files for Everywhere<'_> {
    fn read(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        match path.len() < 200 {
            true => Ok(self.0.to_vec()),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, _: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        Ok(vec![b"a".to_vec(), b"b.conf".to_vec()])
    }
}

/// There is no other file.
pub(crate) struct Nowhere;

impl Files for Nowhere {
    fn read(&self, _: &[u8]) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn list(&self, _: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        Ok(Vec::new())
    }
}

/// To begin with: the files of all checks, and a dump.
pub(crate) fn corpus() -> Vec<Vec<u8>> {
    // fuzz/ is a package of its own, below.
    let mut here = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let folder = here.find_map(|here| std::fs::read_dir(here.join("tests/check")).ok());
    let folders = folder
        .expect("the files of the checks are missing")
        .flatten();
    let files = ["fires.conf", "quiet.conf"];
    let mut paths: Vec<_> = folders
        .flat_map(|one| files.map(|file| one.path().join(file)))
        .collect();
    paths.sort();
    let mut corpus: Vec<_> = paths
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .collect();
    assert!(corpus.len() > 50);
    let dump = b"# configuration file /n.conf:\nevents {}\nhttp { include *.conf; }\n\n\
                 # configuration file /a.conf:\nserver { content_by_lua_block { a = [[ } ]] } }\n";
    corpus.push(dump.to_vec());
    corpus
}

/// Reads and checks: an answer, and what is found has its place in the text.
pub(crate) fn read(bytes: &[u8]) {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    let tree = match is_dump(bytes) {
        true => read_dump(bytes),
        false => read_text(&Nowhere, b"n.conf", bytes),
    };
    match tree {
        Ok(tree) => {
            assert_places(&tree.directives, lines);
            for finding in check(&tree, &Everywhere(bytes), 0) {
                assert!((1..=lines).contains(&(finding.line as usize)) && finding.column > 0);
            }
        }
        Err(error) => {
            if let Some((line, column)) = error.at {
                assert!(
                    (1..=lines).contains(&(line as usize)) && column > 0,
                    "{error}"
                );
            }
        }
    }
}

fn assert_places(list: &[Directive], lines: usize) {
    for directive in list {
        let at = directive.position();
        assert!((1..=lines).contains(&(at.line as usize)) && at.column > 0);
        assert!(!directive.words.is_empty());
        assert_places(directive.children(), lines);
    }
}
