//! How the timer thread wakes an environment.
//!
//! napi-rs's own thread-safe function is not used: the thread may drop or call it in the very
//! moment in which the environment ends, and Node then aborts the process. The rules here:
//!
//! 1. One record per environment: a lock and the raw handle, `None` once closed. The timer thread
//!    calls under the lock, with an open handle, and never releases it.
//! 2. The handle is released once, on the environment's own thread: by our cleanup hook, which was
//!    registered right after the handle was made and so runs before Node's own, or by `close`.
//! 3. A call carries no data. Due records stay in the core until JavaScript reads its ring.
//! 4. The handle is weak unless JavaScript has pending actors that hold the process.
//! 5. The library is never unloaded once a record was made: a thread of ours may still run its code when
//!    the last environment has gone.

use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backbeat_core::{Engine, Nanos, Sink};
use napi::bindgen_prelude::*;

use crate::rouse::Rouse;

const RESOURCE_NAME: &CStr = c"backbeat";

/// The record of one environment. See the module's documentation.
pub struct Wake {
    handle: Mutex<Option<Handle>>,
    /// A call is on its way that has not reached JavaScript yet.
    is_pending: AtomicBool,
    rouse: Rouse,
}

struct Handle(sys::napi_threadsafe_function);

// SAFETY: the handle is made to be called from any thread; calls happen under the record's lock.
unsafe impl Send for Handle {}

impl Wake {
    /// Makes the record and its handle. `dispatch` is called on the environment's thread after each
    /// `wake`.
    pub fn new(env: &Env, dispatch: &Function<(), ()>) -> Result<Arc<Self>> {
        retain_current_module_for_unload_safety();
        let wake = Arc::new(Self {
            handle: Mutex::new(None),
            is_pending: AtomicBool::new(false),
            rouse: Rouse::new(),
        });
        let context = Arc::into_raw(Arc::clone(&wake));
        let handle = create_handle(env, dispatch, context.cast_mut().cast()).inspect_err(|_| {
            // SAFETY: the handle that would own this count was not made.
            drop(unsafe { Arc::from_raw(context) });
        })?;
        *wake.lock() = Some(Handle(handle));
        Ok(wake)
    }

    /// Lets the handle hold the process, or not. Only on the environment's thread.
    pub fn set_ref(&self, env: &Env, is_ref: bool) {
        if let Some(Handle(handle)) = *self.lock() {
            // SAFETY: the handle is open and this is its environment's thread.
            unsafe {
                if is_ref {
                    sys::napi_ref_threadsafe_function(env.raw(), handle);
                } else {
                    sys::napi_unref_threadsafe_function(env.raw(), handle);
                }
            }
        }
    }

    /// Calls `dispatch` soon, as after a wake, from the environment's own thread.
    pub fn call_again(&self) {
        self.call();
    }

    /// Waits for the deadline that the environment was roused for, and takes what is due then. Only
    /// on the environment's thread, which looks at its ring right after.
    pub fn await_deadline(&self) {
        if !self.rouse.wait() {
            return;
        }
        // As in a call that is pending: what is handed over here needs no other one.
        self.is_pending.swap(true, Ordering::AcqRel);
        Engine::of_process().deliver();
        self.is_pending.swap(false, Ordering::AcqRel);
    }

    /// Releases the handle. Only on the environment's thread; a second call does nothing.
    pub fn close(&self) {
        if let Some(Handle(handle)) = self.lock().take() {
            // SAFETY: the handle was open, and taking it out makes this the last use.
            unsafe {
                sys::napi_release_threadsafe_function(
                    handle,
                    sys::ThreadsafeFunctionReleaseMode::release,
                )
            };
        }
    }

    fn call(&self) {
        if self.is_pending.swap(true, Ordering::AcqRel) {
            return;
        }
        self.rouse.called();
        if let Some(Handle(handle)) = *self.lock() {
            // SAFETY: the handle is open and cannot be released while we hold the lock.
            unsafe {
                sys::napi_call_threadsafe_function(
                    handle,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                )
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Handle>> {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The record as the core sees it.
pub struct WakeSink(pub Arc<Wake>);

impl Sink for WakeSink {
    fn wake(&self) {
        self.0.call();
    }
}

/// The record of an environment whose actors shall be punctual.
pub struct TimerSink(pub Arc<Wake>);

impl Sink for TimerSink {
    fn wake(&self) {
        self.0.call();
    }

    fn lead_ns(&self) -> Option<Nanos> {
        self.0.rouse.lead_ns()
    }

    fn rouse(&self, deadline_ns: Nanos) {
        self.0.rouse.aim(deadline_ns);
        self.0.call();
    }
}

fn create_handle(
    env: &Env,
    dispatch: &Function<(), ()>,
    context: *mut c_void,
) -> Result<sys::napi_threadsafe_function> {
    let raw = env.raw();
    let mut name = ptr::null_mut();
    let mut handle = ptr::null_mut();
    let length = RESOURCE_NAME.count_bytes() as isize;
    // SAFETY: all values belong to this environment and this is its thread. `context` stays valid
    // until the finalizer runs, which is the last callback of the handle.
    unsafe {
        check_status!(sys::napi_create_string_utf8(
            raw,
            RESOURCE_NAME.as_ptr(),
            length,
            &mut name
        ))?;
        check_status!(sys::napi_create_threadsafe_function(
            raw,
            dispatch.raw(),
            ptr::null_mut(),
            name,
            0,
            1,
            context,
            Some(finalize),
            context,
            Some(call_dispatch),
            &mut handle,
        ))?;
        check_status!(sys::napi_unref_threadsafe_function(raw, handle))?;
    }
    Ok(handle)
}

/// Runs on the environment's thread for each call.
unsafe extern "C" fn call_dispatch(
    env: sys::napi_env,
    dispatch: sys::napi_value,
    context: *mut c_void,
    _data: *mut c_void,
) {
    // SAFETY: the handle owns a count of the record until its finalizer runs.
    let wake = unsafe { &*context.cast::<Wake>() };
    // A swap and not a store: it reads from the swap of the caller, so that everything the caller
    // published before is seen by the dispatch below.
    wake.is_pending.swap(false, Ordering::AcqRel);
    if env.is_null() || dispatch.is_null() {
        return;
    }
    let mut this = ptr::null_mut();
    // SAFETY: Node calls this on the environment's thread inside a handle scope.
    unsafe {
        sys::napi_get_undefined(env, &mut this);
        let status = sys::napi_call_function(env, this, dispatch, 0, ptr::null(), ptr::null_mut());
        if status == sys::Status::napi_pending_exception {
            report_own_error(env);
        }
    }
}

/// `dispatch` catches what callbacks throw. What is left is a fault of our own, which Node would
/// swallow with a warning, or the termination of the environment.
///
/// # Safety
///
/// On the environment's thread, inside a handle scope.
unsafe fn report_own_error(env: sys::napi_env) {
    let mut error = ptr::null_mut();
    let mut kind = sys::ValueType::napi_undefined;
    // SAFETY: handed on from this function's contract.
    unsafe {
        sys::napi_get_and_clear_last_exception(env, &mut error);
        // A termination shows as null; nothing may be called any more.
        if sys::napi_typeof(env, error, &mut kind) == sys::Status::napi_ok
            && kind == sys::ValueType::napi_object
        {
            sys::napi_fatal_exception(env, error);
        }
    }
}

/// Runs once, after the last call.
unsafe extern "C" fn finalize(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `Wake::new` gave one count to the handle, and this is where it ends.
    drop(unsafe { Arc::from_raw(data.cast::<Wake>().cast_const()) });
}
