//! `upstream_tls_diag on | off`

use core::mem::offset_of;

use ngx::ffi::{ngx_command_t, ngx_conf_set_flag_slot, NGX_CONF_FLAG};

use super::directive;
use crate::conf::LevelConf;

/// The directive at the given levels; `conf` is the level's `NGX_*_CONF_OFFSET`.
pub(in crate::module) const fn command(levels: u32, conf: usize) -> ngx_command_t {
    let name = ngx::ngx_string!("upstream_tls_diag");
    ngx_command_t {
        offset: offset_of!(LevelConf, diag),
        ..directive(name, levels | NGX_CONF_FLAG, conf, ngx_conf_set_flag_slot)
    }
}
