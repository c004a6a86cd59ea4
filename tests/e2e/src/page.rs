//! Pages that programs write, each its own part.

use std::path::Path;

/// Replaces what stands between `<!-- begin PART -->` and `<!-- end PART -->`.
pub fn write(file: &Path, part: &str, text: &str) {
    let page =
        std::fs::read_to_string(file).unwrap_or_else(|e| panic!("cannot read {file:?}: {e}"));
    std::fs::write(file, replaced(&page, part, text))
        .unwrap_or_else(|e| panic!("cannot write {file:?}: {e}"));
}

fn replaced(page: &str, part: &str, text: &str) -> String {
    let (begin, end) = (
        format!("<!-- begin {part} -->\n"),
        format!("<!-- end {part} -->"),
    );
    let parts = page.split_once(&begin);
    let parts = parts.and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts.unwrap_or_else(|| panic!("the page has no place for {part}"));
    format!("{before}{begin}{text}{end}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_is_replaced() {
        let page = "a\n<!-- begin b -->\nold\n<!-- end b -->\nc\n";
        let expected = "a\n<!-- begin b -->\nnew\n<!-- end b -->\nc\n";
        assert_eq!(replaced(page, "b", "new\n"), expected);
    }
}
