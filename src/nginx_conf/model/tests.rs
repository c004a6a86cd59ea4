//! What a location effectively has, and how it is found.

use super::*;
use crate::nginx_conf::read_text;
use crate::nginx_conf::source::tests::Memory;

fn with<T>(text: &str, look: impl FnOnce(&Model<'_>) -> T) -> T {
    let tree = read_text(&Memory::default(), b"nginx.conf", text.as_bytes()).unwrap();
    look(&Model::new(&tree))
}

/// `directive of pass: tls target name` of everything that passes on.
fn passes(text: &str) -> Vec<String> {
    with(text, |model| {
        let one = |pass: &Pass<'_>| {
            let target = match &pass.target {
                Target::Block(block) => {
                    let name = model.block(*block).unwrap().name();
                    format!("block {}", String::from_utf8_lossy(name))
                }
                Target::Host(host, port) => format!("{} {port:?}", host.to_text()),
                Target::Unknown => "unknown".to_owned(),
            };
            let tls = UpstreamTls { model, pass };
            let name = String::from_utf8(tls.name().text).unwrap();
            format!("{:?} {:?} {target} {name}", pass.family, pass.tls)
        };
        model.passes().iter().map(one).collect()
    })
}

#[test]
fn targets_and_names() {
    let text = "
http {
  upstream Backend { server 192.0.2.1:443; }
  server {
    set $api https://api.example.com:8443;
    location /1 { proxy_pass https://backend; }
    location /2 { proxy_pass $api/path; proxy_ssl_name name.example.com:443; }
    location /3 { if ($a) { proxy_pass https://$host; } set $b x; set $b y; proxy_pass https://$b; }
    location /4 { grpc_pass grpcs://[::1]:50051; }
    location /5 { uwsgi_pass suwsgi://unix:/run/uwsgi.sock; }
    location /6 { set $c backend; proxy_pass https://$c; proxy_ssl_name $proxy_host; }
  }
  server { location / { proxy_pass $api; } }
}
stream {
  upstream backend { server 192.0.2.2:636; }
  proxy_ssl on;
  server { proxy_pass backend; }
  server { proxy_pass ldap.example.com:636; proxy_ssl off; }
}";
    assert_eq!(
        passes(text),
        [
            "Proxy Some(true) block Backend Backend",
            "Proxy Some(true) api.example.com Some(8443) name.example.com",
            "Proxy Some(true) unknown https://$host",
            "Proxy Some(true) unknown https://$b",
            "Grpc Some(true) [::1] Some(50051) [::1]",
            "Uwsgi Some(true) unix:/run/uwsgi.sock None /run/uwsgi.sock",
            "Proxy Some(true) block Backend Backend",
            "Proxy None unknown $api",
            "Stream Some(true) block backend backend",
            "Stream Some(false) ldap.example.com Some(636) ldap.example.com",
        ]
    );
}

#[test]
fn a_location_runs_its_own_variables_and_the_servers() {
    let hosts = |text: &str| {
        let passes = passes(text);
        let host = |pass: &String| pass.rsplit(' ').next().unwrap().replace("https://", "");
        passes.iter().map(host).collect::<Vec<_>>()
    };
    let own = "server {
        location /1 { set $a one; proxy_pass https://$a; }
        location /2 { set $a two; proxy_pass https://$a; location /in { proxy_pass https://$a; } }
        location /3 { proxy_pass https://$a; }
    }";
    assert_eq!(hosts(own), ["one", "two", "$a", "$a"]);
    let servers = "server {
        set $a all; set $b all; set $c all; set_by_lua_block $c { return 1 } auth_request_set $d x;
        location /1 { set $b one; proxy_pass https://$a; }
        location /2 { proxy_pass https://$b; location /in { proxy_pass https://$a; } }
        location /3 { proxy_pass https://$c; }
        location /4 { proxy_pass https://$d; }
    }";
    assert_eq!(hosts(servers), ["all", "$b", "all", "$c", "$d"]);
    let conditions = "server {
        location /1 { set $a one; if ($b) { set $a two; } proxy_pass https://$a; }
        location /2 { if ($b) { set $a two; proxy_pass https://$a; } proxy_pass https://$a; }
        location /3 { set $a one; if ($b) { proxy_pass https://$a; } }
    }";
    assert_eq!(hosts(conditions), ["$a", "two", "$a", "one"]);
}

#[test]
fn the_nearest_level_decides() {
    let text = "
http {
  proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_protocols TLSv1.2;
  proxy_ssl_conf_command Options A; proxy_ssl_conf_command Options B;
  server {
    proxy_ssl_server_name ON;
    location / {
      proxy_ssl_verify off; proxy_ssl_conf_command Options C;
      location /inner { proxy_pass https://a; proxy_ssl_session_reuse off; }
    }
    location /other { proxy_pass https://a; proxy_ssl_ciphers HIGH; }
  }
}";
    with(text, |model| {
        let [inner, other] = model.tls().collect::<Vec<_>>().try_into().unwrap();
        assert!(!inner.verifies() && other.verifies());
        assert!(inner.sends_name() && other.sends_name());
        assert!(!inner.reuses_sessions() && other.reuses_sessions());
        assert_eq!((inner.verify_depth(), other.verify_depth()), (3, 3));
        assert_eq!(inner.protocols(), Some(vec![b"TLSv1.2".as_slice()]));
        assert_eq!(
            (inner.ciphers(), other.ciphers()),
            (None, Some(b"HIGH".as_slice()))
        );
        let values = |tls: &UpstreamTls<'_, '_>| {
            let commands = tls.conf_commands();
            commands
                .iter()
                .map(|(.., value)| String::from_utf8_lossy(value).into_owned())
                .collect::<String>()
        };
        assert_eq!((values(&inner), values(&other)), ("C".into(), "AB".into()));
        assert_eq!(inner.sent_name(), Some(b"a".to_vec()));
    });
}

#[test]
fn parts_of_a_configuration_are_understood() {
    for (text, wanted) in [
        (
            "server { location / { proxy_pass https://a; } }",
            "Proxy Some(true)",
        ),
        ("location / { proxy_pass https://a; }", "Proxy Some(true)"),
        ("proxy_pass https://a;", "Proxy Some(true)"),
        (
            "proxy_ssl on; server { proxy_pass a:1; }",
            "Stream Some(true)",
        ),
        (
            "events {} http {} stream { server { proxy_pass a:1; } }",
            "Stream Some(false)",
        ),
    ] {
        let passes = passes(text);
        assert_eq!(passes.len(), 1, "{text}");
        assert!(passes[0].starts_with(wanted), "{text}: {passes:?}");
    }
}

#[test]
fn blocks_have_peers() {
    let text = "
upstream a { server one; server two:443 weight=2; server three down; keepalive 8; }
upstream b { server one:443; server one:444; }
upstream c { server 0.0.0.1; balancer_by_lua_block { } }";
    with(text, |model| {
        let [a, b, c] = model.blocks() else {
            panic!("three blocks")
        };
        let ports: Vec<_> = a.peers.iter().map(|peer| peer.port).collect();
        assert_eq!(ports, [None, Some(443)]);
        assert!(a.get("keepalive").is_some() && b.get("keepalive").is_none());
        assert_eq!(
            (a.only_name(), b.only_name()),
            (None, Some(b"one".as_slice()))
        );
        assert!(c.is_dynamic && !a.is_dynamic);
    });
}

#[test]
fn servers_answer_to_names() {
    let text = "
http {
  server { listen 80; server_name first; }
  server { listen *:80; server_name second third; }
  server { listen 443 ssl; listen 0.0.0.0:80; server_name _; }
  server { listen 443 quic default_server; server_name *.example.com; }
  server { server_name $variable; }
}";
    with(text, |model| {
        let servers = model.servers();
        let default: Vec<_> = servers.iter().map(|server| server.is_default).collect();
        assert_eq!(default, [true, false, false, true, false]);
        let tls: Vec<_> = servers.iter().map(|server| server.has_tls).collect();
        assert_eq!(tls, [false, false, true, true, false]);
        let fixed: Vec<_> = servers
            .iter()
            .map(|server| server.only_names().is_some())
            .collect();
        assert_eq!(fixed, [false, true, false, false, false]);
        assert!(servers[3].is_named(b"A.example.com") && !servers[3].is_named(b"example.com"));
    });
}

#[test]
fn a_server_whose_name_is_not_shown_may_be_any() {
    let fits = |text: &str| {
        let question = Question {
            server: Some("app.test"),
            ..Question::default()
        };
        with(text, |model| !model.answer(&question).is_empty())
    };
    let location = "location / { proxy_pass https://a.example.com; }";
    let named = |name: &str| format!("server {{ server_name {name}; {location} }}");
    for yes in [
        "app.test",
        "*.test",
        "$hostname",
        "${NAME}",
        "<%= @name %>",
        "@NAME@",
    ] {
        assert!(fits(&named(yes)), "{yes}");
    }
    assert!(fits(location));
    for no in ["other.test", "_", "~^(?<a>.+)@$"] {
        assert!(!fits(&named(no)), "{no}");
    }
    // One that is shown comes before.
    let both = format!(
        "{} {}",
        named("$hostname"),
        "server { server_name app.test; }"
    );
    assert!(!fits(&both));
}

#[test]
fn a_placeholder_may_be_any_peer() {
    let reaches = |server: &str, peer| {
        let text = format!(
            "http {{ upstream pool {{ server {server}; }} server {{ location / {{ proxy_pass https://pool; }} }} }}"
        );
        let question = Question {
            peer: Some(peer),
            ..Question::default()
        };
        with(&text, |model| !model.answer(&question).is_empty())
    };
    for (server, peer, wanted) in [
        ("${HOST}", "192.0.2.7:8443", true),
        ("${HOST}:443", "192.0.2.7:443", true),
        ("API_HOST:443", "192.0.2.7:8443", false),
        ("192.0.2.8:443", "192.0.2.7:443", false),
    ] {
        assert_eq!(reaches(server, peer), wanted, "{server} {peer}");
    }
}

#[test]
fn what_is_known_of_a_connection_finds_its_settings() {
    let text = "
http {
  upstream pool { server 192.0.2.1:443; server pool.example.com:8443; }
  server {
    server_name app.test;
    location / { proxy_pass https://pool; }
    location /api/ { proxy_pass https://api.example.com; }
    location = /exact { proxy_pass https://exact.example.com; }
    location ~ \\.php$ { proxy_pass https://php.example.com; }
    location /plain/ { proxy_pass http://pool; }
  }
  server { server_name *.test; location / { grpc_pass grpcs://pool; } }
}";
    let found = |question: Question<'_>| {
        with(text, |model| {
            let answer = model.answer(&question).into_iter();
            let target =
                |tls: UpstreamTls<'_, '_>| String::from_utf8(tls.pass.text.clone()).unwrap();
            answer.map(target).collect::<Vec<_>>()
        })
    };
    let none = Question::default();
    assert_eq!(found(none).len(), 5);
    let app = Question {
        server: Some("app.test"),
        ..none
    };
    let at = |location| Question {
        location: Some(location),
        ..app
    };
    assert_eq!(found(at("/exact")), ["https://exact.example.com"]);
    assert_eq!(
        found(at("/api/v1")),
        ["https://api.example.com", "https://php.example.com"]
    );
    assert_eq!(found(at("/api/")), ["https://api.example.com"]);
    assert_eq!(found(at("/plain/x")), ["https://php.example.com"]);
    assert_eq!(found(at("~ \\.php$")), ["https://php.example.com"]);
    let other = Question {
        server: Some("other.test"),
        ..none
    };
    assert_eq!(found(other), ["grpcs://pool"]);
    let peer = |peer| Question {
        peer: Some(peer),
        ..none
    };
    assert_eq!(
        found(peer("192.0.2.1:443")).len(),
        5,
        "names may resolve to it"
    );
    assert_eq!(
        found(peer("192.0.2.9:8443")),
        ["https://pool", "grpcs://pool"]
    );
    let upstream = Question {
        upstream: Some("POOL"),
        family: Some(Family::Grpc),
        ..none
    };
    assert_eq!(found(upstream), ["grpcs://pool"]);
    let upstream = Question {
        upstream: Some("api.example.com:443"),
        ..none
    };
    assert_eq!(found(upstream), ["https://api.example.com"]);
}
