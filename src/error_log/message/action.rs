//! What nginx was doing when it wrote: ` while ...` before `, client: ` (`c->log->action`).

use memchr::{memchr_iter, memmem};

/// What nginx was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Shaking hands with an upstream.
    Upstream,
    /// Shaking hands with the target of a script (njs).
    Script,
    /// Shaking hands with a client.
    Client,
    /// Sending the request or waiting for the response.
    Exchange,
    /// The line does not say: a cosocket (Lua).
    None,
    /// Something else.
    Other,
}

impl Action {
    /// Reads the end of what stands before `, client: `.
    pub(super) fn of(head: &[u8]) -> Self {
        // Each by itself: the compiler knows its length then.
        if head.ends_with(b" while SSL handshaking to upstream") {
            Self::Upstream
        } else if head.ends_with(b" while reading response header from upstream")
            || head.ends_with(b" while sending request to upstream")
            || head.ends_with(b" while proxying and reading from upstream")
            || head.ends_with(b" while proxying and sending to upstream")
        {
            Self::Exchange
        } else if head.ends_with(b" while SSL handshaking") {
            Self::Client
        } else if head.ends_with(b" while SSL handshaking to http target")
            || head.ends_with(b" while SSL handshaking to fetch target")
        {
            Self::Script
        } else if memmem::find(head, b" while ").is_some() {
            Self::Other
        } else {
            Self::None
        }
    }
}

/// Before and after `, client: `.
pub(super) fn split(message: &[u8]) -> (&[u8], &[u8]) {
    clients(message).next().unwrap_or((message, &[]))
}

/// Every place where `, client: ` stands.
pub(super) fn clients(message: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    // nginx's own words hold few commas: this is quicker than a search for the whole.
    memchr_iter(b',', message).filter_map(|at| {
        let (head, tail) = message.split_at_checked(at)?;
        Some((head, tail.strip_prefix(b", client: ")?))
    })
}
