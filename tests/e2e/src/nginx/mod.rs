//! A real nginx in a directory of its own.

mod config;
mod daemon;
mod run;

pub use config::{Config, Module, Position};
pub use daemon::Daemon;
pub use run::{Finished, Nginx};
