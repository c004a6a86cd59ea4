//! A name server for nginx's `resolver`: a few names, over UDP, on 127.0.0.1.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Length of a message's header; the question follows (RFC 1035 section 4.1).
const HEADER: usize = 12;
const TYPE_A: [u8; 2] = [0, 1];
const NO_SUCH_NAME: u8 = 3;

/// A running name server; stopped on drop.
pub struct Dns {
    port: u16,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Dns {
    /// Knows these names and no others. Every other type than A has no answer.
    pub fn start(names: &[(&str, &[Ipv4Addr])]) -> Dns {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("cannot bind to 127.0.0.1");
        let port = socket.local_addr().expect("a local address").port();
        let stopping = Arc::new(AtomicBool::new(false));
        let ours = Arc::clone(&stopping);
        let names: Vec<(String, Vec<Ipv4Addr>)> = names
            .iter()
            .map(|(name, addresses)| ((*name).to_owned(), addresses.to_vec()))
            .collect();
        let thread = std::thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut query) {
                if ours.load(Ordering::Acquire) {
                    break;
                }
                if let Some(answer) = answer(&query[..length], &names) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        Dns {
            port,
            stopping,
            thread: Some(thread),
        }
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        // Wakes the thread.
        if let Ok(socket) = UdpSocket::bind("127.0.0.1:0") {
            let _ = socket.send_to(&[0], ("127.0.0.1", self.port));
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(query: &[u8], names: &[(String, Vec<Ipv4Addr>)]) -> Option<Vec<u8>> {
    let (name, length) = question_name(query.get(HEADER..)?)?;
    let end = HEADER + length + 4;
    let question = query.get(HEADER..end)?;
    let kind = query.get(HEADER + length..HEADER + length + 2)?;
    let known = names.iter().find(|(known, _)| *known == name);
    let addresses = match known {
        Some((_, addresses)) if *kind == TYPE_A => addresses.as_slice(),
        _ => &[],
    };
    let code = if known.is_some() { 0 } else { NO_SUCH_NAME };
    let count = u8::try_from(addresses.len()).ok()?;
    let mut answer = query.get(..2)?.to_vec();
    // A response to a recursive query: one question, as many answers.
    answer.extend([0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0]);
    answer.extend(question);
    for address in addresses {
        // The name of the question, type A, class IN, 60 seconds, four bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(address.octets());
    }
    Some(answer)
}

/// The name a question begins with, and how many bytes it takes.
fn question_name(bytes: &[u8]) -> Option<(String, usize)> {
    let (mut labels, mut at) = (Vec::new(), 0);
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        let label = bytes.get(at..at + length)?;
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_what_it_knows() {
        let names = [("a.test".to_owned(), vec![Ipv4Addr::LOCALHOST])];
        let mut query = vec![7, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        query.extend(b"\x01a\x04test\0\0\x01\0\x01");
        let reply = answer(&query, &names).unwrap();
        assert_eq!(reply[..4], [7, 9, 0x81, 0x80]);
        assert!(reply.ends_with(&[127, 0, 0, 1]));
        query[HEADER + 1] = b'b';
        assert_eq!(answer(&query, &names).unwrap()[3], 0x83);
        assert_eq!(answer(&query[..14], &names), None);
    }
}
