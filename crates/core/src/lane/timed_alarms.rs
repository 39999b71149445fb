//! The alarms of timed workers: to the scheduler they are the slots of one more isolate, whose part
//! of the protocol is played here instead of by a script.
//!
//! All of it is touched under the pool's lock, but for what the timer thread does with the memory by
//! itself. Setting an alarm takes no lock of the scheduler: it is a write into the command ring. When
//! that is full the command waits here until the ring was drained, see [`TimedAlarms::is_stuck`].

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::clock::Nanos;
use crate::shared::{CommandCell, DueCell, SharedHeader, SharedMemory};
use crate::slot::{CHUNK_SHIFT, CHUNK_SLOTS, SLOT_MASK, SlotRecord};
use crate::sync::{Ordering, fence};

/// Commands that fit into the ring. In a model it is full at once.
const COMMANDS: usize = if cfg!(loom) { 1 } else { 1 << 13 };
/// Due records that fit into the ring: more than the scheduler hands over in one step, so none has
/// to wait in the core.
const DUE: usize = if cfg!(loom) { CHUNK_SLOTS } else { 1 << 13 };

/// The memory that the scheduler sees. It never moves; whoever attached it keeps a count of it until
/// it was detached.
#[derive(Debug)]
pub(crate) struct AlarmRings {
    header: SharedHeader,
    commands: Box<[CommandCell]>,
    due: Box<[DueCell]>,
}

impl AlarmRings {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            header: SharedHeader::zeroed(),
            commands: (0..COMMANDS).map(|_| CommandCell::zeroed()).collect(),
            due: (0..DUE).map(|_| DueCell::zeroed()).collect(),
        })
    }

    /// As the scheduler is given it.
    pub(crate) fn memory(&self) -> SharedMemory {
        // SAFETY: the parts lie behind an `Arc`, of which the holder of the attachment has a count.
        unsafe {
            SharedMemory::from_parts(
                &self.header,
                (self.commands.as_ptr(), self.commands.len()),
                (self.due.as_ptr(), self.due.len()),
            )
        }
    }
}

/// Records of a chunk of alarms.
pub(crate) type AlarmRecords = Arc<[SlotRecord]>;

/// Makes the records of one more chunk.
pub(crate) fn alarm_records() -> AlarmRecords {
    (0..CHUNK_SLOTS).map(|_| SlotRecord::zeroed()).collect()
}

#[derive(Debug)]
struct Chunk {
    number: u32,
    records: AlarmRecords,
}

/// See the module's documentation. Alarms are numbered from 0 without gaps.
#[derive(Debug)]
pub(crate) struct TimedAlarms {
    rings: Arc<AlarmRings>,
    chunks: Vec<Chunk>,
    /// Place in `chunks` by the scheduler's number.
    by_number: HashMap<u32, u32>,
    command_tail: u32,
    due_head: u32,
    cancels: u32,
    /// Commands that found no room: deadline, slot, token.
    stuck: VecDeque<(Nanos, u32, u32)>,
    /// The timer thread must be woken for what was written.
    wants_kick: bool,
}

impl TimedAlarms {
    pub(crate) fn new(rings: Arc<AlarmRings>) -> Self {
        Self {
            rings,
            chunks: Vec::new(),
            by_number: HashMap::new(),
            command_tail: 0,
            due_head: 0,
            cancels: 0,
            stuck: VecDeque::new(),
            wants_kick: false,
        }
    }

    /// Alarms that there is memory for.
    pub(crate) fn capacity(&self) -> usize {
        self.chunks.len() * CHUNK_SLOTS
    }

    /// Adds a chunk that the scheduler knows by `number`.
    pub(crate) fn add_chunk(&mut self, number: u32, records: AlarmRecords) {
        self.by_number.insert(number, self.chunks.len() as u32);
        self.chunks.push(Chunk { number, records });
    }

    /// Sets an alarm that is not set.
    pub(crate) fn set(&mut self, index: u32, deadline_ns: Nanos) {
        let (record, slot) = self.record(index);
        record.write_deadline(deadline_ns as f64);
        let token = record.token();
        if !self.stuck.is_empty() || !self.has_room() {
            self.stuck.push_back((deadline_ns, slot, token));
            return;
        }
        self.write(deadline_ns, slot, token);
    }

    /// Clears an alarm that is set.
    pub(crate) fn clear(&mut self, index: u32) {
        self.raise_token(index);
        self.count_cancels(1);
    }

    /// Takes the next alarm that went off.
    pub(crate) fn next_due(&mut self) -> Option<u32> {
        let memory = self.rings.memory();
        loop {
            if self.rings.header.due_tail.load(Ordering::Acquire) == self.due_head {
                return None;
            }
            let cell = memory.due(self.due_head);
            let slot = cell.slot_word.load(Ordering::Relaxed) & SLOT_MASK;
            let token = cell.token.load(Ordering::Relaxed);
            self.due_head = self.due_head.wrapping_add(1);
            self.rings
                .header
                .due_head
                .store(self.due_head, Ordering::Release);
            let Some(&place) = self.by_number.get(&(slot >> CHUNK_SHIFT)) else {
                continue;
            };
            let index = place << CHUNK_SHIFT | slot & (CHUNK_SLOTS as u32 - 1);
            if self.record(index).0.token() == token {
                self.raise_token(index);
                return Some(index);
            }
            // The clearing counted an entry that had left the queue before.
            self.count_cancels(-1);
        }
    }

    /// True, once, when the timer thread must be woken.
    pub(crate) fn take_kick(&mut self) -> bool {
        std::mem::take(&mut self.wants_kick)
    }

    /// True when commands wait for the ring to be drained.
    pub(crate) fn is_stuck(&self) -> bool {
        !self.stuck.is_empty()
    }

    /// Writes what waited, as far as there is room.
    pub(crate) fn flush(&mut self) {
        while self.has_room()
            && let Some((deadline_ns, slot, token)) = self.stuck.pop_front()
        {
            self.write(deadline_ns, slot, token);
        }
    }

    fn write(&mut self, deadline_ns: Nanos, slot: u32, token: u32) {
        let memory = self.rings.memory();
        let cell = memory.command(self.command_tail);
        let deadline = deadline_ns as f64;
        cell.deadline_bits
            .store(deadline.to_bits(), Ordering::Relaxed);
        cell.slot.store(slot, Ordering::Relaxed);
        cell.token.store(token, Ordering::Relaxed);
        self.command_tail = self.command_tail.wrapping_add(1);
        let header = &self.rings.header;
        header
            .command_tail
            .store(self.command_tail, Ordering::Release);
        // Between our tail and its announced wake-up, as in the script's side.
        fence(Ordering::SeqCst);
        let next_wake_ns = f64::from_bits(header.next_wake_bits.load(Ordering::Relaxed));
        self.wants_kick |= deadline < next_wake_ns;
    }

    fn has_room(&self) -> bool {
        let head = self.rings.header.command_head.load(Ordering::Acquire);
        self.command_tail.wrapping_sub(head) < COMMANDS as u32
    }

    fn raise_token(&mut self, index: u32) {
        let record = self.record(index).0;
        record.write_token(record.token().wrapping_add(1));
    }

    fn count_cancels(&mut self, by: i32) {
        self.cancels = self.cancels.wrapping_add_signed(by);
        self.rings
            .header
            .cancels
            .store(self.cancels, Ordering::Relaxed);
    }

    /// The record of an alarm, and the number that the scheduler knows it by.
    fn record(&self, index: u32) -> (&SlotRecord, u32) {
        let chunk = &self.chunks[(index >> CHUNK_SHIFT) as usize];
        let inside = index & (CHUNK_SLOTS as u32 - 1);
        let slot = chunk.number << CHUNK_SHIFT | inside;
        (&chunk.records[inside as usize], slot)
    }
}
