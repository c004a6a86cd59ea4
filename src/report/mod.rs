//! Writes a diagnosis down: the error.log line and the JSON document.

mod document;
mod line;
mod reproduce;

pub use document::document;
pub use line::line;
