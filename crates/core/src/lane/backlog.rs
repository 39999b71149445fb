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
    /// Jobs that were in one of these queues before, by the key of the queue and their sequence
    /// number: they come before it. Apart, because the numbers must only grow within a queue.
    ahead: BTreeMap<(i16, u32), Vec<u64>>,
    /// Sequence numbers of jobs that were cancelled and still lie in a queue.
    cancelled: HashSet<u32>,
    /// Jobs that are paused, by their sequence numbers: their frames, once they are out of the queue.
    paused: HashMap<u32, Option<Vec<u64>>>,
    /// Payloads that are too large for a frame, by the sequence numbers of their jobs.
    large: HashMap<u32, Vec<u8>>,
    waiting: usize,
    /// Runs of timed workers. They are late already, so they go before all jobs.
    pub(crate) due: DueRuns,
}

/// Where the next job lies.
#[derive(Clone, Copy)]
enum Place {
    Ahead((i16, u32)),
    Queue(i16),
}

impl Backlog {
    /// Jobs and runs that wait, cancelled and paused ones not counted.
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
    pub(crate) fn give_back(&mut self, header: FrameHeader, frame: Vec<u64>) {
        let place = (key_of(header.priority()), header.sequence);
        self.ahead.insert(place, frame);
        self.waiting += 1;
    }

    /// The job that comes next.
    pub(crate) fn front(&mut self) -> Option<FrameHeader> {
        while let Some((place, front)) = self.first() {
            let sequence = front.sequence;
            if !self.cancelled.is_empty() && self.cancelled.remove(&sequence) {
                self.pop_of(place, |_, _| ());
            } else if !self.paused.is_empty() && self.paused.contains_key(&sequence) {
                let mut frame = Vec::with_capacity(front.words());
                self.pop_of(place, |_, word| frame.push(word));
                self.paused.insert(sequence, Some(frame));
            } else {
                return Some(front);
            }
        }
        None
    }

    /// Hands the words of the job that `front` told about to `take` and removes it.
    pub(crate) fn pop(&mut self, take: impl FnMut(usize, u64)) {
        if let Some((place, _)) = self.first() {
            self.pop_of(place, take);
            self.waiting -= 1;
        }
    }

    /// Drops a job that waits or is paused. False when it does neither here (any more).
    pub(crate) fn cancel(&mut self, priority: i8, sequence: u32) -> bool {
        if let Some(frame) = self.paused.remove(&sequence) {
            if frame.is_none() {
                self.cancelled.insert(sequence);
            }
            self.large.remove(&sequence);
            return true;
        }
        let place = (key_of(priority), sequence);
        let is_dropped = self.ahead.remove(&place).is_some()
            || self.lies_in_queue(priority, sequence) && self.cancelled.insert(sequence);
        if is_dropped {
            self.waiting -= 1;
            self.large.remove(&sequence);
        }
        is_dropped
    }

    /// Keeps a job that waits from being taken. False when it does not wait here.
    pub(crate) fn pause(&mut self, priority: i8, sequence: u32) -> bool {
        if self.paused.contains_key(&sequence) || self.cancelled.contains(&sequence) {
            return false;
        }
        let frame = self.ahead.remove(&(key_of(priority), sequence));
        let waits = frame.is_some() || self.lies_in_queue(priority, sequence);
        if waits {
            self.paused.insert(sequence, frame);
            self.waiting -= 1;
        }
        waits
    }

    /// Lets a paused job be taken, in its old place or as the next one. False when it is not paused.
    pub(crate) fn resume(&mut self, priority: i8, sequence: u32) -> bool {
        let Some(frame) = self.paused.remove(&sequence) else {
            return false;
        };
        if let Some(frame) = frame {
            self.ahead.insert((key_of(priority), sequence), frame);
        }
        self.waiting += 1;
        true
    }

    /// Sequence numbers only grow within a queue, so its first one tells about all.
    fn lies_in_queue(&self, priority: i8, sequence: u32) -> bool {
        let front = match priority {
            0 => self.usual.front(),
            _ => self
                .special
                .get(&key_of(priority))
                .and_then(FrameQueue::front),
        };
        front.is_some_and(|front| sequence.wrapping_sub(front.sequence) as i32 >= 0)
    }

    fn queue_of(&mut self, priority: i8) -> &mut FrameQueue {
        match priority {
            0 => &mut self.usual,
            _ => self.special.entry(key_of(priority)).or_default(),
        }
    }

    /// The first frame, and where it is.
    fn first(&self) -> Option<(Place, FrameHeader)> {
        let special = self.special.first_key_value();
        let urgent = special.filter(|(key, _)| **key < 0 || self.usual.is_empty());
        let (key, queue) = urgent.map_or((0, &self.usual), |(key, queue)| (*key, queue));
        if let Some((place, frame)) = self.ahead.first_key_value()
            && (place.0 <= key || queue.is_empty())
        {
            return Some((Place::Ahead(*place), FrameHeader::of_frame(frame)?));
        }
        Some((Place::Queue(key), queue.front()?))
    }

    fn pop_of(&mut self, place: Place, mut take: impl FnMut(usize, u64)) {
        match place {
            Place::Ahead(place) => {
                let frame = self.ahead.remove(&place).unwrap_or_default();
                for (index, word) in frame.into_iter().enumerate() {
                    take(index, word);
                }
            }
            Place::Queue(0) => self.usual.pop_front(take),
            Place::Queue(key) => {
                if let Some(queue) = self.special.get_mut(&key) {
                    queue.pop_front(take);
                    if queue.is_empty() {
                        self.special.remove(&key);
                    }
                }
            }
        }
    }
}

fn key_of(priority: i8) -> i16 {
    -i16::from(priority)
}
