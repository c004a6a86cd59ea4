//! Causes that must never be confused, each end to end: set up on real stacks and behind every family of
//! upstream directives, the same request through the same nginx without and with the module, what is
//! printed pasted.

mod certificates;
mod client_certificates;
mod names;
mod offers;
mod parameters;
mod transport;
