//! A real Prometheus, and promtool.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tlsdiag_e2e::client::{exchange, Response};
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::process::Process;
use tlsdiag_e2e::require::program;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::wait;

/// A running Prometheus; stopped on drop.
pub struct Prometheus {
    port: Port,
    _process: Process,
    _directory: TempDir,
}

impl Prometheus {
    /// Scrapes each path of `targets` (job, port, path) once a second.
    pub fn start(targets: &[(&str, u16, &str)]) -> Prometheus {
        let directory = TempDir::new("prometheus");
        let mut config =
            String::from("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n");
        for (job, port, path) in targets {
            config.push_str(&format!(
                "- {{job_name: {job}, metrics_path: {path}, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n"
            ));
        }
        let file = directory.write("prometheus.yml", config);
        let port = Port::reserve();
        let mut command = Command::new(program("prometheus", "prometheus"));
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                directory.file("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{}", port.number()));
        let process = Process::start(command, &directory.file("output.txt"));
        let prometheus = Prometheus {
            port,
            _process: process,
            _directory: directory,
        };
        let ready = wait::poll(Duration::from_secs(60), || {
            std::net::TcpStream::connect(("127.0.0.1", prometheus.port.number())).ok()?;
            (prometheus.ask("/-/ready").status == 200).then_some(())
        });
        assert!(ready.is_some(), "prometheus does not become ready");
        prometheus
    }

    /// The result of an instant query.
    pub fn query(&self, expression: &str) -> Vec<Value> {
        let answer = self.get(&format!("/api/v1/query?query={}", encoded(expression)));
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        match &answer["data"]["result"] {
            Value::Array(list) => list.clone(),
            _ => panic!("{expression}: {answer}"),
        }
    }

    /// Values of a label, as a dashboard's variable asks for them.
    pub fn label_values(&self, label: &str, metric: &str) -> Vec<String> {
        let path = format!("/api/v1/label/{label}/values?match[]={}", encoded(metric));
        let answer = self.get(&path);
        let values = answer["data"].as_array().cloned().unwrap_or_default();
        values
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// Waits until a query gives something.
    pub fn wait_for(&self, expression: &str) -> Vec<Value> {
        let found = wait::poll(Duration::from_secs(60), || {
            Some(self.query(expression)).filter(|result| !result.is_empty())
        });
        found.unwrap_or_else(|| panic!("{expression} gives nothing; targets: {:#}", self.targets()))
    }

    /// What it says of its targets.
    pub fn targets(&self) -> Value {
        self.get("/api/v1/targets")["data"]["activeTargets"].clone()
    }

    fn ask(&self, path: &str) -> Response {
        let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
        Response::parse(&exchange(self.port.number(), request.as_bytes()))
    }

    fn get(&self, path: &str) -> Value {
        let response = self.ask(path);
        serde_json::from_slice(&response.body)
            .unwrap_or_else(|_| panic!("{path}: {}", String::from_utf8_lossy(&response.body)))
    }
}

/// Runs promtool; its words when it is not content.
pub fn promtool(arguments: &[&str], input: &str) -> Result<(), String> {
    let mut child = Command::new(program("promtool", "prometheus"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool runs");
    let mut stdin = child.stdin.take().expect("it has an input");
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("promtool ends");
    let words = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Ok(()),
        false => Err(words.into_owned()),
    }
}

/// Percent-encoded, as a query parameter.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}
