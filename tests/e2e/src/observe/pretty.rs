//! A document for a person: fields in the order written, lists on one line.

/// Indents a JSON text by two spaces a level.
pub fn pretty(json: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut in_text, mut escaped, mut in_list) = (0_usize, false, false, 0_usize);
    for c in json.trim().chars() {
        if in_text {
            out.push(c);
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' => {
                in_text = true;
                out.push(c);
            }
            '{' => {
                depth += 1;
                out.push(c);
                new_line(&mut out, depth);
            }
            '}' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' if in_list == 0 => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ',' | ':' => {
                out.push(c);
                out.push(' ');
            }
            '[' | ']' => {
                in_list = if c == '[' {
                    in_list + 1
                } else {
                    in_list.saturating_sub(1)
                };
                out.push(c);
            }
            other => out.push(other),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn keeps_order_and_texts() {
        let text = pretty(r#"{"z":"a,{\"","a":{"l":["x","y"],"n":1}}"#);
        let expected = "{\n  \"z\": \"a,{\\\"\",\n  \"a\": {\n    \"l\": [\"x\", \"y\"],\n    \"n\": 1\n  }\n}";
        assert_eq!(text, expected);
    }
}
