//! How an end of a channel says that it waits or has ended, and how the other end wakes it.
//!
//! The rule that loses no wake-up is the one of the timer rings. Who wants to sleep announces it,
//! then looks once more at what it waits for. Who changes that looks at the announcement
//! afterwards. Each puts a full barrier between its two steps, so at least one sees the other.

use crate::sync::{AtomicU32, Ordering, fence};

/// Bits of the signal word that say how the end waits.
const WAIT_MASK: u32 = 3;
/// The end belongs to an isolate.
const OPEN: u32 = 4;
/// The end was closed by its owner.
const CLOSED: u32 = 8;
/// The isolate of the end has ended and left it open.
const LOST: u32 = 16;

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The end that items are written to.
    Sender,
    /// The end that items are read from.
    Receiver,
}

/// How an end waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Not at all.
    No,
    /// A script that blocks its thread. Only the script at the other end can wake it.
    Blocked,
    /// An event loop, woken through its hub.
    Loop,
    /// A thread inside this crate.
    Native,
}

impl Wait {
    fn from_bits(bits: u32) -> Self {
        match bits & WAIT_MASK {
            1 => Self::Blocked,
            2 => Self::Loop,
            3 => Self::Native,
            _ => Self::No,
        }
    }

    fn bits(self) -> u32 {
        match self {
            Self::No => 0,
            Self::Blocked => 1,
            Self::Loop => 2,
            Self::Native => 3,
        }
    }
}

/// Cache line of one end: its signal word, and where its event loop is found.
#[repr(C)]
#[derive(Debug)]
pub struct EndSignal {
    word: AtomicU32,
    /// Hub of the isolate that opened the end.
    hub: AtomicU32,
    /// Key of the end in that hub.
    key: AtomicU32,
    _line: [u32; 13],
}

impl Default for EndSignal {
    fn default() -> Self {
        Self {
            word: AtomicU32::new(0),
            hub: AtomicU32::new(0),
            key: AtomicU32::new(0),
            _line: [0; 13],
        }
    }
}

impl EndSignal {
    /// Takes the end for an isolate.
    pub(crate) fn open(&self, hub: u32, key: u32) {
        self.hub.store(hub, Ordering::Relaxed);
        self.key.store(key, Ordering::Relaxed);
        self.word.fetch_or(OPEN, Ordering::AcqRel);
    }

    /// Where the event loop of the end is found: hub and key.
    pub(crate) fn owner(&self) -> (u32, u32) {
        (
            self.hub.load(Ordering::Relaxed),
            self.key.load(Ordering::Relaxed),
        )
    }

    /// Says how this end is going to wait. What it waits for must be looked at afterwards.
    pub(crate) fn announce(&self, wait: Wait) {
        self.word.fetch_or(wait.bits(), Ordering::AcqRel);
        fence(Ordering::SeqCst);
    }

    /// Takes the announcement back, or finds that it was taken by a waker.
    pub(crate) fn take_wait(&self) -> Wait {
        Wait::from_bits(self.word.fetch_and(!WAIT_MASK, Ordering::AcqRel))
    }

    /// What the other end must do after a change: wake the end that waits in this way. Whoever gets
    /// the answer is the only one who does.
    pub(crate) fn wait_after_change(&self) -> Wait {
        fence(Ordering::SeqCst);
        if self.word.load(Ordering::Relaxed) & WAIT_MASK == 0 {
            return Wait::No;
        }
        self.take_wait()
    }

    /// Whether this end waits, or is about to.
    pub(crate) fn is_waiting(&self) -> bool {
        self.word.load(Ordering::Relaxed) & WAIT_MASK != 0
    }

    /// The owner ends its end. Scripts do it themselves.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn close(&self) {
        self.word.fetch_or(CLOSED, Ordering::AcqRel);
    }

    /// The isolate of the end has ended. False when the end was closed before.
    pub(crate) fn lose(&self) -> bool {
        self.word.fetch_or(LOST, Ordering::AcqRel) & CLOSED == 0
    }

    /// True when nobody is at this end any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.word.load(Ordering::Acquire) & (CLOSED | LOST) != 0
    }
}
