//! An isolate that submits jobs, as the pool keeps it.

use std::collections::{HashMap, VecDeque};

use crate::alarm::Alarm;
use crate::clock::{MonotonicClock, Nanos};
use crate::lane::backlog::{Backlog, FrameQueue};
use crate::lane::frame::{FLAG_LARGE, FRAME_ALIGN, FrameHeader, SKIP_SLOT};
use crate::lane::memory::{ClientMemory, LARGEST_FRAME, filler_before, walk_ring};
use crate::sink::Sink;
use crate::sync::Ordering;
use std::sync::Arc;

/// Names a client. The generation keeps a late result away from a client that came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(pub(crate) u32);

impl ClientId {
    pub(crate) fn new(index: usize, generation: u32) -> Self {
        Self(index as u32 & 0xffff | generation << 16)
    }

    pub(crate) fn index(self) -> usize {
        (self.0 & 0xffff) as usize
    }

    /// As scripts hold it.
    pub fn to_bits(self) -> u32 {
        self.0
    }

    /// From what a script holds. A number that never was one names nobody.
    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// Where a thread waits for results when it blocks instead of turning its loop.
#[derive(Debug)]
pub(crate) struct Gate(Alarm);

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Alarm::new()))
    }

    pub(crate) fn open(&self) {
        self.0.ring();
    }

    pub(crate) fn wait(&self, until_ns: Option<Nanos>) {
        self.0.wait(MonotonicClock, until_ns);
    }
}

/// One client.
pub(crate) struct Client {
    pub(crate) id: ClientId,
    pub(crate) memory: ClientMemory,
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) gate: Arc<Gate>,
    /// The lanes of this client serve all clients: it lives as long as the process.
    pub(crate) shares_lanes: bool,
    pub(crate) backlog: Backlog,
    /// Lanes that were asked for and are not attached yet.
    pub(crate) starting: usize,
    /// Timed workers that it owns.
    pub(crate) timed_workers: usize,
    /// Those among them that only its own lanes can run.
    pub(crate) timed_at_home: usize,
    /// Asked to start a lane and not answered yet.
    pub(crate) is_asked_to_grow: bool,
    submit_head: u32,
    result_tail: u32,
    /// Results that found no room in the ring.
    overflow: FrameQueue,
    /// Payloads of results that are too large for the ring, by slot, in order.
    large: HashMap<u32, VecDeque<Vec<u8>>>,
    has_news: bool,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn new(
        id: ClientId,
        memory: ClientMemory,
        sink: Box<dyn Sink>,
        shares_lanes: bool,
    ) -> Self {
        Self {
            id,
            memory,
            sink,
            gate: Gate::new(),
            shares_lanes,
            backlog: Backlog::default(),
            starting: 0,
            timed_workers: 0,
            timed_at_home: 0,
            is_asked_to_grow: false,
            submit_head: 0,
            result_tail: 0,
            overflow: FrameQueue::default(),
            large: HashMap::new(),
            has_news: false,
        }
    }

    /// True when the script has submitted jobs that were not read yet.
    pub(crate) fn has_submissions(&self) -> bool {
        self.memory.header().submit_tail.load(Ordering::Acquire) != self.submit_head
    }

    /// Moves all submitted jobs into the backlog and frees their place in the ring.
    pub(crate) fn drain_submissions(&mut self) {
        let tail = self.memory.header().submit_tail.load(Ordering::Acquire);
        if tail == self.submit_head {
            return;
        }
        let backlog = &mut self.backlog;
        walk_ring(
            self.memory.submit,
            self.submit_head,
            tail,
            |header, frame| {
                let payload = frame[crate::lane::frame::FRAME_HEADER_WORDS..].iter();
                backlog.push(header, payload.map(|word| word.load(Ordering::Relaxed)));
            },
        );
        self.submit_head = tail;
        self.memory
            .header()
            .submit_head
            .store(tail, Ordering::Release);
    }

    /// Submits a job that does not go through the ring, behind those that did.
    pub(crate) fn submit(&mut self, header: FrameHeader, payload: Vec<u8>) {
        self.drain_submissions();
        self.backlog.push_large(header, payload);
    }

    /// Puts a result, given as its header and the words behind it, where the script will find it.
    pub(crate) fn give(&mut self, header: FrameHeader, payload: impl Iterator<Item = u64>) {
        self.has_news = true;
        if !self.overflow.is_empty() || !self.has_room(header.bytes) {
            self.overflow.push_back(header, payload);
            return;
        }
        self.write(header, payload);
    }

    /// As [`Client::give`], for a payload that is too large for a ring.
    pub(crate) fn give_large(&mut self, header: FrameHeader, payload: Vec<u8>) {
        let notice = FrameHeader {
            bytes: FRAME_ALIGN,
            flags: header.flags | FLAG_LARGE,
            ..header
        };
        self.large
            .entry(header.slot)
            .or_default()
            .push_back(payload);
        self.give(notice, std::iter::once(0));
    }

    /// Something to know that is no result.
    pub(crate) fn tell(&mut self, notice: FrameHeader) {
        self.give(notice, std::iter::once(0));
    }

    /// The payload of a large result.
    pub(crate) fn take_large(&mut self, slot: u32) -> Option<Vec<u8>> {
        let waiting = self.large.get_mut(&slot)?;
        let payload = waiting.pop_front();
        if waiting.is_empty() {
            self.large.remove(&slot);
        }
        payload
    }

    /// Moves results that found no room into the ring.
    pub(crate) fn refill(&mut self) {
        while let Some(front) = self.overflow.front() {
            if !self.has_room(front.bytes) {
                break;
            }
            let mut words = Vec::with_capacity(front.words());
            self.overflow.pop_front(|_, word| words.push(word));
            let payload = words
                .into_iter()
                .skip(crate::lane::frame::FRAME_HEADER_WORDS);
            self.write(front, payload);
        }
        self.publish();
    }

    /// Shows the script its results, and wakes it unless it looks by itself.
    pub(crate) fn announce(&mut self) {
        if !std::mem::take(&mut self.has_news) {
            return;
        }
        self.publish();
        self.gate.open();
        // Sequentially consistent on both sides: either the script sees the results at its last
        // look, or we see that it no longer looks.
        crate::sync::fence(Ordering::SeqCst);
        if self.memory.header().is_awake.load(Ordering::Relaxed) == 0 {
            self.sink.wake();
        }
    }

    fn publish(&self) {
        let header = self.memory.header();
        let has_backlog = u32::from(!self.overflow.is_empty());
        header.has_backlog.store(has_backlog, Ordering::Relaxed);
        header
            .result_tail
            .store(self.result_tail, Ordering::Release);
    }

    fn has_room(&self, bytes: u32) -> bool {
        let filler = filler_before(self.memory.results, self.result_tail, bytes);
        self.memory.result_room(self.result_tail) >= bytes + filler
    }

    fn write(&mut self, header: FrameHeader, payload: impl Iterator<Item = u64>) {
        debug_assert!(header.bytes <= LARGEST_FRAME);
        let ring = self.memory.results;
        let mask = ring.bytes() - 1;
        let filler = filler_before(ring, self.result_tail, header.bytes);
        if filler > 0 {
            let skip = FrameHeader {
                bytes: filler,
                ..FrameHeader::notice(0, SKIP_SLOT, 0)
            };
            let at = self.result_tail & mask;
            for (index, word) in skip.to_words().into_iter().enumerate() {
                ring.store(at + 8 * index as u32, word);
            }
            self.result_tail = self.result_tail.wrapping_add(filler);
        }
        let at = self.result_tail & mask;
        let words = header.to_words().into_iter().chain(payload);
        for (index, word) in words.take(header.words()).enumerate() {
            ring.store(at + 8 * index as u32, word);
        }
        self.result_tail = self.result_tail.wrapping_add(header.bytes);
    }
}

/// The header for a payload of so many bytes, and how many words of filling follow it.
pub(crate) fn fit_header(header: FrameHeader, payload_bytes: usize) -> (FrameHeader, usize) {
    let words = crate::lane::frame::FRAME_HEADER_WORDS + payload_bytes.div_ceil(8);
    let bytes = (8 * words as u32).next_multiple_of(FRAME_ALIGN);
    (FrameHeader { bytes, ..header }, bytes as usize / 8 - words)
}

pub(crate) fn word_of_bytes(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_ne_bytes(word)
}
