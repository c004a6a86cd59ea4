//! What locations of one upstream share without being asked.

use tlsdiag_e2e::lab::{block, Lab, API, KEEP};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::trial::run;

use super::lab::{bodies, findings, mirror, only};

/// Two locations, each with its own directives, to one block or to a block for each, with connections that
/// are kept or not.
struct Two {
    peer: Nginx,
    kept: bool,
    first: String,
    second: String,
}

impl Two {
    fn config(&self, apart: bool, help: &str) -> Config {
        let more = if self.kept { "keepalive 4;" } else { "" };
        let block = |name: &str| block(name, &[self.peer.port()], more);
        let (blocks, other) = match apart {
            true => (
                block(API) + &block("other.example.test"),
                "other.example.test",
            ),
            false => (block(API), API),
        };
        let (first, second) = (&self.first, &self.second);
        Config::new()
            .http(&blocks)
            .server(if self.kept { KEEP } else { "" })
            .location("/a", &format!("proxy_pass https://{API};\n{first}"))
            .location(
                "/b",
                &format!("proxy_pass https://{other};\n{second}{help}"),
            )
    }

    /// Two blocks help, where one mixes both.
    fn prove_apart(&self, id: &str, mixed: [&str; 2], apart: [&str; 2]) {
        let together = self.config(false, "");
        let finding = only(&together, id);
        assert!(finding.directive.starts_with("keepalive"));
        assert_eq!(findings(&together, "session_mixes_settings"), []);
        assert_eq!(answers(together), mixed);
        assert_eq!(findings(&self.config(true, ""), id), []);
        assert_eq!(answers(self.config(true, "")), apart);
    }
}

fn answers(config: Config) -> Vec<String> {
    bodies(config, &["/a", "/b"])
}

#[test]
fn pool_mixes_names() {
    let name = |name: &str| format!("proxy_ssl_server_name on; proxy_ssl_name {name};");
    let two = Two {
        peer: mirror(&Lab::new(), "$ssl_server_name", ""),
        kept: true,
        first: name("a.test"),
        second: name("b.test"),
    };
    let (mixed, apart) = (["a.test", "a.test"], ["a.test", "b.test"]);
    two.prove_apart("pool_mixes_names", mixed, apart);
}

/// The locations show two clients' certificates to a peer that says whose it saw.
fn identities(lab: &Lab, kept: bool) -> Two {
    let authority = lab.authority_file(&lab.clients, "clients");
    let server = format!(
        "ssl_verify_client on; ssl_client_certificate {authority}; ssl_session_cache shared:a:1m;"
    );
    Two {
        peer: mirror(lab, "$ssl_client_s_dn", &server),
        kept,
        first: lab.present("admin"),
        second: lab.present("guest"),
    }
}

const ADMIN: [&str; 2] = ["CN=admin", "CN=admin"];
const BOTH: [&str; 2] = ["CN=admin", "CN=guest"];

#[test]
fn pool_mixes_identities() {
    let lab = Lab::new();
    identities(&lab, true).prove_apart("pool_mixes_identities", ADMIN, BOTH);
}

#[test]
fn session_mixes_identities() {
    const ID: &str = "session_mixes_settings";
    let lab = Lab::new();
    let two = identities(&lab, false);
    let help = only(&two.config(false, ""), ID).help.join("\n");
    assert_eq!(answers(two.config(false, "")), ADMIN);
    assert_eq!(answers(two.config(false, &help)), BOTH);
    assert_eq!(findings(&two.config(false, &help), ID), []);
}

/// The verdict of a location that does not verify comes with the session, and the other one rejects a
/// good certificate.
#[test]
fn session_mixes_verification() {
    let lab = Lab::new();
    let two = Two {
        peer: mirror(&lab, "hello", "ssl_session_cache shared:a:1m;"),
        kept: false,
        first: String::new(),
        second: lab.verify(),
    };
    let finding = only(&two.config(false, ""), "session_mixes_settings");
    let fallen = run(two.config(false, ""), &["/a", "/b"]);
    let log = &fallen.finished.log.text;
    assert_eq!(fallen.statuses()[1], 502, "{log}");
    assert!(
        log.contains("upstream SSL certificate verify error"),
        "{log}"
    );
    let help = finding.help.join("\n");
    assert_eq!(answers(two.config(false, &help)), ["hello", "hello"]);
}
