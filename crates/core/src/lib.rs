//! The core of backbeat: a process-wide scheduler for millions of timed actors, in pure Rust.
//!
//! # The design in one page
//!
//! JavaScript arms an actor by writing a 16-byte command (deadline, slot, token) into a ring in
//! memory that it shares with this crate, and calls nothing. One thread, the [`Engine`]'s, reads
//! the rings of all isolates into one priority queue, sleeps until the earliest deadline, takes
//! what is due, writes it to the due ring of the isolate it belongs to and wakes that isolate once
//! per batch through its [`Sink`].
//!
//! * `clock`: instants are nanoseconds on one monotonic line; [`ManualClock`] for tests.
//! * `slot`: the identity of an actor and the record both sides share.
//! * `shared`, `ring`: the layout of the shared memory, and the core's ends of its rings.
//! * `queue`: exact (deadline, sequence) order; a timing wheel in front of a sort.
//! * `scheduler`, `expiry`: what a command, a cancel and a deadline that has come mean. Knows no
//!   clock, waits for nothing.
//! * `timer`, `turn`, `alarm`, `pace`: the thread, what it does in a turn, what it sleeps on, and how
//!   deliveries are spaced.
//! * `manual`: the same scheduler without a thread.
//! * [`lane`]: jobs of scripts on native threads.
//!
//! [`channel`] stands beside all that: bounded queues between isolates, on the same rules.
//!
//! This crate knows nothing of JavaScript engines. Its only way out is [`Sink::wake`].

#![cfg_attr(
    all(loom, not(test)),
    allow(
        dead_code,
        reason = "under the model checker nothing but the models starts a thread"
    )
)]

mod alarm;
pub mod channel;
mod clock;
mod expiry;
mod isolate;
pub mod lane;
mod lead;
mod manual;
#[cfg(all(test, loom))]
mod models;
mod pace;
mod queue;
mod ring;
mod scheduler;
#[cfg(test)]
mod script_side;
mod shared;
mod sink;
mod slot;
mod sync;
mod timer;
mod turn;

pub use clock::{ManualClock, MonotonicClock, Nanos};
pub use isolate::IsolateStats;
pub use manual::ManualEngine;
pub use scheduler::{AddChunkError, Scheduler, Step};
pub use shared::{CommandCell, DueCell, Layout, SharedHeader, SharedMemory, layout};
pub use sink::Sink;
pub use slot::{
    CHUNK_SHIFT, CHUNK_SLOTS, DUE_PLAIN, DUE_STILL_QUEUED, Delivery, IsolateId, META_PARITY,
    META_RECURRING, SLOT_BITS, SlotRecord,
};
pub use timer::Engine;
