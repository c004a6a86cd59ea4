//! A real nginx whose zone has something of everything, and names in it that are markup.

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client::{self, Response};
use tlsdiag_e2e::lab::{block, refusing, Lab, API};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::relay::{self, Switch};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::Peer;

/// Where the counters are.
pub const STATUS: &str = "/upstream_tls";
/// The same as Prometheus' text format 0.0.4, whoever asks.
pub const TEXT: &str = "/text";

/// Names in nginx.conf: of the zone, of an upstream, of a server's socket.
const ZONE: &str = "<script>alert(1)</script>";
const UPSTREAM: &str = "<img src=x onerror=alert(2)>&'";
const SOCKET: &str = "<svg onload=alert(3)>.sock";
/// The issuer of its certificate.
const ISSUER: &str = "</style><script>alert(4)</script>";
/// All of them, as people see them: the issuer as RFC 2253 has it.
pub const NAMES: [&str; 4] = [
    ZONE,
    UPSTREAM,
    SOCKET,
    r"CN=\</style\>\<script\>alert(4)\</script\>",
];

/// A ServerHelloDone, which nobody may begin with: OpenSSL refuses it with unexpected_message(10).
const OUT_OF_TURN: [u8; 9] = [0x16, 3, 3, 0, 4, 0x0e, 0, 0, 0];

/// The nginx and its upstreams.
pub struct Served {
    nginx: Nginx,
    peers: Vec<Peer>,
    changing: Switch,
    lab: Lab,
}

impl Served {
    /// Starts all of it; nothing is counted yet.
    pub fn start() -> Served {
        let lab = Lab::new();
        let hostile = Authority::root(ISSUER).issue(&Leaf::named(API).rsa());
        let socket = lab.directory.file(SOCKET);
        let peers = vec![
            lab.demanding().start(),
            lab.good().start(),
            Lab::new().good().start(),
            refusing(),
            scripted::start(Script::Reply(OUT_OF_TURN.to_vec())),
            relay::unix(&socket, lab.with(hostile).start()),
        ];
        let changing = Switch::to(&peers[1]);
        let port = |index: usize| [peers[index].port()];
        let own = lab.present("nginx");
        let config = Config::new()
            .module(Module::Ours)
            .http(&format!("upstream_tls_zone \"zone={ZONE}:1m\";\n"))
            .location(
                STATUS,
                "upstream_tls_status; allow 127.0.0.1; deny all; access_log off;",
            )
            .http(&block("partners", &port(0), ""))
            .http(&block("catalog", &port(1), ""))
            .http(&block("moving", &[changing.port()], ""))
            .http(&block("broken", &port(3), ""))
            .http(&block("garbled", &port(4), ""))
            .http(&format!(
                "upstream \"{UPSTREAM}\" {{ server \"unix:{}\"; }}\n",
                socket.display()
            ))
            .location("/partners", &format!("proxy_pass https://partners; {own}"))
            .location("/catalog", "proxy_pass https://catalog;")
            .location(
                "/moving",
                "proxy_pass https://moving; proxy_ssl_session_reuse off;",
            )
            .location("/broken", "proxy_pass https://broken;")
            .location("/garbled", "proxy_pass https://garbled;")
            .location("/hostile", &format!("proxy_pass \"https://{UPSTREAM}\";"));
        let itself = config.port.number();
        let text = format!(
            "proxy_pass http://127.0.0.1:{itself}{STATUS}; proxy_set_header Accept \"text/plain; version=0.0.4\";"
        );
        Served {
            nginx: Nginx::start(config.location(TEXT, &text)),
            peers,
            changing,
            lab,
        }
    }

    /// Port of nginx.
    pub fn port(&self) -> u16 {
        self.nginx.port()
    }

    /// Requests of every kind. The certificate of one upstream is another one each time.
    pub fn work(&self) {
        for (path, status) in [
            ("/partners", 200),
            ("/catalog", 200),
            ("/catalog", 200),
            ("/moving", 200),
            ("/broken", 502),
            ("/garbled", 502),
            ("/hostile", 200),
        ] {
            assert_eq!(client::get(self.port(), path).status, status, "{path}");
        }
        let next = match self.changing.target() == self.peers[1].port() {
            true => &self.peers[2],
            false => &self.peers[1],
        };
        self.changing.set(next);
    }

    /// The answer to `GET path`.
    pub fn get(&self, path: &str) -> Response {
        client::get(self.port(), path)
    }

    /// Stops nginx and checks that it met no trouble.
    pub fn finish(self) {
        self.nginx.finish();
        drop((self.peers, self.changing, self.lab));
    }
}
