//! What ties something in the core to the life of an environment.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::*;

use crate::wake::Wake;

/// Shared by the JavaScript object and the cleanup hook: whichever comes first detaches.
struct Tie {
    wake: Arc<Wake>,
    detach: Box<dyn Fn() + Send + Sync>,
    is_closed: AtomicBool,
}

impl Tie {
    /// Detaches, then releases the handle. On the environment's thread, once.
    fn close(&self) {
        if !self.is_closed.swap(true, Ordering::AcqRel) {
            (self.detach)();
            self.wake.close();
        }
    }
}

/// Detaches by `close`, or when the environment ends by itself, by `terminate()` or by
/// `process.exit()`, at any moment.
pub struct Attachment {
    tie: Arc<Tie>,
    hook: *mut c_void,
}

impl Attachment {
    /// Registers the hook. `detach` must leave the core with no pointer into the environment.
    pub fn new(
        env: &Env,
        wake: Arc<Wake>,
        detach: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self> {
        let tie = Arc::new(Tie {
            wake,
            detach: Box::new(detach),
            is_closed: AtomicBool::new(false),
        });
        let hook = Arc::into_raw(Arc::clone(&tie)).cast_mut().cast();
        // SAFETY: the argument stays valid until the hook has run or was removed in `close`.
        let status =
            unsafe { sys::napi_add_env_cleanup_hook(env.raw(), Some(on_environment_end), hook) };
        check_status!(status)?;
        Ok(Self { tie, hook })
    }

    /// How the core wakes the environment.
    pub fn wake(&self) -> &Wake {
        &self.tie.wake
    }

    /// Detaches. False when that was done before.
    pub fn close(&self, env: &Env) -> bool {
        if self.tie.is_closed.load(Ordering::Acquire) {
            return false;
        }
        self.tie.close();
        // SAFETY: the hook was registered with this argument and has not run, or the tie would be
        // closed. Removing it gives its count back to us.
        unsafe {
            sys::napi_remove_env_cleanup_hook(env.raw(), Some(on_environment_end), self.hook);
            drop(Arc::from_raw(self.hook.cast::<Tie>().cast_const()));
        }
        true
    }
}

unsafe extern "C" fn on_environment_end(argument: *mut c_void) {
    // SAFETY: `Attachment::new` gave one count to the hook, and a hook runs once.
    let tie = unsafe { Arc::from_raw(argument.cast::<Tie>().cast_const()) };
    tie.close();
}
