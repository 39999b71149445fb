//! What tests and models look at inside the scheduler.

use super::Scheduler;
use crate::slot::IsolateId;

impl Scheduler {
    /// Stale entries of an isolate that were met so far; JavaScript counts the same from its side.
    pub(crate) fn dead_met(&self, id: IsolateId) -> u32 {
        let isolate = self.isolates[id.index as usize].as_ref();
        isolate.expect("attached").dead_seen
    }
}
