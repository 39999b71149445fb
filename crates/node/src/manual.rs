//! A private scheduler on a manual clock.

use backbeat_core::{IsolateId, ManualEngine, Sink};
use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::NativeStats;
use crate::memory::{LentBuffers, hold_intervals, hold_records, hold_rings, refused};

/// Nobody sleeps, so nobody is woken: the caller of `advance` looks at the ring itself.
struct NoSink;

impl Sink for NoSink {
    fn wake(&self) {}
}

/// A scheduler of its own whose time moves only by `advance`. Has no thread.
#[napi]
pub struct NativeManualIsolate {
    engine: ManualEngine,
    id: IsolateId,
    lent: LentBuffers,
}

#[napi]
impl NativeManualIsolate {
    /// Makes the scheduler. `rings` is the buffer described by `memoryLayout`.
    #[napi(constructor)]
    pub fn new(env: &Env, rings: ArrayBuffer) -> Result<Self> {
        let mut lent = LentBuffers::default();
        let memory = hold_rings(&mut lent, env, &rings)?;
        let mut engine = ManualEngine::default();
        // SAFETY: the buffers are held as long as the engine exists.
        let id = unsafe { engine.scheduler.attach(memory, Box::new(NoSink)) };
        engine.scheduler.announce_wake(-1.0);
        Ok(Self { engine, id, lent })
    }

    /// Lends a chunk of slot records, which begins at `offset` of `records`, a multiple of 8.
    /// Returns its number.
    #[napi]
    pub fn add_chunk(&mut self, env: &Env, records: ArrayBuffer, offset: u32) -> Result<u32> {
        let records = hold_records(&mut self.lent, env, &records, offset)?;
        // SAFETY: the buffer is held as long as the engine exists.
        unsafe { self.engine.scheduler.add_chunk(self.id, records) }.map_err(refused)
    }

    /// Lends the table of intervals of a chunk, nanoseconds in doubles.
    #[napi]
    pub fn set_intervals(&mut self, env: &Env, chunk: u32, intervals: ArrayBuffer) -> Result<bool> {
        let intervals = hold_intervals(&mut self.lent, env, &intervals)?;
        // SAFETY: the buffer is held as long as the engine exists.
        Ok(unsafe {
            self.engine
                .scheduler
                .set_intervals(self.id, chunk, intervals)
        })
    }

    /// Moves to the next instant at which something is due, up to `limitNs`. Returns true when due
    /// records wait in the ring; deal with them and call again.
    #[napi]
    pub fn advance(&mut self, limit_ns: f64) -> bool {
        self.engine.advance(limit_ns as u64)
    }

    /// The instant the clock stands at.
    #[napi]
    pub fn now_ns(&self) -> f64 {
        self.engine.now_ns() as f64
    }

    /// Does nothing: nobody sleeps. The rings are read by `advance`.
    #[napi]
    pub fn kick(&self) {}

    /// Reads the command ring, because it is full.
    #[napi]
    pub fn drain(&mut self) {
        let now_ns = self.engine.now_ns();
        self.engine.scheduler.drain_commands(now_ns);
    }

    /// Moves due records that found no room into the ring.
    #[napi]
    pub fn refill(&mut self) {
        let now_ns = self.engine.now_ns();
        self.engine.scheduler.refill(self.id, now_ns);
    }

    /// Counters, all zero after `close`.
    #[napi]
    pub fn stats(&self) -> NativeStats {
        let stats = self.engine.scheduler.stats(self.id);
        stats.unwrap_or_default().into()
    }

    /// Forgets everything pending. A second call does nothing.
    #[napi]
    pub fn close(&mut self, env: &Env) {
        self.engine.scheduler.detach(self.id);
        self.lent.release(env);
    }
}
