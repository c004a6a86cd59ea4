//! An HTTP server of a few lines, on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a path answers.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Content-Type and what else goes into the head, without line ends.
    pub headers: Vec<String>,
    /// The body.
    pub body: String,
}

/// A running server. Its thread ends with the process.
pub struct Site {
    port: u16,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Serves what `answer` says for a path; 404 for `None`.
    pub fn start(answer: impl Fn(&str) -> Option<Answer> + Send + 'static) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
        let port = listener.local_addr().expect("its address").port();
        let paths = Arc::new(Mutex::new(Vec::new()));
        let asked = Arc::clone(&paths);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = serve(stream, &answer, &asked);
            }
        });
        Site { port, paths }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Everything that was asked for.
    pub fn paths(&self) -> Vec<String> {
        self.paths
            .lock()
            .expect("no test panics while it holds this")
            .clone()
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &impl Fn(&str) -> Option<Answer>,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    asked.lock().expect("as above").push(path.clone());
    let (status, answer) = match answer(&path) {
        Some(answer) => ("200 OK", answer),
        None => (
            "404 Not Found",
            Answer {
                headers: vec!["Content-Type: text/plain".into()],
                body: String::new(),
            },
        ),
    };
    let mut head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n",
        answer.body.len()
    );
    for header in answer.headers {
        head.push_str(&header);
        head.push_str("\r\n");
    }
    stream.write_all((head + "\r\n" + &answer.body).as_bytes())
}
