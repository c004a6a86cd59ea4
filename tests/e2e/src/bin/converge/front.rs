//! One nginx for many attempts: each has its own location, or its own port in stream.

use std::fmt::Write;

use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::ports::Port;

/// Where a request goes in.
#[derive(Debug)]
pub(crate) enum Door {
    Path(String),
    Port(Port),
}

impl Door {
    /// One of a name of its own.
    pub(crate) fn new(stream: bool, name: &str) -> Door {
        match stream {
            true => Door::Port(Port::reserve()),
            false => Door::Path(format!("/{name}")),
        }
    }
}

/// One attempt's configuration.
pub(crate) struct Site {
    pub(crate) trial: usize,
    pub(crate) stream: bool,
    pub(crate) block: Option<String>,
    pub(crate) content: String,
    pub(crate) door: Door,
}

/// An nginx.
pub(crate) struct Front {
    pub(crate) nginx: Nginx,
    sites: Vec<Site>,
}

impl Front {
    pub(crate) fn start(module: Module) -> Front {
        let config = Config {
            json: false,
            ..Config::new().module(module)
        };
        let mut nginx = Nginx::start(configure(config, &[]));
        nginx.expect_trouble("[emerg]");
        Front {
            nginx,
            sites: Vec::new(),
        }
    }

    /// Reloads with these sites. Those of trials that nginx refuses are left out and told, with its words.
    pub(crate) fn load(&mut self, mut sites: Vec<Site>) -> Vec<(usize, String)> {
        let Err(said) = self.reload(&sites) else {
            self.sites = sites;
            return Vec::new();
        };
        let mut refused: Vec<(usize, String)> = Vec::new();
        for site in &sites {
            let (good, said) = Nginx::check(&configure(Config::new(), std::slice::from_ref(site)));
            if !good {
                refused.push((site.trial, reason(&said)));
            }
        }
        assert!(!refused.is_empty(), "together nginx refuses them: {said}");
        sites.retain(|site| !refused.iter().any(|(trial, _)| *trial == site.trial));
        self.reload(&sites).unwrap_or_else(|said| panic!("{said}"));
        self.sites = sites;
        refused
    }

    fn reload(&mut self, sites: &[Site]) -> Result<(), String> {
        self.nginx.reload(|config| {
            let old = std::mem::take(config);
            *config = configure(old, sites);
        })
    }

    /// Sends the request of a site that is loaded; the status, 0 for none.
    pub(crate) fn ask(&self, index: usize) -> u16 {
        match &self.sites[index].door {
            Door::Path(path) => client::get(self.nginx.port(), path).status,
            Door::Port(port) => client::get(port.number(), "/").status,
        }
    }

    /// The sites that are loaded, by their trial.
    pub(crate) fn of(&self, trial: usize) -> impl Iterator<Item = usize> + '_ {
        let all = self.sites.iter().enumerate();
        all.filter(move |(_, site)| site.trial == trial)
            .map(|(index, _)| index)
    }
}

/// nginx's own words.
fn reason(said: &str) -> String {
    let line = said.lines().find(|line| line.contains("[emerg]"));
    let reason = line.and_then(|line| line.split_once("[emerg] "));
    reason.map_or(said, |(_, reason)| reason).to_owned()
}

fn configure(config: Config, sites: &[Site]) -> Config {
    let mut http = String::new();
    // There is always something in it, so that its module stays.
    let mut stream = String::from("proxy_next_upstream off;\n");
    let mut locations = Vec::new();
    for site in sites {
        let (blocks, block) = match site.stream {
            true => (&mut stream, &site.block),
            false => (&mut http, &site.block),
        };
        if let Some(block) = block.as_deref().filter(|block| !blocks.contains(*block)) {
            blocks.push_str(block);
        }
        match &site.door {
            Door::Path(path) => locations.push((format!("= {path}"), site.content.clone())),
            Door::Port(port) => {
                let _ = writeln!(
                    stream,
                    "server {{ listen 127.0.0.1:{port};\n{} }}",
                    site.content
                );
            }
        }
    }
    Config {
        http,
        server: "proxy_next_upstream off; grpc_next_upstream off; uwsgi_next_upstream off;\n"
            .to_owned(),
        locations,
        stream,
        ..config
    }
}
