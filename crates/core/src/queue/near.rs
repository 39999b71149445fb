//! A small binary heap for entries whose tick has been opened already.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Entry;
use crate::clock::Nanos;

/// Heap ordered by (deadline, sequence of insert).
#[derive(Debug, Default)]
pub(super) struct NearHeap {
    heap: BinaryHeap<Reverse<(Nanos, u64, u32, u32)>>,
    next_sequence: u64,
}

impl NearHeap {
    pub(super) fn push(&mut self, entry: Entry) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.heap.push(Reverse((
            entry.deadline_ns,
            sequence,
            entry.slot_word,
            entry.token,
        )));
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Drops the entries for which `keep` is false.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Entry) -> bool) {
        self.heap
            .retain(|Reverse((deadline_ns, _, slot_word, token))| {
                keep(&Entry {
                    deadline_ns: *deadline_ns,
                    slot_word: *slot_word,
                    token: *token,
                })
            });
    }

    /// The earliest deadline.
    pub(super) fn peek(&self) -> Option<Nanos> {
        self.heap
            .peek()
            .map(|Reverse((deadline_ns, ..))| *deadline_ns)
    }

    /// The earliest entry.
    pub(super) fn peek_entry(&self) -> Option<Entry> {
        let Reverse((deadline_ns, _, slot_word, token)) = self.heap.peek()?;
        Some(Entry {
            deadline_ns: *deadline_ns,
            slot_word: *slot_word,
            token: *token,
        })
    }

    /// Takes the earliest entry when it is due.
    pub(super) fn pop_due(&mut self, now_ns: Nanos) -> Option<Entry> {
        if self.peek()? > now_ns {
            return None;
        }
        let Reverse((deadline_ns, _, slot_word, token)) = self.heap.pop()?;
        Some(Entry {
            deadline_ns,
            slot_word,
            token,
        })
    }
}
