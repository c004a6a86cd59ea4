//! Bytes to statements, one at a time: a statement is words and what ends them.
//!
//! The specification is nginx's `ngx_conf_read_token` (src/core/ngx_conf_file.c, the same from 1.10
//! to 1.31), and its oddities are kept, because they decide what nginx reads:
//! - a word ends at white space, `;` or `{` only: in `a}b` and `a"b` nothing is special;
//! - `{` after `$` belongs to the word (`${name}`);
//! - a backslash takes the next byte along, whatever it is, and stays in the word unless it stands
//!   before a quote, a backslash, `t`, `r` or `n`;
//! - after a closing quote only white space, `;`, `{` or `)` may come;
//! - `#` begins a comment only where a word could begin, and only a line feed ends it;
//! - a word or a comment longer than nginx's buffer of 4096 bytes is an error.
//!
//! One pass, nothing is read twice.

use super::{lua, Word};

/// `NGX_CONF_BUFFER`: what nginx has room for.
const BUFFER: usize = 4096;

/// Words, and what ended them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) words: Vec<Word>,
    pub(super) end: End,
    /// Where the byte is that ended it.
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Statement {
    fn opens_lua(&self) -> bool {
        let name = self.words.first().map_or(&[] as &[u8], |word| &word.text);
        self.end == End::Open && name.ends_with(b"_by_lua_block")
    }
}

/// What ends a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// `;`
    Semicolon,
    /// `{`
    Open,
    /// A Lua block, closing brace included.
    Lua,
    /// `}`, without words.
    Close,
    /// The end of the file, without words.
    File,
}

/// What stands after a `#`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comment<'b> {
    pub(super) text: &'b [u8],
    pub(super) line: u32,
    pub(super) column: u32,
    /// Where its `#` is.
    pub(super) offset: usize,
    /// No word of the statement stands before it.
    pub(super) between: bool,
}

/// Why nginx would stop reading here, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LexicalError {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) what: String,
}

/// A cursor over a file.
#[derive(Debug)]
pub(super) struct Lexer<'b> {
    bytes: &'b [u8],
    at: usize,
    line: u32,
    column: u32,
    comments: Vec<Comment<'b>>,
}

impl<'b> Lexer<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            line: 1,
            column: 1,
            comments: Vec::new(),
        }
    }

    /// The comments met since the last call.
    pub(super) fn comments(&mut self) -> Vec<Comment<'b>> {
        std::mem::take(&mut self.comments)
    }

    /// The next statement. After [`End::File`] and after an error there is nothing more to ask for.
    pub(super) fn statement(&mut self) -> Result<Statement, LexicalError> {
        let mut words = Vec::new();
        loop {
            self.skip_blank(words.is_empty())?;
            let (line, column) = (self.line, self.column);
            let end = match self.peek() {
                None if words.is_empty() => End::File,
                None => return Err(self.end_of_file()),
                Some(b'}') if words.is_empty() => End::Close,
                Some(b';') if !words.is_empty() => End::Semicolon,
                Some(b'{') if !words.is_empty() => End::Open,
                Some(byte @ (b';' | b'{' | b'}')) => return Err(self.unexpected(byte)),
                Some(quote @ (b'"' | b'\'')) => {
                    self.step();
                    let text = self.word(Some(quote))?;
                    words.push(Word { text, line, column });
                    self.after_quote()?;
                    continue;
                }
                Some(_) => {
                    let text = self.word(None)?;
                    words.push(Word { text, line, column });
                    continue;
                }
            };
            self.step();
            let mut statement = Statement {
                words,
                end,
                line,
                column,
            };
            if statement.opens_lua() {
                self.lua_block()?;
                statement.end = End::Lua;
                statement.line = self.line;
            }
            return Ok(statement);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Takes one byte. Columns count characters, as editors do: not the bytes inside one.
    fn step(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b'\n' => (self.line, self.column) = (self.line.saturating_add(1), 1),
            0x80..=0xbf => {}
            _ => self.column = self.column.saturating_add(1),
        }
        Some(byte)
    }

    fn skip_blank(&mut self, between: bool) -> Result<(), LexicalError> {
        loop {
            match self.peek() {
                Some(byte) if is_space(byte) => {
                    self.step();
                }
                Some(b'#') => self.comment(between)?,
                _ => return Ok(()),
            }
        }
    }

    fn comment(&mut self, between: bool) -> Result<(), LexicalError> {
        let (offset, line, column) = (self.at, self.line, self.column);
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.step();
            self.room(offset, self.at)?;
        }
        let text = self.bytes.get(offset + 1..self.at).unwrap_or_default();
        self.comments.push(Comment {
            text,
            line,
            column,
            offset,
            between,
        });
        Ok(())
    }

    /// A word up to its quote, which is taken too, or up to what ends a bare one, which is not.
    fn word(&mut self, quote: Option<u8>) -> Result<Vec<u8>, LexicalError> {
        let start = self.at;
        let mut variable = false;
        loop {
            self.room(start, self.at)?;
            let Some(byte) = self.peek() else {
                return Err(self.end_of_file());
            };
            let ends = match quote {
                Some(quote) => byte == quote,
                None => is_space(byte) || matches!(byte, b';' | b'{'),
            };
            if ends && !(byte == b'{' && variable) {
                break;
            }
            self.step();
            match byte {
                b'{' if variable => {}
                b'\\' => {
                    variable = false;
                    self.room(start, self.at)?;
                    self.step();
                }
                _ => variable = byte == b'$',
            }
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        if quote.is_some() {
            self.step();
            self.room(start, self.at)?;
        }
        // nginx lets go of a word with the byte after the white space that ended it.
        if self.peek().is_some_and(is_space) {
            self.room(start, self.at + 1)?;
        }
        Ok(unescape(raw))
    }

    /// Whether nginx, which holds what begins at `start`, has room to read the byte at `at`.
    fn room(&self, start: usize, at: usize) -> Result<(), LexicalError> {
        match at < self.bytes.len() && at - start >= BUFFER {
            true => Err(self.error("too long parameter")),
            false => Ok(()),
        }
    }

    fn after_quote(&self) -> Result<(), LexicalError> {
        match self.peek() {
            None | Some(b';' | b'{' | b')') => Ok(()),
            Some(byte) if is_space(byte) => Ok(()),
            Some(byte) => Err(self.unexpected(byte)),
        }
    }

    fn lua_block(&mut self) -> Result<(), LexicalError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = lua::block_length(rest).map_err(|what| self.error(what))?;
        let end = self.at + length;
        while self.at < end {
            self.step();
        }
        Ok(())
    }

    fn unexpected(&self, byte: u8) -> LexicalError {
        self.error(&format!("unexpected \"{}\"", byte.escape_ascii()))
    }

    fn end_of_file(&self) -> LexicalError {
        self.error("unexpected end of file, expecting \";\" or \"}\"")
    }

    fn error(&self, what: &str) -> LexicalError {
        LexicalError {
            line: self.line,
            column: self.column,
            what: what.to_owned(),
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let meant = match (byte, bytes.peek()) {
            (b'\\', Some(quoted @ (b'"' | b'\'' | b'\\'))) => Some(*quoted),
            (b'\\', Some(b't')) => Some(b'\t'),
            (b'\\', Some(b'r')) => Some(b'\r'),
            (b'\\', Some(b'n')) => Some(b'\n'),
            _ => None,
        };
        if meant.is_some() {
            bytes.next();
        }
        text.push(meant.unwrap_or(byte));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: &str = "unexpected end of file, expecting \";\" or \"}\"";

    /// Every statement as `word|word;`, or what is wrong.
    fn read(bytes: &[u8]) -> Result<String, String> {
        let mut lexer = Lexer::new(bytes);
        let mut read = String::new();
        loop {
            let statement = lexer.statement().map_err(|error| error.what)?;
            let words: Vec<_> = statement
                .words
                .iter()
                .map(|word| word.text.escape_ascii().to_string())
                .collect();
            read.push_str(&words.join("|"));
            read.push_str(match statement.end {
                End::Semicolon => ";",
                End::Open => "{",
                End::Lua => "{lua}",
                End::Close => "}",
                End::File => return Ok(read),
            });
        }
    }

    #[track_caller]
    fn reads(bytes: &[u8], wanted: &str) {
        assert_eq!(read(bytes).as_deref(), Ok(wanted));
    }

    #[track_caller]
    fn fails(bytes: &[u8], wanted: &str) {
        assert_eq!(read(bytes), Err(wanted.to_owned()));
    }

    #[test]
    fn words_end_where_nginx_ends_them() {
        reads(b"a b;c{d e;}", "a|b;c{d|e;}");
        reads(b"a}b c#d e]f;", "a}b|c#d|e]f;");
        reads(b"a\r\n\tb;\r\n", "a|b;");
        reads(b"if ($a = \"b\"){ c; }", "if|($a|=|b|){c;}");
    }

    #[test]
    fn a_brace_after_a_dollar_belongs_to_the_word() {
        reads(b"a $d{e; }", "a|$d{e;}");
        reads(b"a ${b}{ c; }", "a|${b}{c;}");
        reads(b"a $b{ c; }", "a|$b{c;}");
        reads(b"a \"$\" {c;}", "a|${c;}");
    }

    #[test]
    fn quotes_and_escapes() {
        reads(br#"a "b c" 'd;{}#"' "";"#, r#"a|b c|d;{}#\"|;"#);
        reads(br#"a "\"\\\t\x" \; 'it\'s';"#, r#"a|\"\\\t\\x|\\;|it\'s;"#);
        reads(b"a b\\\nc;", r"a|b\\\nc;");
        fails(b"a \"b\"c;", "unexpected \"c\"");
        fails(b"a \"b\"#;", "unexpected \"#\"");
        fails(b"a \"b;\n", END);
    }

    #[test]
    fn comments_begin_where_words_do_and_end_with_the_line() {
        reads(b"#a;\nb #c;\n d; #", "b|d;");
        reads(b"# all of it\ra;", "");
        let mut lexer = Lexer::new(b"a #1\n;# 2\n#3");
        assert!(lexer.statement().is_ok());
        let first = lexer.comments();
        assert_eq!(first.len(), 1);
        assert_eq!((first[0].text, first[0].between), (b"1".as_slice(), false));
        assert!(lexer.statement().is_ok());
        let rest = lexer.comments();
        let at: Vec<_> = rest.iter().map(|one| (one.line, one.column)).collect();
        assert_eq!(at, [(2, 2), (3, 1)]);
        assert!(rest.iter().all(|one| one.between));
    }

    #[test]
    fn what_is_left_open_is_told() {
        fails(b"a b", END);
        fails(b"a 'b'", END);
        fails(b"a\\", END);
        fails(b";", "unexpected \";\"");
        fails(b"{", "unexpected \"{\"");
        fails(b"a }", "unexpected \"}\"");
        fails(b"a \"b\"}", "unexpected \"}\"");
    }

    #[test]
    fn nothing_longer_than_the_buffer() {
        let word = |length: usize, after: &str| format!("a {}{after}", "b".repeat(length));
        for (length, after, fits) in [
            (4095, ";", true),
            (4096, ";", false),
            (4094, " ;", true),
            (4095, " ;", false),
        ] {
            let read = read(word(length, after).as_bytes());
            assert_eq!(read.is_ok(), fits, "{length} {after:?}");
        }
        let quoted = |length: usize| format!("a \"{}\";", "b".repeat(length));
        assert!(read(quoted(4094).as_bytes()).is_ok());
        fails(quoted(4095).as_bytes(), "too long parameter");
        let comment = |length: usize| format!("#{}\na;", "b".repeat(length));
        assert!(read(comment(4094).as_bytes()).is_ok());
        fails(comment(4095).as_bytes(), "too long parameter");
        let unfinished = format!("#{}", "b".repeat(4095));
        assert!(read(unfinished.as_bytes()).is_ok());
    }

    #[test]
    fn columns_count_characters() {
        let mut lexer = Lexer::new("\u{e9}\u{e9} a\n  b;".as_bytes());
        let statement = lexer.statement().unwrap();
        let at: Vec<_> = statement.words.iter().map(|w| (w.line, w.column)).collect();
        assert_eq!(at, [(1, 1), (1, 4), (2, 3)]);
        assert_eq!(statement.line, 2);
    }

    #[test]
    fn lua_is_skipped() {
        reads(
            b"set_by_lua_block $a { return \"}\" } b;",
            "set_by_lua_block|$a{lua}b;",
        );
        fails(b"content_by_lua_block { ", lua::UNFINISHED);
    }
}
