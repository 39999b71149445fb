//! An environment's place among the channels of the process.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use backbeat_core::channel::{Hub, Hubs, Side, channel_layout};
use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::memory::hold_channel;
use crate::wake::{Wake, WakeSink};

/// Where things stand in the memory of a channel, in bytes.
#[napi(object)]
pub struct ChannelMemoryLayout {
    pub version: u32,
    pub sender_at: u32,
    pub receiver_at: u32,
    pub cells_at: u32,
    pub cell_bytes: u32,
}

/// The layout of channels this binary was built for.
#[napi]
pub fn channel_memory_layout() -> ChannelMemoryLayout {
    let layout = channel_layout();
    ChannelMemoryLayout {
        version: layout.version,
        sender_at: layout.sender_at as u32,
        receiver_at: layout.receiver_at as u32,
        cells_at: layout.cells_at as u32,
        cell_bytes: layout.cell_bytes as u32,
    }
}

/// Wakes the event loop that waits at the end `key` of the environment `hub`.
#[napi]
pub fn wake_channel_end(hub: u32, key: u32) {
    Hubs::of_process().wake(hub, key);
}

/// What the JavaScript object and the cleanup hook share.
struct Membership {
    hub: Arc<Hub>,
    wake: Arc<Wake>,
    is_closed: AtomicBool,
}

impl Membership {
    /// On the environment's thread, once.
    fn close(&self) {
        if !self.is_closed.swap(true, Ordering::AcqRel) {
            Hubs::of_process().close(&self.hub);
            self.wake.close();
        }
    }
}

/// An environment that holds ends of channels. It leaves with its environment.
#[napi]
pub struct NativeChannelHub {
    membership: Arc<Membership>,
}

#[napi]
impl NativeChannelHub {
    /// Joins. `dispatch` is called on this thread whenever ends were woken.
    #[napi(constructor)]
    pub fn new(env: &Env, dispatch: Function<(), ()>) -> Result<Self> {
        let wake = Wake::new(env, &dispatch)?;
        let hub = Hubs::of_process().open(Box::new(WakeSink(Arc::clone(&wake))));
        let membership = Arc::new(Membership {
            hub,
            wake,
            is_closed: AtomicBool::new(false),
        });
        let hook = Arc::into_raw(Arc::clone(&membership)).cast_mut().cast();
        // SAFETY: the argument stays valid until the hook has run, which is once.
        let status =
            unsafe { sys::napi_add_env_cleanup_hook(env.raw(), Some(on_environment_end), hook) };
        check_status!(status)?;
        Ok(Self { membership })
    }

    /// Number by which other environments name this one.
    #[napi(getter)]
    pub fn id(&self) -> u32 {
        self.membership.hub.id().0
    }

    /// Takes an end of the channel in `memory`, an Int32Array over the whole shared buffer.
    #[napi]
    pub fn open_end(&self, env: &Env, memory: Unknown, is_sender: bool) -> Result<ChannelEnd> {
        let (channel, reference) = hold_channel(env, &memory)?;
        let side = if is_sender {
            Side::Sender
        } else {
            Side::Receiver
        };
        // SAFETY: the reference is deleted after the end was forgotten, or with the environment,
        // whose cleanup hook closes the hub before.
        let key = unsafe { self.membership.hub.open_end(channel, side) };
        Ok(ChannelEnd {
            membership: Arc::clone(&self.membership),
            key,
            reference,
        })
    }

    /// Moves the keys of woken ends into `keys`; returns how many there were.
    #[napi]
    pub fn take_ready(&self, mut keys: Uint32Array) -> u32 {
        // SAFETY: the array belongs to the calling thread, which is busy here.
        let keys = unsafe { keys.as_mut() };
        self.membership.hub.take_ready(keys) as u32
    }

    /// Calls `dispatch` again soon, after the event loop has had its turn.
    #[napi]
    pub fn dispatch_again(&self) {
        self.membership.wake.call_again();
    }

    /// Holds the process while an end waits, or lets it end.
    #[napi]
    pub fn set_ref(&self, env: &Env, is_ref: bool) {
        self.membership.wake.set_ref(env, is_ref);
    }

    /// Number of ends that this environment holds.
    #[napi(getter)]
    pub fn end_count(&self) -> u32 {
        self.membership.hub.end_count() as u32
    }
}

/// An end of a channel that an environment holds.
#[napi]
pub struct ChannelEnd {
    membership: Arc<Membership>,
    key: u32,
    reference: sys::napi_ref,
}

#[napi]
impl ChannelEnd {
    /// Number by which the other end names this one.
    #[napi(getter)]
    pub fn key(&self) -> u32 {
        self.key
    }

    /// Gives the end and its memory up. A second call does nothing.
    #[napi]
    pub fn forget(&mut self, env: &Env) {
        if self.reference.is_null() {
            return;
        }
        self.membership.hub.forget_end(self.key);
        // SAFETY: made for `open_end` in this environment and not deleted before.
        unsafe { sys::napi_delete_reference(env.raw(), self.reference) };
        self.reference = ptr::null_mut();
    }
}

/// The environment ends: by itself, by `terminate()` or by `process.exit()`, at any moment.
unsafe extern "C" fn on_environment_end(argument: *mut c_void) {
    // SAFETY: `NativeChannelHub::new` gave one count to the hook, and a hook runs once.
    let membership = unsafe { Arc::from_raw(argument.cast::<Membership>().cast_const()) };
    membership.close();
}
