//! Which server of which upstream: what is counted apart.

use ngx::ffi::ngx_str_t;
use tlsdiag::counters::Context;
use tlsdiag::table::Server;

use super::{Owner, UpstreamConnection};
use crate::nginx::string;

impl<'c> UpstreamConnection<'c> {
    /// The server of the attempt; `None` for a connection of neither http nor stream, and before one is
    /// chosen. An upstream that is neither a block nor a constant host has no name.
    pub(crate) fn server(&self) -> Option<Server<'c>> {
        // SAFETY: NULL, or parts of the configuration and of the attempt, which live as long as it.
        let (context, block, address) = unsafe {
            match &self.owner {
                Owner::Http(http) => {
                    let block = http.upstream.upstream.as_ref();
                    let address = http.upstream.peer.name.as_ref();
                    (Context::Http, block.map(|block| &block.host), address)
                }
                #[cfg(ngx_feature = "stream")]
                Owner::Stream(stream) => {
                    let block = stream.upstream.upstream.as_ref();
                    let address = stream.upstream.peer.name.as_ref();
                    (Context::Stream, block.map(|block| &block.host), address)
                }
                Owner::Other => return None,
            }
        };
        let name = |host: &'c ngx_str_t| string::bytes(host).unwrap_or_default();
        Some(Server {
            context,
            upstream: block.map(name),
            address: string::bytes(address?)?,
        })
    }

    /// The `server` line that has its address, as it stands in nginx.conf.
    pub(crate) fn server_line(&self) -> Option<String> {
        match &self.owner {
            Owner::Http(http) => http.server_line(),
            #[cfg(ngx_feature = "stream")]
            Owner::Stream(stream) => stream.server_line(),
            Owner::Other => None,
        }
    }
}
