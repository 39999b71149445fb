//! Items that travel together in one frame.

use backbeat_core::channel::{Feed, FeedClosed, Frame, FrameKind, Hubs};

/// Texts that are written as one frame, each followed by what is known about it.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Texts, separated by `separator`.
    text: Vec<u8>,
    /// Records of a fixed size, one per text, or nothing.
    records: Vec<u8>,
    count: usize,
    separator: u8,
    max_count: usize,
    max_bytes: usize,
}

impl Batch {
    pub(crate) fn new(separator: u8, max_count: usize, max_bytes: usize) -> Self {
        Self {
            text: Vec::new(),
            records: Vec::new(),
            count: 0,
            separator,
            max_count,
            max_bytes,
        }
    }

    /// Whether a text of this length, with its record, still goes in.
    pub(crate) fn has_room(&self, length: usize, record: usize) -> bool {
        let bytes = self.text.len() + length + 1 + self.records.len() + record + 8;
        self.count < self.max_count && bytes <= self.max_bytes
    }

    /// Adds a text, given in parts.
    pub(crate) fn push<const PARTS: usize>(&mut self, text: [&[u8]; PARTS], record: &[u8]) {
        if self.count > 0 {
            self.text.push(self.separator);
        }
        for part in text {
            self.text.extend_from_slice(part);
        }
        self.records.extend_from_slice(record);
        self.count += 1;
    }

    /// Sends what is there, if anything is.
    pub(crate) fn flush(&mut self, feed: &Feed, hubs: &Hubs) -> Result<(), FeedClosed> {
        if self.count == 0 {
            return Ok(());
        }
        let kind = match self.text.is_ascii() {
            true => FrameKind::AsciiBatch,
            false => FrameKind::Utf8Batch,
        };
        if !self.records.is_empty() {
            // Count, then the records, which are aligned to 8, then the texts.
            let mut payload = Vec::with_capacity(8 + self.records.len() + self.text.len());
            payload.extend_from_slice(&(self.count as u64).to_ne_bytes());
            payload.append(&mut self.records);
            payload.append(&mut self.text);
            self.text = payload;
        }
        let frame = Frame {
            kind,
            number: 0.0,
            payload: &self.text,
        };
        let outcome = feed.send(frame, hubs);
        self.text.clear();
        self.count = 0;
        outcome
    }
}
