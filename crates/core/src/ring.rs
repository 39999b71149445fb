//! The core's ends of the two rings: it reads commands and writes due records.
//!
//! Both are plain single-producer single-consumer rings (Lamport, "Proving the Correctness of
//! Multiprocess Programs", 1977). The ring itself never waits; who must be woken is decided in
//! `timer` (for the thread) and by the sink (for the isolate).

use std::collections::VecDeque;

use crate::clock::{Nanos, deadline_from_f64};
use crate::shared::SharedMemory;
use crate::sync::Ordering;

/// A command as read from the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) deadline_ns: Nanos,
    pub(crate) slot: u32,
    pub(crate) token: u32,
}

/// Reading end of the command ring.
#[derive(Debug, Default)]
pub(crate) struct CommandReader {
    head: u32,
}

impl CommandReader {
    /// True when JavaScript has written commands that were not read yet.
    pub(crate) fn has_commands(&self, memory: &SharedMemory) -> bool {
        memory.header().command_tail.load(Ordering::Acquire) != self.head
    }

    /// Hands every waiting command to `take` and frees their cells.
    pub(crate) fn drain(&mut self, memory: &SharedMemory, mut take: impl FnMut(Command)) {
        let tail = memory.header().command_tail.load(Ordering::Acquire);
        // A tail that claims more than the ring can hold was not written by our code; the clamp
        // keeps the loop bounded.
        let waiting = tail.wrapping_sub(self.head).min(memory.command_capacity());
        for position in 0..waiting {
            let cell = memory.command(self.head.wrapping_add(position));
            let deadline = f64::from_bits(cell.deadline_bits.load(Ordering::Relaxed));
            take(Command {
                deadline_ns: deadline_from_f64(deadline),
                slot: cell.slot.load(Ordering::Relaxed),
                token: cell.token.load(Ordering::Relaxed),
            });
        }
        self.head = tail;
        memory.header().command_head.store(tail, Ordering::Release);
    }
}

/// A due record before it is in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// Bits of the double that JavaScript wrote.
    pub(crate) deadline_bits: u64,
    /// Slot number, with [`crate::slot::DUE_STILL_QUEUED`] for a recurring actor.
    pub(crate) slot_word: u32,
    pub(crate) token: u32,
}

/// Writing end of the due ring, with the backlog of what found no room. The backlog is bounded by
/// the number of slots: a slot has at most one living entry.
#[derive(Debug, Default)]
pub(crate) struct DueWriter {
    tail: u32,
    backlog: VecDeque<Due>,
    /// Tail at the last publish.
    published: u32,
    /// Something was left in the backlog at the last publish.
    left_behind: bool,
    /// JavaScript's count of changes before the records of this step were looked at.
    changes: u32,
}

impl DueWriter {
    /// To be called before any record of a step is looked at.
    pub(crate) fn note_changes(&mut self, memory: &SharedMemory) {
        self.changes = memory.header().changes.load(Ordering::Acquire);
    }

    /// Puts a record behind all others. It is seen by JavaScript after the next `publish`.
    pub(crate) fn push(&mut self, memory: &SharedMemory, due: Due) {
        if self.backlog.is_empty() && self.room(memory) > 0 {
            self.write(memory, due);
        } else {
            self.backlog.push_back(due);
        }
    }

    /// Moves the backlog into the ring as far as there is room.
    pub(crate) fn refill(&mut self, memory: &SharedMemory) {
        for _ in 0..self.room(memory) {
            let Some(due) = self.backlog.pop_front() else {
                break;
            };
            self.write(memory, due);
        }
    }

    /// Shows JavaScript everything written so far, taken at `now_ns`.
    ///
    /// The count of changes it is told is that of the oldest records it has not consumed.
    pub(crate) fn publish(&mut self, memory: &SharedMemory, now_ns: Nanos) {
        let header = memory.header();
        let all_consumed = header.due_head.load(Ordering::Acquire) == self.published;
        if all_consumed && !self.left_behind {
            header.changes_seen.store(self.changes, Ordering::Relaxed);
        }
        self.published = self.tail;
        self.left_behind = !self.backlog.is_empty();
        header
            .batch_now_bits
            .store((now_ns as f64).to_bits(), Ordering::Relaxed);
        header
            .backlog
            .store(self.backlog.len() as u32, Ordering::Relaxed);
        header.due_tail.store(self.tail, Ordering::Release);
    }

    /// Records that JavaScript has not consumed yet.
    pub(crate) fn unconsumed(&self, memory: &SharedMemory) -> usize {
        self.used(memory) as usize + self.backlog.len()
    }

    fn write(&mut self, memory: &SharedMemory, due: Due) {
        let cell = memory.due(self.tail);
        cell.deadline_bits
            .store(due.deadline_bits, Ordering::Relaxed);
        cell.slot_word.store(due.slot_word, Ordering::Relaxed);
        cell.token.store(due.token, Ordering::Relaxed);
        self.tail = self.tail.wrapping_add(1);
    }

    fn room(&self, memory: &SharedMemory) -> u32 {
        memory.due_capacity() - self.used(memory)
    }

    fn used(&self, memory: &SharedMemory) -> u32 {
        let head = memory.header().due_head.load(Ordering::Acquire);
        // A head beyond the tail was not written by our code: the ring then counts as full, which
        // stops that isolate and no other.
        self.tail.wrapping_sub(head).min(memory.due_capacity())
    }
}
