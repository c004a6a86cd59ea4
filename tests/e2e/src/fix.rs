//! Closes the loop: what the diagnosis says to write is written, and must help.

use serde_json::Value;

use crate::observe::json::texts;

/// Takes `fix` from a document and fills its placeholders. `values` maps a directive's name to what
/// goes between its angle brackets; a placeholder without value stops the test.
pub fn directives(document: &Value, values: &[(&str, &str)]) -> String {
    let fix = texts(document, "nginx/upstream_tls/fix");
    assert!(!fix.is_empty(), "no fix in {document:#}");
    let filled = fill(&fix, values).unwrap_or_else(|why| panic!("{why}"));
    filled.iter().map(|line| line.clone() + "\n").collect()
}

/// A fix with its placeholders filled, in whatever family the values are named; the error says which
/// value is missing.
pub fn fill<V: AsRef<str>>(fix: &[String], values: &[(&str, V)]) -> Result<Vec<String>, String> {
    let fill = |directive: &String| {
        let (Some(start), Some(end)) = (directive.find('<'), directive.rfind('>')) else {
            return Ok(directive.clone());
        };
        let name = key(directive).0;
        let known = values.iter().find(|(of, _)| is_same_but_family(of, name));
        let (_, value) = known.ok_or_else(|| format!("no value is known for {directive}"))?;
        let (before, after) = (&directive[..start], &directive[end + 1..]);
        Ok(format!("{before}{}{after}", value.as_ref()))
    };
    fix.iter().map(fill).collect()
}

/// Pastes a fix into a location, as an operator does: a directive that stands there already is replaced
/// by the pasted line (nginx refuses it twice), every other line is added.
///
/// `proxy_ssl_conf_command` may stand there several times; only the one that sets the same command
/// is replaced.
pub fn paste(location: &[String], fix: &[String]) -> Vec<String> {
    let replaced = |old: &&String| !fix.iter().any(|new| key(new) == key(old));
    let kept = location.iter().filter(replaced);
    kept.chain(fix).cloned().collect()
}

/// What makes two directives the same one.
fn key(directive: &str) -> (&str, Option<&str>) {
    let mut words = directive.trim_end_matches(';').split_whitespace();
    let name = words.next().unwrap_or_default();
    let command = words.next().filter(|_| name.ends_with("_ssl_conf_command"));
    (name, command)
}

/// `proxy_ssl_name` and `grpc_ssl_name`.
fn is_same_but_family(a: &str, b: &str) -> bool {
    let tail = |name: &str| name.split_once('_').map(|(_, tail)| tail.to_owned());
    tail(a) == tail(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn list(directives: &[&str]) -> Vec<String> {
        directives.iter().map(|d| (*d).to_owned()).collect()
    }

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

    #[test]
    fn fills_in_every_family() {
        let fix = list(&["grpc_ssl_name <host>;", "grpc_ssl_server_name on;"]);
        let values = [("proxy_ssl_name", "a.test")];
        assert_eq!(
            fill(&fix, &values).unwrap(),
            ["grpc_ssl_name a.test;", "grpc_ssl_server_name on;"]
        );
        assert!(fill(&list(&["proxy_ssl_crl <file>;"]), &values).is_err());
    }

    #[test]
    fn replaces_what_stands_there() {
        let location = list(&[
            "proxy_ssl_protocols TLSv1.2;",
            "proxy_ssl_conf_command Groups X25519;",
            "proxy_ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;",
        ]);
        let fix = list(&[
            "proxy_ssl_conf_command Groups X25519:P-256;",
            "proxy_ssl_name a;",
        ]);
        let expected = list(&[
            "proxy_ssl_protocols TLSv1.2;",
            "proxy_ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;",
            "proxy_ssl_conf_command Groups X25519:P-256;",
            "proxy_ssl_name a;",
        ]);
        assert_eq!(paste(&location, &fix), expected);
    }
}
