//! What a change of settings does to security. A change that weakens it is tried only when the user has
//! asked for such changes, whoever proposes it.

use super::{Change, Settings};
use crate::registry::ProtocolVersion;
use crate::rules::Security;

/// Parts of cipher lists that bring suites without encryption, without authentication or with broken
/// ciphers. `HIGH` and `MEDIUM` hold some without authentication, too, unless those are taken out.
const WEAK: [&str; 14] = [
    "NULL",
    "ENULL",
    "ANULL",
    "ADH",
    "AECDH",
    "LOW",
    "EXP",
    "EXPORT",
    "RC4",
    "3DES",
    "DES",
    "MD5",
    "COMPLEMENTOFALL",
    "COMPLEMENTOFDEFAULT",
];
const WITH_ANONYMOUS: [&str; 3] = ["ALL", "HIGH", "MEDIUM"];
/// What builds of OpenSSL have for a security level, at most.
const DEFAULT_LEVEL: u32 = 2;

/// Compares the settings before and after.
pub(super) fn grade(before: &Settings, changes: &[Change]) -> Security {
    let after = before.with(changes);
    let weakens = changes.iter().any(|change| change.weakens)
        || (before.verify && !after.verify)
        || (before.verify && before.crl.is_some() && after.crl.is_none())
        || adds_old_version(before, &after)
        || level(&after) < level(before)
        || (allows_weak(&after) && !allows_weak(before))
        || commands_weaken(before, &after);
    let other_trust = after.verify
        && (before.trusted_certificate != after.trusted_certificate
            || before.compared_name() != after.compared_name());
    match (weakens, other_trust) {
        (true, _) => Security::Weakens,
        (_, true) => Security::ChangesTrust,
        _ => Security::Neutral,
    }
}

fn adds_old_version(before: &Settings, after: &Settings) -> bool {
    let known = before.versions();
    let is_new = |version: &ProtocolVersion| !known.contains(version);
    let mut after = after.versions().into_iter();
    after.any(|version| version < ProtocolVersion::TLS1_2 && is_new(&version))
}

/// The lists of suites in force; a command comes after the directive.
fn lists(settings: &Settings) -> impl Iterator<Item = &str> {
    let commands = settings.commands.iter();
    let command = commands
        .filter(|(name, _)| name.eq_ignore_ascii_case("CipherString"))
        .map(|(_, list)| list.as_str());
    settings.ciphers.as_deref().into_iter().chain(command)
}

fn parts(list: &str) -> impl Iterator<Item = String> + '_ {
    list.split([':', ',', ' ', ';'])
        .map(|part| part.trim().to_ascii_uppercase())
}

fn level(settings: &Settings) -> u32 {
    let named = lists(settings).flat_map(parts).filter_map(|part| {
        let level = part.strip_prefix("@SECLEVEL=")?;
        level.parse().ok()
    });
    named.last().unwrap_or(DEFAULT_LEVEL)
}

fn allows_weak(settings: &Settings) -> bool {
    lists(settings).any(|list| {
        let taken_out = parts(list).any(|part| part == "!ANULL");
        parts(list).any(|part| {
            let kinds = part.trim_start_matches('+').split('+');
            !part.starts_with(['!', '-', '@'])
                && kinds.into_iter().any(|kind| {
                    WEAK.contains(&kind) || (!taken_out && WITH_ANONYMOUS.contains(&kind))
                })
        })
    })
}

fn commands_weaken(before: &Settings, after: &Settings) -> bool {
    after.commands.iter().any(|command| {
        let (name, value) = (
            command.0.to_ascii_lowercase(),
            command.1.to_ascii_lowercase(),
        );
        let lowers = match name.as_str() {
            "options" => value
                .split(',')
                .any(|one| one.trim().trim_start_matches('+').starts_with("unsafe")),
            "minprotocol" => !["tlsv1.2", "tlsv1.3"].contains(&value.as_str()),
            "protocol" => true,
            _ => false,
        };
        lowers && !before.commands.contains(command)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graded(before: &str, change: &str) -> Security {
        let mut settings = Settings::of_host("a.example", 1_028_000);
        if !before.is_empty() {
            settings = settings.with(&Change::read(before).unwrap());
        }
        grade(&settings, &Change::read(change).unwrap())
    }

    #[test]
    fn what_weakens_is_seen_whoever_proposes_it() {
        for (before, change) in [
            ("proxy_ssl_verify on", "proxy_ssl_verify off"),
            ("", "proxy_ssl_protocols TLSv1 TLSv1.2"),
            (
                "proxy_ssl_protocols TLSv1.3",
                "proxy_ssl_protocols TLSv1.1 TLSv1.3",
            ),
            ("", "proxy_ssl_ciphers DEFAULT:@SECLEVEL=0"),
            (
                "proxy_ssl_ciphers DEFAULT:@SECLEVEL=1",
                "proxy_ssl_ciphers DEFAULT:@SECLEVEL=0",
            ),
            ("", "proxy_ssl_ciphers aNULL:HIGH:!MD5"),
            ("", "proxy_ssl_ciphers HIGH"),
            ("", "proxy_ssl_ciphers 'HIGH:!aNULL:kRSA+3DES'"),
            (
                "",
                "proxy_ssl_conf_command Options UnsafeLegacyServerConnect",
            ),
            ("", "proxy_ssl_conf_command MinProtocol TLSv1"),
            (
                "",
                "proxy_ssl_conf_command CipherString DEFAULT:@SECLEVEL=0",
            ),
        ] {
            assert_eq!(
                graded(before, change),
                Security::Weakens,
                "{before} {change}"
            );
        }
    }

    #[test]
    fn what_does_not_is_left_alone() {
        for (before, change) in [
            ("", "proxy_ssl_server_name on"),
            ("", "proxy_ssl_name b.example"),
            (
                "proxy_ssl_protocols TLSv1.3",
                "proxy_ssl_protocols TLSv1.2 TLSv1.3",
            ),
            (
                "proxy_ssl_protocols TLSv1",
                "proxy_ssl_protocols TLSv1 TLSv1.2",
            ),
            ("", "proxy_ssl_ciphers HIGH:!aNULL:!MD5:!3DES"),
            (
                "proxy_ssl_ciphers DEFAULT:@SECLEVEL=0",
                "proxy_ssl_ciphers HIGH:!aNULL:@SECLEVEL=0",
            ),
            ("", "proxy_ssl_verify on; proxy_ssl_verify_depth 3"),
            ("", "proxy_ssl_conf_command Groups P-256"),
            ("", "proxy_ssl_conf_command MinProtocol TLSv1.2"),
        ] {
            let grade = graded(before, change);
            assert_eq!(grade, Security::Neutral, "{before} {change}");
        }
    }

    #[test]
    fn trust_is_changed_only_where_something_is_trusted() {
        let on = "proxy_ssl_verify on";
        for change in ["proxy_ssl_name b", "proxy_ssl_trusted_certificate /a.pem"] {
            assert_eq!(graded(on, change), Security::ChangesTrust, "{change}");
            assert_eq!(graded("", change), Security::Neutral, "{change}");
        }
        assert_eq!(graded(on, "proxy_ssl_verify_depth 2"), Security::Neutral);
    }

    #[test]
    fn a_mark_of_a_rule_counts() {
        let mut change = Change::read("proxy_ssl_ciphers HIGH:!aNULL:!MD5").unwrap();
        let settings = Settings::of_host("a", 1_028_000);
        assert_eq!(grade(&settings, &change), Security::Neutral);
        change[0].weakens = true;
        assert_eq!(grade(&settings, &change), Security::Weakens);
    }
}
