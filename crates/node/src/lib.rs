//! Binding of the core to Node-API. The only crate that knows napi.
//!
//! * `isolate`: an environment attached to the process-wide engine, [`NativeIsolate`].
//! * `lane_client`, `lane_thread`: an environment that submits jobs, [`NativeLaneClient`], and one that
//!   runs them, [`NativeLane`].
//! * `attachment`: what ties either to the life of its environment.
//! * `wake`: how other threads wake an environment, and the rules that keep that safe when the
//!   environment ends at any moment.
//! * `channel`: an environment that holds ends of channels, [`NativeChannelHub`].
//! * `manual`: a private scheduler on a manual clock, [`NativeManualIsolate`].
//! * `source`: native producers of a channel, [`NativeSource`].
//! * `memory`: buffers that JavaScript lends to the core.

#![allow(
    missing_docs,
    missing_debug_implementations,
    reason = "napi-derive writes public items without either, and nobody formats a binding"
)]

mod attachment;
mod channel;
mod isolate;
mod lane_client;
mod lane_thread;
mod manual;
mod memory;
mod rouse;
mod source;
mod timed_workers;
mod wake;

use backbeat_core::{CHUNK_SHIFT, MonotonicClock, SLOT_BITS};
use napi::bindgen_prelude::*;
use napi_derive::napi;

pub use channel::{
    ChannelEnd, ChannelMemoryLayout, NativeChannelHub, channel_memory_layout, wake_channel_end,
};
pub use isolate::NativeIsolate;
pub use lane_client::{LanePoolStats, NativeLaneClient, lane_pool_stats, set_lane_limit};
pub use lane_thread::{LaneLayout, NativeLane, lane_layout};
pub use manual::NativeManualIsolate;
pub use source::NativeSource;

/// Version of the crates, which must equal the version of the package that loads them.
#[napi]
pub fn core_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Where things stand in the memory that both sides share, in bytes and counts.
#[napi(object)]
pub struct MemoryLayout {
    pub buffer_bytes: u32,
    pub commands_at: u32,
    pub command_capacity: u32,
    pub due_at: u32,
    pub due_capacity: u32,
    pub chunk_shift: u32,
    pub slot_bits: u32,
}

/// The layout this binary was built for.
#[napi]
pub fn memory_layout() -> MemoryLayout {
    let layout = backbeat_core::layout();
    MemoryLayout {
        buffer_bytes: layout.buffer_bytes as u32,
        commands_at: layout.commands_at as u32,
        command_capacity: layout.command_capacity as u32,
        due_at: layout.due_at as u32,
        due_capacity: layout.due_capacity as u32,
        chunk_shift: CHUNK_SHIFT,
        slot_bits: SLOT_BITS,
    }
}

/// Nanoseconds on the core's monotonic time line.
#[napi]
pub fn monotonic_now_ns() -> f64 {
    MonotonicClock.now_ns() as f64
}

/// True while the timer thread of the process exists.
#[napi]
pub fn has_timer_thread() -> bool {
    backbeat_core::Engine::of_process().has_thread()
}

/// Hands an error to `uncaughtException`, as Node does for an error thrown in a timer.
#[napi]
pub fn throw_uncaught(env: &Env, error: Unknown) {
    // SAFETY: both values belong to the calling environment and this is its thread.
    unsafe { sys::napi_fatal_exception(env.raw(), error.raw()) };
}

/// Counters of one isolate; see the core's documentation of the same names.
#[napi(object)]
pub struct NativeStats {
    pub queued: f64,
    pub dead: f64,
    pub delivered: f64,
    pub undelivered: f64,
    pub missed: f64,
    pub wakeups: f64,
    pub rejected: f64,
}

impl From<backbeat_core::IsolateStats> for NativeStats {
    fn from(stats: backbeat_core::IsolateStats) -> Self {
        Self {
            queued: stats.queued as f64,
            dead: stats.dead as f64,
            delivered: stats.delivered as f64,
            undelivered: stats.undelivered as f64,
            missed: stats.missed as f64,
            wakeups: stats.wakeups as f64,
            rejected: stats.rejected as f64,
        }
    }
}
