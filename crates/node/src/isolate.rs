//! An environment attached to the process-wide engine.

use std::sync::Arc;

use backbeat_core::{Delivery, Engine, IsolateId};
use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::NativeStats;
use crate::attachment::Attachment;
use crate::memory::{LentBuffers, hold_intervals, hold_records, hold_rings, refused};
use crate::wake::{TimerSink, Wake};

/// An environment (the main thread or a worker) attached to the timer thread of the process.
///
/// Attaching starts the thread when it does not run yet. The environment is detached by `close`, or
/// by its own end.
#[napi]
pub struct NativeIsolate {
    id: IsolateId,
    attachment: Attachment,
    lent: LentBuffers,
}

#[napi]
impl NativeIsolate {
    /// Attaches. `rings` is the buffer described by `memoryLayout`; `dispatch` is called on this
    /// thread whenever due records wait in it.
    #[napi(constructor)]
    pub fn new(env: &Env, rings: ArrayBuffer, dispatch: Function<(), ()>) -> Result<Self> {
        let mut lent = LentBuffers::default();
        let memory = hold_rings(&mut lent, env, &rings)?;
        let wake = Wake::new(env, &dispatch)?;
        let sink = Box::new(TimerSink(Arc::clone(&wake)));
        // SAFETY: the buffers are held until `close` or the cleanup hook has detached the isolate.
        let attached = unsafe { Engine::of_process().attach(Delivery::HeldApart, memory, sink) };
        let id = attached.map_err(|error| {
            wake.close();
            Error::new(
                Status::GenericFailure,
                format!("the system gave no thread: {error}"),
            )
        })?;
        let attachment = Attachment::new(env, wake, move || Engine::of_process().detach(id))?;
        Ok(Self {
            id,
            attachment,
            lent,
        })
    }

    /// Lends a chunk of slot records, which begins at `offset` of `records`, a multiple of 8.
    /// Returns its number.
    #[napi]
    pub fn add_chunk(&mut self, env: &Env, records: ArrayBuffer, offset: u32) -> Result<u32> {
        let records = hold_records(&mut self.lent, env, &records, offset)?;
        // SAFETY: the buffer is held until the isolate is detached.
        unsafe { Engine::of_process().add_chunk(self.id, records) }.map_err(refused)
    }

    /// Lends the table of intervals of a chunk, nanoseconds in doubles.
    #[napi]
    pub fn set_intervals(&mut self, env: &Env, chunk: u32, intervals: ArrayBuffer) -> Result<bool> {
        let intervals = hold_intervals(&mut self.lent, env, &intervals)?;
        // SAFETY: the buffer is held until the isolate is detached.
        Ok(unsafe { Engine::of_process().set_intervals(self.id, chunk, intervals) })
    }

    /// Wakes the timer thread, because a command is due before its next wake-up.
    #[napi]
    pub fn kick(&self) {
        Engine::of_process().kick();
    }

    /// Reads the command ring on this thread, because it is full.
    #[napi]
    pub fn drain(&self) {
        Engine::of_process().drain();
    }

    /// Moves due records that found no room into the ring.
    #[napi]
    pub fn refill(&self) {
        Engine::of_process().refill(self.id);
    }

    /// In `dispatch`, before it looks at its ring: waits for the deadline that this call is for, if
    /// it came ahead of one, and takes what is due.
    #[napi]
    pub fn await_deadline(&self) {
        self.attachment.wake().await_deadline();
    }

    /// Calls `dispatch` again soon, after the event loop has had its turn.
    #[napi]
    pub fn dispatch_again(&self) {
        self.attachment.wake().call_again();
    }

    /// Holds the process while actors are pending, or lets it end.
    #[napi]
    pub fn set_ref(&self, env: &Env, is_ref: bool) {
        self.attachment.wake().set_ref(env, is_ref);
    }

    /// Counters, all zero after `close`.
    #[napi]
    pub fn stats(&self) -> NativeStats {
        let stats = Engine::of_process().stats(self.id);
        stats.unwrap_or_default().into()
    }

    /// Detaches. A second call does nothing.
    #[napi]
    pub fn close(&mut self, env: &Env) {
        if self.attachment.close(env) {
            self.lent.release(env);
        }
    }
}
