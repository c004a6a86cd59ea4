//! Whether an upstream accepts nginx's handshake and, if not, which directives change that. They are found
//! by trying: what is printed was seen to work.
//!
//! Nothing here knows OpenSSL or opens a socket. A [`Connector`] shakes hands as nginx would with given
//! [`Settings`] and hands back what the module would record; the same rules explain it, and their fixes
//! are what is tried.

mod candidates;
mod change;
mod configured;
mod outcome;
mod run;
mod security;
mod settings;
#[cfg(test)]
mod tests;

pub use candidates::Hints;
pub use change::Change;
pub use configured::{configured, Configured};
pub use outcome::{Established, Failure, Outcome};
pub use run::{run, Answer, Attempt, Connector, Proof, Request, Verdict, MAX_CONNECTIONS};
pub use settings::Settings;
