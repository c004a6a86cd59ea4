//! An HTTP client that keeps every byte of the answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::wait;

/// The `Host` every request carries, so that log lines do not differ between runs.
pub const HOST: &str = "www.example.test";

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Status line.
    pub status_line: String,
    /// Header lines as received, without `Date`.
    pub headers: Vec<String>,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    /// Reads an answer that ended with the connection. A connection that was closed without any
    /// answer gives status 0.
    pub fn parse(bytes: &[u8]) -> Response {
        if bytes.is_empty() {
            return Response {
                status: 0,
                status_line: String::new(),
                headers: Vec::new(),
                body: Vec::new(),
            };
        }
        let text = || String::from_utf8_lossy(bytes).into_owned();
        let split = bytes.windows(4).position(|w| w == b"\r\n\r\n");
        let split = split.unwrap_or_else(|| panic!("no complete HTTP answer came: {:?}", text()));
        let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
        let mut lines = head.split("\r\n").map(str::to_owned);
        let status_line = lines.next().unwrap_or_default();
        let status = status_line.split(' ').nth(1).and_then(|s| s.parse().ok());
        Response {
            status: status.unwrap_or_else(|| panic!("no HTTP status: {:?}", text())),
            status_line,
            headers: lines
                .filter(|l| !l.to_ascii_lowercase().starts_with("date:"))
                .collect(),
            body: bytes[split + 4..].to_vec(),
        }
    }
}

/// `GET path` over a fresh connection.
pub fn get(port: u16, path: &str) -> Response {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    Response::parse(&exchange(port, request.as_bytes()))
}

/// `GET path` over a fresh connection, whose answer nobody waits for.
pub fn begin(port: u16, path: &str) -> TcpStream {
    let mut stream = connect(port);
    let request = format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    stream
}

/// Sends `request` and returns every byte until the end of the connection. A reset ends it too:
/// nginx resets a stream session whose upstream failed while request bytes were unread.
pub fn exchange(port: u16, request: &[u8]) -> Vec<u8> {
    let mut stream = connect(port);
    let mut bytes = Vec::new();
    if stream.write_all(request).is_err() {
        return bytes;
    }
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(e) => panic!("no end of the answer within {:?}: {e}", wait::PATIENCE),
    }
    bytes
}

/// Opens a connection with deadlines set.
pub fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port))
        .unwrap_or_else(|e| panic!("cannot connect to port {port}: {e}"));
    set_deadlines(&stream, wait::PATIENCE);
    stream
}

/// No read or write on `stream` lasts longer than `limit`.
pub fn set_deadlines(stream: &TcpStream, limit: Duration) {
    stream
        .set_read_timeout(Some(limit))
        .expect("set_read_timeout");
    stream
        .set_write_timeout(Some(limit))
        .expect("set_write_timeout");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_the_date_only() {
        let response =
            Response::parse(b"HTTP/1.1 502 Bad Gateway\r\nServer: x\r\nDate: now\r\n\r\nbody");
        assert_eq!(response.status, 502);
        assert_eq!(response.headers, ["Server: x"]);
        assert_eq!(response.body, b"body");
    }
}
