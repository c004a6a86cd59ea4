//! What an upstream refuses in HTTP because of what TLS told it, where nginx itself says nothing; and what of
//! that is the upstream's own affair.

mod http2_only;
mod identities;
mod intercepted;
mod lab;
mod misdirected;
mod no_false_alarms;
mod pages;
