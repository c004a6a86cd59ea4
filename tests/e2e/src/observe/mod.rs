//! What nginx left behind: error.log and the JSON log.

mod diagnosis;
pub mod foreign;
pub mod json;
pub mod line;
pub mod log;
mod pretty;

pub use diagnosis::Diagnosis;
pub use line::Diagnosed;
pub use log::{Level, Line, Log};
pub use pretty::pretty;
