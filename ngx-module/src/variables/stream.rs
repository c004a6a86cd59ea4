//! The variables of stream sessions. nginx's stream module may be a shared object, so its functions are
//! looked up, not linked.

use core::ffi::c_void;
use core::mem::transmute;

use ngx::core::Status;
use ngx::ffi::{
    ngx_conf_t, ngx_int_t, ngx_module_t, ngx_str_t, ngx_stream_conf_ctx_t,
    ngx_stream_core_main_conf_t, ngx_stream_session_t, ngx_stream_upstream_state_t,
    ngx_stream_variable_t, ngx_stream_variable_value_t, ngx_uint_t, NGX_STREAM_VAR_NOCACHEABLE,
};

use super::{attempt, is_ours, NAMES};
use crate::nginx::symbol;
use crate::runtime::guard::guard;

type AddVariable =
    unsafe extern "C" fn(*mut ngx_conf_t, *mut ngx_str_t, ngx_uint_t) -> *mut ngx_stream_variable_t;

/// Adds the variables; `Some(true)` when the configuration uses one.
///
/// # Safety
/// `cf` is the configuration being read, in its `stream` block.
pub(crate) unsafe fn register(cf: *mut ngx_conf_t) -> Option<bool> {
    // SAFETY: nginx's own functions and structures, looked up in the nginx that called us.
    unsafe {
        let add: AddVariable = transmute::<*mut c_void, Option<AddVariable>>(symbol::lookup(
            c"ngx_stream_add_variable",
        ))?;
        for (index, name) in NAMES.iter().enumerate() {
            let mut name = ngx_str_t {
                len: name.len(),
                data: name.as_ptr().cast_mut(),
            };
            let variable = add(cf, &mut name, NGX_STREAM_VAR_NOCACHEABLE as ngx_uint_t).as_mut()?;
            variable.get_handler = Some(get);
            variable.data = index;
        }
        let core: *const ngx_module_t = symbol::lookup(c"ngx_stream_core_module").cast();
        let context: *const ngx_stream_conf_ctx_t = (*cf).ctx.cast();
        let main: *const ngx_stream_core_main_conf_t =
            (*(*context).main_conf.add(core.as_ref()?.ctx_index)).cast();
        let list: &[ngx_stream_variable_t] = (*main).variables.as_slice();
        Some(list.iter().any(|variable| is_ours(&variable.name)))
    }
}

/// nginx's `get_handler`.
///
/// # Safety
/// nginx passes a live session and the value to be filled.
unsafe extern "C" fn get(
    session: *mut ngx_stream_session_t,
    value: *mut ngx_stream_variable_value_t,
    variable: usize,
) -> ngx_int_t {
    let set = guard("variable", || {
        // SAFETY: the caller's promise.
        unsafe {
            super::use_them();
            let states = (*session).upstream_states.as_ref()?;
            let states: &[ngx_stream_upstream_state_t] = states.as_slice();
            let pool = (*session).connection.as_ref()?.pool;
            attempt::evaluate(
                &mut *value,
                session.cast(),
                pool,
                variable,
                states,
                |state| !state.peer.is_null(),
            )
        }
    });
    if set.flatten().is_none() {
        // SAFETY: the caller's promise.
        unsafe { (*value).set_not_found(1) };
    }
    Status::NGX_OK.into()
}
