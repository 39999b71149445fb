//! A producer that is a thread of this process and no isolate: it writes frames into a channel
//! whose receiver is a script.
//!
//! The channel's memory belongs to the receiver's isolate, which may end at any moment. So the
//! thread touches it under this feed's lock only, and `close`, called on the isolate's thread,
//! takes the memory away under the same lock. Several threads may send; sleeping frees the lock.

use std::time::Duration;

use super::hub::Hubs;
use super::memory::ChannelMemory;
use super::ring::{Frame, FrameWriter, PushError};
use super::signal::Wait;
use crate::alarm::Alarm;
use crate::clock::MonotonicClock;
use crate::sync::{Condvar, Mutex, lock};

/// Nobody receives any more: the thread should stop its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedClosed;

/// See the module's documentation.
#[derive(Debug)]
pub struct Feed {
    /// `None` once the receiver's isolate took its memory away.
    writer: Mutex<Option<FrameWriter>>,
    /// Producing threads wait here, with the lock above, all of them for the same thing.
    room: Condvar,
    /// The receiver's thread waits here when it blocks.
    items: Alarm,
}

impl Feed {
    /// A feed into an empty channel.
    ///
    /// # Safety
    ///
    /// The memory stays valid until [`Feed::close`] has returned.
    pub unsafe fn new(memory: ChannelMemory) -> Self {
        memory.header().sender.open(0, 0);
        Self {
            writer: Mutex::new(Some(FrameWriter::new(memory))),
            room: Condvar::new(),
            items: Alarm::new(),
        }
    }

    /// Writes a frame, waiting for room. On a producing thread. The caller keeps payloads within
    /// [`Feed::max_payload`]: larger ones end the feed.
    ///
    /// # Errors
    ///
    /// When nobody receives any more.
    pub fn send(&self, frame: Frame<'_>, hubs: &Hubs) -> Result<(), FeedClosed> {
        let mut guard = lock(&self.writer);
        loop {
            let writer = guard.as_mut().ok_or(FeedClosed)?;
            let mut outcome = writer.push(frame);
            if outcome == Err(PushError::Full) {
                writer.memory().header().sender.announce(Wait::Native);
                outcome = writer.push(frame);
            }
            match outcome {
                Ok(()) => {
                    self.wake_receiver(writer, hubs);
                    return Ok(());
                }
                Err(PushError::Gone | PushError::TooLarge) => return Err(FeedClosed),
                // A ring that comes from here on waits for the lock, and so for this thread to
                // sleep.
                Err(PushError::Full) => {
                    guard = self
                        .room
                        .wait(guard)
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                }
            }
        }
    }

    /// Bytes that a frame's payload may have.
    pub fn max_payload(&self) -> usize {
        let guard = lock(&self.writer);
        guard
            .as_ref()
            .map_or(0, |writer| writer.memory().payload_bytes() as usize / 4)
    }

    /// Whether the receiver waits for items now, so that nothing should be held back.
    pub fn is_awaited(&self) -> bool {
        let guard = lock(&self.writer);
        guard
            .as_ref()
            .is_none_or(|writer| writer.memory().header().receiver.is_waiting())
    }

    /// The thread ends without having written the end: the receiver learns that it was lost.
    pub fn lose(&self, hubs: &Hubs) {
        if let Some(writer) = lock(&self.writer).as_ref() {
            writer.memory().header().sender.lose();
            self.wake_receiver(writer, hubs);
        }
    }

    /// The receiver has made room, or has gone. From any thread.
    pub fn ring(&self) {
        drop(lock(&self.writer));
        self.room.notify_all();
    }

    /// Takes the memory away: the thread meets a closed feed at its next step. On the thread of the
    /// receiver's isolate.
    pub fn close(&self) {
        self.forget_memory();
        self.room.notify_all();
        self.items.ring();
    }

    /// The half of `close` that wakes nobody.
    pub(crate) fn forget_memory(&self) {
        *lock(&self.writer) = None;
    }

    /// Blocks the receiver's thread until something was written after its announcement, at the
    /// longest for `patience`.
    pub fn wait_for_items(&self, patience: Duration) {
        let patience_ns = u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX);
        let until_ns = MonotonicClock.now_ns().saturating_add(patience_ns);
        self.items.wait(MonotonicClock, Some(until_ns));
    }

    fn wake_receiver(&self, writer: &FrameWriter, hubs: &Hubs) {
        match writer.wait_of_receiver() {
            Wait::Native => self.items.ring(),
            Wait::Loop => {
                let (hub, key) = writer.memory().header().receiver.owner();
                hubs.wake(hub, key);
            }
            Wait::No | Wait::Blocked => {}
        }
    }
}
