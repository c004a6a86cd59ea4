//! End-to-end harness: a real nginx, real TLS stacks, peers scripted to the byte.
//!
//! What can be wrong is a table ([`causes`]), from which tests and programs select. A test of its own has
//! authorities and files from a [`lab`], starts the upstream that is wrong in one way ([`peers`]), describes the
//! nginx in front of it ([`nginx::Config`]) and lets [`trial`] run the same requests with and without the module.
//! [`observe`] reads what nginx left behind.
//!
//! The harness stops with a sentence when something is missing. On Debian's nginx nothing is skipped.

pub mod causes;
pub mod certs;
pub mod client;
pub mod explained;
pub mod family;
pub mod fix;
pub mod lab;
pub mod native;
pub mod nginx;
pub mod observe;
pub mod orderly_ends;
pub mod page;
pub mod peers;
pub mod ports;
pub mod probe;
pub mod process;
pub mod require;
mod socket;
pub mod tempdir;
pub mod trial;
pub mod wait;
