//! What the core keeps about one attached isolate.

use crate::ring::{CommandReader, DueWriter};
use crate::shared::SharedMemory;
use crate::sink::Sink;
use crate::slot::IsolateId;
use crate::sync::Ordering;

/// Counters of one isolate. All of them only grow, but `queued`, `dead` and `undelivered`, which
/// are levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IsolateStats {
    /// Entries in the queue, dead ones included.
    pub queued: u64,
    /// Entries in the queue that were cancelled or re-armed since.
    pub dead: u64,
    /// Due records handed over.
    pub delivered: u64,
    /// Due records handed over that the isolate has not looked at yet.
    pub undelivered: u64,
    /// Times that a recurring entry expired while its previous tick was not over.
    pub missed: u64,
    /// Times the isolate was woken.
    pub wakeups: u64,
    /// Commands refused because they named a slot of nobody or of another isolate.
    pub rejected: u64,
}

/// One attached isolate.
pub(crate) struct Isolate {
    pub(crate) id: IsolateId,
    pub(crate) memory: SharedMemory,
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) commands: CommandReader,
    pub(crate) due: DueWriter,
    pub(crate) chunks: Vec<u32>,
    pub(crate) stats: IsolateStats,
    /// Stale entries met so far; the difference to what JavaScript counts is still in the queue.
    pub(crate) dead_seen: u32,
    /// Due records were written since the last publish.
    pub(crate) has_unpublished: bool,
}

impl std::fmt::Debug for Isolate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Isolate")
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

impl Isolate {
    pub(crate) fn new(id: IsolateId, memory: SharedMemory, sink: Box<dyn Sink>) -> Self {
        Self {
            id,
            memory,
            sink,
            commands: CommandReader::default(),
            due: DueWriter::default(),
            chunks: Vec::new(),
            stats: IsolateStats::default(),
            dead_seen: 0,
            has_unpublished: false,
        }
    }

    /// Stale entries that are still in the queue. An estimate: JavaScript counts a moment before
    /// or after the core.
    pub(crate) fn dead_queued(&self) -> usize {
        let cancels = self.memory.header().cancels.load(Ordering::Relaxed);
        let dead = cancels.wrapping_sub(self.dead_seen) as i32;
        (dead.max(0) as usize).min(self.stats.queued as usize)
    }

    pub(crate) fn snapshot(&self) -> IsolateStats {
        IsolateStats {
            dead: self.dead_queued() as u64,
            undelivered: self.due.unconsumed(&self.memory) as u64,
            ..self.stats
        }
    }
}
