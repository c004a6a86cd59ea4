//! The whole catalogue: every rule fires on its case, not on the nearest other one, and is
//! documented; every document is valid.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{json, Value};
use tlsdiag::changes::Change;
use tlsdiag::facts::Facts;
use tlsdiag::report::Repeated;
use tlsdiag::rules::{Applicability, Confidence, Evidence, CATALOGUE, SOURCES};
use tlsdiag::{report, Diagnosis, Recording};

mod catalogue {
    pub(crate) mod cases;
    pub(crate) mod commands;
    pub(crate) mod fixes;
    pub(crate) mod telling;
}
use catalogue::cases::{Case, CASES};
use catalogue::commands::COMMANDS;
use catalogue::fixes::FIXES;
use catalogue::telling::TELLINGS;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// (folder, file) of every recording.
fn fixtures() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root().join("tests/fixtures"))
        .unwrap()
        .flatten()
    {
        if folder.path().is_dir() {
            for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
                found.push((folder.file_name().into_string().unwrap(), file.path()));
            }
        }
    }
    found.sort();
    assert!(found.len() >= 19, "the fixtures are missing");
    found
}

fn load(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn diagnose(recording: &Recording) -> Diagnosis {
    tlsdiag::diagnose(&Facts::of(recording))
}

fn recording(value: &Value) -> Recording {
    Recording::from_json(&value.to_string()).unwrap()
}

impl Case {
    /// The fixture with this case's changes.
    fn recording(&self) -> Recording {
        let mut value = load(&root().join("tests/fixtures").join(self.fixture));
        for (pointer, change) in self.changes {
            let change: Value = serde_json::from_str(change).unwrap();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let parent = value
                .pointer_mut(parent)
                .unwrap_or_else(|| panic!("no {parent}"));
            match parent {
                Value::Array(list) => list[key.parse::<usize>().unwrap()] = change,
                Value::Object(map) if change.is_null() => drop(map.remove(key)),
                Value::Object(map) => drop(map.insert(key.to_owned(), change)),
                _ => panic!("{pointer} is below a scalar"),
            }
        }
        recording(&value)
    }
}

#[test]
fn recordings_get_the_name_of_their_folder() {
    for (folder, path) in fixtures() {
        let value = load(&path);
        let recording = recording(&value);
        assert_eq!(diagnose(&recording).name, folder, "{path:?}");
        assert_eq!(
            serde_json::to_value(&recording).unwrap(),
            value,
            "{path:?} is not whole"
        );
    }
}

#[test]
fn every_case_gets_its_name_and_no_other() {
    for case in CASES {
        let Diagnosis {
            name,
            alternatives,
            finding,
            ..
        } = diagnose(&case.recording());
        let told = format!(
            "{} {:?}: {name}, then {alternatives:?}",
            case.fixture, case.changes
        );
        assert_eq!(name, case.name, "{told}");
        assert_ne!(name, case.not, "{told}");
        let certain = finding.confidence == Confidence::Certain;
        assert!(
            !certain || !alternatives.contains(&case.not),
            "certain, but {told}"
        );
    }
}

#[test]
fn every_rule_has_a_firing_case_and_a_near_miss() {
    let mut firing: BTreeSet<_> = CASES.iter().map(|case| case.name.to_owned()).collect();
    firing.extend(fixtures().into_iter().map(|(folder, _)| folder));
    let missing: BTreeSet<_> = CASES.iter().map(|case| case.not).collect();
    for rule in CATALOGUE {
        assert!(firing.contains(rule.name), "{} never fires", rule.name);
        // The last rule takes what is left: there is no near miss to it.
        assert!(
            missing.contains(rule.name) || rule.name == "unknown",
            "{} never misses",
            rule.name
        );
    }
}

#[test]
fn names_are_unique_and_are_files() {
    let names: BTreeSet<_> = CATALOGUE.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), CATALOGUE.len());
    for rule in CATALOGUE {
        let file = format!("src/rules/{}/{}.rs", rule.family.name(), rule.name);
        assert!(root().join(&file).is_file(), "{file}");
    }
}

fn explanation(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect()
}

#[test]
fn every_rule_is_explained_under_every_heading() {
    for (name, source) in SOURCES {
        let text = explanation(source);
        let headings: Vec<_> = text.lines().filter(|line| line.starts_with("# ")).collect();
        let wanted = [
            "# What it means",
            "# Evidence",
            "# Why it happens",
            "# Workaround",
            "# Dead ends",
            "# References",
        ];
        assert_eq!(headings, wanted, "{name}");
    }
}

/// `TLSDIAG_BLESS=1 cargo test` writes the page anew.
#[test]
fn the_page_of_diagnoses_is_current() {
    let mut page = String::from(
        "# Diagnoses\n\nGenerated from the rules (`TLSDIAG_BLESS=1 cargo test`). \
         `tlsdiag explain NAME` shows the same.\n",
    );
    for rule in CATALOGUE {
        let (_, source) = SOURCES.iter().find(|(name, _)| *name == rule.name).unwrap();
        let text = explanation(source).replace("\n# ", "\n### ");
        page.push_str(&format!("\n## {}\n\n{text}", rule.name));
    }
    let path = root().join("docs/diagnoses.md");
    if std::env::var_os("TLSDIAG_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let current = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        current == page,
        "docs/diagnoses.md is out of date: run TLSDIAG_BLESS=1 cargo test"
    );
}

/// Every recording and case with its answer.
fn answers() -> Vec<(Recording, Diagnosis)> {
    let all = fixtures()
        .into_iter()
        .map(|(_, path)| recording(&load(&path)));
    all.chain(CASES.iter().map(Case::recording))
        .chain(FIXES.iter().map(|one| one.case.recording()))
        .chain(TELLINGS.iter().map(|one| one.case.recording()))
        .map(|recording| {
            let diagnosis = diagnose(&recording);
            (recording, diagnosis)
        })
        .collect()
}

#[test]
fn every_fix_that_can_be_pasted_has_a_snippet() {
    for (_, diagnosis) in answers() {
        let remedy = &diagnosis.finding.remedy;
        assert_eq!(
            remedy.fix.is_empty(),
            remedy.applicability == Applicability::Manual
        );
        let path = root().join(format!("nginx-conf/workarounds/{}.conf", diagnosis.name));
        if remedy.fix.is_empty() {
            assert!(remedy.action.is_some(), "{} offers nothing", diagnosis.name);
            continue;
        }
        let mut snippet = std::fs::read_to_string(&path).unwrap_or_default();
        // What comes first may be what another cause would take.
        for other in &diagnosis.alternatives {
            let path = root().join(format!("nginx-conf/workarounds/{other}.conf"));
            snippet.push_str(&std::fs::read_to_string(path).unwrap_or_default());
        }
        for directive in &remedy.fix {
            // The snippets are proxy_pass's.
            let name = directive.split(' ').next().unwrap();
            let name = name.split_once("_ssl_").unwrap().1;
            let weakens = remedy.security == tlsdiag::rules::Security::Weakens;
            assert!(
                snippet.contains(name) || weakens,
                "{name} is not in {path:?}"
            );
        }
        assert!(!remedy.fix.iter().any(|fix| fix.contains("_ssl_verify off")));
    }
}

#[test]
fn fixes_fit_the_nginx_the_library_and_what_is_configured() {
    for one in FIXES {
        let Diagnosis { name, finding, .. } = diagnose(&one.case.recording());
        let told = format!("{name}: {} {:?}", one.case.fixture, one.case.changes);
        assert_eq!(finding.remedy.fix, one.fix, "{told}");
        let lowers = one
            .fix
            .iter()
            .any(|fix| fix.contains("Unsafe") || fix.contains("SECLEVEL=0"));
        let marked = finding.remedy.security == tlsdiag::rules::Security::Weakens;
        assert!(marked || !lowers, "{told} is not marked");
    }
}

fn reproduce(recording: &Recording, diagnosis: &Diagnosis) -> Option<String> {
    let document: Value =
        serde_json::from_str(&report::document(diagnosis, &Facts::of(recording))).unwrap();
    let command = document.pointer("/nginx/upstream_tls/reproduce")?;
    Some(command.as_str().unwrap().to_owned())
}

#[test]
fn commands_make_the_same_offer() {
    for one in COMMANDS {
        let recording = one.case.recording();
        let wanted = one.options.map(|options| {
            let peer = recording.context.peer.as_deref().unwrap();
            format!("openssl s_client -connect {peer} {options} -showcerts")
        });
        let command = reproduce(&recording, &diagnose(&recording));
        let told = format!("{} {:?}", one.case.fixture, one.case.changes);
        assert_eq!(command, wanted, "{told}");
    }
}

#[test]
fn commands_can_be_pasted_into_a_shell() {
    for (recording, diagnosis) in answers() {
        let Some(command) = reproduce(&recording, &diagnosis) else {
            continue;
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" ./:[]_-,+@=".contains(&byte);
        assert!(command.bytes().all(plain), "{command}");
    }
}

#[test]
fn answers_say_how_sure_they_are_and_what_else_it_may_be() {
    let mut wrong = Vec::new();
    for one in TELLINGS {
        let recording = one.case.recording();
        let diagnosis = diagnose(&recording);
        let line = report::line(&diagnosis, &Facts::of(&recording));
        let right = diagnosis.finding.confidence.name() == one.confidence
            && diagnosis.alternatives == one.alternatives
            && line.contains(one.line)
            && !line.contains(one.not);
        if !right {
            let others = &diagnosis.alternatives;
            wrong.push(format!("{one:?} is told as\n{line}, then {others:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Validates by docs/upstream_tls.schema.json.
fn schema() -> impl Fn(&Value) -> Result<(), String> {
    let schema = load(&root().join("docs/upstream_tls.schema.json"));
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    let url = "http://tlsdiag.invalid/schema.json";
    compiler.add_resource(url, schema).unwrap();
    let index = compiler.compile(url, &mut schemas).unwrap();
    move |document| {
        schemas
            .validate(document, index)
            .map_err(|why| why.to_string())
    }
}

/// One line and one document for all that was not written.
#[test]
fn a_number_of_repeats_has_a_line_and_a_document() {
    let repeated = Repeated {
        reason: "certificate_expired",
        count: 123,
        start_ms: 1_795_423_200_000,
        end_ms: 1_795_423_260_000,
        upstream: "orders\u{1b}; fix: x (certain)",
        server: "10.0.0.5:8443",
        now_ms: 1_795_423_260_100,
        pid: 7,
    };
    let told = "123 more like this suppressed in the last 60 s: orders\\x1B\\x3B_fix:_x_(certain), 10.0.0.5:8443";
    assert_eq!(
        report::repeats_line(&repeated),
        format!("upstream_tls[certificate_expired] {told}")
    );
    let document = |repeated: &Repeated<'_>| -> Value {
        let text = report::repeats_document(repeated);
        serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"))
    };
    let one = document(&repeated);
    let valid = schema();
    assert_eq!(valid(&one), Ok(()));
    assert_eq!(one["message"], told);
    assert_eq!(one["event"]["start"], "2026-11-23T08:40:00.000Z");
    assert_eq!(one["event"]["end"], "2026-11-23T08:41:00.000Z");
    assert_eq!(one["server"]["ip"], "10.0.0.5");
    assert_eq!(one["nginx"]["upstream_tls"]["suppressed"], 123);

    let unix = Repeated {
        server: "unix:/run/orders.sock",
        now_ms: repeated.end_ms + 90_000,
        ..repeated
    };
    assert_eq!(valid(&document(&unix)), Ok(()));
    assert!(report::repeats_line(&unix).contains("suppressed in 60 s, until 90 s ago: orders"));
    // A document of a failure is no such document, and the other way round.
    let mut mixed = document(&unix);
    mixed["event"]["action"] = "tls-handshake".into();
    assert!(valid(&mixed).is_err());
    let mut mixed = self::document("sni_missing/alert_40.json", &[]);
    assert_eq!(valid(&mixed), Ok(()));
    mixed["nginx"]["upstream_tls"]["suppressed"] = 1.into();
    assert!(valid(&mixed).is_err());
}

#[test]
fn every_document_is_valid_and_every_line_has_its_shape() {
    let valid = schema();
    for (recording, diagnosis) in answers() {
        let text = report::document(&diagnosis, &Facts::of(&recording));
        assert!(text.len() <= 4095 && !text.contains('\n'));
        let document: Value = serde_json::from_str(&text).unwrap();
        if let Err(why) = valid(&document) {
            panic!("{}: {why}\n{document:#}", diagnosis.name);
        }
        check_names(&document, "");
        let line = report::line(&diagnosis, &Facts::of(&recording));
        assert!(
            line.len() <= 900 && line.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
            "{line}"
        );
        assert!(line.starts_with(&format!("upstream_tls[{}] ", diagnosis.name)));
        assert_eq!(line.matches("; fix: ").count(), 1, "{line}");
        assert_eq!(line.matches("; facts: ").count(), 1, "{line}");
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
        let remedy = &diagnosis.finding.remedy;
        let words = [
            Some(&diagnosis.finding.sentence),
            remedy.action.as_ref(),
            remedy.condition.as_ref(),
        ];
        for text in words.into_iter().flatten() {
            assert!(!text.contains([';', '"']), "it would end there: {text}");
        }
    }
}

#[test]
fn the_schema_lists_every_name_and_every_evidence() {
    let schema = load(&root().join("docs/upstream_tls.schema.json"));
    let diagnosis = &schema["properties"]["nginx"]["properties"]["upstream_tls"]["properties"]
        ["diagnosis"]["properties"];
    let listed = |list: &Value| -> BTreeSet<String> {
        let list = list["items"]["enum"].as_array().unwrap().iter();
        list.map(|one| one.as_str().unwrap().to_owned()).collect()
    };
    let names = CATALOGUE.iter().map(|rule| rule.name.to_owned());
    assert_eq!(listed(&diagnosis["alternatives"]), names.collect());
    let evidence = Evidence::ALL.iter().map(|one| one.code().to_owned());
    assert_eq!(listed(&diagnosis["because"]), evidence.collect());
    let changed =
        &schema["properties"]["nginx"]["properties"]["upstream_tls"]["properties"]["changed"];
    let changes = Change::ALL.iter().map(|one| one.code().to_owned());
    assert_eq!(listed(changed), changes.collect());
}

/// The document of a recording with these changes.
fn document(fixture: &'static str, changes: &'static [(&'static str, &'static str)]) -> Value {
    let case = Case {
        fixture,
        changes,
        name: "",
        not: "",
    };
    let recording = case.recording();
    let text = report::document(&diagnose(&recording), &Facts::of(&recording));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_document_says_that_something_was_cut() {
    const EXPIRED: &str = "certificate_expired/leaf_expired.json";
    const SAN: &str = "/certificate/chain/0/dns_names";
    const EIGHT: &str = "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\"]";
    const NINE: &str = "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"]";
    let cut = |document: &Value| document.pointer("/nginx/upstream_tls/truncated").cloned();
    assert_eq!(cut(&document(EXPIRED, &[(SAN, EIGHT)])), None);
    assert_eq!(cut(&document(EXPIRED, &[(SAN, NINE)])), Some(json!(true)));
    // A list that is too long to be shown at all is told by its length.
    let long_lists = document("sni_missing/alert_40.json", &[]);
    assert_eq!(cut(&long_lists), None);
    assert!(long_lists
        .pointer("/nginx/upstream_tls/offered/cipher_count")
        .is_some());

    let mut value = load(&root().join("tests/fixtures").join(EXPIRED));
    for (length, expected) in [(256, None), (257, Some(json!(true)))] {
        value["context"]["path"] = json!("x".repeat(length));
        let recording = recording(&value);
        let text = report::document(&diagnose(&recording), &Facts::of(&recording));
        assert_eq!(cut(&serde_json::from_str(&text).unwrap()), expected);
    }
}

#[test]
fn an_ipv6_host_is_an_address_without_brackets() {
    const SNI: &str = "sni_missing/alert_40.json";
    let address = |document: &Value| document["server"]["address"].as_str().unwrap().to_owned();
    let literal = document(
        SNI,
        &[
            ("/context/peer", "\"[::1]:8443\""),
            ("/context/upstream", "\"[::1]\""),
        ],
    );
    assert_eq!(address(&literal), "::1");
    assert_eq!(
        literal["server"]["ip"],
        literal["network"]["peer"]["address"]
    );
    let odd = document(
        SNI,
        &[
            ("/context/peer", "\"[::1]:8443\""),
            ("/context/upstream", "\"[block]\""),
        ],
    );
    assert_eq!(address(&odd), "[block]");
}

/// Leaf names that Elasticsearch's default mapping takes for something else than a keyword.
fn check_names(value: &Value, path: &str) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                check_names(inner, &format!("{path}/{key}"));
            }
        }
        Value::Array(list) => {
            assert!(
                list.iter().all(|one| !one.is_object()),
                "objects in the list {path}"
            );
        }
        _ => {
            let leaf = path.rsplit('/').next().unwrap();
            let taken = ["location", "start", "end", "created", "usage", "exports"];
            let suffix = ["_ip", "score", "_timestamp"];
            assert!(!taken.contains(&leaf), "{path}");
            assert!(!suffix.iter().any(|one| leaf.ends_with(one)), "{path}");
            assert!(leaf != "ip" || path == "/server/ip", "{path}");
            assert!(!value.is_null() && value != &json!(""), "{path} is empty");
        }
    }
}
