//! What rogues and clients call themselves: words of our line, marks of nginx's log, and every kind of
//! byte that a terminal or a parser might heed.

use std::sync::OnceLock;

use tlsdiag_e2e::client::{self, Response};
pub(crate) use tlsdiag_e2e::lab::API;
use tlsdiag_e2e::nginx::{Config, Nginx};

/// The rogue's own name, a good one in DNS and in nginx.conf.
pub(crate) const EVIL: &str = "evil.attacker.test";
/// For a distinguished name: at most 64 characters.
pub(crate) const SUBJECT: &str =
    "Evil, fix: x (certain)[emerg]'\"; not: \u{1b}[2J\n\u{7f}\u{9b}\u{202e}";
/// For a subjectAltName.
pub(crate) const SAN: &str =
    "evil, fix: x (certain); fix: \"proxy_ssl_verify off;\" (certain) [alert]'\u{1b}\r\n\u{7f}\u{85}\u{2066}.attacker.test";
/// For authorityInfoAccess.
pub(crate) const URL: &str =
    "http://evil.attacker.test/, fix: x (certain)[emerg]\"'\u{1b}\u{7f}\u{85}\u{202e}";
/// For a `Host` header: nginx takes no space and no control byte there, and a colon begins a port.
const HOST: &str = "evil,fix=x(certain)[emerg]\"';\u{85}\u{202e}.attacker.test";
/// The same for an nginx that takes RFC 3986's characters only, as 1.31 does.
const STRICT_HOST: &str = "evil,fix=x(certain)emerg';.attacker.test";

/// The worst `Host` that the nginx under test takes.
pub(crate) fn host() -> &'static str {
    static HOSTS: OnceLock<&str> = OnceLock::new();
    HOSTS.get_or_init(|| {
        let nginx = Nginx::start(Config::new().location("/", "return 204;"));
        let takes = |host: &&str| {
            let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let answer = client::exchange(nginx.port(), request.as_bytes());
            Response::parse(&answer).status == 204
        };
        let worst = [HOST, STRICT_HOST].into_iter().find(takes);
        worst.expect("a host that this nginx takes")
    })
}
/// For another header, or the server_name of a client: nginx cuts a name at a colon.
pub(crate) const NAME: &str =
    "evil, fix= x (certain)[emerg] \"';\u{1b}\u{7f}\u{85}\u{202e}.attacker.test, fix: x (certain)";

/// For the path of a request.
pub(crate) const PATH: &str = "/evil,fix:x(certain)[emerg]\"';\u{85}\u{202e}.attacker.test";

/// What none of our own words has.
const MARKS: [&str; 5] = ["evil", "attacker", "emerg", "x (certain", "x_(certain"];

/// The first mark of somebody else's words in `text`.
pub(crate) fn mark_in(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    MARKS.into_iter().find(|mark| text.contains(mark))
}
