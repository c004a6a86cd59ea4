//! What keeps the worker alive whatever happens here: no panic crosses into C, no lack of memory ends
//! the process.

pub(crate) mod allocator;
pub(crate) mod clock;
pub(crate) mod guard;
