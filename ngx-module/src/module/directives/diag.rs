//! `upstream_tls_diag on | off`

use core::mem::offset_of;
use core::ptr;

use ngx::ffi::{ngx_command_t, ngx_conf_set_flag_slot, ngx_uint_t, NGX_CONF_FLAG};

use crate::conf::LevelConf;

/// The directive at the given levels; `conf` is the level's `NGX_*_CONF_OFFSET`.
pub(in crate::module) const fn command(levels: u32, conf: usize) -> ngx_command_t {
    ngx_command_t {
        name: ngx::ngx_string!("upstream_tls_diag"),
        type_: (levels | NGX_CONF_FLAG) as ngx_uint_t,
        set: Some(ngx_conf_set_flag_slot),
        conf,
        offset: offset_of!(LevelConf, diag),
        post: ptr::null_mut(),
    }
}
