//! The script's side of the thread lane, written in Rust, for tests and models: it owns the shared
//! memory and writes it in the same order as `src/lane/lane-memory.ts`. Clients and lanes must be
//! detached, or the pool dropped, before what is here is dropped.

#![allow(
    dead_code,
    reason = "tests and models are built apart and each use a part of it"
)]

use std::sync::Arc;

use crate::alarm::Alarm;
use crate::clock::MonotonicClock;
use crate::lane::client::ClientId;
use crate::lane::frame::{FRAME_ALIGN, FrameHeader, SKIP_SLOT};
use crate::lane::lane::LaneId;
use crate::lane::memory::{ClientHeader, ClientMemory, LaneHeader, LaneMemory};
use crate::lane::pool::Pool;
use crate::sink::Sink;
use crate::sync::{AtomicU64, Ordering, fence};

/// One deliberate fault. The models run their broken twins with it and expect to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A lane reads the word of claims and writes it back, in two steps.
    ClaimInTwoSteps,
    /// The wish for a kick is read before the job is published.
    WishBeforeTail,
    /// The last look at the results comes before the word that asks for a wake-up.
    LookBeforeAsleep,
    /// The last look is at the ring alone, not at what found no room in it.
    BacklogForgotten,
}

/// A sink that wakes whoever waits at its alarm.
#[derive(Debug, Clone)]
pub(crate) struct AlarmSink(Arc<Alarm>);

impl AlarmSink {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Alarm::new()))
    }

    pub(crate) fn wait(&self) {
        self.0.wait(MonotonicClock, None);
    }
}

impl Sink for AlarmSink {
    fn wake(&self) {
        self.0.ring();
    }
}

/// Behind an `Arc`: the core keeps pointers.
#[derive(Debug)]
struct Lent<H> {
    header: H,
    first: Box<[AtomicU64]>,
    second: Box<[AtomicU64]>,
}

impl<H> Lent<H> {
    fn new(header: H, words: usize) -> Arc<Self> {
        let area = || (0..words).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Self {
            header,
            first: area(),
            second: area(),
        })
    }
}

/// A job or a result, as a script reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) header: FrameHeader,
    pub(crate) payload: u64,
}

/// An isolate that submits jobs. All of its frames have one word of payload.
#[derive(Debug)]
pub(crate) struct ScriptClient {
    pub(crate) fault: Option<Fault>,
    pub(crate) sink: AlarmSink,
    lent: Arc<Lent<ClientHeader>>,
    tail: u32,
    result_head: u32,
}

impl ScriptClient {
    /// With rings of so many frames.
    pub(crate) fn new(frames: usize) -> Self {
        Self {
            fault: None,
            sink: AlarmSink::new(),
            lent: Lent::new(ClientHeader::zeroed(), frames * FRAME_ALIGN as usize / 8),
            tail: 0,
            result_head: 0,
        }
    }

    pub(crate) fn memory(&self) -> ClientMemory {
        let Lent {
            header,
            first,
            second,
        } = &*self.lent;
        // SAFETY: the parts stay in place behind the `Arc` until the client is detached.
        unsafe { ClientMemory::from_parts(header, first, second) }
    }

    pub(crate) fn attach(&self, pool: &Pool, shares_lanes: bool) -> ClientId {
        // SAFETY: the memory outlives the attachment, see the module's documentation.
        unsafe { pool.attach_client(self.memory(), Box::new(self.sink.clone()), shares_lanes) }
    }

    pub(crate) fn header(&self) -> &ClientHeader {
        &self.lent.header
    }

    /// True when a frame more fits; otherwise the script has the ring drained.
    pub(crate) fn has_room(&self) -> bool {
        let head = self.header().submit_head.load(Ordering::Acquire);
        let used = self.tail.wrapping_sub(head);
        used + FRAME_ALIGN <= 8 * self.lent.first.len() as u32
    }

    /// Submits a job; returns what the core wishes: see `ClientHeader::wants_kick`.
    pub(crate) fn submit(&mut self, slot: u32, sequence: u32, priority: i8, payload: u64) -> u32 {
        assert!(self.has_room(), "the ring is full");
        let early = (self.fault == Some(Fault::WishBeforeTail)).then(|| self.wish());
        let frame = FrameHeader {
            bytes: FRAME_ALIGN,
            slot,
            kind: 1,
            flags: u32::from(priority as u8) << 24,
            sequence,
            origin: 0,
        };
        let at = self.tail as usize / 8 % self.lent.first.len();
        write_frame(&self.lent.first[at..], frame, payload);
        self.tail = self.tail.wrapping_add(FRAME_ALIGN);
        self.header().submit_tail.store(self.tail, Ordering::SeqCst);
        // Scripts' stores and loads are sequentially consistent, which the model checker takes for
        // weaker than they are.
        fence(Ordering::SeqCst);
        early.unwrap_or_else(|| self.wish())
    }

    fn wish(&self) -> u32 {
        self.header().wants_kick.load(Ordering::SeqCst)
    }

    /// Tells the core whether this script looks at its results by itself.
    pub(crate) fn set_awake(&self, is_awake: bool) {
        self.header()
            .is_awake
            .store(u32::from(is_awake), Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// Stops looking; true when something has come that woke nobody.
    pub(crate) fn fall_asleep(&self) -> bool {
        if self.fault == Some(Fault::LookBeforeAsleep) {
            let has_results = self.has_results();
            self.set_awake(false);
            return has_results;
        }
        self.set_awake(false);
        let forgets_backlog = self.fault == Some(Fault::BacklogForgotten);
        self.has_results() || !forgets_backlog && self.needs_refill()
    }

    pub(crate) fn has_results(&self) -> bool {
        self.header().result_tail.load(Ordering::SeqCst) != self.result_head
    }

    /// Takes all results and notices that are in the ring.
    pub(crate) fn read_results(&mut self) -> Vec<Seen> {
        let tail = self.header().result_tail.load(Ordering::Acquire);
        let mut seen = Vec::new();
        while self.result_head != tail {
            let at = self.result_head as usize / 8 % self.lent.second.len();
            let frame = read_frame(&self.lent.second[at..]);
            self.result_head = self.result_head.wrapping_add(frame.header.bytes);
            if frame.header.slot != SKIP_SLOT {
                seen.push(frame);
            }
        }
        self.header()
            .result_head
            .store(self.result_head, Ordering::SeqCst);
        seen
    }

    /// True when more results wait in the core.
    pub(crate) fn needs_refill(&self) -> bool {
        self.header().has_backlog.load(Ordering::Relaxed) != 0
    }
}

/// A thread that runs jobs.
#[derive(Debug)]
pub(crate) struct ScriptLane {
    pub(crate) fault: Option<Fault>,
    pub(crate) sink: AlarmSink,
    lent: Arc<Lent<LaneHeader>>,
    inbox_at: usize,
}

impl ScriptLane {
    /// With areas of so many frames.
    pub(crate) fn new(frames: usize) -> Self {
        Self {
            fault: None,
            sink: AlarmSink::new(),
            lent: Lent::new(LaneHeader::zeroed(), frames * FRAME_ALIGN as usize / 8),
            inbox_at: 0,
        }
    }

    pub(crate) fn memory(&self) -> LaneMemory {
        let Lent {
            header,
            first,
            second,
        } = &*self.lent;
        // SAFETY: the parts stay in place behind the `Arc` until the lane is detached.
        unsafe { LaneMemory::from_parts(header, first, second) }
    }

    pub(crate) fn attach(&self, pool: &Pool, home: ClientId, ticket: u32) -> LaneId {
        let sink = Box::new(self.sink.clone());
        // SAFETY: the memory outlives the attachment, see the module's documentation.
        unsafe { pool.attach_lane((home, ticket), self.memory(), sink, None) }
    }

    /// A new batch is in the inbox.
    pub(crate) fn begin_batch(&mut self) {
        self.inbox_at = 0;
    }

    /// Claims the next job of the batch; `None` when it is over.
    pub(crate) fn claim(&mut self) -> Option<Seen> {
        let word = &self.lent.header.claims;
        let claims = if self.fault == Some(Fault::ClaimInTwoSteps) {
            let seen = word.load(Ordering::SeqCst);
            word.store(seen.wrapping_add(1), Ordering::SeqCst);
            seen
        } else {
            word.fetch_add(1, Ordering::SeqCst)
        };
        if claims & 0xffff >= claims >> 16 {
            return None;
        }
        let frame = read_frame(&self.lent.first[self.inbox_at..]);
        self.inbox_at += frame.header.bytes as usize / 8;
        Some(frame)
    }

    /// Writes a result, to be published at the next exchange. False when there is no room.
    pub(crate) fn give(&self, job: FrameHeader, status: u32, payload: u64) -> bool {
        let filled = self.lent.header.outbox_bytes.load(Ordering::Relaxed);
        let at = filled as usize / 8;
        if at + FRAME_ALIGN as usize / 8 > self.lent.second.len() {
            return false;
        }
        let frame = FrameHeader {
            bytes: FRAME_ALIGN,
            kind: status,
            flags: 0,
            ..job
        };
        write_frame(&self.lent.second[at..], frame, payload);
        self.lent
            .header
            .outbox_bytes
            .store(filled + FRAME_ALIGN, Ordering::SeqCst);
        true
    }
}

fn write_frame(words: &[AtomicU64], header: FrameHeader, payload: u64) {
    let all = header.to_words().into_iter().chain([payload]);
    for (word, value) in words.iter().zip(all) {
        word.store(value, Ordering::Relaxed);
    }
}

fn read_frame(words: &[AtomicU64]) -> Seen {
    let word = |index: usize| words[index].load(Ordering::Relaxed);
    Seen {
        header: FrameHeader::from_words([word(0), word(1), word(2)]),
        payload: word(3),
    }
}
