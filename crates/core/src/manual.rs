//! A scheduler on a manual clock: no thread, no lock, time moves when it is told to.

use crate::clock::{ManualClock, Nanos};
use crate::scheduler::Scheduler;

/// A private scheduler whose time stands still between calls of [`ManualEngine::advance`].
#[derive(Debug, Default)]
pub struct ManualEngine {
    /// The scheduler, for everything that has nothing to do with time.
    pub scheduler: Scheduler,
    clock: ManualClock,
}

impl ManualEngine {
    /// The instant the clock stands at.
    pub fn now_ns(&self) -> Nanos {
        self.clock.now_ns()
    }

    /// Moves to the next instant at which something is due, not beyond `limit_ns`, and hands it
    /// over. Returns true when something was handed over; the caller deals with it and calls again.
    /// Returns false when the clock stands at the limit and nothing is due any more.
    pub fn advance(&mut self, limit_ns: Nanos) -> bool {
        loop {
            let step = self.scheduler.step(self.clock.now_ns());
            if step.delivered {
                return true;
            }
            if step.more {
                continue;
            }
            match step.next_wake_ns {
                Some(next_ns) if next_ns <= limit_ns => self.clock.move_to(next_ns),
                _ => {
                    self.clock.move_to(limit_ns);
                    return false;
                }
            }
        }
    }
}
