//! Whose handshake failed: the right request, location, upstream and peer, or nothing. However a
//! connection came about and whoever used it before, a diagnosis never names someone else.

mod chains;
mod clients;
mod concurrency;
mod keepalive;
mod lab;
mod others;
mod peers;
mod servers;
mod subrequests;
mod variables;
