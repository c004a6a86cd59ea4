//! Shows what the module says about differently broken upstreams.

fn main() {}
