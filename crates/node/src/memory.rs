//! Buffers that JavaScript lends to the core.
//!
//! JavaScript allocates them, so that no memory of ours is ever handed out (Electron forbids that).
//! Each is held by a strong reference from the moment the core knows it until it is detached, so it
//! is neither collected nor moved: a backing store never moves.

use backbeat_core::channel::ChannelMemory;
use backbeat_core::{CHUNK_SLOTS, SharedMemory, SlotRecord};
use napi::bindgen_prelude::*;
use std::ptr;
use std::sync::atomic::AtomicU64;

/// A strong reference to a lent buffer. Released by [`LentBuffers::release`], or with the
/// environment.
#[derive(Default)]
pub struct LentBuffers {
    references: Vec<sys::napi_ref>,
}

// SAFETY: the references are only used by `hold` and `release`, on the thread of the environment.
unsafe impl Send for LentBuffers {}

impl LentBuffers {
    /// Holds a buffer of at least `bytes` bytes, 8-byte aligned, and returns its address.
    pub fn hold(&mut self, env: &Env, buffer: &ArrayBuffer, bytes: usize) -> Result<*const u8> {
        let address = buffer.as_ptr();
        if buffer.len() < bytes || !(address as usize).is_multiple_of(8) {
            return Err(Error::new(
                Status::InvalidArg,
                format!("the buffer must hold {bytes} bytes, aligned to 8"),
            ));
        }
        let mut reference = ptr::null_mut();
        // SAFETY: the value belongs to this environment and this is its thread.
        let status =
            unsafe { sys::napi_create_reference(env.raw(), buffer.raw(), 1, &mut reference) };
        check_status!(status)?;
        self.references.push(reference);
        Ok(address)
    }

    /// Gives all buffers back to the garbage collector.
    pub fn release(&mut self, env: &Env) {
        for reference in self.references.drain(..) {
            // SAFETY: made by `hold` in this environment and not deleted before.
            unsafe { sys::napi_delete_reference(env.raw(), reference) };
        }
    }
}

/// The rings of an isolate, out of a held buffer.
pub fn hold_rings(lent: &mut LentBuffers, env: &Env, buffer: &ArrayBuffer) -> Result<SharedMemory> {
    let address = lent.hold(env, buffer, backbeat_core::layout().buffer_bytes)?;
    // SAFETY: size and alignment were checked, and the buffer is held.
    Ok(unsafe { SharedMemory::from_buffer(address) })
}

/// The memory of a channel in an Int32Array over the whole of its shared buffer, with the reference that
/// holds it. Who holds the memory deletes the reference afterwards.
pub fn hold_channel(env: &Env, words: &Unknown) -> Result<(ChannelMemory, sys::napi_ref)> {
    let (address, bytes) = shared_words(env, words)?;
    // SAFETY: the address is valid for these bytes, and the reference below keeps it so.
    let memory = unsafe { ChannelMemory::from_buffer(address, bytes) }.ok_or_else(|| {
        Error::new(
            Status::InvalidArg,
            "the memory holds no channel of this version",
        )
    })?;
    let mut reference = ptr::null_mut();
    // SAFETY: the value belongs to this environment and this is its thread.
    let status = unsafe { sys::napi_create_reference(env.raw(), words.raw(), 1, &mut reference) };
    check_status!(status)?;
    Ok((memory, reference))
}

/// Address and length of an Int32Array. Node-API tells them for shared memory as for any other.
fn shared_words(env: &Env, memory: &Unknown) -> Result<(*mut u8, usize)> {
    let mut kind = sys::TypedarrayType::int8_array;
    let mut length = 0;
    let mut data = ptr::null_mut();
    // SAFETY: the value belongs to this environment; a value that is no typed array is an error.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env.raw(),
            memory.raw(),
            &mut kind,
            &mut length,
            &mut data,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    check_status!(status)?;
    if kind != sys::TypedarrayType::int32_array {
        return Err(Error::new(
            Status::InvalidArg,
            "the memory must be an Int32Array",
        ));
    }
    Ok((data.cast(), length * 4))
}

/// The slot records of a chunk, which begin at `offset` of a held buffer.
pub fn hold_records(
    lent: &mut LentBuffers,
    env: &Env,
    buffer: &ArrayBuffer,
    offset: u32,
) -> Result<*const SlotRecord> {
    let bytes = CHUNK_SLOTS * size_of::<SlotRecord>();
    let offset = offset as usize;
    let address = lent.hold(env, buffer, offset.next_multiple_of(8) + bytes)?;
    if offset == 0 {
        prefer_huge_pages(address, buffer.len());
    }
    // SAFETY: the buffer was checked to hold the chunk behind the offset.
    Ok(unsafe { address.add(offset.next_multiple_of(8)) }.cast())
}

/// Asks for huge pages. Due slots are spread over all of the memory, and with small pages each of
/// millions of them would miss the translation cache as well as the data cache.
#[cfg(target_os = "linux")]
fn prefer_huge_pages(address: *const u8, bytes: usize) {
    use std::ffi::{c_int, c_void};

    const HUGE_PAGE: usize = 2 << 20;
    const MADV_HUGEPAGE: c_int = 14;
    unsafe extern "C" {
        fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int;
    }
    let first = (address as usize).next_multiple_of(HUGE_PAGE);
    let end = (address as usize + bytes) / HUGE_PAGE * HUGE_PAGE;
    if first < end {
        // SAFETY: the range lies inside the buffer; the advice changes no content. It is a wish: a
        // system that refuses it works with small pages.
        unsafe { madvise(first as *mut c_void, end - first, MADV_HUGEPAGE) };
    }
}

/// Other systems choose their pages themselves.
#[cfg(not(target_os = "linux"))]
fn prefer_huge_pages(_address: *const u8, _bytes: usize) {}

/// The intervals of a chunk, out of a held buffer.
pub fn hold_intervals(
    lent: &mut LentBuffers,
    env: &Env,
    buffer: &ArrayBuffer,
) -> Result<*const AtomicU64> {
    Ok(lent.hold(env, buffer, CHUNK_SLOTS * 8)?.cast())
}

/// The error for a chunk that the core did not take.
pub fn refused(error: backbeat_core::AddChunkError) -> Error {
    Error::new(Status::GenericFailure, format!("{error:?}"))
}
