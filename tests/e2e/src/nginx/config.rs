//! What nginx.conf says.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::client::HOST;
use crate::ports::Port;
use crate::require::{self, nginx_bin, peer_nginx_bin, Build, StreamModule};

/// Which build of our module is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Module {
    /// None: stock nginx.
    #[default]
    Absent,
    /// The module under test.
    Ours,
    /// The build with fault injection.
    Fault,
}

/// Where our `load_module` stands among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Position {
    /// Before stream's.
    #[default]
    First,
    /// After stream's.
    Last,
}

/// nginx.conf in parts. Text is put in as it is; every directive ends in `;`.
#[derive(Debug)]
pub struct Config {
    /// Which build of our module is loaded.
    pub module: Module,
    /// Where our `load_module` stands.
    pub position: Position,
    /// Write the JSON log: `upstream_tls_log` on the main level. Only with the module.
    pub json: bool,
    /// The level of error.log.
    pub log_level: String,
    /// `worker_processes`.
    pub workers: u32,
    /// One process that is master and worker: `master_process off`.
    pub single: bool,
    /// In the background: [`super::Daemon`] sets it.
    pub daemon: bool,
    /// Main level.
    pub main: String,
    /// Main level again, at the end of the file.
    pub tail: String,
    /// Inside `http`, before the server.
    pub http: String,
    /// Inside the one http `server`.
    pub server: String,
    /// `location`s of it: path and content.
    pub locations: Vec<(String, String)>,
    /// Inside `stream`; none, no `stream` block, no stream module.
    pub stream: String,
    /// Port of the http server.
    pub port: Port,
    /// Parameters of its `listen`, such as `ssl`.
    pub listen: String,
    /// Environment of the process.
    pub environment: Vec<(String, String)>,
    /// The nginx to start: the one under test.
    pub binary: PathBuf,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            module: Module::Absent,
            position: Position::First,
            json: true,
            log_level: "info".to_owned(),
            workers: 1,
            single: false,
            daemon: false,
            main: String::new(),
            tail: String::new(),
            http: String::new(),
            server: String::new(),
            locations: Vec::new(),
            stream: String::new(),
            port: Port::reserve(),
            listen: String::new(),
            environment: Vec::new(),
            binary: nginx_bin(),
        }
    }
}

impl Config {
    /// An http server without locations.
    pub fn new() -> Config {
        Config::default()
    }

    /// The same of the nginx that serves as an upstream.
    pub fn of_peer() -> Config {
        Config {
            binary: peer_nginx_bin(),
            ..Config::default()
        }
    }

    /// The same with another module setting.
    pub fn module(mut self, module: Module) -> Config {
        self.module = module;
        self
    }

    /// The same with more inside `http`.
    pub fn http(mut self, text: &str) -> Config {
        self.http.push_str(text);
        self
    }

    /// The same with more inside `server`.
    pub fn server(mut self, text: &str) -> Config {
        self.server.push_str(text);
        self
    }

    /// The same with one more location.
    pub fn location(mut self, path: &str, text: &str) -> Config {
        self.locations.push((path.to_owned(), text.to_owned()));
        self
    }

    /// The same with more inside `stream`.
    pub fn stream(mut self, text: &str) -> Config {
        self.stream.push_str(text);
        self
    }

    /// The same with this in the environment of the process.
    pub fn environment(mut self, name: &str, value: &str) -> Config {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The whole file for a prefix directory.
    pub fn render(&self, prefix: &Path) -> String {
        let mut text = self.load_modules();
        let p = prefix.display();
        let mut line = |words: String| {
            text.push_str(&words);
            text.push('\n');
        };
        line(format!(
            "daemon {};",
            if self.daemon { "on" } else { "off" }
        ));
        if self.single {
            line("master_process off;".into());
        }
        line(format!("worker_processes {};", self.workers));
        line(format!("pid {p}/nginx.pid;"));
        line(format!("error_log {p}/error.log {};", self.log_level));
        if self.module != Module::Absent && self.json {
            line(format!("upstream_tls_log {p}/upstream_tls.log;"));
        }
        line(self.main.clone());
        line("events { worker_connections 256; }".into());
        line(self.render_http(prefix));
        if !self.stream.is_empty() {
            line(format!("stream {{\n{}\n}}", self.stream));
        }
        line(self.tail.clone());
        text
    }

    fn render_http(&self, prefix: &Path) -> String {
        let p = prefix.display();
        let mut text = String::from("http {\naccess_log off;\n");
        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            let _ = writeln!(text, "{kind}_temp_path {p}/{kind};");
        }
        let _ = writeln!(
            text,
            "{}\nserver {{\nlisten 127.0.0.1:{} {};\nserver_name {HOST};\n{}",
            self.http, self.port, self.listen, self.server
        );
        for (path, content) in &self.locations {
            let _ = writeln!(text, "location {path} {{\n{content}\n}}");
        }
        text.push_str("}\n}");
        text
    }

    fn load_modules(&self) -> String {
        let ours = match self.module {
            Module::Absent => None,
            Module::Ours => Some(require::module()),
            Module::Fault => Some(require::fault_module()),
        };
        let stream = match (self.stream.is_empty(), Build::get().stream()) {
            (true, _) | (false, StreamModule::BuiltIn) => None,
            (false, StreamModule::Dynamic(path)) => Some(path),
            (false, StreamModule::Absent) => panic!("this nginx was built without stream"),
        };
        let mut modules = vec![ours, stream];
        if self.position == Position::Last {
            modules.reverse();
        }
        let lines = modules.into_iter().flatten();
        lines
            .map(|path| format!("load_module {};\n", path.display()))
            .collect()
    }
}
