//! The body of an answer: a chain of buffers in the request's pool.

use std::io::{ErrorKind, Result, Write};

use ngx::ffi::{ngx_alloc_chain_link, ngx_buf_t, ngx_chain_t, ngx_create_temp_buf, ngx_pool_t};

/// Bytes of a buffer.
const BUFFER: usize = 16 * 1024;

/// Grows by whole buffers; without memory writing fails.
pub(super) struct Body {
    pool: *mut ngx_pool_t,
    first: *mut ngx_chain_t,
    last: *mut ngx_chain_t,
    length: usize,
}

impl Body {
    /// # Safety
    /// The pool outlives it.
    pub(super) unsafe fn new(pool: *mut ngx_pool_t) -> Self {
        Self {
            pool,
            first: core::ptr::null_mut(),
            last: core::ptr::null_mut(),
            length: 0,
        }
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// The chain, complete; `is_main` is false for a subrequest's part.
    pub(super) fn end(mut self, is_main: bool) -> *mut ngx_chain_t {
        if let Some(buffer) = self.buffer() {
            buffer.set_last_buf(u32::from(is_main));
            buffer.set_last_in_chain(1);
        }
        self.first
    }

    fn buffer(&mut self) -> Option<&mut ngx_buf_t> {
        // SAFETY: the links and buffers are ours, in the pool.
        unsafe { self.last.as_ref()?.buf.as_mut() }
    }

    fn grow(&mut self) -> Option<()> {
        // SAFETY: the pool is alive; both are NULL without memory.
        unsafe {
            let link = ngx_alloc_chain_link(self.pool);
            let buffer = ngx_create_temp_buf(self.pool, BUFFER);
            if buffer.is_null() {
                return None;
            }
            *link.as_mut()? = ngx_chain_t {
                buf: buffer,
                next: core::ptr::null_mut(),
            };
            match self.last.as_mut() {
                Some(last) => last.next = link,
                None => self.first = link,
            }
            self.last = link;
        }
        Some(())
    }
}

impl Write for Body {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let is_full = |buffer: &mut ngx_buf_t| buffer.last == buffer.end;
        if self.buffer().is_none_or(is_full) && self.grow().is_none() {
            return Err(ErrorKind::OutOfMemory.into());
        }
        let Some(buffer) = self.buffer() else {
            return Err(ErrorKind::OutOfMemory.into());
        };
        let room = (buffer.end as usize).saturating_sub(buffer.last as usize);
        let part = bytes.get(..room).unwrap_or(bytes);
        // SAFETY: as many bytes are free in the buffer.
        unsafe {
            core::ptr::copy_nonoverlapping(part.as_ptr(), buffer.last, part.len());
            buffer.last = buffer.last.add(part.len());
        }
        self.length += part.len();
        Ok(part.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
