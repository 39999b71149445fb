//! The JavaScript side of the seam, written in Rust, for tests and models.
//!
//! It owns the shared memory as JavaScript does and writes it in the same order, so a model that
//! runs it against the core explores the protocol that ships. Every test that hands this memory to
//! a scheduler detaches the isolate, or drops the scheduler, before it drops its `ScriptSide`.

#![allow(
    dead_code,
    reason = "tests and models are built apart and each use a part of it"
)]

use std::sync::Arc;

use crate::clock::Nanos;
use crate::ring::Due;
use crate::scheduler::Scheduler;
use crate::shared::{CommandCell, DueCell, SharedHeader, SharedMemory};
use crate::sink::Sink;
use crate::slot::{
    CHUNK_SHIFT, CHUNK_SLOTS, DUE_PLAIN, DUE_STILL_QUEUED, IsolateId, META_PARITY, META_RECURRING,
    SLOT_MASK, SlotRecord,
};
use crate::sync::{AtomicU64, Ordering, fence};

/// One deliberate fault. The models run their broken twins with it and expect to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The command tail is published without a release.
    TailRelaxed,
    /// Commands are written without a look at how far the core has read.
    RoomIgnored,
    /// Due cells are given back before they are read.
    HeadBeforeRead,
    /// The announced wake-up is read before the command is published.
    WakeBeforeTail,
    /// Due records run without a comparison of tokens.
    TokenIgnored,
    /// The clock is read before the parity is flipped.
    ClockBeforeParity,
    /// A change is counted before it is made.
    CountBeforeChange,
}

/// A sink for isolates that look at their ring without being told.
#[derive(Debug)]
pub(crate) struct SilentSink;

impl Sink for SilentSink {
    fn wake(&self) {}
}

/// Behind an `Arc` and not in the struct itself: the core keeps pointers, and an `Arc` may move
/// while they are in use.
#[derive(Debug)]
struct Rings {
    header: SharedHeader,
    commands: Box<[CommandCell]>,
    due: Box<[DueCell]>,
}

#[derive(Debug)]
struct LentChunk {
    number: u32,
    records: Arc<[SlotRecord]>,
    intervals: Arc<[AtomicU64]>,
}

/// One isolate as its own thread sees it.
#[derive(Debug)]
pub(crate) struct ScriptSide {
    pub(crate) fault: Option<Fault>,
    rings: Arc<Rings>,
    chunks: Vec<LentChunk>,
    command_tail: u32,
    due_head: u32,
    /// Records of actors that were moved while they waited here, to a deadline that has come too;
    /// in the order of their deadlines.
    late: Vec<Due>,
    /// A record that was taken out of the ring and comes behind all of `late`.
    ahead: Option<Due>,
    cancels: u32,
    changes: u32,
    /// The count of changes that the last record taken out of the ring knows of.
    changes_seen: u32,
}

impl ScriptSide {
    pub(crate) fn new(command_capacity: usize, due_capacity: usize) -> Self {
        let rings = Rings {
            header: SharedHeader::zeroed(),
            commands: (0..command_capacity)
                .map(|_| CommandCell::zeroed())
                .collect(),
            due: (0..due_capacity).map(|_| DueCell::zeroed()).collect(),
        };
        Self {
            fault: None,
            rings: Arc::new(rings),
            chunks: Vec::new(),
            command_tail: 0,
            due_head: 0,
            late: Vec::new(),
            ahead: None,
            cancels: 0,
            changes: 0,
            changes_seen: 0,
        }
    }

    /// Attaches to a scheduler with one chunk that has its table of intervals.
    pub(crate) fn attach(
        scheduler: &mut Scheduler,
        command_capacity: usize,
        due_capacity: usize,
    ) -> (Self, IsolateId) {
        let mut script = Self::new(command_capacity, due_capacity);
        // SAFETY: the memory outlives the attachment, see the module's documentation.
        let id = unsafe { scheduler.attach(script.memory(), Box::new(SilentSink)) };
        script.lend_chunk_to(scheduler, id);
        (script, id)
    }

    /// Lends a further chunk, with its table, and returns its first slot.
    pub(crate) fn lend_chunk_to(&mut self, scheduler: &mut Scheduler, id: IsolateId) -> u32 {
        self.lend_chunk(|records, intervals| {
            // SAFETY: the memory outlives the attachment, see the module's documentation.
            unsafe {
                let number = scheduler.add_chunk(id, records).expect("a free number");
                assert!(scheduler.set_intervals(id, number, intervals));
                number
            }
        })
    }

    /// Makes a chunk, tells it to the core with `lend` and returns its first slot.
    pub(crate) fn lend_chunk(
        &mut self,
        lend: impl FnOnce(*const SlotRecord, *const AtomicU64) -> u32,
    ) -> u32 {
        let records: Arc<[_]> = (0..CHUNK_SLOTS).map(|_| SlotRecord::zeroed()).collect();
        let intervals: Arc<[_]> = (0..CHUNK_SLOTS).map(|_| AtomicU64::new(0)).collect();
        let number = lend(records.as_ptr(), intervals.as_ptr());
        self.chunks.push(LentChunk {
            number,
            records,
            intervals,
        });
        number << CHUNK_SHIFT
    }

    /// What the core is given at the attachment.
    pub(crate) fn memory(&self) -> SharedMemory {
        let Rings {
            header,
            commands,
            due,
        } = &*self.rings;
        // SAFETY: the parts stay in place behind the `Arc` until the isolate is detached.
        unsafe {
            SharedMemory::from_parts(
                header,
                (commands.as_ptr(), commands.len()),
                (due.as_ptr(), due.len()),
            )
        }
    }

    pub(crate) fn header(&self) -> &SharedHeader {
        &self.rings.header
    }

    /// Number of the `index`th slot that this isolate owns.
    pub(crate) fn slot(&self, index: u32) -> u32 {
        let chunk = &self.chunks[(index >> CHUNK_SHIFT) as usize];
        (chunk.number << CHUNK_SHIFT) | (index & (CHUNK_SLOTS as u32 - 1))
    }

    pub(crate) fn record(&self, slot: u32) -> &SlotRecord {
        &self.chunk(slot).records[slot as usize & (CHUNK_SLOTS - 1)]
    }

    /// False when the command ring is full; JavaScript then drains it under the core's lock.
    pub(crate) fn has_room(&self) -> bool {
        let head = self.header().command_head.load(Ordering::Acquire);
        let used = self.command_tail.wrapping_sub(head);
        self.fault == Some(Fault::RoomIgnored) || used < self.rings.commands.len() as u32
    }

    /// Arms a one-shot actor. Like everything here that writes a command, it returns true when the
    /// thread must be kicked.
    pub(crate) fn arm(&mut self, deadline_ns: f64, slot: u32) -> bool {
        let record = self.record(slot);
        record.write_meta(record.meta() & META_PARITY);
        record.write_deadline(deadline_ns);
        self.write_command(deadline_ns, slot)
    }

    /// Arms an actor that recurs on the grid through `first_ns`.
    pub(crate) fn arm_recurring(&mut self, first_ns: f64, interval_ns: f64, slot: u32) -> bool {
        self.interval(slot)
            .store(interval_ns.to_bits(), Ordering::Relaxed);
        let record = self.record(slot);
        record.write_meta(record.meta() & META_PARITY | META_RECURRING);
        record.write_deadline(first_ns);
        self.write_command(first_ns, slot)
    }

    /// Cancels an armed actor: no call, no lock, the entry dies where it is.
    pub(crate) fn cancel(&mut self, slot: u32) {
        self.change(|script| script.raise_token(slot));
        self.count_cancels(1);
    }

    /// Moves a one-shot later: the core looks at the deadline when the old one has come.
    pub(crate) fn rearm_later(&mut self, deadline_ns: f64, slot: u32) {
        self.change(|script| script.record(slot).write_deadline(deadline_ns));
    }

    /// Moves an armed actor earlier, which needs an entry of its own.
    pub(crate) fn rearm_earlier(&mut self, deadline_ns: f64, slot: u32) -> bool {
        self.cancel(slot);
        self.record(slot).write_deadline(deadline_ns);
        self.write_command(deadline_ns, slot)
    }

    /// Ends a tick of a recurring actor. The clock is read after the flip: when it is before the
    /// next slot, the core has not looked at the entry of that slot yet and will find it ready.
    /// Otherwise the core may have passed it over, and a new entry takes its place.
    pub(crate) fn end_tick(&mut self, slot: u32, read_clock: impl Fn() -> Nanos) -> bool {
        let early_ns = (self.fault == Some(Fault::ClockBeforeParity)).then(&read_clock);
        let interval_ns = f64::from_bits(self.interval(slot).load(Ordering::Relaxed));
        let record = self.record(slot);
        let ended_ns = record.deadline_ns() as f64;
        record.write_deadline(ended_ns + interval_ns);
        record.write_meta(record.meta() ^ META_PARITY);
        // The flip must be out before the clock is read, as with the store of the command tail.
        fence(Ordering::SeqCst);
        let now_ns = early_ns.unwrap_or_else(read_clock) as f64;
        if ended_ns + interval_ns > now_ns {
            return false;
        }
        let passed = ((now_ns - ended_ns) / interval_ns).floor() + 1.0;
        self.rearm_earlier(ended_ns + passed * interval_ns, slot)
    }

    /// Takes the next due record that passes the check and returns its slot, which the caller runs.
    /// While nothing has changed since the core looked at the slots, the record needs no check, and
    /// the slot is free without another token: no entry of it is in the queue.
    pub(crate) fn next_due(&mut self) -> Option<u32> {
        loop {
            let due = self.next_in_order()?;
            let Due {
                slot_word, token, ..
            } = due;
            let slot = slot_word & SLOT_MASK;
            if slot_word & DUE_PLAIN != 0 && self.is_unchanged() {
                return Some(slot);
            }
            let record = self.record(slot);
            if record.token() != token && self.fault != Some(Fault::TokenIgnored) {
                if slot_word & DUE_STILL_QUEUED == 0 {
                    // The cancel counted an entry that had left the queue before.
                    self.count_cancels(-1);
                }
                continue;
            }
            if slot_word & DUE_STILL_QUEUED != 0 {
                return Some(slot);
            }
            let deadline_bits = record.deadline_bits();
            if deadline_bits != due.deadline_bits {
                self.deliver_later(Due {
                    deadline_bits,
                    ..due
                });
                continue;
            }
            self.raise_token(slot);
            return Some(slot);
        }
    }

    /// The next record of the ring, or a moved one that comes before it.
    fn next_in_order(&mut self) -> Option<Due> {
        if self.ahead.is_none() {
            self.ahead = self.take_due();
        }
        let until_ns = match &self.ahead {
            Some(due) => f64::from_bits(due.deadline_bits),
            None => f64::INFINITY,
        };
        let late_ns = self
            .late
            .first()
            .map(|due| f64::from_bits(due.deadline_bits));
        if late_ns.is_some_and(|late_ns| late_ns < until_ns) {
            return Some(self.late.remove(0));
        }
        self.ahead.take()
    }

    /// An actor that was moved after it was handed over: back to the core or, when the new deadline
    /// has come as well, to its place among the others.
    fn deliver_later(&mut self, due: Due) {
        let deadline_ns = f64::from_bits(due.deadline_bits);
        let batch_bits = self.header().batch_now_bits.load(Ordering::Relaxed);
        if deadline_ns > f64::from_bits(batch_bits) {
            self.write_command(deadline_ns, due.slot_word & SLOT_MASK);
            return;
        }
        let at = self
            .late
            .partition_point(|other| f64::from_bits(other.deadline_bits) <= deadline_ns);
        let slot_word = due.slot_word & !DUE_PLAIN;
        self.late.insert(at, Due { slot_word, ..due });
    }

    /// True when due records wait in the core for room in the ring.
    pub(crate) fn needs_refill(&self) -> bool {
        self.header().backlog.load(Ordering::Relaxed) > 0
    }

    /// Publishes a command for a slot under its present token.
    pub(crate) fn write_command(&mut self, deadline_ns: f64, slot: u32) -> bool {
        assert!(self.has_room(), "the command ring is full");
        let early_wake_ns =
            (self.fault == Some(Fault::WakeBeforeTail)).then(|| self.next_wake_ns());
        let memory = self.memory();
        let cell = memory.command(self.command_tail);
        cell.deadline_bits
            .store(deadline_ns.to_bits(), Ordering::Relaxed);
        cell.slot.store(slot, Ordering::Relaxed);
        let token = self.record(slot).token();
        cell.token.store(token, Ordering::Relaxed);
        self.command_tail = self.command_tail.wrapping_add(1);
        let order = match self.fault {
            Some(Fault::TailRelaxed) => Ordering::Relaxed,
            _ => Ordering::SeqCst,
        };
        self.header().command_tail.store(self.command_tail, order);
        // JavaScript's store and load are sequentially consistent, which the model checker takes
        // for weaker than they are.
        fence(Ordering::SeqCst);
        deadline_ns < early_wake_ns.unwrap_or_else(|| self.next_wake_ns())
    }

    /// Takes the next due record as it stands in the ring.
    pub(crate) fn take_due(&mut self) -> Option<Due> {
        if self.header().due_tail.load(Ordering::Acquire) == self.due_head {
            return None;
        }
        let memory = self.memory();
        // While the record is not given back, this is not raised beyond what it knows of.
        self.changes_seen = self.header().changes_seen.load(Ordering::Relaxed);
        let cell = memory.due(self.due_head);
        self.due_head = self.due_head.wrapping_add(1);
        if self.fault == Some(Fault::HeadBeforeRead) {
            self.give_back_due();
        }
        let due = Due {
            deadline_bits: cell.deadline_bits.load(Ordering::Relaxed),
            slot_word: cell.slot_word.load(Ordering::Relaxed),
            token: cell.token.load(Ordering::Relaxed),
        };
        self.give_back_due();
        Some(due)
    }

    fn give_back_due(&self) {
        self.header()
            .due_head
            .store(self.due_head, Ordering::Release);
    }

    fn next_wake_ns(&self) -> f64 {
        f64::from_bits(self.header().next_wake_bits.load(Ordering::SeqCst))
    }

    fn is_unchanged(&self) -> bool {
        self.changes_seen == self.changes
    }

    /// Makes a change to an armed slot and counts it behind that.
    fn change(&mut self, make: impl FnOnce(&Self)) {
        self.changes = self.changes.wrapping_add(1);
        let count = |script: &Self| {
            let changes = &script.header().changes;
            changes.store(script.changes, Ordering::Release);
        };
        if self.fault == Some(Fault::CountBeforeChange) {
            count(self);
            make(self);
        } else {
            make(self);
            count(self);
        }
    }

    fn raise_token(&self, slot: u32) {
        let record = self.record(slot);
        record.write_token(record.token().wrapping_add(1));
    }

    fn count_cancels(&mut self, by: i32) {
        self.cancels = self.cancels.wrapping_add_signed(by);
        self.header().cancels.store(self.cancels, Ordering::Relaxed);
    }

    fn interval(&self, slot: u32) -> &AtomicU64 {
        &self.chunk(slot).intervals[slot as usize & (CHUNK_SLOTS - 1)]
    }

    fn chunk(&self, slot: u32) -> &LentChunk {
        let number = slot >> CHUNK_SHIFT;
        let mut chunks = self.chunks.iter();
        chunks
            .find(|chunk| chunk.number == number)
            .expect("the slot of a chunk of this isolate")
    }
}
