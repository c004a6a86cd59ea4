//! `tlsdiag probe`: handshakes as nginx makes them, until one works.

mod human;
mod json;
mod live;
mod nginx;
mod short;
mod target;

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use tlsdiag::capture::Module as Maker;
use tlsdiag::disk::Disk;
use tlsdiag::facts::is_dns_name;
use tlsdiag::nginx_conf::model::{Family, Question, DEFAULT_PORT};
use tlsdiag::nginx_conf::{Files, Model, Tree};
use tlsdiag::probe::{configured, Answer, Change, Configured, Hints, Request, Settings, Verdict};

use super::arguments::{Format, Module, Probe};
use super::check;
use super::output::Output;
use super::{complain, FAILED};
use crate::openssl;
use live::Live;
use nginx::Nginx;
use target::Target;

/// One upstream to be probed.
struct Upstream {
    target: Target,
    configured: Configured,
}

/// Who is asked, and how.
struct Asked<'a> {
    target: &'a Target,
    address: SocketAddr,
    settings: &'a Settings,
    nginx: &'a Nginx,
    /// The version of the OpenSSL that shakes hands.
    openssl: String,
}

/// What came of it.
struct Report<'a> {
    asked: &'a Asked<'a>,
    answer: Answer,
    /// What was tried was shown already.
    is_shown: bool,
}

pub(super) fn run(what: &Probe, output: &mut Output) -> io::Result<ExitCode> {
    let nginx = nginx::ask(what.nginx.as_deref())?;
    openssl::start(nginx.number);
    let request = request(what)?;
    let mut worst = 0;
    for upstream in upstreams(what, nginx.number)? {
        let settings = &upstream.configured.settings;
        if what.request && settings.module != Maker::Proxy {
            return Err(io::Error::other(
                "--request is for proxy_pass: others speak no HTTP/1.1",
            ));
        }
        for sentence in &upstream.configured.unknown {
            complain(sentence);
        }
        let request = with_hints(&request, &upstream);
        let host = what.request.then(|| settings.compared_name());
        for address in upstream.target.addresses(what.address, what.all)? {
            let asked = Asked {
                target: &upstream.target,
                address,
                settings,
                nginx: &nginx,
                openssl: openssl::version(),
            };
            let on_terminal = io::stderr().is_terminal() && io::stdout().is_terminal();
            let is_shown = on_terminal && what.format == Format::Human;
            let mut live = Live::new(&asked, host, is_shown);
            let report = Report {
                asked: &asked,
                answer: tlsdiag::probe::run(settings, &request, &mut live),
                is_shown,
            };
            worst = worst.max(report.write(what.format, output)?);
            output.flush()?;
        }
    }
    Ok(ExitCode::from(worst))
}

impl Report<'_> {
    /// Writes it; the exit status that it means.
    fn write(&self, format: Format, output: &mut Output) -> io::Result<u8> {
        let first = self.answer.attempts.first().map(|attempt| &attempt.verdict);
        let status = match first {
            Some(Verdict::Works(_)) => 0,
            Some(Verdict::Fails(_)) => 1,
            Some(Verdict::Unreachable(why)) => {
                let Asked {
                    target, address, ..
                } = self.asked;
                complain(&format!("{target} at {}: {why}", address.ip()));
                return Ok(FAILED);
            }
            Some(Verdict::Refused(why)) => {
                complain(&format!("nginx would not take these settings: {why}"));
                return Ok(FAILED);
            }
            None => return Ok(FAILED),
        };
        match format {
            Format::Human => {
                if !self.is_shown {
                    human::heading(output, self.asked)?;
                    for attempt in &self.answer.attempts {
                        human::tried(output, self.asked.settings, attempt)?;
                    }
                }
                human::answer(output, self)?;
            }
            Format::Short => short::write(output, self)?,
            Format::Json => json::write(output, self)?,
        }
        Ok(status)
    }
}

/// What the user allows and knows.
fn request(what: &Probe) -> io::Result<Request> {
    if let Some(wrong) = what.name.iter().find(|name| !is_dns_name(name)) {
        return Err(io::Error::other(format!("--name {wrong}: no host name")));
    }
    let tries = what.tries.iter().map(|text| {
        Change::read(text).map_err(|why| io::Error::other(format!("--try {text}: {why}")))
    });
    Ok(Request {
        hints: Hints {
            names: what.name.clone(),
            tries: tries.collect::<io::Result<_>>()?,
        },
        try_weakening: what.try_weakening,
    })
}

/// The user's names first, then the one that was typed, then the configuration's.
fn with_hints(request: &Request, upstream: &Upstream) -> Request {
    let mut request = request.clone();
    let typed = upstream.target.host();
    let known = upstream.configured.hints.names.iter().cloned();
    for name in std::iter::once(typed).chain(known) {
        if is_dns_name(&name) && !request.hints.names.contains(&name) {
            request.hints.names.push(name);
        }
    }
    let tries = &mut request.hints.tries;
    tries.extend(upstream.configured.hints.tries.iter().cloned());
    request
}

/// The upstreams that the arguments are about.
fn upstreams(what: &Probe, nginx: u32) -> io::Result<Vec<Upstream>> {
    let target = Target::read(&what.target);
    let Some(file) = &what.nginx_conf else {
        let no_port = || io::Error::other(format!("{}: HOST:PORT is wanted", what.target));
        let target = target.ok_or_else(no_port)?;
        let settings = Settings::of_host(&target.host(), nginx);
        let configured = Configured {
            settings: settings.for_module(what.module.map_or(Maker::Proxy, maker)),
            hints: Hints::default(),
            unknown: Vec::new(),
        };
        return Ok(vec![Upstream { target, configured }]);
    };
    let tree = check::read(file)?;
    let model = Model::new(&tree);
    let (mut targets, block) = match target {
        Some(target) => (vec![target], None),
        None => (peers(&model, &what.target), Some(what.target.as_str())),
    };
    if targets.is_empty() {
        let why = "neither HOST:PORT nor an upstream block with such servers";
        return Err(io::Error::other(format!("{}: {why}", what.target)));
    }
    if !what.all {
        targets.truncate(1);
    }
    let each = targets.into_iter().map(|target| {
        let peer = target.to_string();
        let question = Question {
            family: what.module.map(family),
            server: what.server.as_deref(),
            location: what.location.as_deref(),
            upstream: block,
            peer: Some(&peer),
        };
        let full_name = |name: &[u8]| full_name(&tree, name);
        let configured = configured(&model, &question, nginx, &full_name);
        let configured = configured.map_err(|why| io::Error::other(format!("{target}: {why}")))?;
        Ok(Upstream { target, configured })
    });
    each.collect()
}

/// The servers of a block.
fn peers(model: &Model<'_>, name: &str) -> Vec<Target> {
    let mut blocks = model.blocks().iter();
    let block = blocks.find(|block| block.name().eq_ignore_ascii_case(name.as_bytes()));
    let peers = block.map_or(&[][..], |block| &block.peers);
    let target = |host: String, port: u16| Target::read(&format!("{host}:{port}"));
    let each = peers.iter().filter_map(|peer| {
        let host = peer.host.as_ref()?.to_text();
        target(host, peer.port.unwrap_or(DEFAULT_PORT))
    });
    each.collect()
}

/// The name under which nginx opens a file: the first that is there.
fn full_name(tree: &Tree, name: &[u8]) -> Vec<u8> {
    let names = tree.full_names(name);
    let there = names.iter().find(|name| Disk.read(name).is_ok());
    there
        .or(names.first())
        .cloned()
        .unwrap_or_else(|| name.to_vec())
}

fn maker(module: Module) -> Maker {
    match module {
        Module::Proxy => Maker::Proxy,
        Module::Grpc => Maker::Grpc,
        Module::Uwsgi => Maker::Uwsgi,
        Module::Stream => Maker::Stream,
    }
}

fn family(module: Module) -> Family {
    match module {
        Module::Proxy => Family::Proxy,
        Module::Grpc => Family::Grpc,
        Module::Uwsgi => Family::Uwsgi,
        Module::Stream => Family::Stream,
    }
}
