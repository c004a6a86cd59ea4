//! What is counted in the zone, and how it is shown.

mod changed;
mod counted;
mod directives;
mod lab;
mod life;
mod repeats;
mod status;
