//! The core module: it is what `load_module` wakes up, before any TLS context exists.

use core::ffi::{c_char, c_void};
use core::{fmt, ptr};

use ngx::core::Status;
use ngx::ffi::{
    ngx_command_t, ngx_core_module_t, ngx_cycle_t, ngx_int_t, ngx_module_t, ngx_uint_t,
    OpenSSL_version_num, NGX_CORE_MODULE, NGX_DIRECT_CONF, NGX_LOG_EMERG, NGX_MAIN_CONF,
    OPENSSL_VERSION_NUMBER,
};

use super::directives::{self, answer, diag, repeat, zone, Refused};
use crate::conf::LevelConf;
use crate::hook::{self, RegistrationError};
use crate::nginx::{cycle, log, modules};
use crate::outcome;
use crate::runtime::guard;

/// The module; `load_module` calls its `create_conf` at once.
#[allow(non_upper_case_globals, reason = "the name is public: nginx prints it")]
pub(crate) static mut ngx_upstream_tls_diag_module: ngx_module_t = ngx_module_t {
    ctx: ptr::addr_of!(CONTEXT).cast_mut().cast(),
    commands: ptr::addr_of_mut!(COMMANDS).cast(),
    type_: NGX_CORE_MODULE as ngx_uint_t,
    init_module: Some(init_module),
    init_process: Some(init_process),
    exit_process: Some(exit_process),
    ..ngx_module_t::default()
};

static mut CONTEXT: ngx_core_module_t = ngx_core_module_t {
    name: ngx::ngx_string!("upstream_tls_diag"),
    create_conf: Some(create_conf),
    init_conf: Some(init_conf),
};

static mut COMMANDS: [ngx_command_t; 5] = [
    diag::command(LEVELS, 0),
    directives::log::command(LEVELS, 0),
    repeat::command(LEVELS, 0),
    zone::command(LEVELS),
    ngx_command_t::empty(),
];

const LEVELS: u32 = NGX_MAIN_CONF | NGX_DIRECT_CONF;

/// Makes the modules of this shared object known to the rooms below.
fn enter_modules() {
    // SAFETY: the structures are this shared object's own.
    unsafe {
        modules::CORE.enter(ptr::addr_of_mut!(ngx_upstream_tls_diag_module));
        modules::HTTP.enter(super::http::module());
        #[cfg(ngx_feature = "stream")]
        modules::STREAM.enter(super::stream::module());
    }
}

/// nginx's `create_conf`: NULL refuses the configuration.
///
/// # Safety
/// nginx hands over the cycle it is building.
unsafe extern "C" fn create_conf(cycle: *mut ngx_cycle_t) -> *mut c_void {
    guard::silence_panics();
    enter_modules();
    // SAFETY: the caller's promise.
    let created = guard::guard("create_conf", || unsafe {
        begin(cycle).map_err(|why| {
            log::write(
                (*cycle).log,
                NGX_LOG_EMERG,
                0,
                format_args!("module \"ngx_upstream_tls_diag_module\" {why}"),
            );
        })
    });
    created.and_then(Result::ok).unwrap_or(ptr::null_mut())
}

/// The main level of a configuration that begins. NULL without memory: nginx has said so.
///
/// # Safety
/// nginx is building the cycle.
unsafe fn begin(cycle: *mut ngx_cycle_t) -> Result<*mut c_void, Unfit> {
    let built = u64::from(OPENSSL_VERSION_NUMBER) >> 28;
    // SAFETY: asks for a number.
    let running = unsafe { OpenSSL_version_num() } >> 28;
    if running != built {
        return Err(Unfit::OtherOpenSsl { built, running });
    }
    hook::register().map_err(Unfit::Registration)?;
    // SAFETY: the caller's promise.
    unsafe {
        cycle::retain(cycle).ok_or(Unfit::NoMemory)?;
        hook::clear_pending();
        Ok(LevelConf::create((*cycle).pool))
    }
}

/// Why this nginx cannot run the module.
enum Unfit {
    /// Major versions of the library.
    OtherOpenSsl {
        built: u64,
        running: u64,
    },
    Registration(RegistrationError),
    NoMemory,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherOpenSsl { built, running } => write!(
                f,
                "was built for OpenSSL {built}.x and cannot run with OpenSSL {running}.x"
            ),
            Self::Registration(why) => why.fmt(f),
            Self::NoMemory => f.write_str("is out of memory"),
        }
    }
}

/// nginx's `init_conf`: the whole configuration is read.
///
/// # Safety
/// nginx passes the cycle it is building and what `create_conf` returned.
unsafe extern "C" fn init_conf(cycle: *mut ngx_cycle_t, conf: *mut c_void) -> *mut c_char {
    answer(guard::guard("init_conf", || {
        // SAFETY: the caller's promise.
        let main = unsafe { &*conf.cast::<LevelConf>() };
        let Some(directive) = main.needs_zone.get().filter(|_| main.zone.get().is_null()) else {
            return Ok(());
        };
        // SAFETY: the caller's promise.
        unsafe {
            log::write(
                (*cycle).log,
                NGX_LOG_EMERG,
                0,
                format_args!("\"{directive}\" needs \"upstream_tls_zone\""),
            )
        };
        Err(Refused::Logged)
    }))
}

/// Never refuses: on a reload nginx treats that as fatal. After a fault the module does nothing.
///
/// # Safety
/// nginx passes the cycle it has just built.
unsafe extern "C" fn init_module(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    // SAFETY: the caller's promise.
    guard::guard("init_module", || unsafe { super::complete(cycle) });
    Status::NGX_OK.into()
}

/// nginx's `init_process`. Never refuses: nginx would end the process.
///
/// # Safety
/// nginx passes the running cycle.
unsafe extern "C" fn init_process(_cycle: *mut ngx_cycle_t) -> ngx_int_t {
    guard::guard("init_process", outcome::begin_process);
    Status::NGX_OK.into()
}

/// nginx's `exit_process`.
///
/// # Safety
/// nginx passes the running cycle.
unsafe extern "C" fn exit_process(_cycle: *mut ngx_cycle_t) {
    guard::guard("exit_process", outcome::end_process);
}
