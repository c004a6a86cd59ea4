//! What a configuration says: directives with their blocks, every word with its place.

/// A word of a directive, quotes and escapes undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its bytes; nginx asks for no encoding.
    pub text: Vec<u8>,
    /// Line of its first byte, from 1.
    pub line: u32,
    /// Column of its first character, from 1.
    pub column: u32,
}

/// A place in one of the files of a [`Tree`]. Ordered as nginx reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Index into [`Tree::files`].
    pub file: usize,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// A directive. The first of its words is its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Index of its file in [`Tree::files`].
    pub file: usize,
    /// At least one.
    pub words: Vec<Word>,
    /// What is between its braces, included files put in place of their `include`. A Lua block is
    /// none.
    pub block: Option<Vec<Directive>>,
    /// What comments `# tlsdiag: allow ID` above it, on its line or above an enclosing block allow.
    pub allowed: Vec<String>,
}

impl Directive {
    /// Its name.
    pub fn name(&self) -> &[u8] {
        self.words.first().map_or(&[], |word| &word.text)
    }

    /// Its argument `number`, from 1.
    pub fn argument(&self, number: usize) -> Option<&[u8]> {
        self.words.get(number).map(|word| word.text.as_slice())
    }

    /// All its arguments.
    pub fn arguments(&self) -> impl Iterator<Item = &[u8]> {
        self.words.iter().skip(1).map(|word| word.text.as_slice())
    }

    /// The directives of its block.
    pub fn children(&self) -> &[Directive] {
        self.block.as_deref().unwrap_or_default()
    }

    /// Where it begins.
    pub fn position(&self) -> Position {
        let (line, column) = self.words.first().map_or((0, 0), |w| (w.line, w.column));
        Position {
            file: self.file,
            line,
            column,
        }
    }
}

/// An `include` that could not be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Where the `include` stands.
    pub at: Position,
    /// What it names.
    pub name: Vec<u8>,
    /// Why not.
    pub why: String,
}

/// A configuration with everything it includes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Names of the files that were read, in the order in which nginx opens them.
    pub files: Vec<Vec<u8>>,
    /// What relative names of files may be relative to, each empty or with a `/` at its end: the
    /// directory of the main file, and those above it where only a part of a configuration was read.
    pub directories: Vec<Vec<u8>>,
    /// The directives of the main level.
    pub directives: Vec<Directive>,
    /// What is missing from it.
    pub unread: Vec<Unread>,
}

impl Tree {
    /// The name of a file as text.
    pub fn file_name(&self, file: usize) -> String {
        let name = self.files.get(file).map_or(&[] as &[u8], Vec::as_slice);
        String::from_utf8_lossy(name).into_owned()
    }

    /// Where a file that a directive names may be, the likeliest first (`ngx_conf_full_name`).
    pub fn full_names(&self, name: &[u8]) -> Vec<Vec<u8>> {
        let mut names: Vec<_> = self
            .directories
            .iter()
            .map(|directory| super::include::in_directory(directory, name))
            .collect();
        names.dedup();
        names
    }
}

/// Why a configuration cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The file.
    pub file: String,
    /// Line and column from 1; none when it is about the file as a whole.
    pub at: Option<(u32, u32)>,
    /// What is wrong, in nginx's words where it has some.
    pub what: String,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.at {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}
