//! The priority queue: exact (deadline, sequence) order at the pop, constant cost at the insert.
//!
//! # How and why
//!
//! A hierarchical timing wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987)
//! keeps what is far away in unsorted buckets; only the bucket whose time has come is sorted. An
//! insert is an append to a bucket. An entry moves at most once per level, five at the most, two
//! for delays under a minute, and each move is a sequential copy of 16 bytes.
//!
//! * A tick is 2^20 ns (1.05 ms). Level `n` has 256 buckets of 256^n ticks. The level of an entry
//!   is the highest base-256 digit in which its tick differs from the current tick, so a bucket is
//!   always cascaded before anything that follows it, and entries of equal deadline keep the order
//!   of their inserts all the way down.
//! * `ready` is the opened bucket, sorted stably by deadline. `near` is a small heap for entries
//!   that are inserted into time that has been opened already. On equal deadlines `ready` goes
//!   first: its entries were inserted before the bucket was opened.
//! * A cancelled entry stays until it expires or a sweep finds it. A sweep walks the buckets in
//!   slices, so that it never holds up what is due.
//!
//! Cost: insert O(1); pop amortised O(log b) for b entries in the same tick; sweep O(n) for n
//! entries, started when more than half of them are dead, so O(1) per cancel.

mod bucket;
mod near;
mod sweep;
#[cfg(all(test, not(loom)))]
mod tests;

use std::cmp::Ordering;

use crate::clock::Nanos;
use bucket::{BlockPool, Bucket};
use near::NearHeap;
use sweep::Sweep;

/// One queued deadline: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) deadline_ns: Nanos,
    /// Slot number in the low 28 bits, flags of the scheduler above.
    pub(crate) slot_word: u32,
    pub(crate) token: u32,
}

const TICK_SHIFT: u32 = 20;
const DIGIT_BITS: u32 = 8;
const BUCKETS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = (64 - TICK_SHIFT as usize).div_ceil(DIGIT_BITS as usize);
/// Up to this many entries the next bucket is searched for its earliest deadline; a fuller one is
/// opened at its beginning instead.
const SCAN_LIMIT: usize = 64;

/// How far ahead of the pop an entry is shown.
const LOOK_AHEAD: usize = 12;

/// The queue. See the module's documentation.
#[derive(Debug)]
pub(crate) struct DeadlineQueue {
    len: usize,
    current_tick: u64,
    /// The opened bucket, sorted by deadline, latest first, so that a pop is a `Vec::pop`.
    ready: Vec<Entry>,
    near: NearHeap,
    levels: Vec<Level>,
    pool: BlockPool,
    sweep: Option<Sweep>,
}

#[derive(Debug)]
struct Level {
    buckets: Vec<Bucket>,
    occupied: [u64; BUCKETS / 64],
}

/// Place of a bucket in the wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    level: usize,
    index: usize,
}

impl DeadlineQueue {
    pub(crate) fn new() -> Self {
        Self {
            len: 0,
            current_tick: 0,
            ready: Vec::new(),
            near: NearHeap::default(),
            levels: (0..LEVELS).map(|_| Level::new()).collect(),
            pool: BlockPool::default(),
            sweep: None,
        }
    }

    /// Number of entries, dead ones included.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Queues an entry. Equal deadlines pop in the order of their inserts.
    pub(crate) fn insert(&mut self, entry: Entry) {
        self.len += 1;
        self.place(entry);
    }

    /// Hands what is due at `now_ns` to `take`, in (deadline, sequence) order, at most `limit`
    /// entries. An entry that `take` gives back is queued again, and handed out in its order when
    /// it is due as well. `take` also gets an entry that probably follows soon, to prepare for it.
    /// Returns true when entries that are due were left behind.
    pub(crate) fn pop_due(
        &mut self,
        now_ns: Nanos,
        limit: usize,
        mut take: impl FnMut(Entry, Option<&Entry>) -> Option<Entry>,
    ) -> bool {
        let now_tick = now_ns >> TICK_SHIFT;
        let mut room = limit;
        loop {
            room -= self.pop_opened(now_ns, room, &mut take);
            let Some((place, start_tick)) = self.next_bucket() else {
                break;
            };
            if start_tick > now_tick {
                break;
            }
            if room == 0 {
                return true;
            }
            self.open(place, start_tick);
        }
        if room == 0 && self.opened_deadline().is_some_and(|next| next <= now_ns) {
            return true;
        }
        // Every bucket that starts by now is open, so the wheel may turn to now: entries ahead keep
        // their level, and new ones land where they need the fewest moves.
        self.current_tick = self.current_tick.max(now_tick);
        false
    }

    /// The instant at which `pop_due` should be called next: the earliest deadline, or the start of
    /// a full bucket, which is never later than its earliest deadline. `None` when empty.
    pub(crate) fn next_wake_ns(&mut self) -> Option<Nanos> {
        if let Some(deadline_ns) = self.opened_deadline() {
            return Some(deadline_ns);
        }
        loop {
            let (place, start_tick) = self.next_bucket()?;
            let bucket = &self.levels[place.level].buckets[place.index];
            // A bucket under sweep is only looked at: to join it here would let the sweep pass over
            // what it has not seen.
            let swept = self.sweep.as_ref().filter(|sweep| sweep.is_at(place));
            let entries = || bucket.iter().chain(swept.into_iter().flat_map(Sweep::iter));
            if entries().nth(SCAN_LIMIT).is_some() {
                return Some(start_tick << TICK_SHIFT);
            }
            let earliest = entries().map(|entry| entry.deadline_ns).min();
            if earliest.is_some() {
                return earliest;
            }
            // The sweep has left nothing in the bucket; to join it takes its mark away.
            self.finish_sweep_of(place);
        }
    }

    /// The entry with the earliest deadline; `None` when that takes more than a look, because it
    /// lies in a full bucket or in one under sweep.
    pub(crate) fn next_entry(&self) -> Option<Entry> {
        match (self.ready.last(), self.near.peek_entry()) {
            (Some(ready), Some(near)) if near.deadline_ns < ready.deadline_ns => Some(near),
            (Some(ready), _) => Some(*ready),
            (None, Some(near)) => Some(near),
            (None, None) => {
                let (place, _) = self.next_bucket()?;
                let is_swept = self.sweep.as_ref().is_some_and(|sweep| sweep.is_at(place));
                let bucket = &self.levels[place.level].buckets[place.index];
                let is_full = bucket.iter().nth(SCAN_LIMIT).is_some();
                let earliest = || bucket.iter().min_by_key(|entry| entry.deadline_ns).copied();
                (!is_swept && !is_full).then(earliest).flatten()
            }
        }
    }

    /// Takes up to `limit` entries from the opened bucket and the heap, merged.
    fn pop_opened(
        &mut self,
        now_ns: Nanos,
        limit: usize,
        take: &mut impl FnMut(Entry, Option<&Entry>) -> Option<Entry>,
    ) -> usize {
        let mut taken = 0;
        while taken < limit {
            let from_ready = match (self.ready.last(), self.near.peek()) {
                (Some(ready), Some(near)) => ready.deadline_ns <= near,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            let popped = if from_ready {
                self.ready.pop_if(|entry| entry.deadline_ns <= now_ns)
            } else {
                self.near.pop_due(now_ns)
            };
            let Some(entry) = popped else { break };
            taken += 1;
            self.len -= 1;
            let following = self.ready.len().checked_sub(LOOK_AHEAD);
            if let Some(again) = take(entry, following.map(|index| &self.ready[index])) {
                self.insert(again);
            }
        }
        taken
    }

    fn opened_deadline(&self) -> Option<Nanos> {
        let ready = self.ready.last().map(|entry| entry.deadline_ns);
        match (ready, self.near.peek()) {
            (Some(ready), Some(near)) => Some(ready.min(near)),
            (ready, near) => ready.or(near),
        }
    }

    fn place(&mut self, entry: Entry) {
        let tick = entry.deadline_ns >> TICK_SHIFT;
        if tick <= self.current_tick {
            self.near.push(entry);
            return;
        }
        let level = ((tick ^ self.current_tick).ilog2() / DIGIT_BITS) as usize;
        let index = digit(tick, level);
        let level = &mut self.levels[level];
        level.buckets[index].push(entry, &mut self.pool);
        level.occupied[index / 64] |= 1 << (index % 64);
    }

    /// The bucket that comes first, with its first tick. Lower levels lie in the current bucket of
    /// the level above, so the lowest occupied level holds the earliest entries.
    fn next_bucket(&self) -> Option<(Place, u64)> {
        let level = self.levels.iter().position(Level::is_occupied)?;
        let index = self.levels[level].first_occupied()?;
        let shift = DIGIT_BITS * level as u32;
        let above = self.current_tick >> shift >> DIGIT_BITS << DIGIT_BITS;
        Some((Place { level, index }, (above | index as u64) << shift))
    }

    /// Turns the wheel to `start_tick` and opens the bucket there.
    fn open(&mut self, place: Place, start_tick: u64) {
        self.finish_sweep_of(place);
        let level = &mut self.levels[place.level];
        let bucket = std::mem::take(&mut level.buckets[place.index]);
        level.occupied[place.index / 64] &= !(1 << (place.index % 64));
        self.current_tick = start_tick;
        if place.level > 0 {
            bucket.for_each(&mut |entry, queue: &mut Self| queue.place(entry), self);
            return;
        }
        bucket.for_each(&mut |entry, queue: &mut Self| queue.ready.push(entry), self);
        self.ready.reverse();
        // Reversed first, then sorted stably from late to early: of equal deadlines the one that
        // was inserted first ends up nearest to the end, where it is popped first.
        self.ready
            .sort_by(|a, b| compare_latest_first(a.deadline_ns, b.deadline_ns));
    }
}

impl Level {
    fn new() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| Bucket::default()).collect(),
            occupied: [0; BUCKETS / 64],
        }
    }

    fn is_occupied(&self) -> bool {
        self.occupied.iter().any(|word| *word != 0)
    }

    fn first_occupied(&self) -> Option<usize> {
        let word = self.occupied.iter().position(|word| *word != 0)?;
        Some(word * 64 + self.occupied[word].trailing_zeros() as usize)
    }
}

fn digit(tick: u64, level: usize) -> usize {
    (tick >> (DIGIT_BITS * level as u32)) as usize & (BUCKETS - 1)
}

fn compare_latest_first(a: Nanos, b: Nanos) -> Ordering {
    b.cmp(&a)
}
