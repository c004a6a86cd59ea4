//! Closes the loop: what the diagnosis says to write is written, and must help.

use serde_json::Value;

use crate::observe::json::texts;

/// Takes `fix` from a document and fills its placeholders. `values` maps a directive's name to what
/// goes between its angle brackets; a placeholder without value stops the test.
pub fn directives(document: &Value, values: &[(&str, &str)]) -> String {
    let fix = texts(document, "nginx/upstream_tls/fix");
    assert!(!fix.is_empty(), "no fix in {document:#}");
    fix.iter()
        .map(|directive| fill(directive, values) + "\n")
        .collect()
}

fn fill(directive: &str, values: &[(&str, &str)]) -> String {
    let name = directive.split(' ').next().unwrap_or_default();
    let (Some(start), Some(end)) = (directive.find('<'), directive.rfind('>')) else {
        return directive.to_owned();
    };
    let value = values.iter().find(|(directive, _)| *directive == name);
    let (_, value) = value.unwrap_or_else(|| panic!("no value given for {directive:?}"));
    format!("{}{value}{}", &directive[..start], &directive[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fills_placeholders() {
        let document = json!({"nginx": {"upstream_tls": {"fix":
            ["proxy_ssl_server_name on;", "proxy_ssl_name <real-host>;"]}}});
        let text = directives(&document, &[("proxy_ssl_name", "api.example.test")]);
        assert_eq!(
            text,
            "proxy_ssl_server_name on;\nproxy_ssl_name api.example.test;\n"
        );
    }
}
