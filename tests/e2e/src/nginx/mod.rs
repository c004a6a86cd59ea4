//! A real nginx in a directory of its own.

mod config;
mod run;

pub use config::{Config, Module, Position};
pub use run::{Finished, Nginx};
