//! Writes a diagnosis down: the error.log line and the JSON document.

mod age;
mod difference;
mod document;
mod line;
mod repeats;
mod reproduce;
pub mod status;

pub use age::Age;
pub use document::{document, json_line, repeats_document, Answer};
pub use line::line;
pub use repeats::{repeats_line, Repeated};
