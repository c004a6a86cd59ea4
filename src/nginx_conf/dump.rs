//! What `nginx -T` prints: all files of a configuration, one after another.
//!
//! nginx writes `# configuration file NAME:` before each (`main` in src/core/nginx.c), in the order
//! in which it opens them, and a line feed after each. A file may hold such a line itself: from a pasted
//! dump, or to make a reader see another configuration than nginx does. So a header counts only where a
//! file may end (between directives, outside of all blocks), and only if an earlier `include` names that
//! file and the file has not come yet.

use std::collections::{HashMap, HashSet};
use std::io;

use super::include::{directory_of, in_directory};
use super::lexer::{End, Lexer};
use super::source::{names_in, without_mark, Files};
use super::{glob, include, ReadError, Tree};

const HEADER: &[u8] = b" configuration file ";

/// Whether the bytes are such a dump rather than a file: the command and what it says, as come from a
/// terminal and with 2>&1, and then a header.
pub fn is_dump(bytes: &[u8]) -> bool {
    start_of(without_mark(bytes)).is_some()
}

/// Reads a dump. A file that it does not hold is in [`Tree::unread`].
pub fn read_dump(bytes: &[u8]) -> Result<Tree, ReadError> {
    let bytes = without_mark(bytes);
    let start = start_of(bytes).unwrap_or_default();
    let dump = Dump::split(bytes.get(start..).unwrap_or_default());
    include::read(&dump, &dump.main)
}

/// The offset of the first header.
fn start_of(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if let [b'#', comment @ ..] = line.trim_ascii_end() {
            if named(comment).is_some() {
                return Some(start);
            }
        }
        if !(line.trim_ascii().is_empty() || is_said(line)) {
            return None;
        }
        start += line.len();
    }
    None
}

/// Whether it is the command itself or a message of it; where the error log is standard error, nginx says its
/// messages a second time with the date (`2026/11/26 10:41:02 [warn] 7#7: ...`).
fn is_said(line: &[u8]) -> bool {
    let dated = |line: &[u8]| {
        let (date, level) = line.split_at_checked(20)?;
        let digit_or =
            |(byte, mark): (&u8, &u8)| byte == mark || (byte.is_ascii_digit() && *mark == b'0');
        let is_date = date.iter().zip(b"0000/00/00 00:00:00 ").all(digit_or);
        Some(is_date && level.starts_with(b"["))
    };
    let command = |line: &[u8]| line.windows(8).any(|part| part == b"nginx -T");
    line.starts_with(b"nginx: ") || dated(line) == Some(true) || command(line)
}

/// The file that the comment of a header names, also where the lines end as on Windows.
fn named(comment: &[u8]) -> Option<&[u8]> {
    let comment = comment.strip_suffix(b"\r").unwrap_or(comment);
    let name = comment.strip_prefix(HEADER)?.strip_suffix(b":")?;
    (!name.is_empty()).then_some(name)
}

#[derive(Default)]
struct Dump<'b> {
    main: Vec<u8>,
    files: HashMap<Vec<u8>, &'b [u8]>,
}

impl<'b> Dump<'b> {
    fn split(bytes: &'b [u8]) -> Self {
        let mut dump = Dump::default();
        let mut splitter = Splitter::default();
        let mut lexer = Lexer::new(bytes);
        // The file that is being read, and where it starts.
        let mut open: Option<(Vec<u8>, usize)> = None;
        let mut depth = 0_usize;
        // What cannot be read is told when the files are.
        while let Ok(statement) = lexer.statement() {
            for comment in lexer.comments() {
                let name = named(comment.text).filter(|_| comment.column == 1 && depth == 0);
                let Some(name) = name.filter(|name| comment.between && splitter.accepts(name))
                else {
                    continue;
                };
                match open.take() {
                    Some((name, start)) => dump.enter(name, bytes, start..comment.offset),
                    None => dump.main = name.to_vec(),
                }
                let start = comment.offset + 1 + comment.text.len() + 1;
                open = Some((name.to_vec(), start));
            }
            match (statement.end, statement.words.as_slice()) {
                (End::File, _) => break,
                (End::Open, _) => depth += 1,
                (End::Close, _) => depth = depth.saturating_sub(1),
                (End::Semicolon, [name, file]) if name.text == b"include" => {
                    splitter.include(&file.text);
                }
                _ => {}
            }
        }
        if let Some((name, start)) = open {
            dump.enter(name, bytes, start..bytes.len());
        }
        dump
    }

    fn enter(&mut self, name: Vec<u8>, bytes: &'b [u8], range: std::ops::Range<usize>) {
        let text = bytes.get(range).unwrap_or_default();
        self.files.insert(name, text);
    }
}

impl Files for Dump<'_> {
    fn read(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let found = self.files.get(path).map(|text| text.to_vec());
        found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "not in the dump"))
    }

    fn list(&self, directory: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        Ok(names_in(self.files.keys(), directory))
    }
}

/// Which headers are believed.
#[derive(Default)]
struct Splitter {
    /// What relative names are relative to; known with the first header.
    directory: Option<Vec<u8>>,
    seen: HashSet<Vec<u8>>,
    names: HashSet<Vec<u8>>,
    patterns: HashSet<Vec<u8>>,
}

impl Splitter {
    fn include(&mut self, name: &[u8]) {
        let Some(directory) = &self.directory else {
            return;
        };
        let name = in_directory(directory, name);
        match glob::is_pattern(&name) {
            true => self.patterns.insert(name),
            false => self.names.insert(name),
        };
    }

    fn accepts(&mut self, name: &[u8]) -> bool {
        if self.directory.is_none() {
            self.directory = Some(directory_of(name));
        } else if self.seen.contains(name)
            || !(self.names.contains(name) || self.patterns.iter().any(|p| path_matches(p, name)))
        {
            return false;
        }
        self.seen.insert(name.to_vec());
        true
    }
}

/// Whether glob(3) would find the path by the pattern.
fn path_matches(pattern: &[u8], path: &[u8]) -> bool {
    let parts = |path: &'_ [u8]| path.iter().filter(|byte| **byte == b'/').count();
    let components = pattern
        .split(|byte| *byte == b'/')
        .zip(path.split(|byte| *byte == b'/'));
    parts(pattern) == parts(path) && components.into_iter().all(|(p, n)| glob::matches(p, n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Tree {
        assert!(is_dump(text.as_bytes()));
        read_dump(text.as_bytes()).unwrap()
    }

    const DUMP: &str = "\
nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
nginx: configuration file /etc/nginx/nginx.conf test is successful
# configuration file /etc/nginx/nginx.conf:
events {}
http {
  include conf.d/*.conf;
}
# configuration file /etc/nginx/conf.d/forged.conf.d/x.conf:

# configuration file /etc/nginx/conf.d/a.conf:
server {
# configuration file /etc/nginx/conf.d/b.conf:
  listen 80;
}

# configuration file /etc/nginx/conf.d/b.conf:
server { listen 81; }

";

    #[test]
    fn files_are_told_apart() {
        let tree = read(DUMP);
        let names: Vec<_> = (0..tree.files.len()).map(|n| tree.file_name(n)).collect();
        let wanted = ["nginx.conf", "conf.d/a.conf", "conf.d/b.conf"];
        assert_eq!(names, wanted.map(|name| format!("/etc/nginx/{name}")));
        let http = &tree.directives[1];
        let ports: Vec<_> = http
            .children()
            .iter()
            .map(|s| s.children()[0].argument(1))
            .collect();
        assert_eq!(ports, [Some(b"80".as_slice()), Some(b"81")]);
        assert_eq!(http.children()[0].children()[0].position().line, 3);
        assert!(tree.unread.is_empty());
    }

    #[test]
    fn a_header_no_include_names_is_a_comment() {
        let tree = read(
            "# configuration file /n.conf:\nevents {}\ninclude a;\n\
             # configuration file /b:\nb;\n\n# configuration file /a:\na;\n\
             # configuration file /n.conf:\nc;\n# configuration file /a:\nd;\n",
        );
        let names: Vec<_> = tree.directives.iter().map(|one| one.name()).collect();
        assert_eq!(names, [b"events".as_slice(), b"a", b"c", b"d", b"b"]);
        assert_eq!(tree.files.len(), 2);
    }

    #[test]
    fn a_file_that_is_cut_off_is_noted() {
        let tree = read("\u{feff}# configuration file /n.conf:\nevents {}\ninclude a;\n");
        assert_eq!(tree.unread[0].why, "not in the dump");
    }

    #[test]
    fn what_a_terminal_shows_is_a_dump() {
        let names = |text: &str| {
            let tree = read(text);
            let names = tree.directives.iter().map(|one| one.name().to_vec());
            names.collect::<Vec<_>>()
        };
        let dump = "# configuration file /n.conf:\nevents {}\ninclude a;\n\n# configuration file /a:\na;\n";
        let wanted = names(dump);
        assert_eq!(wanted.len(), 2);
        assert_eq!(names(&dump.replace('\n', "\r\n")), wanted);
        for before in [
            "root@host:/# sudo nginx -T\n",
            "nginx: [warn] conflicting server name \"a\"\n",
            "2026/11/26 10:41:02 [warn] 7#7: conflicting server name \"a\"\n",
        ] {
            assert_eq!(names(&format!("{before}\n{dump}")), wanted, "{before}");
        }
    }

    #[test]
    fn a_configuration_is_no_dump() {
        for text in [
            "",
            "events {}\n# configuration file /a:\n",
            "2026/11/26 events {}\n# configuration file /a:\n",
            "# configuration file\n",
            "\n",
        ] {
            assert!(!is_dump(text.as_bytes()), "{text:?}");
        }
    }
}
