//! One turn of the timer thread: what is handed over now, and until when it may sleep.
//!
//! Event loops share wake-ups: what is due for them is held apart when it is dense. Native threads
//! take one job after the other without going to sleep, so a hold would only make them late. Both
//! have a scheduler of their own, and a hold of the one does not concern the other.

use crate::clock::Nanos;
use crate::lead::Lead;
use crate::pace::Pace;
use crate::scheduler::Scheduler;
use crate::slot::{Delivery, IsolateId};

/// Announced while the thread is awake or will be within a slack: no command needs a kick.
const AWAKE: f64 = -1.0;

/// The schedulers that the timer thread serves.
#[derive(Debug)]
pub(crate) struct Schedulers {
    held_apart: Scheduler,
    at_once: Scheduler,
}

impl Schedulers {
    pub(crate) fn new() -> Self {
        Self {
            held_apart: Scheduler::new(Delivery::HeldApart),
            at_once: Scheduler::new(Delivery::AtOnce),
        }
    }

    /// The scheduler of isolates that want their deliveries so.
    pub(crate) fn with(&mut self, delivery: Delivery) -> &mut Scheduler {
        match delivery {
            Delivery::HeldApart => &mut self.held_apart,
            Delivery::AtOnce => &mut self.at_once,
        }
    }

    /// The scheduler of an isolate.
    pub(crate) fn of(&mut self, id: IsolateId) -> &mut Scheduler {
        self.with(id.delivery)
    }

    pub(crate) fn isolate_count(&self) -> usize {
        self.held_apart.isolate_count() + self.at_once.isolate_count()
    }

    pub(crate) fn drain_commands(&mut self, now_ns: Nanos) {
        self.held_apart.drain_commands(now_ns);
        self.at_once.drain_commands(now_ns);
    }

    /// To be called before the clock is read for a turn.
    pub(crate) fn announce_awake(&self) {
        self.held_apart.announce_wake(AWAKE);
        self.at_once.announce_wake(AWAKE);
    }
}

/// What the timer thread knows from its earlier turns.
#[derive(Debug)]
pub(crate) struct Turns {
    pace: Pace,
    lead: Lead,
    held_until_ns: Nanos,
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self {
            pace: Pace::new(),
            lead: Lead::new(),
            held_until_ns: 0,
        }
    }

    /// One step, and the decision how long to sleep. `None` when there is more to do at once; the
    /// inner `None` is a sleep without end.
    pub(crate) fn turn(
        &mut self,
        schedulers: &mut Schedulers,
        now_ns: Nanos,
    ) -> Option<Option<Nanos>> {
        let at_once = schedulers.at_once.step(now_ns);
        let others_ns = self.hold_apart(&mut schedulers.held_apart, now_ns)?;
        if at_once.more || announce(&schedulers.at_once, at_once.next_wake_ns) {
            return None;
        }
        Some(earlier(at_once.next_wake_ns, others_ns))
    }

    /// As [`Turns::turn`], for those whose deliveries are held apart.
    fn hold_apart(&mut self, scheduler: &mut Scheduler, now_ns: Nanos) -> Option<Option<Nanos>> {
        if now_ns < self.held_until_ns {
            return Some(Some(self.held_until_ns));
        }
        let step = scheduler.step(now_ns);
        if step.delivered {
            self.pace.delivered(now_ns);
        }
        if step.more {
            return None;
        }
        if let Some(held_ns) = self.pace.held_until_ns(now_ns) {
            // Commands that come in during the hold are read at its end, so none needs a kick. But
            // without anything due soon the hold is not worth a wake-up of its own.
            if step.next_wake_ns.is_some_and(|next_ns| next_ns <= held_ns) {
                self.held_until_ns = held_ns;
                return Some(Some(held_ns));
            }
        }
        let wake_ns = step
            .next_wake_ns
            .map(|next_ns| self.wake_ahead(scheduler, now_ns, next_ns));
        if announce(scheduler, wake_ns) {
            return None;
        }
        Some(wake_ns)
    }

    /// When the thread wakes for a deadline: ahead of it where that makes its actor punctual. Rouses
    /// the isolate when that time has come.
    fn wake_ahead(&mut self, scheduler: &Scheduler, now_ns: Nanos, deadline_ns: Nanos) -> Nanos {
        if self.lead.take(now_ns, deadline_ns) && scheduler.rouse(deadline_ns) {
            return Lead::backstop_ns(deadline_ns);
        }
        self.lead
            .plan(now_ns, deadline_ns, || scheduler.lead_ns(deadline_ns))
    }
}

/// True when commands came in meanwhile.
fn announce(scheduler: &Scheduler, next_wake_ns: Option<Nanos>) -> bool {
    scheduler.announce_wake(next_wake_ns.map_or(f64::INFINITY, |ns| ns as f64))
}

fn earlier(one_ns: Option<Nanos>, other_ns: Option<Nanos>) -> Option<Nanos> {
    match (one_ns, other_ns) {
        (Some(one_ns), Some(other_ns)) => Some(one_ns.min(other_ns)),
        (only_ns, None) | (None, only_ns) => only_ns,
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pace::SLACK_NS;
    use crate::script_side::ScriptSide;

    const DENSE: Nanos = SLACK_NS / 10;

    /// Schedulers, an isolate on each, and a clock that the turns move to where they would sleep to.
    struct World {
        schedulers: Schedulers,
        turns: Turns,
        now_ns: Nanos,
    }

    impl World {
        fn with_dense_load() -> (Self, ScriptSide) {
            let mut schedulers = Schedulers::new();
            let (mut dense, _) = ScriptSide::attach(&mut schedulers.held_apart, 256, 256);
            for index in 0..200 {
                let slot = dense.slot(index);
                dense.arm((SLACK_NS + u64::from(index) * DENSE) as f64, slot);
            }
            let turns = Turns::new();
            let world = Self {
                schedulers,
                turns,
                now_ns: 0,
            };
            (world, dense)
        }

        fn turn(&mut self) {
            self.schedulers.announce_awake();
            let until_ns = self.turns.turn(&mut self.schedulers, self.now_ns);
            if let Some(Some(until_ns)) = until_ns {
                self.now_ns = self.now_ns.max(until_ns);
            }
        }
    }

    #[test]
    fn a_dense_load_of_event_loops_is_held_apart() {
        let (mut world, mut dense) = World::with_dense_load();
        let mut deliveries = Vec::new();
        while world.now_ns < 15 * SLACK_NS {
            world.turn();
            if dense.next_due().is_some() {
                deliveries.push(world.now_ns);
                while dense.next_due().is_some() {}
            }
        }
        assert!((14..22).contains(&deliveries.len()), "{deliveries:?}");
    }

    #[test]
    fn a_hold_of_event_loops_makes_no_native_thread_late() {
        let (mut world, _dense) = World::with_dense_load();
        let (mut lanes, _) = ScriptSide::attach(&mut world.schedulers.at_once, 64, 64);
        let deadlines: Vec<Nanos> = (0..40).map(|n| 2 * SLACK_NS + n * 314_159).collect();
        for (index, &deadline_ns) in deadlines.iter().enumerate() {
            let slot = lanes.slot(index as u32);
            lanes.arm(deadline_ns as f64, slot);
        }
        let mut seen = Vec::new();
        while world.now_ns < 15 * SLACK_NS {
            let now_ns = world.now_ns;
            world.turn();
            while lanes.next_due().is_some() {
                seen.push(now_ns);
            }
        }
        assert_eq!(seen, deadlines, "each at its very deadline");
    }

    #[test]
    fn a_hold_is_not_cut_short_by_what_native_threads_want() {
        let (mut world, mut dense) = World::with_dense_load();
        let (mut lanes, _) = ScriptSide::attach(&mut world.schedulers.at_once, 64, 64);
        for index in 0..60 {
            let slot = lanes.slot(index);
            lanes.arm((2 * SLACK_NS + u64::from(index) * DENSE) as f64, slot);
        }
        let mut deliveries = 0;
        while world.now_ns < 8 * SLACK_NS {
            world.turn();
            let had_some = dense.next_due().is_some();
            while dense.next_due().is_some() {}
            deliveries += usize::from(had_some);
        }
        assert!(deliveries < 15, "{deliveries}");
    }
}
