//! nginx.conf as nginx reads it: bytes to a [`Tree`] of directives.
//!
//! This is our own code, because every existing reader that was tried fails on files nginx accepts: quotes,
//! `${}`, CRLF, Lua. The bytes come through [`Files`]: nothing here opens a file. Work and memory are
//! linear in the bytes and bounded, and whatever the bytes are, the reader answers with a tree or a
//! [`ReadError`].

mod dump;
mod glob;
mod include;
mod lexer;
mod lua;
pub mod model;
mod parse;
mod source;
mod tree;

pub use dump::{is_dump, read_dump};
pub use include::{read, read_text};
pub use model::Model;
#[cfg(test)]
pub(crate) use source::tests::Memory;
pub use source::Files;
pub use tree::{Directive, Position, ReadError, Tree, Unread, Word};
