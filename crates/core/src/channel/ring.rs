//! The ends of a channel's ring in Rust: what a native producer writes with, and in tests what
//! stands for a script.
//!
//! A single-producer single-consumer ring (Lamport, "Proving the Correctness of Multiprocess
//! Programs", 1977) with the other end's position remembered, so that it is read once per round
//! and not once per item (Lee, Bu and Chandranmenon, "A Lock-Free, Cache-Efficient Shared Ring
//! Buffer", 2009).

use super::memory::ChannelMemory;
use super::signal::Wait;
use crate::sync::Ordering;

/// What an item written by this crate is. The numbers are the ones of the script's frame kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum FrameKind {
    /// A double.
    Number = 1,
    /// Several texts whose bytes are all below 128.
    AsciiBatch = 16,
    /// Several texts in UTF-8.
    Utf8Batch = 17,
    /// The beginning of a text that does not fit into one frame.
    Part = 18,
    /// Something went wrong with one item; the payload says what. The items go on.
    Fault = 19,
    /// The end of the items.
    End = 32,
}

/// One item on its way into the ring.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// What it is.
    pub kind: FrameKind,
    /// The number, of a frame without payload.
    pub number: f64,
    /// Bytes beside the cell.
    pub payload: &'a [u8],
}

/// Why a frame was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushError {
    /// The channel holds as many items or bytes as it may.
    Full,
    /// The payload would not fit into the empty channel either.
    TooLarge,
    /// Nobody receives any more.
    Gone,
}

/// Writing end.
#[derive(Debug)]
pub struct FrameWriter {
    memory: ChannelMemory,
    tail: u32,
    /// The receiver's head as last seen: never ahead of the real one.
    head_seen: u32,
    payload_tail: u32,
    payload_sent: u32,
}

impl FrameWriter {
    /// The writing end of a channel that nothing was written to.
    pub fn new(memory: ChannelMemory) -> Self {
        Self {
            memory,
            tail: 0,
            head_seen: 0,
            payload_tail: 0,
            payload_sent: 0,
        }
    }

    /// The writing end of a channel that was used before, by somebody who sent no payloads.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn resumed(memory: ChannelMemory) -> Self {
        let tail = memory.header().tail.load(Ordering::Relaxed);
        Self {
            tail,
            head_seen: tail,
            ..Self::new(memory)
        }
    }

    pub(crate) fn memory(&self) -> &ChannelMemory {
        &self.memory
    }

    /// Writes a frame and publishes it.
    pub(crate) fn push(&mut self, frame: Frame<'_>) -> Result<(), PushError> {
        let memory = self.memory;
        let header = memory.header();
        if header.receiver.is_gone() {
            return Err(PushError::Gone);
        }
        let length = u32::try_from(frame.payload.len()).map_err(|_| PushError::TooLarge)?;
        // The end is no item: one cell is always kept for it.
        let is_end = frame.kind == FrameKind::End;
        let bound = self.memory.capacity() + u32::from(is_end);
        if self.waiting() >= bound {
            self.head_seen = header.head.load(Ordering::Acquire);
            if self.waiting() >= bound {
                return Err(PushError::Full);
            }
        }
        let position = self.reserve(length)?;
        self.memory.write_payload(position, frame.payload);
        let cell = self.memory.cell(self.tail);
        cell.kind.store(frame.kind as u32, Ordering::Relaxed);
        cell.length.store(length, Ordering::Relaxed);
        let value = match frame.kind {
            FrameKind::Number => frame.number.to_bits(),
            _ => u64::from(position),
        };
        cell.value.store(value, Ordering::Relaxed);
        self.payload_tail = position.wrapping_add(length.next_multiple_of(8));
        self.payload_sent = self.payload_sent.wrapping_add(length);
        self.tail = self.tail.wrapping_add(1);
        header.tail.store(self.tail, Ordering::Release);
        Ok(())
    }

    /// How the receiver must be woken after a `push`.
    pub(crate) fn wait_of_receiver(&self) -> Wait {
        self.memory.header().receiver.wait_after_change()
    }

    fn waiting(&self) -> u32 {
        self.tail.wrapping_sub(self.head_seen)
    }

    /// Position at which the payload lies in one piece.
    fn reserve(&self, length: u32) -> Result<u32, PushError> {
        if length == 0 {
            return Ok(self.payload_tail);
        }
        let size = self.memory.payload_bytes();
        if length > size {
            return Err(PushError::TooLarge);
        }
        let left = size - (self.payload_tail & (size - 1));
        let skipped = if left < length { left } else { 0 };
        let position = self.payload_tail.wrapping_add(skipped);
        let end = position.wrapping_add(length.next_multiple_of(8));
        let header = self.memory.header();
        // The receiver gives bytes back before it gives the cell back. An empty channel takes
        // whatever fits at all, also where the free bytes lie on both sides of the ring's end.
        if header.head.load(Ordering::Acquire) == self.tail {
            return Ok(position);
        }
        let used = end.wrapping_sub(header.payload_head.load(Ordering::Relaxed));
        let taken = header.payload_taken.load(Ordering::Relaxed);
        let held = self.payload_sent.wrapping_sub(taken);
        let max_bytes = self.memory.max_bytes();
        if used > size || (max_bytes > 0 && held.saturating_add(length) > max_bytes) {
            return Err(PushError::Full);
        }
        Ok(position)
    }
}

/// Reading end, as a script has it.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct FrameReader {
    memory: ChannelMemory,
    head: u32,
}

#[cfg(test)]
impl FrameReader {
    pub(crate) fn new(memory: ChannelMemory) -> Self {
        Self { memory, head: 0 }
    }

    /// The reading end of a channel that was used before.
    #[cfg(not(loom))]
    pub(crate) fn resumed(memory: ChannelMemory) -> Self {
        let head = memory.header().head.load(Ordering::Relaxed);
        Self {
            head,
            ..Self::new(memory)
        }
    }

    pub(crate) fn has_items(&self) -> bool {
        self.memory.header().tail.load(Ordering::Acquire) != self.head
    }

    /// Takes the next frame: kind, bits of the value, payload.
    pub(crate) fn pop(&mut self) -> Option<(u32, u64, Vec<u8>)> {
        if !self.has_items() {
            return None;
        }
        let header = self.memory.header();
        let cell = self.memory.cell(self.head);
        let kind = cell.kind.load(Ordering::Relaxed);
        let length = cell.length.load(Ordering::Relaxed);
        let value = cell.value.load(Ordering::Relaxed);
        let mut payload = Vec::new();
        if length > 0 {
            payload = self.memory.read_payload(value as u32, length);
            let end = (value as u32).wrapping_add(length.next_multiple_of(8));
            header.payload_head.store(end, Ordering::Relaxed);
            let taken = header.payload_taken.load(Ordering::Relaxed);
            header
                .payload_taken
                .store(taken.wrapping_add(length), Ordering::Relaxed);
        }
        self.head = self.head.wrapping_add(1);
        header.head.store(self.head, Ordering::Release);
        Some((kind, value, payload))
    }

    pub(crate) fn wait_of_sender(&self) -> Wait {
        self.memory.header().sender.wait_after_change()
    }
}
