//! Frames: how one job, or one result, lies in memory.
//!
//! A frame is a header of three 64-bit words and a payload that this crate never looks into. Frames
//! are copied word by word, so that memory that a script writes at the same time can at worst give
//! a wrong payload, never an undefined one.

use crate::sync::{AtomicU64, Ordering};

/// Words of a frame's header.
pub const FRAME_HEADER_WORDS: usize = 3;
/// The size of a frame is a multiple of this, which is more than its header takes.
pub const FRAME_ALIGN: u32 = 32;

/// Slot number of a frame that only fills the end of a ring.
pub const SKIP_SLOT: u32 = u32::MAX;
/// Flag: the payload is too large for the memory and waits in the core.
pub const FLAG_LARGE: u32 = 1;
/// Flag of a timed run: what it needs may be in the message port of its owner's lanes.
pub const FLAG_PORT: u32 = 2;

/// The job returned.
pub const STATUS_DONE: u32 = 0;
/// The job threw.
pub const STATUS_FAILED: u32 = 1;
/// The thread ended while the job was running.
pub const STATUS_LOST: u32 = 2;
/// Not a result: the lane named by `slot`, one of the client's own, is there.
pub const STATUS_LANE_UP: u32 = 3;
/// Not a result: the client is asked to end the lane named by `slot`, which is its own.
pub const STATUS_END_LANE: u32 = 4;
/// Not a result: the lane named by `slot`, one of the client's own, is gone.
pub const STATUS_LANE_GONE: u32 = 5;
/// Not a result: jobs are waiting and the client may start another lane.
pub const STATUS_GROW: u32 = 6;
// 7 and 8 are the scripts' own.
/// The run of a timed worker returned `false`.
pub const STATUS_RUN_LAST: u32 = 9;
/// Of a timed worker: a run threw.
pub const STATUS_RUN_FAILED: u32 = 10;
/// Of a timed worker: the thread of a run is gone.
pub const STATUS_RUN_LOST: u32 = 11;
/// Of a timed worker whose owner keeps the time: an attempt is over; the flags say how.
pub const STATUS_RUN_OVER: u32 = 12;
/// Of a timed worker: it has no next run, because it is paused.
pub const STATUS_WORKER_IDLE: u32 = 13;
/// Of a timed worker: it is finished; the flags say why.
pub const STATUS_WORKER_FINISHED: u32 = 14;

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Size of the frame, header included, a multiple of [`FRAME_ALIGN`].
    pub bytes: u32,
    /// The client's number for the job.
    pub slot: u32,
    /// Of a job: its definition. Of a result: one of the `STATUS_` values.
    pub kind: u32,
    /// `FLAG_` bits, and in the top eight bits the priority of a job, signed.
    pub flags: u32,
    /// Counted up with every job of the client; together with the slot it names one job.
    pub sequence: u32,
    /// The client, see [`crate::lane::ClientId`]. Written by the core.
    pub origin: u32,
}

impl FrameHeader {
    /// A frame without a payload, made by the core.
    pub(crate) fn notice(status: u32, slot: u32, sequence: u32) -> Self {
        Self {
            bytes: FRAME_ALIGN,
            slot,
            kind: status,
            flags: 0,
            sequence,
            origin: 0,
        }
    }

    /// Priority of a job: higher ones go first.
    pub(crate) fn priority(&self) -> i8 {
        (self.flags >> 24) as i8
    }

    pub(crate) fn is_large(&self) -> bool {
        self.flags & FLAG_LARGE != 0
    }

    pub(crate) fn words(&self) -> usize {
        self.bytes as usize / 8
    }

    /// As it lies in memory.
    pub(crate) fn to_words(self) -> [u64; FRAME_HEADER_WORDS] {
        let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        [
            pair(self.bytes, self.slot),
            pair(self.kind, self.flags),
            pair(self.sequence, self.origin),
        ]
    }

    pub(crate) fn from_words(words: [u64; FRAME_HEADER_WORDS]) -> Self {
        let [first, second, third] = words;
        Self {
            bytes: first as u32,
            slot: (first >> 32) as u32,
            kind: second as u32,
            flags: (second >> 32) as u32,
            sequence: third as u32,
            origin: (third >> 32) as u32,
        }
    }

    /// The header of a frame that the core keeps.
    pub(crate) fn of_frame(frame: &[u64]) -> Option<Self> {
        let raw = frame.first_chunk::<FRAME_HEADER_WORDS>()?;
        Some(Self::from_words(*raw))
    }

    /// Reads the header at the start of `words`; `None` when its size cannot be right.
    pub(crate) fn read(words: &[AtomicU64]) -> Option<Self> {
        let mut raw = [0; FRAME_HEADER_WORDS];
        for (index, word) in raw.iter_mut().enumerate() {
            *word = words.get(index)?.load(Ordering::Relaxed);
        }
        let header = Self::from_words(raw);
        let fits = header.bytes > 0
            && header.bytes.is_multiple_of(FRAME_ALIGN)
            && header.words() <= words.len();
        fits.then_some(header)
    }
}
