//! The status as HTTP serves it.

use openssl::base64::encode_block;
use openssl::sha::sha256;
use tlsdiag_e2e::client::{self, Response};
use tlsdiag_e2e::nginx::Nginx;

use super::lab::{ask, block, counting, get, healthy, refusing};

fn nginx() -> (Nginx, [tlsdiag_e2e::peers::Peer; 2]) {
    let (good, bad) = (healthy(), refusing());
    let fixed = |report: &str| format!("upstream_tls_status {report}; allow 127.0.0.1; deny all;");
    let config = counting()
        .http(&block("orders", &good))
        .http(&block("broken", &bad))
        .location("/good", "proxy_pass https://orders;")
        .location("/bad", "proxy_pass https://broken;")
        .location("/json", &fixed("json"))
        .location("/metrics", &fixed("prometheus"))
        .location("/page", &fixed("html"))
        .location("/denied", "upstream_tls_status; deny all;");
    let nginx = Nginx::start(config);
    get(&nginx, "/good", 200, 1);
    get(&nginx, "/bad", 502, 1);
    (nginx, [good, bad])
}

fn header<'a>(response: &'a Response, name: &str) -> Vec<&'a str> {
    let prefix = format!("{name}: ");
    let lines = response.headers.iter();
    lines
        .filter_map(|line| line.strip_prefix(&prefix))
        .collect()
}

fn text(response: &Response) -> String {
    String::from_utf8(response.body.clone()).unwrap()
}

#[test]
fn each_client_gets_its_format() {
    let (nginx, _peers) = nginx();
    let json = "application/json";
    let text_004 = "text/plain; version=0.0.4; charset=utf-8";
    let open = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";
    let html = "text/html; charset=utf-8";
    for (path, accept, content_type) in [
        ("/status", "*/*", json),
        ("/status", "text/html,*/*;q=0.8", html),
        ("/status", "text/plain;version=0.0.4", text_004),
        (
            "/status",
            "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
            open,
        ),
        ("/json", "text/html", json),
        ("/metrics", "text/html", text_004),
        (
            "/metrics",
            "application/openmetrics-text;version=1.0.0",
            open,
        ),
        ("/page", "application/json", html),
    ] {
        let response = ask(&nginx, path, accept);
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(
            header(&response, "Content-Type"),
            [content_type],
            "{path} {accept}"
        );
        assert_eq!(header(&response, "Cache-Control"), ["no-store"]);
        assert_eq!(header(&response, "Vary"), ["Accept"]);
        assert_eq!(header(&response, "X-Content-Type-Options"), ["nosniff"]);
        let policy = header(&response, "Content-Security-Policy").len();
        assert_eq!(policy, usize::from(content_type == html));
        let length = response.body.len().to_string();
        assert_eq!(header(&response, "Content-Length"), [length.as_str()]);
        let body = text(&response);
        assert!(
            body.contains("orders") && body.contains("sni_missing"),
            "{path}: {body}"
        );
        match content_type {
            _ if content_type == json => {
                assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok())
            }
            _ if content_type == open => assert!(body.ends_with("# EOF\n")),
            _ if content_type == html => assert!(body.ends_with("</html>\n")),
            _ => assert!(body.contains("# TYPE nginx_upstream_tls_handshakes_total counter\n")),
        }
    }
    nginx.finish();
}

#[test]
fn only_reading_is_allowed_and_only_where_nginx_allows_it() {
    let (nginx, _peers) = nginx();
    let send = |request: &str| {
        let request = format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        client::exchange(nginx.port(), request.as_bytes())
    };
    let head = send("HEAD /json");
    let head = String::from_utf8(head).unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    assert!(
        head.contains("\r\nContent-Type: application/json\r\n"),
        "{head}"
    );
    assert_eq!(Response::parse(&send("POST /json")).status, 405);
    assert_eq!(Response::parse(&send("DELETE /json")).status, 405);
    assert_eq!(client::get(nginx.port(), "/denied").status, 403);
    nginx.finish();
}

#[test]
fn the_page_is_in_order() {
    let (nginx, _peers) = nginx();
    let page = ask(&nginx, "/page?a=b&refresh=7", "*/*");
    let body = text(&page);
    assert!(
        body.contains(r#"<meta http-equiv="refresh" content="7">"#),
        "{body}"
    );
    assert!(!text(&ask(&nginx, "/page?refresh=x", "*/*")).contains("http-equiv"));
    let style = body
        .split("<style>")
        .nth(1)
        .unwrap()
        .split("</style>")
        .next()
        .unwrap();
    let hash = format!("'sha256-{}'", encode_block(&sha256(style.as_bytes())));
    let policy = header(&page, "Content-Security-Policy")[0];
    assert!(policy.contains(&hash), "{policy} must have {hash}");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for tag in ["<script", "<img", "<link", "style=", "http://", "https://"] {
        assert!(!body.contains(tag), "{tag} in {body}");
    }
    nginx.finish();
}

/// A charset and compression of the operator's change neither the type nor the figures.
#[test]
fn filters_of_nginx_leave_it_as_it_is() {
    let good = healthy();
    let config = counting()
        .http(&block("orders", &good))
        .http("charset utf-8; charset_types *; gzip on; gzip_types *; gzip_min_length 1; gzip_vary on;\n")
        .location("/good", "proxy_pass https://orders;");
    let nginx = Nginx::start(config);
    get(&nginx, "/good", 200, 1);
    let plain = ask(&nginx, "/status", "text/plain");
    let content_type = header(&plain, "Content-Type");
    assert_eq!(content_type, ["text/plain; version=0.0.4; charset=utf-8"]);
    let request =
        "GET /status HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n";
    let zipped = Response::parse(&client::exchange(nginx.port(), request.as_bytes()));
    assert_eq!(header(&zipped, "Content-Encoding"), ["gzip"]);
    // A type without parameters gets the operator's charset, as every other answer does.
    let content_type = header(&zipped, "Content-Type");
    assert_eq!(content_type, ["application/json; charset=utf-8"]);
    nginx.finish();
}
