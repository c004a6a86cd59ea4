//! The attempts of a request or session, in its own pool: `r->ctx` does not survive an error_page.

use core::ffi::c_void;
use core::ptr;
use std::borrow::Cow;

use ngx::ffi::{ngx_palloc, ngx_pool_cleanup_add, ngx_pool_t, ngx_str_t, ngx_variable_value_t};

use tlsdiag::capture::RecordedAlert;
use tlsdiag::registry::{CipherSuite, NamedGroup, ProtocolVersion};
use tlsdiag::text::beginning;

use super::{Negotiated, Values, MAX_VALUE};
use crate::nginx::string;
use crate::upstream::{self, UpstreamConnection};

/// One attempt. Lives in the pool, freed with it, and so do its texts.
struct Attempt {
    next: *mut Attempt,
    /// The request or session: sub-requests share their request's pool.
    owner: *const c_void,
    /// Place in `upstream_states`.
    index: usize,
    outcome: Outcome,
}

/// What it came to.
struct Outcome {
    negotiated: Negotiated,
    server_name: ngx_str_t,
    diagnosis: Option<&'static str>,
    alert: Option<RecordedAlert>,
    fix: ngx_str_t,
}

impl Outcome {
    /// The value of one of [`super::NAMES`], by its place there; empty for none.
    fn value(&self, variable: usize) -> Cow<'_, str> {
        let text = |string| {
            // What is no UTF-8 grows when it is replaced.
            let lossy = string::bytes(string).map(String::from_utf8_lossy);
            match lossy.unwrap_or_default() {
                Cow::Borrowed(text) => beginning(text, MAX_VALUE).into(),
                Cow::Owned(text) => beginning(&text, MAX_VALUE).to_owned().into(),
            }
        };
        match variable {
            0 => self.diagnosis.unwrap_or_default().into(),
            1 => self.alert.map_or(Cow::Borrowed(""), alert),
            2 => text(&self.fix),
            3 => {
                let version = ProtocolVersion(self.negotiated.version);
                code(version.0, version.config_name(), &version)
            }
            4 => {
                let cipher = CipherSuite(self.negotiated.cipher);
                code(cipher.0, cipher.name(), &cipher)
            }
            5 => {
                let group = NamedGroup(self.negotiated.group);
                code(group.0, group.name(), &group)
            }
            6 => text(&self.server_name),
            7 => match self.negotiated.resumed {
                Some(true) => "r",
                Some(false) => ".",
                None => "",
            }
            .into(),
            _ => "".into(),
        }
    }
}

fn alert(alert: RecordedAlert) -> Cow<'static, str> {
    format!("{}:{}", if alert.sent { "out" } else { "in" }, alert.code).into()
}

/// A code point's name, or what stands for an unknown one; empty for 0.
fn code(code: u16, name: Option<&'static str>, other: &dyn ToString) -> Cow<'static, str> {
    match (code, name) {
        (0, _) => "".into(),
        (_, Some(name)) => name.into(),
        (_, None) => other.to_string().into(),
    }
}

type Marker = unsafe extern "C" fn(*mut c_void);

/// Marks our entry among a pool's cleanups; the pool frees the attempts itself.
///
/// # Safety
/// None: it does nothing.
unsafe extern "C" fn marker(_: *mut c_void) {}

/// Publishes what the owner's current attempt came to. A later call for the same attempt wins. `None`
/// without memory, and where no variable could ask.
pub(crate) fn publish(upstream: &UpstreamConnection<'_>, values: &Values<'_>) -> Option<()> {
    let upstream::Attempt { owner, pool, index } = upstream.attempt()?;
    let Values {
        negotiated,
        recorder,
        failure,
    } = values;
    let fix = failure.map(|(diagnosis, _)| diagnosis.finding.remedy.fix.join(" "));
    // SAFETY: the pool lives as long as the owner, which is alive while its connection is borrowed.
    unsafe {
        let text = |text: &[u8]| match text.is_empty() {
            true => Some(ngx_str_t::default()),
            false => string::copy(pool, text),
        };
        let outcome = Outcome {
            negotiated: *negotiated,
            server_name: text(negotiated.server_name(recorder))?,
            diagnosis: failure.map(|(diagnosis, _)| diagnosis.name),
            alert: failure.and_then(|(_, alert)| alert),
            fix: text(beginning(&fix.unwrap_or_default(), MAX_VALUE).as_bytes())?,
        };
        let head = head(pool, true).as_mut()?;
        if let Some(known) = find(*head, owner, index).as_mut() {
            known.outcome = outcome;
            return Some(());
        }
        let fresh: *mut Attempt = ngx_palloc(pool, size_of::<Attempt>()).cast();
        if fresh.is_null() {
            return None;
        }
        fresh.write(Attempt {
            next: *head,
            owner,
            index,
            outcome,
        });
        *head = fresh;
    }
    Some(())
}

/// The variable's value over all attempts: of one, mostly. `is_attempt` tells of a state whether it is an
/// attempt or the border between two passes (`ngx_http_upstream_addr_variable`).
///
/// # Safety
/// `owner` lives in `pool`.
pub(super) unsafe fn evaluate<S>(
    result: &mut ngx_variable_value_t,
    owner: *const c_void,
    pool: *mut ngx_pool_t,
    variable: usize,
    states: &[S],
    is_attempt: impl Fn(&S) -> bool,
) -> Option<()> {
    // SAFETY: the caller's promise; attempts and their texts live as long as the pool.
    unsafe {
        let first = head(pool, false).as_ref();
        let first = first.copied().unwrap_or(ptr::null_mut());
        let value = |index| {
            let attempt = find(first, owner, index).as_ref();
            let value = attempt.map(|attempt| attempt.outcome.value(variable));
            value
                .filter(|value| !value.is_empty())
                .unwrap_or("-".into())
        };
        let text = match states {
            [] => return None,
            [one] if is_attempt(one) => value(0),
            _ => join(states, is_attempt, value).into(),
        };
        super::set(result, pool, text)
    }
}

/// Joins the values of all attempts as nginx does.
fn join<'v, S>(
    states: &[S],
    is_attempt: impl Fn(&S) -> bool,
    value: impl Fn(usize) -> Cow<'v, str>,
) -> String {
    let mut joined = String::new();
    let mut separator = "";
    for (index, state) in states.iter().enumerate() {
        if !is_attempt(state) {
            separator = " : ";
            continue;
        }
        joined.push_str(separator);
        joined.push_str(&value(index));
        separator = ", ";
    }
    joined
}

/// Where the pool's list of attempts begins; NULL when there is none and none is made.
///
/// # Safety
/// The pool is alive.
unsafe fn head(pool: *mut ngx_pool_t, make: bool) -> *mut *mut Attempt {
    // SAFETY: the caller's promise; a pool's cleanups are a list, and only entries with our marker hold
    // our data.
    unsafe {
        let mut cleanup = (*pool).cleanup;
        while let Some(one) = cleanup.as_ref() {
            if one
                .handler
                .is_some_and(|handler| ptr::fn_addr_eq(handler, marker as Marker))
            {
                return ptr::addr_of_mut!((*cleanup).data).cast();
            }
            cleanup = one.next;
        }
        if !make {
            return ptr::null_mut();
        }
        let Some(fresh) = ngx_pool_cleanup_add(pool, 0).as_mut() else {
            return ptr::null_mut();
        };
        fresh.handler = Some(marker);
        fresh.data = ptr::null_mut();
        ptr::addr_of_mut!(fresh.data).cast()
    }
}

/// The attempt of an owner with this index; NULL for none.
///
/// # Safety
/// `first` is NULL or the first of a list of attempts whose pool is alive.
unsafe fn find(first: *mut Attempt, owner: *const c_void, index: usize) -> *mut Attempt {
    let mut attempt = first;
    // SAFETY: the caller's promise; each attempt leads to one in the same pool.
    while let Some(one) = unsafe { attempt.as_ref() } {
        if one.owner == owner && one.index == index {
            break;
        }
        attempt = one.next;
    }
    attempt
}
