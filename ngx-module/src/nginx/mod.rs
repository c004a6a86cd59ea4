//! nginx's own structures, apart from any connection.

mod bit_fields;
pub(crate) mod buffer;
pub(crate) mod cycle;
pub(crate) mod log;
pub(crate) mod modules;
pub(crate) mod string;
pub(crate) mod symbol;
