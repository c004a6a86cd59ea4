//! `tlsdiag probe`: its hello is nginx's, and what it says of upstreams that are wrong in one way.

mod answers;
mod hello;
mod recorded;
