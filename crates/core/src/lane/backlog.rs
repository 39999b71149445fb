//! Jobs that wait, and results that found no room: frames in order, in memory of the core.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::lane::frame::{FLAG_LARGE, FRAME_ALIGN, FRAME_HEADER_WORDS, FrameHeader};
use crate::lane::timed_workers::DueRuns;

/// A queue of frames. One allocation for many small frames, which come and go in order.
#[derive(Debug, Default)]
pub(crate) struct FrameQueue {
    words: VecDeque<u64>,
    frames: usize,
}

impl FrameQueue {
    pub(crate) fn is_empty(&self) -> bool {
        self.frames == 0
    }

    pub(crate) fn push_back(&mut self, header: FrameHeader, payload: impl Iterator<Item = u64>) {
        self.words.extend(header.to_words());
        self.words.extend(payload);
        self.frames += 1;
    }

    /// Puts a frame in front of all others: a job that was taken but not started.
    pub(crate) fn push_front(&mut self, frame: &[u64]) {
        for &word in frame.iter().rev() {
            self.words.push_front(word);
        }
        self.frames += 1;
    }

    /// The header of the first frame.
    pub(crate) fn front(&self) -> Option<FrameHeader> {
        let word = |index: usize| self.words.get(index).copied();
        const { assert!(FRAME_HEADER_WORDS == 3) };
        Some(FrameHeader::from_words([word(0)?, word(1)?, word(2)?]))
    }

    /// Hands the words of the first frame, header included, to `take` and removes them.
    pub(crate) fn pop_front(&mut self, mut take: impl FnMut(usize, u64)) {
        let Some(header) = self.front() else { return };
        self.frames -= 1;
        for (index, word) in self.words.drain(..header.words()).enumerate() {
            take(index, word);
        }
        self.shrink();
    }

    /// Gives memory of a past burst back.
    fn shrink(&mut self) {
        const KEPT_WORDS: usize = 1 << 16;
        if self.words.is_empty() && self.words.capacity() > KEPT_WORDS {
            self.words = VecDeque::new();
        }
    }
}

/// The waiting jobs of one client: higher priorities first, in order within one.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// Jobs of priority 0, which are nearly all.
    usual: FrameQueue,
    /// The others, keyed by the negated priority. None of them is empty.
    special: BTreeMap<i16, FrameQueue>,
    /// Sequence numbers of jobs that were cancelled and still lie in a queue.
    cancelled: HashSet<u32>,
    /// Payloads that are too large for a frame, by the sequence numbers of their jobs.
    large: HashMap<u32, Vec<u8>>,
    waiting: usize,
    /// Runs of timed workers. They are late already, so they go before all jobs.
    pub(crate) due: DueRuns,
}

impl Backlog {
    /// Jobs and runs that wait, cancelled ones not counted.
    pub(crate) fn len(&self) -> usize {
        self.waiting + self.due.len()
    }

    pub(crate) fn push(&mut self, header: FrameHeader, payload: impl Iterator<Item = u64>) {
        self.queue_of(header.priority()).push_back(header, payload);
        self.waiting += 1;
    }

    /// As [`Backlog::push`], for a payload that is too large for a frame.
    pub(crate) fn push_large(&mut self, header: FrameHeader, payload: Vec<u8>) {
        let notice = FrameHeader {
            bytes: FRAME_ALIGN,
            flags: header.flags | FLAG_LARGE,
            ..header
        };
        self.keep_large(header.sequence, payload);
        self.push(notice, std::iter::once(0));
    }

    /// Keeps the payload of a job until it is taken.
    pub(crate) fn keep_large(&mut self, sequence: u32, payload: Vec<u8>) {
        self.large.insert(sequence, payload);
    }

    /// The payload of a job that was taken.
    pub(crate) fn take_large(&mut self, sequence: u32) -> Option<Vec<u8>> {
        self.large.remove(&sequence)
    }

    /// Takes a job back that was not started.
    pub(crate) fn push_front(&mut self, header: FrameHeader, frame: &[u64]) {
        self.queue_of(header.priority()).push_front(frame);
        self.waiting += 1;
    }

    /// The job that comes next.
    pub(crate) fn front(&mut self) -> Option<FrameHeader> {
        while let Some((key, front)) = self.first() {
            if !self.cancelled.remove(&front.sequence) {
                return Some(front);
            }
            self.pop_of(key, |_, _| ());
        }
        None
    }

    /// Hands the words of the job that `front` told about to `take` and removes it.
    pub(crate) fn pop(&mut self, take: impl FnMut(usize, u64)) {
        if let Some((key, _)) = self.first() {
            self.pop_of(key, take);
            self.waiting -= 1;
        }
    }

    /// Drops a job that waits. False when it does not wait here (any more).
    pub(crate) fn cancel(&mut self, priority: i8, sequence: u32) -> bool {
        let front = match priority {
            0 => self.usual.front(),
            _ => self
                .special
                .get(&key_of(priority))
                .and_then(FrameQueue::front),
        };
        // Sequence numbers only grow within a queue, so the first one tells about all.
        let waits = front.is_some_and(|front| sequence.wrapping_sub(front.sequence) as i32 >= 0);
        let is_dropped = waits && self.cancelled.insert(sequence);
        self.waiting -= usize::from(is_dropped);
        if is_dropped {
            self.large.remove(&sequence);
        }
        is_dropped
    }

    fn queue_of(&mut self, priority: i8) -> &mut FrameQueue {
        match priority {
            0 => &mut self.usual,
            _ => self.special.entry(key_of(priority)).or_default(),
        }
    }

    /// The queue to take from, by its key, and its first frame.
    fn first(&self) -> Option<(i16, FrameHeader)> {
        let special = self.special.first_key_value();
        let urgent = special.filter(|(key, _)| **key < 0 || self.usual.is_empty());
        match urgent {
            Some((key, queue)) => Some((*key, queue.front()?)),
            None => Some((0, self.usual.front()?)),
        }
    }

    fn pop_of(&mut self, key: i16, take: impl FnMut(usize, u64)) {
        if key == 0 {
            self.usual.pop_front(take);
        } else if let Some(queue) = self.special.get_mut(&key) {
            queue.pop_front(take);
            if queue.is_empty() {
                self.special.remove(&key);
            }
        }
    }
}

fn key_of(priority: i8) -> i16 {
    -i16::from(priority)
}
