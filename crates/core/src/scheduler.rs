//! The scheduler: isolates, their slots and the one queue. It is told the time and never waits.
//!
//! One [`Scheduler::step`] reads the commands of every isolate, takes what is due off the queue,
//! hands it to the isolates' rings and wakes those that got something. The timer thread calls it
//! under a lock; a manual clock calls it directly.
//!
//! # Cancel against fire
//!
//! JavaScript cancels by raising the slot's token, without a call. The core compares tokens when it
//! reads a command, when an entry expires and when it sweeps. It may read a token just before it is
//! raised; then the due record carries the old token and JavaScript drops it. So a cancelled actor
//! never runs and nothing is locked.
//!
//! # Recurring actors
//!
//! A recurring entry is put back at its next slot on the grid in the same step that hands it over,
//! marked as in flight with the parity the slot had. When it expires and the parity has not
//! changed, the previous tick is not over: the slot counts as missed and the entry moves on. So a
//! blocked loop finds one tick per actor and not a heap of them.

#[cfg(test)]
mod probe;
#[cfg(all(test, not(loom)))]
mod tests;

use crate::clock::Nanos;
use crate::expiry::{Expiry, will_be_handed_over};
use crate::isolate::{Isolate, IsolateStats};
use crate::queue::{DeadlineQueue, Entry};
use crate::ring::Command;
use crate::shared::SharedMemory;
use crate::sink::Sink;
use crate::slot::{
    CHUNK_SHIFT, CHUNK_SLOTS, Chunk, Delivery, IsolateId, MAX_CHUNKS, SLOT_BITS, SLOT_MASK,
    SlotRecord,
};
use crate::sync::{AtomicU64, Ordering, fence};

/// Entries taken off the queue in one step; the lock is released between steps.
const BATCH_LIMIT: usize = 4096;
/// Entries looked at in one slice of a sweep: well under a millisecond.
const SWEEP_SLICE: usize = 16_384;
/// Below this many dead entries a sweep is not worth its start.
const SWEEP_MINIMUM: usize = 8192;
/// Chunk numbers of closed isolates that may wait for a sweep.
const QUARANTINE_LIMIT: usize = 64;

/// Why an isolate could not get a chunk of slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddChunkError {
    /// The isolate was detached before.
    Detached,
    /// All chunk numbers of the process are taken.
    Exhausted,
}

/// What a step left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Due records were handed over.
    pub delivered: bool,
    /// There is more to do at the same instant.
    pub more: bool,
    /// When to step again if nothing comes in.
    pub next_wake_ns: Option<Nanos>,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Scheduler {
    queue: DeadlineQueue,
    isolates: Vec<Option<Isolate>>,
    /// Attachments so far; the generation of the next one.
    attachments: u32,
    chunks: Vec<Option<Chunk>>,
    free_chunks: Vec<u32>,
    /// Numbers of detached chunks that entries in the queue may still carry.
    quarantined: Vec<u32>,
    /// How many of `quarantined` the sweep under way will have cleared.
    clearing: usize,
    /// Entries of detached isolates that are still in the queue.
    orphans: usize,
    /// Earliest deadline of a command that was dead when it was read: a reason to wake that saves
    /// the next commands their kick, see `next_wake_ns`.
    lull_ns: Option<Nanos>,
    delivery: Delivery,
}

impl Default for Scheduler {
    fn default() -> Self {
        Self::new(Delivery::default())
    }
}

impl Scheduler {
    /// Makes a scheduler for isolates that want their deliveries so.
    pub fn new(delivery: Delivery) -> Self {
        Self {
            queue: DeadlineQueue::new(),
            isolates: Vec::new(),
            attachments: 0,
            chunks: Vec::new(),
            free_chunks: Vec::new(),
            quarantined: Vec::new(),
            clearing: 0,
            orphans: 0,
            lull_ns: None,
            delivery,
        }
    }

    /// Takes on an isolate.
    ///
    /// # Safety
    ///
    /// `memory` and everything that is added with `add_chunk` and `set_intervals` must stay valid
    /// and in place until `detach` of this isolate has returned or the scheduler is dropped.
    pub unsafe fn attach(&mut self, memory: SharedMemory, sink: Box<dyn Sink>) -> IsolateId {
        // Nobody watches the ring of this isolate yet: its first command must kick.
        let never = f64::INFINITY.to_bits();
        memory
            .header()
            .next_wake_bits
            .store(never, Ordering::Relaxed);
        let free = self.isolates.iter().position(Option::is_none);
        let index = free.unwrap_or(self.isolates.len());
        let id = IsolateId {
            index: index as u32,
            generation: self.attachments,
            delivery: self.delivery,
        };
        self.attachments = self.attachments.wrapping_add(1);
        let isolate = Some(Isolate::new(id, memory, sink));
        if free.is_some() {
            self.isolates[index] = isolate;
        } else {
            self.isolates.push(isolate);
        }
        id
    }

    /// Forgets an isolate: its sink is dropped here, and none of its memory is touched afterwards.
    /// A second call does nothing.
    pub fn detach(&mut self, id: IsolateId) {
        if self.isolate_mut(id).is_none() {
            return;
        }
        let Some(isolate) = self.isolates[id.index as usize].take() else {
            return;
        };
        for number in isolate.chunks {
            self.chunks[number as usize] = None;
            self.quarantined.push(number);
        }
        self.orphans += isolate.stats.queued as usize;
    }

    /// Number of attached isolates.
    pub fn isolate_count(&self) -> usize {
        self.isolates.iter().flatten().count()
    }

    /// Adds a chunk of slots to an isolate and returns its number; the first slot of the chunk is
    /// that number times [`CHUNK_SLOTS`].
    ///
    /// # Safety
    ///
    /// As for [`Scheduler::attach`]; `records` must hold [`CHUNK_SLOTS`] records.
    pub unsafe fn add_chunk(
        &mut self,
        id: IsolateId,
        records: *const SlotRecord,
    ) -> Result<u32, AddChunkError> {
        if self.isolate_mut(id).is_none() {
            return Err(AddChunkError::Detached);
        }
        let number = match self.free_chunks.pop() {
            Some(number) => number,
            None if self.chunks.len() < MAX_CHUNKS => {
                self.chunks.push(None);
                (self.chunks.len() - 1) as u32
            }
            None => return Err(AddChunkError::Exhausted),
        };
        // SAFETY: handed on from this function's contract.
        self.chunks[number as usize] = Some(unsafe { Chunk::new(id, records) });
        let isolate = self.isolate_mut(id).ok_or(AddChunkError::Detached)?;
        isolate.chunks.push(number);
        Ok(number)
    }

    /// Gives a chunk of this isolate its table of intervals, nanoseconds in doubles. Returns false
    /// when the chunk is not the isolate's.
    ///
    /// # Safety
    ///
    /// As for [`Scheduler::attach`]; `intervals` must hold [`CHUNK_SLOTS`] doubles.
    pub unsafe fn set_intervals(
        &mut self,
        id: IsolateId,
        number: u32,
        intervals: *const AtomicU64,
    ) -> bool {
        match self.chunks.get_mut(number as usize) {
            Some(Some(chunk)) if chunk.isolate == id => {
                // SAFETY: handed on from this function's contract.
                unsafe { chunk.set_intervals(intervals) };
                true
            }
            _ => false,
        }
    }

    /// The counters of an isolate; `None` after it was detached.
    pub fn stats(&self, id: IsolateId) -> Option<IsolateStats> {
        let isolate = self.isolates.get(id.index as usize)?.as_ref()?;
        (isolate.id == id).then(|| isolate.snapshot())
    }

    /// One round at `now_ns`: read commands, hand over what is due, sweep a slice when it is worth
    /// it.
    pub fn step(&mut self, now_ns: Nanos) -> Step {
        // JavaScript ends a tick by flipping the parity and then reading the clock. Nothing in
        // memory orders two reads of a clock, so both sides put a full barrier between the clock
        // and the parity: when JavaScript read an earlier instant than `now_ns`, the flip is seen.
        fence(Ordering::SeqCst);
        self.drain_commands(now_ns);
        for isolate in self.isolates.iter_mut().flatten() {
            isolate.due.note_changes(&isolate.memory);
        }
        let mut delivered = false;
        let mut expiry = Expiry {
            isolates: &mut self.isolates,
            chunks: &self.chunks,
            orphans: &mut self.orphans,
            now_ns,
        };
        let more_due = self.queue.pop_due(now_ns, BATCH_LIMIT, |entry, following| {
            expiry.prefetch(following);
            let outcome = expiry.expire(entry);
            delivered |= outcome.is_delivered;
            outcome.requeue
        });
        self.publish(now_ns);
        let sweeping = self.sweep();
        Step {
            delivered,
            more: more_due || sweeping,
            next_wake_ns: self.next_wake_ns(now_ns),
        }
    }

    /// Reads the commands of every isolate into the queue.
    pub fn drain_commands(&mut self, now_ns: Nanos) {
        for index in 0..self.isolates.len() {
            let isolate = self.isolates[index]
                .take_if(|isolate| isolate.commands.has_commands(&isolate.memory));
            let Some(mut isolate) = isolate else {
                continue;
            };
            let mut reader = std::mem::take(&mut isolate.commands);
            let id = isolate.id;
            let memory = isolate.memory;
            reader.drain(&memory, |command| {
                self.accept(id, &mut isolate, command, now_ns);
            });
            isolate.commands = reader;
            self.isolates[index] = Some(isolate);
        }
    }

    /// Moves the backlog of one isolate into its ring, as far as there is room.
    pub fn refill(&mut self, id: IsolateId, now_ns: Nanos) {
        if let Some(isolate) = self.isolate_mut(id) {
            isolate.due.refill(&isolate.memory);
            isolate.due.publish(&isolate.memory, now_ns);
        }
    }

    /// Tells every isolate when the thread will wake by itself. Returns true when commands came in
    /// meanwhile; then the thread must not sleep.
    ///
    /// The store here and the load of the tail pair with JavaScript's store of the tail and its
    /// load of this value: both sides put a full barrier between, so at least one of them sees the
    /// other. Either the command is found here, or JavaScript sees the new value and kicks.
    pub fn announce_wake(&self, next_wake_ns: f64) -> bool {
        for isolate in self.isolates.iter().flatten() {
            isolate
                .memory
                .header()
                .next_wake_bits
                .store(next_wake_ns.to_bits(), Ordering::Relaxed);
        }
        fence(Ordering::SeqCst);
        self.isolates
            .iter()
            .flatten()
            .any(|isolate| isolate.commands.has_commands(&isolate.memory))
    }

    /// By how much the isolate wants to be roused whose actor is the next, at `deadline_ns`.
    pub(crate) fn lead_ns(&self, deadline_ns: Nanos) -> Option<Nanos> {
        let (_, isolate) = self.next_actor(deadline_ns)?;
        isolate.sink.lead_ns()
    }

    /// Rouses the isolate whose actor is the next, at `deadline_ns`. False when it was cancelled or
    /// moved, or is still in its previous tick.
    pub(crate) fn rouse(&self, deadline_ns: Nanos) -> bool {
        let Some((entry, isolate)) = self.next_actor(deadline_ns) else {
            return false;
        };
        let slot = entry.slot_word & SLOT_MASK;
        let chunk = self.chunks[(slot >> CHUNK_SHIFT) as usize].as_ref();
        let is_due = chunk.is_some_and(|chunk| will_be_handed_over(entry, chunk.record(slot)));
        if is_due {
            isolate.sink.rouse(deadline_ns);
        }
        is_due
    }

    fn next_actor(&self, deadline_ns: Nanos) -> Option<(Entry, &Isolate)> {
        let entry = self.queue.next_entry()?;
        if entry.deadline_ns != deadline_ns {
            return None;
        }
        let slot = entry.slot_word & SLOT_MASK;
        let chunk = self.chunks[(slot >> CHUNK_SHIFT) as usize].as_ref()?;
        let isolate = self.isolates[chunk.isolate.index as usize].as_ref()?;
        Some((entry, isolate))
    }

    fn isolate_mut(&mut self, id: IsolateId) -> Option<&mut Isolate> {
        let isolate = self.isolates.get_mut(id.index as usize)?.as_mut()?;
        (isolate.id == id).then_some(isolate)
    }

    fn accept(&mut self, id: IsolateId, isolate: &mut Isolate, command: Command, now_ns: Nanos) {
        let slot = command.slot & SLOT_MASK;
        let chunk = self.chunks.get((slot >> CHUNK_SHIFT) as usize);
        let Some(Some(chunk)) = chunk else {
            isolate.stats.rejected += 1;
            return;
        };
        if chunk.isolate != id {
            isolate.stats.rejected += 1;
            return;
        }
        if chunk.record(slot).token() != command.token {
            isolate.dead_seen = isolate.dead_seen.wrapping_add(1);
            if command.deadline_ns > now_ns {
                let lull_ns = self.lull_ns.unwrap_or(Nanos::MAX);
                self.lull_ns = Some(lull_ns.min(command.deadline_ns));
            }
            return;
        }
        isolate.stats.queued += 1;
        self.queue.insert(Entry {
            deadline_ns: command.deadline_ns,
            slot_word: slot,
            token: command.token,
        });
    }

    fn publish(&mut self, now_ns: Nanos) {
        for isolate in self.isolates.iter_mut().flatten() {
            if isolate.has_unpublished {
                isolate.has_unpublished = false;
                isolate.stats.wakeups += 1;
                isolate.due.publish(&isolate.memory, now_ns);
                isolate.sink.wake();
            }
        }
    }

    /// Starts a sweep when more than half of the queue is dead, or does the next slice. Returns
    /// true while there is more to do.
    fn sweep(&mut self) -> bool {
        if !self.queue.is_sweeping() {
            let dead = self.orphans + self.dead_queued();
            let worth_it = dead > SWEEP_MINIMUM && dead * 2 > self.queue.len();
            if !worth_it && self.quarantined.len() <= QUARANTINE_LIMIT {
                return false;
            }
            self.clearing = self.quarantined.len();
            self.queue.start_sweep();
        }
        let chunks = &self.chunks;
        let isolates = &mut self.isolates;
        let orphans = &mut self.orphans;
        self.queue.sweep_slice(SWEEP_SLICE, |entry| {
            let slot = entry.slot_word & SLOT_MASK;
            let Some(chunk) = &chunks[(slot >> CHUNK_SHIFT) as usize] else {
                *orphans = orphans.saturating_sub(1);
                return true;
            };
            if chunk.record(slot).token() == entry.token {
                return false;
            }
            if let Some(isolate) = isolates[chunk.isolate.index as usize].as_mut() {
                isolate.dead_seen = isolate.dead_seen.wrapping_add(1);
                isolate.stats.queued -= 1;
            }
            true
        });
        if !self.queue.is_sweeping() {
            self.free_chunks
                .extend(self.quarantined.drain(..self.clearing));
            self.clearing = 0;
        }
        self.queue.is_sweeping()
    }

    fn dead_queued(&self) -> usize {
        let isolates = self.isolates.iter().flatten();
        isolates.map(Isolate::dead_queued).sum()
    }

    /// A program that arms and cancels one timer again and again, with nothing else pending, would
    /// kick the thread at every arm, because the queue is empty each time. So the deadline of a
    /// command that came dead is kept as a reason to wake: until then later deadlines need no kick.
    fn next_wake_ns(&mut self, now_ns: Nanos) -> Option<Nanos> {
        self.lull_ns = self.lull_ns.filter(|lull_ns| *lull_ns > now_ns);
        match (self.queue.next_wake_ns(), self.lull_ns) {
            (Some(wake_ns), Some(lull_ns)) => Some(wake_ns.min(lull_ns)),
            (wake_ns, lull_ns) => wake_ns.or(lull_ns),
        }
    }
}

const _: () = assert!(CHUNK_SLOTS * MAX_CHUNKS == 1 << SLOT_BITS);
