//! One file to directives with blocks; includes stay what they are.

use super::lexer::{Comment, End, Lexer, LexicalError, Statement};
use super::Directive;

/// How deep blocks may stand in each other, over all files: far more than nginx has contexts for.
pub(super) const MAX_DEPTH: usize = 64;

/// Blocks of values, which nginx hands to a function of their own (`cf->handler`).
const FLAT: [&[u8]; 5] = [b"types", b"map", b"geo", b"split_clients", b"charset_map"];

/// The directives of a file. The error is in the words of nginx.
pub(super) fn parse(bytes: &[u8], file: usize) -> Result<Vec<Directive>, LexicalError> {
    let mut parser = Parser {
        lexer: Lexer::new(bytes),
        file,
    };
    let block = parser.block(0, 0, false)?;
    Ok(block.directives)
}

struct Parser<'b> {
    lexer: Lexer<'b>,
    file: usize,
}

#[derive(Default)]
struct Block {
    directives: Vec<Directive>,
    /// Allowed by a comment on the line of the opening brace.
    allowed: Vec<String>,
    /// Line of the last word or brace that ended something here.
    ended: u32,
    /// Allowed for the directive to come.
    pending: Vec<String>,
}

impl Parser<'_> {
    /// The block that was opened on line `opened`; at depth 0 it is the file. In one of [`FLAT`] there
    /// are no blocks.
    fn block(&mut self, opened: u32, depth: usize, flat: bool) -> Result<Block, LexicalError> {
        let mut block = Block {
            ended: opened,
            ..Block::default()
        };
        loop {
            let statement = self.lexer.statement()?;
            let mut own = Vec::new();
            for comment in self.lexer.comments() {
                match comment.between {
                    true => block.take(&comment),
                    false => own.extend(allowed(comment.text)),
                }
            }
            let error = |what: &str| LexicalError {
                line: statement.line,
                column: statement.column,
                what: what.to_owned(),
            };
            match statement.end {
                End::Close if depth == 0 => return Err(error("unexpected \"}\"")),
                End::File if depth > 0 => {
                    return Err(error("unexpected end of file, expecting \"}\""))
                }
                End::Close | End::File => {
                    block.ended = statement.line;
                    return Ok(block);
                }
                End::Open if flat => return Err(error("unexpected \"{\"")),
                End::Open if depth >= MAX_DEPTH => return Err(error("blocks are nested too deep")),
                End::Semicolon | End::Open | End::Lua => {}
            }
            own.append(&mut block.pending);
            let mut directive = self.directive(statement, own, depth, &mut block.ended)?;
            if !flat {
                block.directives.extend(placeholders(&mut directive));
            }
            block.directives.push(directive);
        }
    }

    fn directive(
        &mut self,
        statement: Statement,
        mut allowed: Vec<String>,
        depth: usize,
        ended: &mut u32,
    ) -> Result<Directive, LexicalError> {
        *ended = statement.line;
        let mut inner = None;
        if statement.end == End::Open {
            let name = statement.words.first().map(|word| word.text.as_slice());
            let flat = FLAT.iter().any(|flat| name == Some(*flat));
            let block = self.block(statement.line, depth + 1, flat)?;
            *ended = block.ended;
            allowed.extend(block.allowed);
            inner = Some(block.directives);
        }
        Ok(Directive {
            file: self.file,
            words: statement.words,
            block: inner,
            allowed,
        })
    }
}

/// What stands on lines of its own before a directive and is none, such as `%%GLOBALS%%` or
/// `<% if a %>` in a template: nginx would refuse it, and whoever renders it puts directives there or
/// nothing. It has no semicolon, so the directive below has become its argument.
fn placeholders(directive: &mut Directive) -> Vec<Directive> {
    let (mut start, mut line) = (0, 0);
    for (number, word) in directive.words.iter().enumerate() {
        if word.line > line {
            (start, line) = (number, word.line);
            if is_name(&word.text) {
                break;
            }
        }
    }
    let rest = directive.words.split_off(start);
    let above = std::mem::replace(&mut directive.words, rest);
    let mut found: Vec<Directive> = Vec::new();
    for word in above {
        match found.last_mut() {
            Some(known) if known.position().line == word.line => known.words.push(word),
            _ => found.push(Directive {
                file: directive.file,
                words: vec![word],
                block: None,
                allowed: Vec::new(),
            }),
        }
    }
    found
}

/// Whether some module's directive could be called so.
pub(super) fn is_name(word: &[u8]) -> bool {
    word.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

impl Block {
    /// A comment belongs to what stands before it on its line, else to what comes next.
    fn take(&mut self, comment: &Comment<'_>) {
        let ids = allowed(comment.text);
        match self.directives.last_mut() {
            Some(directive) if comment.line == self.ended => directive.allowed.extend(ids),
            None if comment.line == self.ended => self.allowed.extend(ids),
            _ => self.pending.extend(ids),
        }
    }
}

/// The ids in `tlsdiag: allow ID[, ID]...`.
fn allowed(comment: &[u8]) -> Vec<String> {
    let ids = || {
        let text = std::str::from_utf8(comment).ok()?;
        let rest = text.trim_start().strip_prefix("tlsdiag:")?;
        rest.trim_start().strip_prefix("allow ")
    };
    let separated = |one: char| one == ',' || one.is_whitespace();
    let ids = ids().unwrap_or_default().split(separated);
    ids.filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx_conf::Word;

    /// The names that the directives called `name` allow, wherever they stand.
    fn allows(text: &str, name: &str) -> Vec<String> {
        fn search(list: &[Directive], name: &str, found: &mut Vec<String>) {
            for directive in list {
                if directive.name() == name.as_bytes() {
                    found.extend(directive.allowed.iter().cloned());
                }
                search(directive.children(), name, found);
            }
        }
        let mut found = Vec::new();
        search(&parse(text.as_bytes(), 0).unwrap(), name, &mut found);
        found
    }

    #[test]
    fn blocks_hold_directives() {
        let tree = parse(b"a;\nb { c 1 2; d {} }\ne;", 7).unwrap();
        let names: Vec<_> = tree.iter().map(Directive::name).collect();
        assert_eq!(names, [b"a", b"b", b"e"]);
        let inner = tree[1].children();
        assert_eq!(inner[0].arguments().collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!(inner[1].block, Some(Vec::new()));
        assert_eq!(tree[0].block, None);
        let at = inner[1].position();
        assert_eq!((at.file, at.line, at.column), (7, 2, 12));
    }

    #[test]
    fn a_placeholder_takes_no_directive_along() {
        let texts = |text: &str| {
            let tree = parse(text.as_bytes(), 0).unwrap();
            let text = |word: &Word| String::from_utf8_lossy(&word.text).into_owned();
            let texts = |one: &Directive| one.words.iter().map(text).collect::<Vec<_>>().join(" ");
            tree.iter().map(texts).collect::<Vec<_>>()
        };
        assert_eq!(texts("%%A%%\n\nb c;"), ["%%A%%", "b c"]);
        assert_eq!(
            texts("<% if @a %>\n b {}\n<% end %>\nc;"),
            ["<% if @a %>", "b", "<% end %>", "c"]
        );
        assert_eq!(texts("${A} b\n%C\n d e\n f;"), ["${A} b", "%C", "d e f"]);
        assert_eq!(texts("${A}b c;"), ["${A}b c"]);
        assert_eq!(texts("a\n  b;"), ["a b"]);
        let map = parse(b"map $a $b { ~^/x\n 1; }", 0).unwrap();
        assert_eq!(map[0].children().len(), 1);
    }

    #[test]
    fn what_is_left_open_is_told() {
        let what = |text: &str| parse(text.as_bytes(), 0).unwrap_err();
        let error = what("a {\n b; ");
        assert_eq!(error.what, "unexpected end of file, expecting \"}\"");
        let error = what("a {}\n }");
        assert_eq!(error.what, "unexpected \"}\"");
        assert_eq!((error.line, error.column), (2, 2));
        let error = what("map $a $b { x{2} 1; }");
        assert_eq!(
            (error.what.as_str(), error.column),
            ("unexpected \"{\"", 14)
        );
        let deep = |depth: usize| "a {".repeat(depth) + &"}".repeat(depth);
        assert!(parse(deep(MAX_DEPTH).as_bytes(), 0).is_ok());
        assert_eq!(
            what(&deep(MAX_DEPTH + 1)).what,
            "blocks are nested too deep"
        );
    }

    #[test]
    fn a_comment_allows_on_its_line_or_below() {
        let text = "\
a; # tlsdiag: allow one, two
# tlsdiag:allow three
# another comment
b { # tlsdiag: allow four
  c;
  # tlsdiag: allow five
  d
    # tlsdiag: allow six
    1;
} # tlsdiag: allow seven
# tlsdiag: deny eight
# tlsdiag: allow
e;
# tlsdiag: allow nobody
";
        assert_eq!(allows(text, "a"), ["one", "two"]);
        assert_eq!(allows(text, "b"), ["three", "four", "seven"]);
        assert!(allows(text, "c").is_empty());
        assert_eq!(allows(text, "d"), ["six", "five"]);
        assert!(allows(text, "e").is_empty());
    }
}
