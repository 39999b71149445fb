//! The memory that JavaScript and the core share for one isolate: a header, the command ring and
//! the due ring, in one buffer that JavaScript allocates.
//!
//! This file is the one definition of the layout. [`Layout`] tells it to JavaScript, which refuses
//! to start when the numbers are not the ones it was written for.
//!
//! Who writes what: JavaScript writes the first cache line of the header and the command cells, the
//! core writes the second line and the due cells. Positions count up for ever and wrap at 2^32; a
//! cell's index is its position modulo the capacity. Nothing in this memory is trusted: every
//! position is clamped and every slot is checked before it is used.

use crate::sync::{AtomicU32, AtomicU64};

/// Commands that fit into the ring.
pub const COMMAND_CAPACITY: usize = 1 << 13;
/// Due records that fit into the ring.
pub const DUE_CAPACITY: usize = 1 << 13;

/// Head of the shared buffer: two cache lines.
#[repr(C)]
#[derive(Debug)]
pub struct SharedHeader {
    /// Written by JavaScript: commands written so far.
    pub command_tail: AtomicU32,
    /// Written by JavaScript: queued entries that it has made stale, cancels and re-arms.
    pub cancels: AtomicU32,
    /// Written by JavaScript: due records consumed so far.
    pub due_head: AtomicU32,
    /// Written by JavaScript: how often it has changed an armed slot (cancelled, moved, flags), each
    /// time behind the change itself.
    pub changes: AtomicU32,
    _written_by_script: [u32; 12],
    /// Written by the core: commands drained so far.
    pub command_head: AtomicU32,
    /// Written by the core: due records published so far.
    pub due_tail: AtomicU32,
    /// Written by the core: due records that wait in the core for room in the ring.
    pub backlog: AtomicU32,
    /// Written by the core: the count of changes that all due records in the ring know of. While it
    /// is still the count, every one of them is as its slot says.
    pub changes_seen: AtomicU32,
    /// Written by the core: bits of a double, the instant of the timer thread's next wake-up in
    /// nanoseconds. A command with an earlier deadline needs a kick. Negative: none does.
    pub next_wake_bits: AtomicU64,
    /// Written by the core: bits of a double, the instant at which the last batch was taken.
    pub batch_now_bits: AtomicU64,
    _written_by_core: [u32; 8],
}

impl SharedHeader {
    /// A header as JavaScript's fresh memory holds it: all zero.
    pub fn zeroed() -> Self {
        Self {
            command_tail: AtomicU32::new(0),
            cancels: AtomicU32::new(0),
            due_head: AtomicU32::new(0),
            changes: AtomicU32::new(0),
            _written_by_script: [0; 12],
            command_head: AtomicU32::new(0),
            due_tail: AtomicU32::new(0),
            backlog: AtomicU32::new(0),
            changes_seen: AtomicU32::new(0),
            next_wake_bits: AtomicU64::new(0),
            batch_now_bits: AtomicU64::new(0),
            _written_by_core: [0; 8],
        }
    }
}

/// One command: arm this slot, under this token, for this deadline.
#[repr(C)]
#[derive(Debug)]
pub struct CommandCell {
    /// Bits of a double, nanoseconds.
    pub deadline_bits: AtomicU64,
    /// Slot number.
    pub slot: AtomicU32,
    /// Token the slot had when the command was written.
    pub token: AtomicU32,
}

impl CommandCell {
    /// A cell as JavaScript's fresh memory holds it: all zero.
    pub fn zeroed() -> Self {
        Self {
            deadline_bits: AtomicU64::new(0),
            slot: AtomicU32::new(0),
            token: AtomicU32::new(0),
        }
    }
}

/// One due record: this slot was due at this deadline under this token.
#[repr(C)]
#[derive(Debug)]
pub struct DueCell {
    /// Bits of a double, nanoseconds: the deadline of the slot's record when it was handed over.
    pub deadline_bits: AtomicU64,
    /// Slot number, and `DUE_STILL_QUEUED` when the entry went back into the queue.
    pub slot_word: AtomicU32,
    /// Token of the queue entry.
    pub token: AtomicU32,
}

impl DueCell {
    /// A cell as JavaScript's fresh memory holds it: all zero.
    pub fn zeroed() -> Self {
        Self {
            deadline_bits: AtomicU64::new(0),
            slot_word: AtomicU32::new(0),
            token: AtomicU32::new(0),
        }
    }
}

/// Where things stand in the shared buffer, in bytes and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Size of the buffer.
    pub buffer_bytes: usize,
    /// First command cell.
    pub commands_at: usize,
    /// Number of command cells.
    pub command_capacity: usize,
    /// First due cell.
    pub due_at: usize,
    /// Number of due cells.
    pub due_capacity: usize,
}

#[cfg(not(loom))]
mod assertions {
    use super::*;
    use std::mem::{offset_of, size_of};

    // The offsets that src/shared-memory.ts is written for.
    const _: () = assert!(size_of::<SharedHeader>() == 128);
    const _: () = assert!(offset_of!(SharedHeader, changes) == 12);
    const _: () = assert!(offset_of!(SharedHeader, command_head) == 64);
    const _: () = assert!(offset_of!(SharedHeader, changes_seen) == 76);
    const _: () = assert!(offset_of!(SharedHeader, next_wake_bits) == 80);
    const _: () = assert!(offset_of!(SharedHeader, batch_now_bits) == 88);
    const _: () = assert!(size_of::<CommandCell>() == 16);
    const _: () = assert!(size_of::<DueCell>() == 16);
    const _: () = assert!(size_of::<crate::slot::SlotRecord>() == 16);
}

/// The layout of this build.
pub const fn layout() -> Layout {
    let commands_at = size_of::<SharedHeader>();
    let due_at = commands_at + COMMAND_CAPACITY * size_of::<CommandCell>();
    Layout {
        buffer_bytes: due_at + DUE_CAPACITY * size_of::<DueCell>(),
        commands_at,
        command_capacity: COMMAND_CAPACITY,
        due_at,
        due_capacity: DUE_CAPACITY,
    }
}

/// Pointers into the shared buffer of one isolate.
#[derive(Clone, Copy, Debug)]
pub struct SharedMemory {
    header: *const SharedHeader,
    commands: *const CommandCell,
    command_capacity: u32,
    due: *const DueCell,
    due_capacity: u32,
}

// SAFETY: the memory stays valid and in place until the isolate is detached (contract of
// `from_parts`), and every field in it that both sides touch is atomic.
unsafe impl Send for SharedMemory {}

impl SharedMemory {
    /// Takes over a buffer of [`Layout::buffer_bytes`] bytes.
    ///
    /// # Safety
    ///
    /// `buffer` must be 8-byte aligned, hold that many bytes, and stay valid and in place until the
    /// isolate it is attached with is detached.
    pub unsafe fn from_buffer(buffer: *const u8) -> Self {
        let layout = layout();
        // SAFETY: all offsets are inside the buffer, by the contract above.
        unsafe {
            Self::from_parts(
                buffer.cast(),
                (
                    buffer.add(layout.commands_at).cast(),
                    layout.command_capacity,
                ),
                (buffer.add(layout.due_at).cast(), layout.due_capacity),
            )
        }
    }

    /// As [`SharedMemory::from_buffer`], from separate parts and for other capacities, which must
    /// be powers of two. For tests and models.
    ///
    /// # Safety
    ///
    /// All parts must stay valid and in place until the isolate is detached.
    pub unsafe fn from_parts(
        header: *const SharedHeader,
        commands: (*const CommandCell, usize),
        due: (*const DueCell, usize),
    ) -> Self {
        debug_assert!(commands.1.is_power_of_two() && due.1.is_power_of_two());
        Self {
            header,
            commands: commands.0,
            command_capacity: commands.1 as u32,
            due: due.0,
            due_capacity: due.1 as u32,
        }
    }

    /// The header.
    pub fn header(&self) -> &SharedHeader {
        // SAFETY: valid by the contract of `from_parts`.
        unsafe { &*self.header }
    }

    /// Number of command cells.
    pub fn command_capacity(&self) -> u32 {
        self.command_capacity
    }

    /// Number of due cells.
    pub fn due_capacity(&self) -> u32 {
        self.due_capacity
    }

    /// The command cell of a position.
    pub fn command(&self, position: u32) -> &CommandCell {
        let index = (position & (self.command_capacity - 1)) as usize;
        // SAFETY: the capacity is a power of two, so the index is below it.
        unsafe { &*self.commands.add(index) }
    }

    /// The due cell of a position.
    pub fn due(&self, position: u32) -> &DueCell {
        let index = (position & (self.due_capacity - 1)) as usize;
        // SAFETY: the capacity is a power of two, so the index is below it.
        unsafe { &*self.due.add(index) }
    }
}
