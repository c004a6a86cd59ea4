//! The settings that nginx.conf has for an upstream.

use std::collections::HashSet;

use super::{Change, Hints, Settings};
use crate::capture::Module;
use crate::facts::is_dns_name;
use crate::nginx_conf::model::{
    has_variables, Family, Host, NameKind, Question, Target, UpstreamTls,
};
use crate::nginx_conf::Model;

/// What the configuration says of one upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// The directives in force.
    pub settings: Settings,
    /// Names and client certificates that stand elsewhere in the configuration for the same upstream.
    pub hints: Hints,
    /// What could not be known: sentences for the user.
    pub unknown: Vec<String>,
}

/// Finds the settings that hold for a question. A relative name of a file goes through `full_name`.
///
/// # Errors
/// A sentence: nothing leads there, places with different settings do, or something is only known to a
/// request.
pub fn configured(
    model: &Model<'_>,
    question: &Question<'_>,
    nginx: u32,
    full_name: &dyn Fn(&[u8]) -> Vec<u8>,
) -> Result<Configured, String> {
    let found = model.answer(question);
    let reader = Reader {
        question,
        nginx,
        full_name,
    };
    let mut different: Vec<(Settings, &UpstreamTls<'_, '_>)> = Vec::new();
    for tls in &found {
        let settings = reader.settings(tls)?;
        if !different.iter().any(|(known, _)| *known == settings) {
            different.push((settings, tls));
        }
    }
    let [(settings, tls)] = different.as_slice() else {
        return Err(match different.as_slice() {
            [] => "no location of the configuration passes on to it over TLS".to_owned(),
            several => {
                let places: Vec<_> = several.iter().map(|(_, tls)| place(tls)).collect();
                format!(
                    "several places pass on to it with different settings, name one with --server and \
                     --location: {}",
                    places.join(", ")
                )
            }
        });
    };
    let mut unknown = Vec::new();
    if tls.is_incomplete() {
        unknown.push("a file that is included there could not be read".to_owned());
    }
    Ok(Configured {
        hints: reader.hints(model, tls),
        settings: settings.clone(),
        unknown,
    })
}

/// Where it is passed on.
fn place(tls: &UpstreamTls<'_, '_>) -> String {
    let at = tls.pass.directive.position();
    format!("{}:{}", tls.model.tree().file_name(at.file), at.line)
}

struct Reader<'q> {
    question: &'q Question<'q>,
    nginx: u32,
    full_name: &'q dyn Fn(&[u8]) -> Vec<u8>,
}

impl Reader<'_> {
    fn settings(&self, tls: &UpstreamTls<'_, '_>) -> Result<Settings, String> {
        let name = tls.name();
        let (upstream, is_block) = match &tls.pass.target {
            Target::Block(block) => {
                let block = tls.model.block(*block).map(|block| block.name());
                (text(block.unwrap_or_default())?, true)
            }
            Target::Host(host, _) => (host.to_text(), false),
            Target::Unknown => (text(&name.text)?, false),
        };
        let is_variable = name.kind == NameKind::Variable;
        if is_variable && (tls.sends_name() || tls.verifies()) {
            return Err(format!(
                "only a request knows the name that {} sends or compares: write a location with a constant one",
                place(tls)
            ));
        }
        let commands = tls.conf_commands();
        let scope = tls.found("conf_command").map(|(scope, _)| scope);
        let own_name = tls.configured_name().filter(|_| !is_variable);
        Ok(Settings {
            is_block,
            server_line: self.server_line(tls),
            send_name: tls.sends_name(),
            name: own_name.map(|_| text(&name.text)).transpose()?,
            protocols: self.list(tls.protocols())?,
            ciphers: tls.ciphers().map(text).transpose()?,
            alpn: self.alpn(tls)?,
            verify: tls.verifies(),
            verify_depth: tls.verify_depth(),
            trusted_certificate: self.path(tls.trusted_certificate())?,
            crl: self.path(tls.crl())?,
            certificate: self.path(tls.certificate())?,
            certificate_key: self.path(tls.certificate_key())?,
            password_file: self.path(
                tls.directive("password_file")
                    .and_then(|one| one.argument(1)),
            )?,
            session_reuse: tls.reuses_sessions(),
            inherits_commands: scope.is_some_and(|scope| scope != tls.pass.scope),
            commands: commands
                .iter()
                .map(|(_, name, value)| Ok((text(name)?, text(value)?)))
                .collect::<Result<_, String>>()?,
            ..Settings::of_host(&upstream, self.nginx).for_module(module(tls.pass.family))
        })
    }

    fn list(&self, words: Option<Vec<&[u8]>>) -> Result<Option<Vec<String>>, String> {
        words
            .map(|words| words.into_iter().map(text).collect())
            .transpose()
    }

    fn alpn(&self, tls: &UpstreamTls<'_, '_>) -> Result<Vec<String>, String> {
        match (tls.pass.family, tls.directive("alpn")) {
            (Family::Stream, Some(directive)) => directive.arguments().map(text).collect(),
            (Family::Grpc, _) => Ok(vec!["h2".to_owned()]),
            _ => Ok(Vec::new()),
        }
    }

    fn path(&self, name: Option<&[u8]>) -> Result<Option<String>, String> {
        let Some(name) = name else { return Ok(None) };
        if has_variables(name) {
            let name = String::from_utf8_lossy(name);
            return Err(format!("only a request knows which file {name} is"));
        }
        text(&(self.full_name)(name)).map(Some)
    }

    /// The `server` of the block that the question is about.
    fn server_line(&self, tls: &UpstreamTls<'_, '_>) -> Option<String> {
        let Target::Block(block) = &tls.pass.target else {
            return None;
        };
        let peers = &tls.model.block(*block)?.peers;
        let line = |directive: &crate::nginx_conf::Directive| {
            let line = directive.argument(1)?;
            Some(String::from_utf8_lossy(line).into_owned())
        };
        let mut lines = peers.iter().filter_map(|peer| line(peer.directive));
        let asked = self.question.peer.unwrap_or_default();
        match peers.as_slice() {
            [only] => line(only.directive),
            _ => lines.find(|line| line.eq_ignore_ascii_case(asked)),
        }
    }

    /// What other places say of the same upstream.
    fn hints(&self, model: &Model<'_>, tls: &UpstreamTls<'_, '_>) -> Hints {
        let mut hints = Hints::default();
        let mut seen = HashSet::new();
        let same = |other: &UpstreamTls<'_, '_>| other.pass.target == tls.pass.target;
        let others: Vec<_> = model.tls().filter(same).collect();
        for other in others.iter().take(MAX_PLACES) {
            let name = String::from_utf8_lossy(&other.name().text).into_owned();
            if other.name().kind == NameKind::Dns && is_dns_name(&name) && seen.insert(name.clone())
            {
                hints.names.push(name);
            }
            let certificate = self.path(other.certificate()).ok().flatten();
            let key = self.path(other.certificate_key()).ok().flatten();
            if let (Some(certificate), Some(key)) = (certificate, key) {
                if seen.insert(certificate.clone()) {
                    hints.tries.push(vec![
                        Change::new("certificate", &[&certificate]),
                        Change::new("certificate_key", &[&key]),
                    ]);
                }
            }
        }
        if let Target::Block(block) = &tls.pass.target {
            let peers = model.block(*block).map_or(&[][..], |block| &block.peers);
            for peer in peers.iter().take(MAX_PLACES) {
                if let Some(Host::Name(name)) = &peer.host {
                    let name = String::from_utf8_lossy(name).into_owned();
                    if is_dns_name(&name) && seen.insert(name.clone()) {
                        hints.names.push(name);
                    }
                }
            }
        }
        hints
    }
}

/// Places of the configuration that are looked at for hints.
const MAX_PLACES: usize = 8;

fn module(family: Family) -> Module {
    match family {
        Family::Proxy => Module::Proxy,
        Family::Grpc => Module::Grpc,
        Family::Uwsgi => Module::Uwsgi,
        Family::Stream => Module::Stream,
    }
}

fn text(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes);
    text.map(str::to_owned)
        .map_err(|_| format!("{} is no UTF-8", String::from_utf8_lossy(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx_conf::{read, Memory};

    fn find(text: &str, question: &Question<'_>) -> Result<Configured, String> {
        let files = Memory::new(&[("/etc/nginx/nginx.conf", text)]);
        let tree = read(&files, b"/etc/nginx/nginx.conf").unwrap();
        let model = Model::new(&tree);
        let full_name = |name: &[u8]| tree.full_names(name).remove(0);
        configured(&model, question, 1_022_001, &full_name)
    }

    fn peer(peer: &'static str) -> Question<'static> {
        Question {
            peer: Some(peer),
            ..Question::default()
        }
    }

    #[test]
    fn everything_that_holds_for_a_location_is_taken() {
        let text = "http { proxy_ssl_conf_command Groups P-256; proxy_ssl_ciphers HIGH; server {
            location /a { proxy_pass https://a.example; }
            location /b {
                proxy_pass https://pool;
                proxy_ssl_server_name on; proxy_ssl_name b.example:443; proxy_ssl_protocols TLSv1.3;
                proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_trusted_certificate ca.pem;
                proxy_ssl_certificate /c.pem; proxy_ssl_certificate_key c.key;
            } }
            upstream pool { server one.example:443; server two.example:443; } }";
        let found = find(text, &peer("two.example:443")).unwrap();
        let settings = found.settings;
        assert_eq!(settings.upstream, "pool");
        assert!(settings.is_block && settings.verify && settings.inherits_commands);
        assert_eq!(settings.server_line.as_deref(), Some("two.example:443"));
        assert_eq!(settings.sent_name(), Some("b.example"));
        assert_eq!(settings.verify_depth, 3);
        assert_eq!(settings.ciphers.as_deref(), Some("HIGH"));
        assert_eq!(
            settings.commands,
            [("Groups".to_owned(), "P-256".to_owned())]
        );
        assert_eq!(
            settings.trusted_certificate.as_deref(),
            Some("/etc/nginx/ca.pem")
        );
        assert_eq!(settings.certificate.as_deref(), Some("/c.pem"));
        assert_eq!(
            settings.certificate_key.as_deref(),
            Some("/etc/nginx/c.key")
        );
        assert_eq!(
            found.hints.names,
            ["b.example", "one.example", "two.example"]
        );
        let other = find(text, &peer("a.example:443")).unwrap();
        assert!(
            other.hints.tries.is_empty(),
            "a certificate for somebody else"
        );
        assert_eq!(other.hints.names, ["a.example"]);
    }

    #[test]
    fn a_client_certificate_of_another_location_is_a_hint() {
        let text = "http { server { location /a { proxy_pass https://a.example; }
            location /b { proxy_pass https://a.example; proxy_ssl_certificate /c.pem;
                proxy_ssl_certificate_key /c.key; } } }";
        let question = Question {
            location: Some("/a"),
            ..peer("a.example:443")
        };
        let found = find(text, &question).unwrap();
        assert_eq!(found.settings.certificate, None);
        let tries: Vec<_> = found.hints.tries.iter().flatten().collect();
        let directives: Vec<_> = tries
            .iter()
            .map(|one| one.directive(&found.settings))
            .collect();
        let wanted = [
            "proxy_ssl_certificate /c.pem;",
            "proxy_ssl_certificate_key /c.key;",
        ];
        assert_eq!(directives, wanted);
    }

    #[test]
    fn families_and_stream_are_told_apart() {
        let text = "http { server { location / { grpc_pass grpcs://a.example:443; grpc_ssl_verify_depth 4; } } }
            stream { server { proxy_pass a.example:444; proxy_ssl on; proxy_ssl_alpn h2 http/1.1; } }";
        let grpc = find(text, &peer("a.example:443")).unwrap().settings;
        assert_eq!((grpc.module, grpc.prefix()), (Module::Grpc, "grpc"));
        assert_eq!((grpc.alpn, grpc.verify_depth), (vec!["h2".to_owned()], 4));
        let stream = find(text, &peer("a.example:444")).unwrap().settings;
        assert_eq!(stream.module, Module::Stream);
        assert_eq!(stream.alpn, ["h2", "http/1.1"]);
    }

    #[test]
    fn what_cannot_be_known_is_said() {
        let text = "http { server {
            location /a { proxy_pass https://a.example; }
            location /b { proxy_pass https://a.example; proxy_ssl_server_name on; }
            location /c { proxy_pass https://$host; proxy_ssl_server_name on; }
            location /d { proxy_pass https://d.example; proxy_ssl_certificate $c; }
            location /e { proxy_pass http://e.example:443; } } }";
        let said = |question: &Question<'_>| find(text, question).unwrap_err();
        let at = |location: &'static str, peer: Option<&'static str>| {
            said(&Question {
                location: Some(location),
                peer,
                ..Question::default()
            })
        };
        assert!(
            at("/c", None).contains("nginx.conf:4"),
            "{}",
            at("/c", None)
        );
        assert!(at("/d", None).contains("which file $c is"));
        assert!(at("/e", Some("e.example:443")).contains("over TLS"));
        let two = find(
            &text.replace("https://$host", "http://b"),
            &peer("a.example:443"),
        );
        let two = two.unwrap_err();
        assert!(
            two.contains("nginx.conf:2") && two.contains("nginx.conf:3"),
            "{two}"
        );
    }
}
