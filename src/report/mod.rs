//! Writes a diagnosis down: the error.log line and the JSON document.

mod age;
mod difference;
mod document;
mod line;
mod reproduce;
pub mod status;

pub use age::Age;
pub use document::{document, json_line};
pub use line::line;
