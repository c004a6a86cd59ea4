//! Field cases that were reproduced, each by the id it is kept under, and kinds of trouble on which people were
//! left without anything to paste.

mod cases;
mod engine;
mod kinds;
mod names;
mod steps;
