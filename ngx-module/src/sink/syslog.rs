//! syslog, through nginx's own functions: a datagram, never blocking, silently lost when nobody
//! listens.

use ngx::ffi::{ngx_syslog_add_header, ngx_syslog_send};

use super::Sink;

/// Room for the header: priority, time, host name (255 at most), tag (32 at most).
const MAX_HEADER: usize = 512;

/// # Safety
/// `sink.syslog` is alive.
pub(super) unsafe fn write(sink: &mut Sink, document: &[u8]) {
    let mut datagram = vec![0u8; MAX_HEADER + document.len()];
    // SAFETY: the header fits by construction of the peer (ngx_syslog_parse_args); both functions
    // only read and write the buffer given.
    unsafe {
        let start = datagram.as_mut_ptr();
        let end = ngx_syslog_add_header(sink.syslog, start);
        let header = usize::try_from(end.offset_from(start)).unwrap_or(MAX_HEADER);
        let Some(body) = datagram.get_mut(header..header + document.len()) else {
            return;
        };
        body.copy_from_slice(document);
        ngx_syslog_send(sink.syslog, datagram.as_mut_ptr(), header + document.len());
    }
}
