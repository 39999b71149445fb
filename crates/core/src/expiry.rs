//! What an entry means when its deadline has come.

use crate::clock::Nanos;
use crate::isolate::Isolate;
use crate::queue::Entry;
use crate::ring::Due;
use crate::slot::{
    CHUNK_SHIFT, Chunk, DUE_PLAIN, DUE_STILL_QUEUED, META_PARITY, META_RECURRING,
    META_SCRIPT_FLAGS, SLOT_BITS, SLOT_MASK, SlotRecord, deadline_of_bits,
};

/// A tick that is not over is looked at again after this long at the earliest, so that a short
/// interval beside a blocked loop does not keep the thread busy.
#[cfg(not(loom))]
const LOOK_AGAIN_NS: Nanos = 1_000_000;
/// The models count single nanoseconds.
#[cfg(loom)]
const LOOK_AGAIN_NS: Nanos = 0;

/// Entry flag: handed over, waiting for the isolate to end the tick.
const IN_FLIGHT: u32 = 1 << SLOT_BITS;
/// Entry flag: the parity of the slot when it was handed over.
const PARITY_WAS_SET: u32 = 2 << SLOT_BITS;

/// What an entry has come to at its deadline.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) is_delivered: bool,
    pub(crate) requeue: Option<Entry>,
}

/// The parts of the scheduler that an expiring entry needs.
pub(crate) struct Expiry<'a> {
    pub(crate) isolates: &'a mut [Option<Isolate>],
    pub(crate) chunks: &'a [Option<Chunk>],
    pub(crate) orphans: &'a mut usize,
    pub(crate) now_ns: Nanos,
}

impl Expiry<'_> {
    /// Starts the load of a record that is needed soon: among millions it is in no cache, and
    /// waiting for one after the other would be most of the work.
    pub(crate) fn prefetch(&self, entry: Option<&Entry>) {
        if let Some(entry) = entry {
            let slot = entry.slot_word & SLOT_MASK;
            if let Some(chunk) = &self.chunks[(slot >> CHUNK_SHIFT) as usize] {
                chunk.prefetch(slot);
            }
        }
    }

    /// Deals with an entry whose deadline has come: it is dead, or not yet due after all, or handed
    /// over.
    pub(crate) fn expire(&mut self, entry: Entry) -> Outcome {
        let slot = entry.slot_word & SLOT_MASK;
        let Some(chunk) = &self.chunks[(slot >> CHUNK_SHIFT) as usize] else {
            *self.orphans = self.orphans.saturating_sub(1);
            return Outcome::default();
        };
        let Some(isolate) = self.isolates[chunk.isolate.index as usize].as_mut() else {
            return Outcome::default();
        };
        let record = chunk.record(slot);
        if record.token() != entry.token {
            isolate.dead_seen = isolate.dead_seen.wrapping_add(1);
            isolate.stats.queued -= 1;
            return Outcome::default();
        }
        let meta = record.meta();
        if entry.slot_word & IN_FLIGHT != 0 && is_same_parity(entry, meta) {
            isolate.stats.missed += 1;
            let interval_ns = chunk.interval_ns(slot).unwrap_or(1);
            let not_before_ns = self.now_ns.saturating_add(LOOK_AGAIN_NS);
            return Outcome::requeued(Entry {
                deadline_ns: next_on_grid(entry.deadline_ns, interval_ns, not_before_ns),
                ..entry
            });
        }
        let deadline_bits = record.deadline_bits();
        let deadline_ns = deadline_of_bits(deadline_bits);
        // Moved later since it was queued. It goes back even when the new deadline has come too:
        // others may be due in between, and go first.
        if deadline_ns > entry.deadline_ns {
            return Outcome::requeued(Entry {
                deadline_ns,
                slot_word: slot,
                token: entry.token,
            });
        }
        let interval_ns = (meta & META_RECURRING != 0)
            .then(|| chunk.interval_ns(slot))
            .flatten();
        let requeue = interval_ns.map(|interval_ns| Entry {
            deadline_ns: next_on_grid(deadline_ns, interval_ns, self.now_ns),
            slot_word: slot | IN_FLIGHT | parity_flag(meta),
            token: entry.token,
        });
        let still_queued = requeue.map_or(0, |_| DUE_STILL_QUEUED);
        let plain = if meta & META_SCRIPT_FLAGS == 0 {
            DUE_PLAIN
        } else {
            0
        };
        isolate.stats.queued -= u64::from(requeue.is_none());
        isolate.stats.delivered += 1;
        isolate.has_unpublished = true;
        let due = Due {
            deadline_bits,
            slot_word: slot | still_queued | plain,
            token: entry.token,
        };
        isolate.due.push(&isolate.memory, due);
        Outcome {
            is_delivered: true,
            requeue,
        }
    }
}

/// Whether an entry would be handed over if its deadline came now.
pub(crate) fn will_be_handed_over(entry: Entry, record: &SlotRecord) -> bool {
    record.token() == entry.token
        && (entry.slot_word & IN_FLIGHT == 0 || !is_same_parity(entry, record.meta()))
        && deadline_of_bits(record.deadline_bits()) <= entry.deadline_ns
}

impl Outcome {
    fn requeued(entry: Entry) -> Self {
        Self {
            is_delivered: false,
            requeue: Some(entry),
        }
    }
}

fn parity_flag(meta: u32) -> u32 {
    if meta & META_PARITY != 0 {
        PARITY_WAS_SET
    } else {
        0
    }
}

fn is_same_parity(entry: Entry, meta: u32) -> bool {
    entry.slot_word & PARITY_WAS_SET == parity_flag(meta)
}

/// The first instant of the grid through `slot_ns` that is later than `now_ns`.
pub(crate) fn next_on_grid(slot_ns: Nanos, interval_ns: Nanos, now_ns: Nanos) -> Nanos {
    let next_ns = slot_ns.saturating_add(interval_ns);
    // Nearly always, and a division costs as much as all the rest.
    if next_ns > now_ns {
        return next_ns;
    }
    let passed = now_ns.saturating_sub(slot_ns) / interval_ns + 1;
    slot_ns.saturating_add(passed.saturating_mul(interval_ns))
}
