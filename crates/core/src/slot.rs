//! Slots: the identity of a timed actor, and the record that JavaScript and the core share.
//!
//! A slot is an index into chunks of [`CHUNK_SLOTS`] records. Chunk numbers are unique in the
//! process, so a slot names its isolate as well. JavaScript owns the records: it alone allocates
//! and frees slots and writes their fields. The core only reads.
//!
//! # The fields and who relies on them
//!
//! * `token` is raised by JavaScript at every arm, cancel and fire. A queue entry whose token
//!   differs from its record is dead. A stale read is harmless: the entry is handed over and
//!   JavaScript, which is the only writer, compares again before it calls anything.
//! * `deadline` may be moved later at any time without a command ("lazy re-arm"): the core looks
//!   at it when the entry expires, and queues the entry again when it is not yet due.
//! * `meta` carries [`META_RECURRING`] and [`META_PARITY`]. JavaScript flips the parity when a
//!   tick of a recurring actor is over; until then the core hands over no further tick.

use crate::clock::{Nanos, deadline_from_f64};
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// Binary logarithm of the number of slots in a chunk. The model checker keeps a history of every
/// atomic, so its chunks are tiny.
pub const CHUNK_SHIFT: u32 = if cfg!(loom) { 1 } else { 14 };
/// Slots in a chunk.
pub const CHUNK_SLOTS: usize = 1 << CHUNK_SHIFT;
/// Bits of a slot number. The upper four bits of the word belong to the queue.
pub const SLOT_BITS: u32 = 28;
/// Mask that takes the slot number out of a word.
pub const SLOT_MASK: u32 = (1 << SLOT_BITS) - 1;
/// Largest number of chunks that can exist at one time.
pub const MAX_CHUNKS: usize = 1 << (SLOT_BITS - CHUNK_SHIFT);

/// Bit of a due record's slot word: the actor recurs, and its entry is back in the queue. When
/// JavaScript drops such a record, the stale entry is still there to be found.
pub const DUE_STILL_QUEUED: u32 = 1 << SLOT_BITS;
/// Bit of a due record's slot word: none of JavaScript's own flags stood in the slot's `meta`.
pub const DUE_PLAIN: u32 = 2 << SLOT_BITS;

/// Bit of `meta`: the actor recurs, its interval stands in the chunk's interval table.
pub const META_RECURRING: u32 = 1;
/// Bit of `meta`: flipped by JavaScript each time a tick is over.
pub const META_PARITY: u32 = 2;
/// Bits of `meta` that are JavaScript's own flags; above them it counts the uses of the slot.
pub(crate) const META_SCRIPT_FLAGS: u32 = 0x7c;

/// What JavaScript and the core share about one slot: 16 bytes, four to a cache line.
#[repr(C)]
#[derive(Debug)]
pub struct SlotRecord {
    deadline_bits: AtomicU64,
    token: AtomicU32,
    meta: AtomicU32,
}

impl SlotRecord {
    /// A record as JavaScript's fresh memory holds it: all zero.
    pub fn zeroed() -> Self {
        Self {
            deadline_bits: AtomicU64::new(0),
            token: AtomicU32::new(0),
            meta: AtomicU32::new(0),
        }
    }

    /// The bits of the deadline as it stands now, nanoseconds in a double.
    pub fn deadline_bits(&self) -> u64 {
        self.deadline_bits.load(Ordering::Relaxed)
    }

    /// The deadline as it stands now, rounded up to whole nanoseconds.
    #[cfg(test)]
    pub(crate) fn deadline_ns(&self) -> Nanos {
        deadline_of_bits(self.deadline_bits())
    }

    /// The token as it stands now.
    pub fn token(&self) -> u32 {
        self.token.load(Ordering::Relaxed)
    }

    /// The meta word; what JavaScript wrote to `deadline` before it flipped the parity is seen.
    pub fn meta(&self) -> u32 {
        self.meta.load(Ordering::Acquire)
    }

    /// JavaScript's write of a deadline. The core itself never calls it.
    pub fn write_deadline(&self, deadline_ns: f64) {
        self.deadline_bits
            .store(deadline_ns.to_bits(), Ordering::Relaxed);
    }

    /// JavaScript's write of a token. The core itself never calls it.
    pub fn write_token(&self, token: u32) {
        self.token.store(token, Ordering::Relaxed);
    }

    /// JavaScript's write of the meta word. The core itself never calls it.
    pub fn write_meta(&self, meta: u32) {
        self.meta.store(meta, Ordering::Release);
    }
}

/// How what is due is handed to an isolate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// A dense load is held apart a little, so that it shares wake-ups.
    #[default]
    HeldApart,
    /// Each at its deadline.
    AtOnce,
}

/// Names one attachment of an isolate inside one scheduler. Never means another one, even when the
/// place of a detached isolate has been taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IsolateId {
    pub(crate) index: u32,
    pub(crate) generation: u32,
    pub(crate) delivery: Delivery,
}

/// The deadline that JavaScript wrote as a double, rounded up to whole nanoseconds.
pub(crate) fn deadline_of_bits(bits: u64) -> Nanos {
    deadline_from_f64(f64::from_bits(bits))
}

/// One chunk of slots: memory that an isolate lent to the core until it is detached.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) isolate: IsolateId,
    records: *const SlotRecord,
    intervals: *const AtomicU64,
}

// SAFETY: the pointers lead to memory that stays valid and in place until the isolate is detached
// (contract of `Chunk::new`), and every field behind them is atomic.
unsafe impl Send for Chunk {}

impl Chunk {
    /// Takes over a chunk of records.
    ///
    /// # Safety
    ///
    /// `records` must lead to [`CHUNK_SLOTS`] records, 8-byte aligned, that stay valid until the
    /// isolate is detached.
    pub(crate) unsafe fn new(isolate: IsolateId, records: *const SlotRecord) -> Self {
        Self {
            isolate,
            records,
            intervals: std::ptr::null(),
        }
    }

    /// Adds the table of intervals, made when the first recurring actor of the chunk appears.
    ///
    /// # Safety
    ///
    /// As for [`Chunk::new`], with [`CHUNK_SLOTS`] doubles.
    pub(crate) unsafe fn set_intervals(&mut self, intervals: *const AtomicU64) {
        self.intervals = intervals;
    }

    /// The record of a slot of this chunk; only the low bits of `slot` are used.
    pub(crate) fn record(&self, slot: u32) -> &SlotRecord {
        let index = slot as usize & (CHUNK_SLOTS - 1);
        // SAFETY: the index is below CHUNK_SLOTS and `new` was promised that many valid records.
        unsafe { &*self.records.add(index) }
    }

    /// Tells the processor that the record of a slot is needed soon. A hint; without effect where
    /// the processor has no such instruction in stable Rust.
    pub(crate) fn prefetch(&self, slot: u32) {
        #[cfg(all(target_arch = "x86_64", not(loom)))]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            let record: *const SlotRecord = self.record(slot);
            // SAFETY: a prefetch reads nothing, and the address is of a valid record anyway.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(record.cast()) };
        }
        #[cfg(not(all(target_arch = "x86_64", not(loom))))]
        let _ = slot;
    }

    /// The interval of a recurring slot, at least one nanosecond; `None` without a table.
    pub(crate) fn interval_ns(&self, slot: u32) -> Option<Nanos> {
        if self.intervals.is_null() {
            return None;
        }
        let index = slot as usize & (CHUNK_SLOTS - 1);
        // SAFETY: the index is below CHUNK_SLOTS and `set_intervals` was promised that many.
        let bits = unsafe { &*self.intervals.add(index) }.load(Ordering::Relaxed);
        Some(deadline_from_f64(f64::from_bits(bits)).max(1))
    }
}
