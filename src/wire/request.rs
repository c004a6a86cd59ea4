//! The host a request was for, from the bytes of the request: HTTP/1 (RFC 9112) and HTTP/2 (RFC 9113).

use super::http2;

/// Bytes of a request that are looked at, and of a host.
const MAX_REQUEST: usize = 16 * 1024;
const MAX_HOST: usize = 255;

/// The request is one of HTTP/2: it begins with a client's preface.
pub fn is_http2_request(request: &[u8]) -> bool {
    request.starts_with(http2::PREFACE)
}

/// The Host of a request of HTTP/1, or the authority of the first one of HTTP/2; `None` for none, and for one
/// that is cut, longer than a name of DNS, or not readable.
pub fn request_host(request: &[u8]) -> Option<Vec<u8>> {
    let request = request.get(..MAX_REQUEST).unwrap_or(request);
    let host = match request.strip_prefix(http2::PREFACE) {
        Some(frames) => http2::authority(frames)?,
        None => host_line(request)?.to_vec(),
    };
    (!host.is_empty() && host.len() <= MAX_HOST).then_some(host)
}

fn host_line(request: &[u8]) -> Option<&[u8]> {
    let mut lines = request.split_inclusive(|byte| *byte == b'\n').skip(1);
    lines
        .by_ref()
        .map_while(|line| line.strip_suffix(b"\r\n").filter(|line| !line.is_empty()))
        .find_map(|line| {
            let (name, value) =
                line.split_at_checked(line.iter().position(|byte| *byte == b':')?)?;
            name.eq_ignore_ascii_case(b"host")
                .then(|| value.get(1..).unwrap_or_default().trim_ascii())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(request: &[u8]) -> Option<String> {
        request_host(request).map(|host| String::from_utf8(host).unwrap())
    }

    #[test]
    fn the_host_line_is_found_in_the_header_only() {
        let good = b"GET / HTTP/1.0\r\nX: y\r\nhOST: a.example:8443\r\nConnection: close\r\n\r\n";
        assert_eq!(host(good).as_deref(), Some("a.example:8443"));
        for none in [
            &b"GET / HTTP/1.1\r\nX: y\r\n\r\nHost: in.the.body\r\n"[..],
            b"Host: first.line\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: cut.exam",
            b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
            b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
            b"",
        ] {
            assert_eq!(host(none), None, "{}", String::from_utf8_lossy(none));
        }
        let long = [b"GET / HTTP/1.1\r\nHost: ", &[b'a'; 256][..], b"\r\n\r\n"].concat();
        assert_eq!(host(&long), None);
    }

    #[test]
    fn a_request_of_http2_is_told_by_its_preface() {
        let frames = b"\0\0\0\x04\0\0\0\0\0\0\0\x05\x01\x05\0\0\0\x01\x41\x03a.b";
        let request = [http2::PREFACE, &frames[..]].concat();
        assert_eq!(host(&request).as_deref(), Some("a.b"));
        assert_eq!(host(&request[1..]), None);
    }
}
