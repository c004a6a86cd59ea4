//! Bindings of OpenSSL: nginx-sys's, made from the headers nginx was configured with. The command line
//! shares some of the files beside this one and has bindings of its own for them.

pub(super) use ngx::ffi::*;
