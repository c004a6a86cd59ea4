//! Puts included files in the place of their `include`.
//!
//! nginx has no bound here: with a file that includes itself it runs out of descriptors. The reader has one,
//! and says when it is reached.

use std::collections::HashMap;

use super::parse::{parse, MAX_DEPTH};
use super::source::{without_mark, Files};
use super::{glob, Directive, ReadError, Tree, Unread};

/// Bytes of all files together, a file included twice counted twice.
const MAX_BYTES: usize = 64 << 20;
/// Bytes that an empty file counts as.
const MIN_BYTES: usize = 512;
/// Ids that comments allow for one directive, enclosing blocks included.
const MAX_ALLOWED: usize = 64;
/// Files that include each other.
const MAX_INCLUDES: usize = 32;
/// Where packages and images of nginx and OpenResty keep their configuration.
const INSTALLED: [&[u8]; 3] = [
    b"/etc/nginx/",
    b"/usr/local/nginx/conf/",
    b"/usr/local/openresty/nginx/conf/",
];
/// Directories above a fragment of a configuration in which its includes are looked for.
const MAX_PARENTS: usize = 2;

/// Reads a configuration from its main file, or from a part of one.
///
/// Relative names are relative to the directory of the main file (`ngx_conf_full_name`). A part, such
/// as a file of sites-enabled, does not say where that is: its own directory and the ones above are
/// tried. What is to be installed, such as a folder that an image is made of, has its includes beside it:
/// `/etc/nginx/conf.d/a` is also looked for as `conf.d/a`. An `include` that leads nowhere is kept and entered in [`Tree::unread`].
pub fn read(files: &dyn Files, main: &[u8]) -> Result<Tree, ReadError> {
    let bytes = files.read(main).map_err(|error| ReadError {
        file: String::from_utf8_lossy(main).into_owned(),
        at: None,
        what: error.to_string(),
    })?;
    read_text(files, main, &bytes)
}

/// The same for the bytes of the main file, such as standard input.
pub fn read_text(files: &dyn Files, main: &[u8], bytes: &[u8]) -> Result<Tree, ReadError> {
    let mut reader = Reader {
        files,
        tree: Tree {
            directories: vec![directory_of(main)],
            ..Tree::default()
        },
        numbers: HashMap::new(),
        bytes_left: MAX_BYTES,
    };
    let list = reader.parse(main, bytes)?;
    if is_fragment(&list) {
        reader.tree.directories.extend(parents(main));
    }
    reader.tree.directives = reader.expand(list, &[], 0, 0)?;
    Ok(reader.tree)
}

/// Neither main context of a configuration is there.
fn is_fragment(list: &[Directive]) -> bool {
    let main = |one: &Directive| matches!(one.name(), b"http" | b"stream" | b"mail" | b"events");
    !list.iter().any(main)
}

/// Up to and with the last slash.
pub(super) fn directory_of(path: &[u8]) -> Vec<u8> {
    let length = path.iter().rposition(|byte| *byte == b'/');
    let length = length.map_or(0, |slash| slash + 1);
    path.get(..length).unwrap_or_default().to_vec()
}

/// A relative name made relative to what the directory is.
pub(super) fn in_directory(directory: &[u8], name: &[u8]) -> Vec<u8> {
    match name.starts_with(b"/") {
        true => name.to_vec(),
        false => [directory, name].concat(),
    }
}

fn parents(main: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut directory = directory_of(main);
    while let ([inner @ .., b'/'], true) = (directory.as_slice(), found.len() < MAX_PARENTS) {
        directory = directory_of(inner);
        found.push(directory.clone());
    }
    found
}

struct Reader<'f> {
    files: &'f dyn Files,
    tree: Tree,
    /// Indices into the tree's files.
    numbers: HashMap<Vec<u8>, usize>,
    bytes_left: usize,
}

impl Reader<'_> {
    fn parse(&mut self, name: &[u8], bytes: &[u8]) -> Result<Vec<Directive>, ReadError> {
        let error = |at, what: &str| ReadError {
            file: String::from_utf8_lossy(name).into_owned(),
            at,
            what: what.to_owned(),
        };
        self.bytes_left = self
            .bytes_left
            .checked_sub(bytes.len().max(MIN_BYTES))
            .ok_or_else(|| error(None, "the configuration is larger than 64 MiB"))?;
        let next = self.numbers.len();
        let file = *self.numbers.entry(name.to_vec()).or_insert(next);
        if file == next {
            self.tree.files.push(name.to_vec());
        }
        parse(without_mark(bytes), file).map_err(|lexical| {
            let at = Some((lexical.line, lexical.column));
            error(at, &lexical.what)
        })
    }

    /// `depth` counts blocks, `includes` files around this list; `allowed` is what holds for all of it.
    fn expand(
        &mut self,
        list: Vec<Directive>,
        allowed: &[String],
        depth: usize,
        includes: usize,
    ) -> Result<Vec<Directive>, ReadError> {
        let mut expanded = Vec::with_capacity(list.len());
        for mut directive in list {
            directive.allowed.extend_from_slice(allowed);
            directive.allowed.sort();
            directive.allowed.dedup();
            directive.allowed.truncate(MAX_ALLOWED);
            if let (b"include", [_, name], None) = (
                directive.name(),
                directive.words.as_slice(),
                &directive.block,
            ) {
                if includes >= MAX_INCLUDES {
                    return Err(self.error(&directive, "files include each other too deep"));
                }
                let found = self.find(&name.text);
                for (name, bytes) in found.files {
                    let list = self.parse(&name, &bytes)?;
                    let list = self.expand(list, &directive.allowed, depth, includes + 1)?;
                    expanded.extend(list);
                }
                if let Some(why) = found.why_not {
                    self.tree.unread.push(Unread {
                        at: directive.position(),
                        name: name.text.clone(),
                        why,
                    });
                    expanded.push(directive);
                }
                continue;
            }
            if let Some(block) = directive.block.take() {
                if depth >= MAX_DEPTH {
                    return Err(self.error(&directive, "blocks are nested too deep"));
                }
                let inner = self.expand(block, &directive.allowed, depth + 1, includes)?;
                directive.block = Some(inner);
            }
            expanded.push(directive);
        }
        Ok(expanded)
    }

    fn error(&self, directive: &Directive, what: &str) -> ReadError {
        let at = directive.position();
        ReadError {
            file: self.tree.file_name(at.file),
            at: Some((at.line, at.column)),
            what: what.to_owned(),
        }
    }

    /// Where a file may be that is to be installed, while the main file is not.
    fn beside(&self, name: &[u8]) -> Vec<Vec<u8>> {
        let main = self
            .tree
            .directories
            .first()
            .map_or(&[] as &[u8], Vec::as_slice);
        let mut installed = INSTALLED.iter().filter(|place| !main.starts_with(place));
        let rest = installed.find_map(|place| name.strip_prefix(*place));
        rest.map_or_else(Vec::new, |rest| self.tree.full_names(rest))
    }

    /// The files an `include` names, where they are first found.
    fn find(&self, name: &[u8]) -> Found {
        let mut found = Found::default();
        let names = self.tree.full_names(name);
        for path in names.into_iter().chain(self.beside(name)) {
            // A pattern may match nothing.
            let paths = match glob::is_pattern(&path) {
                true => glob::expand(self.files, &path),
                false => vec![path],
            };
            for path in paths {
                match self.files.read(&path) {
                    Ok(bytes) => found.files.push((path, bytes)),
                    Err(error) => found.why_not = found.why_not.or(Some(error.to_string())),
                }
            }
            if !found.files.is_empty() {
                break;
            }
        }
        if !found.files.is_empty() && !glob::is_pattern(name) {
            found.why_not = None;
        }
        found
    }
}

/// What an `include` leads to.
#[derive(Default)]
struct Found {
    /// Names and contents.
    files: Vec<(Vec<u8>, Vec<u8>)>,
    /// What could not be read.
    why_not: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx_conf::source::tests::Memory;

    /// The names of all directives in order, blocks as `name{...}`.
    fn names(list: &[Directive]) -> String {
        let name = |one: &Directive| {
            let name = String::from_utf8_lossy(one.name()).into_owned();
            match &one.block {
                Some(block) => format!("{name}{{{}}}", names(block)),
                None => name,
            }
        };
        list.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn files_stand_where_they_are_included() {
        let files = Memory::new(&[
            (
                "/etc/nginx/nginx.conf",
                "a; http { include conf.d/*.conf; b; } include end;",
            ),
            ("/etc/nginx/conf.d/2.conf", "two;"),
            ("/etc/nginx/conf.d/1.conf", "one { include /opt/deep; }"),
            ("/etc/nginx/conf.d/.hidden.conf", "hidden;"),
            ("/opt/deep", "deep;"),
            ("/etc/nginx/end", "c;"),
        ]);
        let tree = read(&files, b"/etc/nginx/nginx.conf").unwrap();
        assert_eq!(names(&tree.directives), "a http{one{deep} two b} c");
        assert!(tree.unread.is_empty());
        assert_eq!(tree.file_name(2), "/opt/deep");
        let deep = &tree.directives[1].children()[0].children()[0];
        assert_eq!(deep.position().file, 2);
    }

    #[test]
    fn what_is_not_there_is_noted_and_kept() {
        let files = Memory::new(&[("n.conf", "events {} include no/such;\ninclude no/*;")]);
        let tree = read(&files, b"n.conf").unwrap();
        assert_eq!(names(&tree.directives), "events{} include");
        let unread = &tree.unread[0];
        assert_eq!(
            (unread.at.line, unread.name.as_slice()),
            (1, b"no/such".as_slice())
        );
        assert_eq!(tree.unread.len(), 1, "a pattern may match nothing");
    }

    #[test]
    fn what_is_to_be_installed_has_its_includes_beside_it() {
        let include = "http { include /etc/nginx/conf.d/*.conf; include /etc/nginx/one; }";
        let files = |installed: &str| {
            Memory::new(&[
                ("image/nginx.conf", include),
                ("image/conf.d/a.conf", "beside;"),
                ("image/one", "one;"),
                ("/etc/nginx/nginx.conf", include),
                (installed, "installed;"),
            ])
        };
        let read = |files: &Memory, main: &[u8]| names(&read(files, main).unwrap().directives);
        let image = files("/elsewhere");
        assert_eq!(read(&image, b"image/nginx.conf"), "http{beside one}");
        assert_eq!(read(&image, b"/etc/nginx/nginx.conf"), "http{include}");
        let installed = files("/etc/nginx/conf.d/a.conf");
        assert_eq!(read(&installed, b"image/nginx.conf"), "http{installed one}");
    }

    #[test]
    fn a_part_looks_for_its_includes_above() {
        let files = Memory::new(&[
            ("/etc/nginx/sites/a", "server { include snippets/tls; }"),
            ("/etc/nginx/snippets/tls", "found;"),
            ("/etc/nginx/sites/whole", "http { include snippets/tls; }"),
        ]);
        let tree = read(&files, b"/etc/nginx/sites/a").unwrap();
        assert_eq!(names(&tree.directives), "server{found}");
        let tree = read(&files, b"/etc/nginx/sites/whole").unwrap();
        assert_eq!(names(&tree.directives), "http{include}");
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        let files = Memory::new(&[("n.conf", "\u{feff}include a;\r\n"), ("a", "\u{feff}b;")]);
        let tree = read(&files, b"n.conf").unwrap();
        assert_eq!(names(&tree.directives), "b");
        assert_eq!(tree.directives[0].position().column, 1);
    }

    #[test]
    fn errors_name_file_and_place() {
        let files = Memory::new(&[("n.conf", "include a;"), ("a", "b {\n  } }")]);
        let error = read(&files, b"n.conf").unwrap_err();
        assert_eq!(error.to_string(), "a:2:5: unexpected \"}\"");
        let error = read(&files, b"none").unwrap_err();
        assert!(error.to_string().starts_with("none: "), "{error}");
    }

    #[test]
    fn there_are_bounds() {
        let files = Memory::new(&[
            ("circle", "include circle;"),
            ("twice", "include twice; include twice;"),
            ("deep", "a { a { a { include deep; }}}"),
        ]);
        let what = |name: &str| read(&files, name.as_bytes()).unwrap_err().what;
        assert_eq!(what("circle"), "files include each other too deep");
        assert_eq!(what("twice"), "files include each other too deep");
        assert_eq!(what("deep"), "blocks are nested too deep");
        // Every branch ends before the depth does.
        let fan: Vec<_> = (0..20)
            .map(|n| {
                (
                    format!("{n}"),
                    format!("include {}; include {};", n + 1, n + 1),
                )
            })
            .collect();
        let mut fan: Vec<_> = fan.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        fan.push(("20", "a;"));
        let error = read(&Memory::new(&fan), b"0").unwrap_err();
        assert_eq!(error.what, "the configuration is larger than 64 MiB");
    }

    #[test]
    fn what_is_allowed_is_allowed_for_what_is_inside() {
        let files = Memory::new(&[
            (
                "n.conf",
                "# tlsdiag: allow one\nserver {\n # tlsdiag: allow two\n include a; b; }",
            ),
            ("a", "c { d; }"),
        ]);
        let tree = read(&files, b"n.conf").unwrap();
        let server = &tree.directives[0];
        assert_eq!(server.allowed, ["one"]);
        let [c, b] = server.children() else {
            panic!("two directives")
        };
        assert_eq!(c.children()[0].allowed, ["one", "two"]);
        assert_eq!(b.allowed, ["one"]);
    }
}
