//! Where a `*_by_lua_block` ends: lua-nginx-module reads these, not nginx.
//!
//! The specification is the module's `ngx_http_lua_conf_lua_block_parse` with the expressions its
//! lexer is made of (util/gen-lexer-c): braces count, but not in a string, a long bracket or a
//! comment. A quote without its partner on the same line is nothing special.

/// What is said of a block without its end.
pub(super) const UNFINISHED: &str =
    "unexpected end of file, expecting terminating characters for lua code block";

/// The bytes up to and with the closing brace, from right after the opening one. The error says what
/// is missing.
pub(super) fn block_length(code: &[u8]) -> Result<usize, &'static str> {
    let mut scan = Scan {
        code,
        at: 0,
        unpaired: [0; 2],
    };
    let mut level = 1_usize;
    while let Some(byte) = scan.peek(0) {
        match byte {
            b'{' => level += 1,
            b'}' if level == 1 => return Ok(scan.at + 1),
            b'}' => level -= 1,
            b'"' | b'\'' => scan.skip_string(byte),
            b'-' if scan.peek(1) == Some(b'-') => scan.skip_comment()?,
            b'[' => {
                scan.skip_long_bracket(0)?;
            }
            _ => {}
        }
        scan.at += 1;
    }
    Err(UNFINISHED)
}

/// A cursor that methods leave on the last byte of what they skip.
struct Scan<'c> {
    code: &'c [u8],
    at: usize,
    /// Up to where the last `"` and the last `'` found no partner: what a later one in there would
    /// find is known, so that no line is searched again and again.
    unpaired: [usize; 2],
}

impl Scan<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.code.get(self.at + ahead).copied()
    }

    fn skip_string(&mut self, quote: u8) {
        let Some(unpaired) = self.unpaired.get_mut(usize::from(quote == b'\'')) else {
            return;
        };
        if self.at < *unpaired {
            return;
        }
        let mut end = self.at + 1;
        loop {
            match self.code.get(end) {
                Some(byte) if *byte == quote => {
                    self.at = end;
                    return;
                }
                Some(b'\\') if self.code.get(end + 1) != Some(&b'\n') => end += 2,
                Some(b'\n' | b'\\') | None => break,
                Some(_) => end += 1,
            }
        }
        *unpaired = end;
    }

    fn skip_comment(&mut self) -> Result<(), &'static str> {
        if self.peek(2) == Some(b'[') && self.skip_long_bracket(2)? {
            return Ok(());
        }
        while self.peek(1).is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
        Ok(())
    }

    /// `[[`, `[=[` and so on, `ahead` bytes further on, up to the closing one of the same length;
    /// whether there was one.
    fn skip_long_bracket(&mut self, ahead: usize) -> Result<bool, &'static str> {
        let open = self.at + ahead + 1;
        let rest = self.code.get(open..).unwrap_or_default();
        let level = rest.iter().take_while(|byte| **byte == b'=').count();
        if rest.get(level) != Some(&b'[') {
            return Ok(false);
        }
        let mut at = open + level + 1;
        while let Some(byte) = self.code.get(at) {
            at += 1;
            if *byte != b']' {
                continue;
            }
            let rest = self.code.get(at..).unwrap_or_default();
            let equals = rest.iter().take_while(|byte| **byte == b'=').count();
            at += equals;
            if equals == level && rest.get(equals) == Some(&b']') {
                self.at = at;
                return Ok(true);
            }
        }
        Err("Lua code block missing the closing long bracket")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn ends(block: &str) {
        let code = format!("{block}}} listen 80;");
        assert_eq!(
            block_length(code.as_bytes()),
            Ok(block.len() + 1),
            "{block}"
        );
    }

    #[test]
    fn braces_count_outside_of_strings_and_comments() {
        ends(" if a then b = {c = {}} end ");
        ends(" a = '}' .. \"}\" .. \"\\\"}\" ");
        ends(" a = [[ } ]] .. [==[ }]]] ]=] }]==] ");
        ends(" -- }\n --[[ }\n } ]] --[=[ } ]] ]=] --[ }\n --[= }\n");
        ends(" a[b[1]] = c[ [[}]] ] ");
        ends("");
    }

    #[test]
    fn an_unpaired_quote_is_nothing_special() {
        ends(" it's {} \n 'a' ");
        ends(" \"\\\"{} \n");
        ends(" 'a\\\n'{}' ");
    }

    #[test]
    fn what_is_missing_is_told() {
        assert_eq!(block_length(b"a {}"), Err(UNFINISHED));
        assert_eq!(block_length(b"a '}' -- }"), Err(UNFINISHED));
        let bracket = "Lua code block missing the closing long bracket";
        assert_eq!(block_length(b"a = [=[ ]] } ]== ] }"), Err(bracket));
        assert_eq!(block_length(b"--[[ }"), Err(bracket));
    }
}
