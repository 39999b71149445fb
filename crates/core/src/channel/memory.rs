//! The memory of one channel: a header, the ring of cells and the ring of payload bytes, in one
//! buffer that JavaScript allocates and that both ends map.
//!
//! This file is the one definition of the layout. [`ChannelLayout`] tells it to JavaScript, which
//! refuses to start when the numbers are not the ones it was written for.
//!
//! Positions count up for ever and wrap at 2^32. Nothing here is trusted: the geometry is checked
//! once and kept, every position and length is clamped before it is used.

use std::fmt;

use super::signal::EndSignal;
use crate::sync::{AtomicU32, AtomicU64};

/// Changes whenever the layout does.
const VERSION: u32 = 1;

/// Head of the shared buffer: five cache lines, so that no two writers share one.
#[repr(C)]
#[derive(Debug)]
pub struct ChannelHeader {
    /// Layout that the creator was written for.
    pub version: AtomicU32,
    /// Items that the channel may hold.
    pub capacity: AtomicU32,
    /// Cells in the ring: a power of two, at least one more than the capacity.
    pub cells: AtomicU32,
    /// Bytes in the payload ring: a power of two.
    pub payload_bytes: AtomicU32,
    /// Payload bytes that the channel may hold, 0 for no bound.
    pub max_bytes: AtomicU32,
    _constants: [u32; 11],
    /// Written by the sender: cells published so far.
    pub tail: AtomicU32,
    /// Written by the sender when it hands itself over: payload positions used so far.
    pub payload_tail: AtomicU32,
    /// Written by the sender when it hands itself over: payload lengths sent so far, summed.
    pub payload_sent: AtomicU32,
    _sender_line: [u32; 13],
    /// Written by the receiver: cells taken so far.
    pub head: AtomicU32,
    /// Written by the receiver before `head`: payload positions given back so far.
    pub payload_head: AtomicU32,
    /// Written by the receiver before `head`: payload lengths taken so far, summed.
    pub payload_taken: AtomicU32,
    _receiver_line: [u32; 13],
    /// How the sender waits, and whether it lives.
    pub sender: EndSignal,
    /// How the receiver waits, and whether it lives.
    pub receiver: EndSignal,
}

impl ChannelHeader {
    /// A header as JavaScript writes it into fresh memory.
    pub fn new(capacity: u32, payload_bytes: u32, max_bytes: u32) -> Self {
        Self {
            version: AtomicU32::new(VERSION),
            capacity: AtomicU32::new(capacity),
            cells: AtomicU32::new((capacity + 1).next_power_of_two()),
            payload_bytes: AtomicU32::new(payload_bytes),
            max_bytes: AtomicU32::new(max_bytes),
            _constants: [0; 11],
            tail: AtomicU32::new(0),
            payload_tail: AtomicU32::new(0),
            payload_sent: AtomicU32::new(0),
            _sender_line: [0; 13],
            head: AtomicU32::new(0),
            payload_head: AtomicU32::new(0),
            payload_taken: AtomicU32::new(0),
            _receiver_line: [0; 13],
            sender: EndSignal::default(),
            receiver: EndSignal::default(),
        }
    }
}

/// One item: what it is, how long its payload is, and the number or the place of the payload.
#[repr(C)]
#[derive(Debug)]
pub struct FrameCell {
    /// What the item is; only the two ends know the meaning.
    pub kind: AtomicU32,
    /// Length of the payload in bytes.
    pub length: AtomicU32,
    /// Bits of a double, or the position of the payload.
    pub value: AtomicU64,
}

impl FrameCell {
    /// A cell as JavaScript's fresh memory holds it: all zero.
    pub fn zeroed() -> Self {
        Self {
            kind: AtomicU32::new(0),
            length: AtomicU32::new(0),
            value: AtomicU64::new(0),
        }
    }
}

/// Where things stand in the shared buffer, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelLayout {
    /// See [`ChannelHeader::version`].
    pub version: u32,
    /// Signal of the sender.
    pub sender_at: usize,
    /// Signal of the receiver.
    pub receiver_at: usize,
    /// First cell.
    pub cells_at: usize,
    /// Size of a cell.
    pub cell_bytes: usize,
}

/// The layout this crate was built for.
pub const fn channel_layout() -> ChannelLayout {
    ChannelLayout {
        version: VERSION,
        sender_at: 48 * 4,
        receiver_at: 64 * 4,
        cells_at: 80 * 4,
        cell_bytes: 16,
    }
}

#[cfg(not(loom))]
const _: () = {
    let layout = channel_layout();
    assert!(std::mem::offset_of!(ChannelHeader, sender) == layout.sender_at);
    assert!(std::mem::offset_of!(ChannelHeader, receiver) == layout.receiver_at);
    assert!(size_of::<ChannelHeader>() == layout.cells_at);
    assert!(size_of::<FrameCell>() == layout.cell_bytes);
};

/// One channel's memory, with the geometry as it was when it was checked.
#[derive(Clone, Copy)]
pub struct ChannelMemory {
    header: *const ChannelHeader,
    cells: *const FrameCell,
    payload: *mut u8,
    cell_count: u32,
    capacity: u32,
    payload_bytes: u32,
    max_bytes: u32,
}

// SAFETY: what the pointers lead to is only touched through atomics, or (payload bytes) by the one
// end that owns them between two publications.
unsafe impl Send for ChannelMemory {}

impl ChannelMemory {
    /// The channel in a buffer; `None` when the header does not describe this buffer.
    ///
    /// # Safety
    ///
    /// `address` is 8-byte aligned and valid for `length` bytes for as long as this is used.
    pub unsafe fn from_buffer(address: *mut u8, length: usize) -> Option<Self> {
        let cells_at = channel_layout().cells_at;
        if length < cells_at || !(address as usize).is_multiple_of(8) {
            return None;
        }
        // SAFETY: aligned and long enough, and the header is made of atomics.
        let header = unsafe { &*address.cast::<ChannelHeader>() };
        let relaxed = crate::sync::Ordering::Relaxed;
        let cell_count = header.cells.load(relaxed);
        let payload_bytes = header.payload_bytes.load(relaxed);
        let capacity = header.capacity.load(relaxed);
        let needed =
            cells_at + cell_count as usize * size_of::<FrameCell>() + payload_bytes as usize;
        let is_sound = header.version.load(relaxed) == VERSION
            && cell_count.is_power_of_two()
            && payload_bytes.is_power_of_two()
            && capacity < cell_count
            && needed <= length;
        is_sound.then(|| Self {
            header,
            // SAFETY: `needed` bytes are there, so both parts lie inside the buffer.
            cells: unsafe { address.add(cells_at) }.cast(),
            // SAFETY: as above.
            payload: unsafe { address.add(needed - payload_bytes as usize) },
            cell_count,
            capacity,
            payload_bytes,
            max_bytes: header.max_bytes.load(relaxed),
        })
    }

    pub(crate) fn header(&self) -> &ChannelHeader {
        // SAFETY: `from_buffer` was promised that the buffer outlives this.
        unsafe { &*self.header }
    }

    /// The cell of a position, whatever the position is.
    pub(crate) fn cell(&self, position: u32) -> &FrameCell {
        let index = position & (self.cell_count - 1);
        // SAFETY: the index is below the checked number of cells.
        unsafe { &*self.cells.add(index as usize) }
    }

    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }

    pub(crate) fn payload_bytes(&self) -> u32 {
        self.payload_bytes
    }

    pub(crate) fn max_bytes(&self) -> u32 {
        self.max_bytes
    }

    /// Copies a payload to a position, at which it does not wrap around.
    pub(crate) fn write_payload(&self, position: u32, payload: &[u8]) {
        let offset = (position & (self.payload_bytes - 1)) as usize;
        assert!(offset + payload.len() <= self.payload_bytes as usize);
        // SAFETY: inside the payload ring, and the sender owns what the receiver has given back. A
        // script that reads it all the same reads bytes, whatever they are.
        unsafe {
            std::ptr::copy_nonoverlapping(
                payload.as_ptr(),
                self.payload.add(offset),
                payload.len(),
            );
        }
    }

    /// Copies a payload out.
    #[cfg(test)]
    pub(crate) fn read_payload(&self, position: u32, length: u32) -> Vec<u8> {
        let offset = (position & (self.payload_bytes - 1)) as usize;
        assert!(offset + length as usize <= self.payload_bytes as usize);
        // SAFETY: inside the payload ring, written before the tail was raised.
        unsafe { std::slice::from_raw_parts(self.payload.add(offset), length as usize) }.to_vec()
    }
}

impl fmt::Debug for ChannelMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ChannelMemory")
            .field("capacity", &self.capacity)
            .field("cells", &self.cell_count)
            .field("payload_bytes", &self.payload_bytes)
            .finish_non_exhaustive()
    }
}

/// Memory of a channel as a script would allocate it, kept for as long as the process or the model
/// runs.
#[cfg(test)]
pub(crate) fn script_memory(capacity: u32, payload_bytes: u32, max_bytes: u32) -> ScriptMemory {
    let header = Box::new(ChannelHeader::new(capacity, payload_bytes, max_bytes));
    let cell_count = (capacity + 1).next_power_of_two();
    let cells: Box<[_]> = (0..cell_count).map(|_| FrameCell::zeroed()).collect();
    let mut payload = vec![0_u8; payload_bytes as usize].into_boxed_slice();
    let memory = ChannelMemory {
        header: &raw const *header,
        cells: cells.as_ptr(),
        payload: payload.as_mut_ptr(),
        cell_count,
        capacity,
        payload_bytes,
        max_bytes,
    };
    ScriptMemory {
        memory,
        _parts: (header, cells, payload),
    }
}

/// Owner of the parts of a channel's memory in tests.
#[cfg(test)]
pub(crate) struct ScriptMemory {
    pub(crate) memory: ChannelMemory,
    _parts: (Box<ChannelHeader>, Box<[FrameCell]>, Box<[u8]>),
}

#[cfg(test)]
// SAFETY: only the memory's own rules decide who touches what.
unsafe impl Sync for ScriptMemory {}
#[cfg(test)]
// SAFETY: as above.
unsafe impl Send for ScriptMemory {}
