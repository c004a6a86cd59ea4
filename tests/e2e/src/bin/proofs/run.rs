//! Runs one scenario: what the module says helps, what the probe proves, and each pasted into nginx.

use tlsdiag_e2e::causes::{Live, Scenario};
use tlsdiag_e2e::fix::{fill, paste};
use tlsdiag_e2e::observe::Diagnosis;
use tlsdiag_e2e::probe;

/// What the probe said.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    /// The first diagnosis; none where it works for the probe.
    pub(crate) name: Option<String>,
    pub(crate) proved: Vec<String>,
    pub(crate) security: String,
    pub(crate) connections: u64,
    /// nginx's answer with these directives; 0 where it would not start.
    pub(crate) status: Option<u16>,
}

/// How a scenario went.
pub(crate) struct Outcome {
    /// It takes an earlier session: a probe begins none.
    pub(crate) needs_a_session: bool,
    /// The module's fix gives 200, and whether it weakens security.
    pub(crate) module_helps: Option<bool>,
    pub(crate) careful: Proof,
    /// With `--try-weakening`, where the careful one proved nothing.
    pub(crate) bold: Option<Proof>,
}

pub(crate) fn run(scenario: &Scenario) -> Outcome {
    let (lab, setup) = scenario.set_up();
    let mut values = setup.values.clone();
    values.extend(lab.known_values());
    let mut live = Live::start(setup);
    let diagnosis = live.fail().first().map(Diagnosis::read);

    let mut careful = probe(&live, &values, false);
    careful.status = with(&mut live, &careful.proved);
    let bold = careful.proved.is_empty().then(|| {
        let mut bold = probe(&live, &values, true);
        bold.status = with(&mut live, &bold.proved);
        bold
    });
    let fix = diagnosis.filter(|one| one.applicability != "manual");
    let module_helps = fix.and_then(|diagnosis| {
        let filled = fill(&diagnosis.fix, &values).ok()?;
        (with(&mut live, &filled) == Some(200)).then_some(diagnosis.weakens)
    });
    let outcome = Outcome {
        needs_a_session: live.setup.first.is_some(),
        module_helps,
        careful,
        bold,
    };
    live.nginx.finish();
    outcome
}

/// nginx's answer with these directives in the location, and the location as it was again. `None` for
/// no directives.
fn with(live: &mut Live, directives: &[String]) -> Option<u16> {
    if directives.is_empty() {
        return None;
    }
    let location = paste(&live.setup.location, directives);
    let status = match live.reload(&location) {
        Ok(()) => live.request(),
        Err(_) => 0,
    };
    let before = live.setup.location.clone();
    live.reload(&before).expect("nginx starts as before");
    Some(status)
}

/// The probe with nginx's own configuration and what an operator knows: names and files.
fn probe(live: &Live, values: &[(&'static str, String)], try_weakening: bool) -> Proof {
    let file = live.nginx.file("nginx.conf").display().to_string();
    let target = format!("127.0.0.1:{}", live.setup.peer.port());
    let mut arguments: Vec<String> = ["--format", "json", "--location", "/", "--nginx-conf"]
        .map(str::to_owned)
        .to_vec();
    arguments.push(file);
    for (directive, value) in values.iter().filter(|(of, _)| *of == "proxy_ssl_name") {
        assert_eq!(*directive, "proxy_ssl_name");
        arguments.extend(["--name".to_owned(), value.clone()]);
    }
    let value = |directive: &str| {
        let known = values.iter().find(|(of, _)| *of == directive);
        known.map(|(of, value)| format!("{of} {value};"))
    };
    let pair = ["proxy_ssl_certificate", "proxy_ssl_certificate_key"];
    let pair: Option<String> = pair.iter().map(|one| value(one)).collect();
    let alone = ["proxy_ssl_trusted_certificate", "proxy_ssl_crl"];
    let tries = alone.iter().filter_map(|one| value(one)).chain(pair);
    for directives in tries {
        arguments.extend(["--try".to_owned(), directives]);
    }
    if try_weakening {
        arguments.push("--try-weakening".to_owned());
    }
    arguments.push(target);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let probed = probe::run(&arguments);
    assert!(probed.status < 2, "{}", probed.said);
    let object = probed.object();
    let text = |pointer: &str| object.pointer(pointer).and_then(|one| one.as_str());
    Proof {
        name: text("/diagnosis/name").map(str::to_owned),
        proved: probed.proved(),
        security: text("/security").unwrap_or_default().to_owned(),
        connections: object["connections"].as_u64().expect("a number"),
        status: None,
    }
}
