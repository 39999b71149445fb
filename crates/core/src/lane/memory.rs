//! The memory that the core shares with a client and with a lane. Both are allocated by scripts and
//! lent; `src/lane/lane-memory.ts` repeats the layout and checks it against the binary.
//!
//! A client's memory holds two byte rings: jobs that it submits, results that it gets. A lane's
//! memory holds two plain areas: the batch of jobs that it took, the results that it has so far.
//! Frames never wrap around the end of a ring: what would is put at its start, behind a frame that
//! fills the end.

use crate::lane::frame::{FrameHeader, SKIP_SLOT};
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// Bytes of the header in front of either memory.
pub const LANE_MEMORY_HEADER: usize = 128;
/// Bytes of each ring of a client and of each area of a lane.
pub const LANE_AREA_BYTES: u32 = 1 << 18;
/// Bytes of either memory as a whole.
pub const LANE_MEMORY_BYTES: usize = LANE_MEMORY_HEADER + 2 * LANE_AREA_BYTES as usize;
/// Largest frame that goes through a ring or an area; larger ones are handed over one by one.
pub const LARGEST_FRAME: u32 = LANE_AREA_BYTES / 4;

/// The words both sides share in front of a client's rings.
#[repr(C)]
#[derive(Debug)]
pub struct ClientHeader {
    /// Bytes submitted, counted from the start and wrapping around. By the script.
    pub submit_tail: AtomicU32,
    /// Bytes of results consumed. By the script.
    pub result_head: AtomicU32,
    /// Not 0 while the script looks at its results by itself and needs no wake-up. By the script.
    pub is_awake: AtomicU32,
    _written_by_script: [u32; 13],
    /// Bytes of jobs consumed. By the core, as all below.
    pub submit_head: AtomicU32,
    /// Bytes of results published.
    pub result_tail: AtomicU32,
    /// Not 0 when results wait that found no room in the ring.
    pub has_backlog: AtomicU32,
    /// 1 when the next submit must be followed by a call of `kick`; 2: unless the last one was
    /// answered by `Look`, and another follows soon.
    pub wants_kick: AtomicU32,
    /// Lanes that serve this client.
    pub lanes: AtomicU32,
    /// Lanes among them that wait for work, or look for it unasked.
    pub idle: AtomicU32,
    _written_by_core: [u32; 10],
}

#[cfg(test)]
impl ClientHeader {
    pub(crate) fn zeroed() -> Self {
        let zero = || AtomicU32::new(0);
        Self {
            submit_tail: zero(),
            result_head: zero(),
            is_awake: zero(),
            _written_by_script: [0; 13],
            submit_head: zero(),
            result_tail: zero(),
            has_backlog: zero(),
            wants_kick: zero(),
            lanes: zero(),
            idle: zero(),
            _written_by_core: [0; 10],
        }
    }
}

/// The words both sides share in front of a lane's areas.
#[repr(C)]
#[derive(Debug)]
pub struct LaneHeader {
    /// Bytes of results written since the last exchange. By the script; reset by the core.
    pub outbox_bytes: AtomicU32,
    _written_by_script: [u32; 15],
    /// Jobs of the batch that were claimed (low half) out of how many (high half). Claimed by the
    /// lane with an addition of one; a thief lowers the high half.
    pub claims: AtomicU32,
    /// Not 0 when the lane should ask for jobs to abort.
    pub has_aborts: AtomicU32,
    /// Jobs that were sent to the lane's message port so far.
    pub assigned: AtomicU32,
    _written_by_core: [u32; 13],
}

#[cfg(test)]
impl LaneHeader {
    pub(crate) fn zeroed() -> Self {
        let zero = || AtomicU32::new(0);
        Self {
            outbox_bytes: zero(),
            _written_by_script: [0; 15],
            claims: zero(),
            has_aborts: zero(),
            assigned: zero(),
            _written_by_core: [0; 13],
        }
    }
}

#[cfg(not(loom))]
mod assertions {
    use super::{ClientHeader, LANE_MEMORY_HEADER, LaneHeader};
    use std::mem::{offset_of, size_of};

    // The offsets that src/lane/lane-memory.ts is written for.
    const _: () = assert!(size_of::<ClientHeader>() == LANE_MEMORY_HEADER);
    const _: () = assert!(size_of::<LaneHeader>() == LANE_MEMORY_HEADER);
    const _: () = assert!(offset_of!(ClientHeader, submit_head) == 64);
    const _: () = assert!(offset_of!(ClientHeader, wants_kick) == 76);
    const _: () = assert!(offset_of!(LaneHeader, claims) == 64);
}

/// One ring or area: a slice of shared words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Area {
    words: *const AtomicU64,
    count: u32,
}

impl Area {
    #[cfg(test)]
    fn of(words: &[AtomicU64]) -> Self {
        Self {
            words: words.as_ptr(),
            count: words.len() as u32,
        }
    }

    fn slice(&self) -> &[AtomicU64] {
        // SAFETY: the memory stays valid and in place until its owner is detached (contract of
        // `from_buffer`), and whoever holds an area is dropped by then.
        unsafe { std::slice::from_raw_parts(self.words, self.count as usize) }
    }

    /// Bytes of the area.
    pub(crate) fn bytes(&self) -> u32 {
        self.count * 8
    }

    /// The words from a byte offset to the end of the area.
    pub(crate) fn from(&self, offset: u32) -> &[AtomicU64] {
        self.slice().get(offset as usize / 8..).unwrap_or_default()
    }

    /// The frame at a byte offset.
    pub(crate) fn frame(&self, offset: u32) -> Option<(FrameHeader, &[AtomicU64])> {
        let words = self.from(offset);
        let header = FrameHeader::read(words)?;
        Some((header, &words[..header.words()]))
    }

    /// Writes a word at a byte offset, when it is inside.
    pub(crate) fn store(&self, offset: u32, word: u64) {
        if let Some(place) = self.slice().get(offset as usize / 8) {
            place.store(word, Ordering::Relaxed);
        }
    }
}

/// A client's memory.
#[derive(Clone, Copy, Debug)]
pub struct ClientMemory {
    header: *const ClientHeader,
    pub(crate) submit: Area,
    pub(crate) results: Area,
}

// SAFETY: valid until the client is detached, and every field that both sides touch is atomic.
unsafe impl Send for ClientMemory {}

impl ClientMemory {
    /// Takes over a buffer of [`LANE_MEMORY_BYTES`] bytes.
    ///
    /// # Safety
    ///
    /// `buffer` must be 8-byte aligned, hold that many bytes, and stay valid and in place until the
    /// client it is attached with is detached.
    pub unsafe fn from_buffer(buffer: *const u8) -> Self {
        // SAFETY: handed on from this function's contract.
        let (submit, results) = unsafe { areas(buffer) };
        Self {
            header: buffer.cast(),
            submit,
            results,
        }
    }

    /// Of parts that lie where they like.
    ///
    /// # Safety
    ///
    /// As [`ClientMemory::from_buffer`]; the areas must hold a power of two of words.
    #[cfg(test)]
    pub(crate) unsafe fn from_parts(
        header: *const ClientHeader,
        submit: &[AtomicU64],
        results: &[AtomicU64],
    ) -> Self {
        Self {
            header,
            submit: Area::of(submit),
            results: Area::of(results),
        }
    }

    pub(crate) fn header(&self) -> &ClientHeader {
        // SAFETY: valid by the contract of `from_buffer`.
        unsafe { &*self.header }
    }

    /// Room for results that the client has consumed, in bytes.
    pub(crate) fn result_room(&self, tail: u32) -> u32 {
        let head = self.header().result_head.load(Ordering::Acquire);
        self.results.bytes().saturating_sub(tail.wrapping_sub(head))
    }
}

/// A lane's memory.
#[derive(Clone, Copy, Debug)]
pub struct LaneMemory {
    header: *const LaneHeader,
    pub(crate) inbox: Area,
    pub(crate) outbox: Area,
}

// SAFETY: valid until the lane is detached, and every field that both sides touch is atomic.
unsafe impl Send for LaneMemory {}

impl LaneMemory {
    /// Takes over a buffer of [`LANE_MEMORY_BYTES`] bytes.
    ///
    /// # Safety
    ///
    /// `buffer` must be 8-byte aligned, hold that many bytes, and stay valid and in place until the
    /// lane it is attached with is detached.
    pub unsafe fn from_buffer(buffer: *const u8) -> Self {
        // SAFETY: handed on from this function's contract.
        let (inbox, outbox) = unsafe { areas(buffer) };
        Self {
            header: buffer.cast(),
            inbox,
            outbox,
        }
    }

    /// Of parts that lie where they like.
    ///
    /// # Safety
    ///
    /// As [`LaneMemory::from_buffer`].
    #[cfg(test)]
    pub(crate) unsafe fn from_parts(
        header: *const LaneHeader,
        inbox: &[AtomicU64],
        outbox: &[AtomicU64],
    ) -> Self {
        Self {
            header,
            inbox: Area::of(inbox),
            outbox: Area::of(outbox),
        }
    }

    pub(crate) fn header(&self) -> &LaneHeader {
        // SAFETY: valid by the contract of `from_buffer`.
        unsafe { &*self.header }
    }
}

/// # Safety
///
/// `buffer` must be 8-byte aligned and hold [`LANE_MEMORY_BYTES`] bytes.
unsafe fn areas(buffer: *const u8) -> (Area, Area) {
    let count = LANE_AREA_BYTES / 8;
    // SAFETY: both areas are inside the buffer.
    let (first, second) = unsafe {
        let first = buffer.add(LANE_MEMORY_HEADER);
        (first, first.add(LANE_AREA_BYTES as usize))
    };
    let area = |words: *const u8| Area {
        words: words.cast(),
        count,
    };
    (area(first), area(second))
}

/// Walks over the frames of a ring from `head` to `tail`, fillers left out. Stops at a frame that
/// cannot be right: whoever writes such a thing loses the rest of its own ring and nothing else.
pub(crate) fn walk_ring(
    ring: Area,
    head: u32,
    tail: u32,
    mut visit: impl FnMut(FrameHeader, &[AtomicU64]),
) {
    let mut at = head;
    while tail.wrapping_sub(at) as i32 > 0 {
        let Some((header, frame)) = ring.frame(at & (ring.bytes() - 1)) else {
            return;
        };
        if header.slot != SKIP_SLOT {
            visit(header, frame);
        }
        at = at.wrapping_add(header.bytes);
    }
}

/// The filler, in bytes, that a frame of `bytes` needs in front of it in a ring whose tail is `tail`.
/// Frames are multiples of [`crate::lane::frame::FRAME_ALIGN`], so there is always room for the
/// header of a filler.
pub(crate) fn filler_before(ring: Area, tail: u32, bytes: u32) -> u32 {
    let left = ring.bytes() - (tail & (ring.bytes() - 1));
    if left >= bytes { 0 } else { left }
}
