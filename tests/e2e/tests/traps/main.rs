//! Every trap that `tlsdiag check` knows, on a real nginx: `nginx -t` accepts the configuration, the
//! request fails as the check says, and what it says to write makes it succeed.

mod lab;
mod names;
mod others;
mod parameters;
mod sharing;
mod stream;
mod syntax;
mod verification;
