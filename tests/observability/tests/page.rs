//! A real browser shows the page: what it should, in both colour schemes, and nothing a name says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::fs::File;
use std::path::Path;

use tlsdiag::counters::Snapshot;
use tlsdiag::report::status::{Format, CONTENT_SECURITY_POLICY};
use tlsdiag_e2e::client::{exchange, Response};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_observability::browser::{load, screenshot, Scheme, Seen};
use tlsdiag_observability::reports::{hostile, report, sample};
use tlsdiag_observability::repository;
use tlsdiag_observability::served::{Served, NAMES, STATUS};
use tlsdiag_observability::site::{Answer, Site};

/// Serves a page as the module does.
fn serve(body: String) -> Site {
    Site::start(move |path| {
        let page = Answer {
            headers: vec![
                format!("Content-Type: {}", Format::Html.content_type()),
                format!("Content-Security-Policy: {CONTENT_SECURITY_POLICY}"),
            ],
            body: body.clone(),
        };
        (path == "/status").then_some(page)
    })
}

fn url(site: &Site) -> String {
    format!("http://127.0.0.1:{}/status", site.port())
}

fn page(snapshot: &Snapshot) -> Site {
    serve(report(Format::Html, snapshot))
}

/// The browser refused something, or asked for more than the page.
fn violations(site: &Site, seen: &Seen) -> Vec<String> {
    let refused = seen
        .console
        .iter()
        .filter(|line| line.contains("Content Security Policy"));
    let asked = site
        .paths()
        .into_iter()
        .filter(|path| !["/status", "/favicon.ico"].contains(&path.as_str()));
    refused.cloned().chain(asked).collect()
}

#[test]
fn the_page_says_what_was_counted() {
    let site = page(&sample(1));
    let seen = load(&url(&site));
    assert_eq!(violations(&site, &seen), Vec::<String>::new());
    assert_eq!(seen.console, Vec::<String>::new());
    for text in [
        "<dt>Good handshakes</dt><dd>58</dd>",
        "<dt>Servers failing now</dt><dd class=\"bad\">2</dd>",
        "<code>certificate_expired</code> 61 s ago",
        "changed since it last worked: certificate_expired, cipher",
        "in all: misdirected_request 1, certificate_expired 12, certificate_issuer_unknown 2, handshake_timeout 3",
        "18<small>1 in HTTP</small>",
        "TLSv1.3 TLS_AES_256_GCM_SHA384 x25519",
        "CN=Example Issuing CA",
        "a.orders.internal:8443",
    ] {
        assert!(seen.document.contains(text), "{text} in {}", seen.document);
    }
}

#[test]
fn hostile_names_are_only_text() {
    let site = page(&hostile());
    let seen = load(&url(&site));
    assert_eq!(violations(&site, &seen), Vec::<String>::new());
    assert!(!seen.document.contains("<script") && !seen.document.contains("<img"));
    assert!(
        seen.document.contains("&lt;script&gt;alert(1)"),
        "{}",
        seen.document
    );
    assert_eq!(seen.document.matches("<style>").count(), 1);
}

/// nginx serves it, and the names are nginx.conf's and a certificate's.
#[test]
fn nginx_serves_hostile_names_as_text() {
    let served = Served::start();
    served.work();
    let url = format!("http://127.0.0.1:{}{STATUS}", served.port());
    let seen = load(&url);
    assert_eq!(seen.console, Vec::<String>::new());
    for markup in ["<script", "<img", "<svg", "onerror=\"", "onload=\""] {
        assert!(!seen.document.contains(markup), "{}", seen.document);
    }
    for name in NAMES {
        let text = name
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        assert!(seen.document.contains(&text), "{text} in {}", seen.document);
    }
    assert_eq!(seen.document.matches("<style>").count(), 1);
    let policy = format!("Content-Security-Policy: {CONTENT_SECURITY_POLICY}");
    let request = format!("GET {STATUS} HTTP/1.0\r\nAccept: text/html\r\n\r\n");
    let head = Response::parse(&exchange(served.port(), request.as_bytes())).headers;
    assert!(head.contains(&policy), "{head:?}");
    // Kept, for whoever wants to see them.
    let pictures = repository("build/observability");
    std::fs::create_dir_all(&pictures).unwrap();
    for (scheme, name, background) in [
        (Scheme::Light, "page-light.png", LIGHT),
        (Scheme::Dark, "page-dark.png", DARK),
    ] {
        let file = pictures.join(name);
        screenshot(&url, scheme, &file);
        let picture = Picture::read(&file);
        assert_eq!(picture.background(), background, "{name}");
        assert!(picture.colours() > 50, "{name}: nothing is drawn");
    }
    served.finish();
}

/// Without this the tests above could not fail.
#[test]
fn the_policy_is_in_force_and_its_breach_is_seen() {
    let honest = report(Format::Html, &sample(1));
    for (what, page) in [
        (
            "another style",
            honest.replacen("<style>:root", "<style>body{color:red}:root", 1),
        ),
        (
            "a script",
            honest.replacen("</body>", "<script>document.title='x'</script></body>", 1),
        ),
        (
            "a style attribute",
            honest.replacen("<body>", "<body style=\"color:red\">", 1),
        ),
        (
            "an image",
            honest.replacen("<body>", "<body><img src=\"/evil.png\">", 1),
        ),
    ] {
        assert_ne!(page, honest, "{what} was not put in");
        let site = serve(page);
        let seen = load(&url(&site));
        assert!(
            !violations(&site, &seen).is_empty(),
            "{what} is let through: {seen:?}"
        );
        assert!(!site.paths().contains(&"/evil.png".to_owned()), "{what}");
    }
}

#[test]
fn both_colour_schemes_are_drawn() {
    let directory = TempDir::new("screenshots");
    let site = page(&sample(1));
    let draw = |scheme, name: &str| {
        let file = directory.file(name);
        screenshot(&url(&site), scheme, &file);
        Picture::read(&file)
    };
    let light = draw(Scheme::Light, "light.png");
    let dark = draw(Scheme::Dark, "dark.png");
    assert_eq!(light.background(), LIGHT);
    assert_eq!(dark.background(), DARK);
    for picture in [light, dark] {
        assert!(picture.colours() > 50, "nothing is drawn");
    }
}

/// The page's backgrounds.
const LIGHT: [u8; 3] = [0xff, 0xff, 0xff];
const DARK: [u8; 3] = [0x14, 0x18, 0x1d];

struct Picture {
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    fn read(file: &Path) -> Picture {
        let decoder = png::Decoder::new(File::open(file).unwrap());
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let samples = info.color_type.samples();
        let pixels = bytes[..info.buffer_size()].chunks(samples);
        Picture {
            pixels: pixels.map(|one| [one[0], one[1], one[2]]).collect(),
        }
    }

    fn background(&self) -> [u8; 3] {
        self.pixels[0]
    }

    fn colours(&self) -> usize {
        let mut all = self.pixels.clone();
        all.sort_unstable();
        all.dedup();
        all.len()
    }
}
