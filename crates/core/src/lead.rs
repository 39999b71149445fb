//! Waking ahead of a deadline that stands alone.
//!
//! From an idle system's point of view a deadline takes two wake-ups, of the timer thread and of the
//! isolate's loop, some 50 to 200 microseconds each. A dense load hides them; an actor that is alone
//! would always be late by both. So the thread wakes ahead by what both take, as learned from the
//! wake-ups before, and rouses the isolate; that waits the rest of the time awake and takes the due
//! record itself (`Engine::deliver`). The thread comes again shortly after the deadline, in case the
//! isolate was busy with something else.
//!
//! Only deadlines that are some milliseconds away are worth it: what the isolate waits awake is CPU
//! time, at most a few hundred times a second.

use crate::clock::Nanos;

/// Deadlines nearer than this are slept for as they are.
const SPARSE_NS: Nanos = 5_000_000;
/// How long after the deadline the thread looks whether the isolate has come.
const BACKSTOP_NS: Nanos = 200_000;
/// What the thread is taken to oversleep until it has learned, and at the most.
const OVERSLEEP_NS: Nanos = 60_000;
const MOST_OVERSLEEP_NS: Nanos = 300_000;

/// What the timer thread has in mind for the next deadline.
#[derive(Debug)]
pub(crate) struct Lead {
    plan: Option<Plan>,
    oversleep_ns: Nanos,
}

#[derive(Clone, Copy, Debug)]
struct Plan {
    deadline_ns: Nanos,
    wake_ns: Nanos,
}

impl Lead {
    pub(crate) fn new() -> Self {
        Self {
            plan: None,
            oversleep_ns: OVERSLEEP_NS,
        }
    }

    /// Whether this is the wake-up that was planned ahead of `deadline_ns`. Learns from it.
    pub(crate) fn take(&mut self, now_ns: Nanos, deadline_ns: Nanos) -> bool {
        let Some(plan) = self.plan else {
            return false;
        };
        if plan.deadline_ns != deadline_ns || now_ns < plan.wake_ns {
            return false;
        }
        self.plan = None;
        let overslept_ns = (now_ns - plan.wake_ns).min(MOST_OVERSLEEP_NS);
        self.oversleep_ns = (3 * self.oversleep_ns + overslept_ns) / 4;
        true
    }

    /// When to wake for `deadline_ns`: ahead of it when it is far enough and `wanted_ns` says by how
    /// much the isolate wants to be roused before it.
    pub(crate) fn plan(
        &mut self,
        now_ns: Nanos,
        deadline_ns: Nanos,
        wanted_ns: impl FnOnce() -> Option<Nanos>,
    ) -> Nanos {
        if let Some(plan) = self.plan
            && plan.deadline_ns == deadline_ns
            && plan.wake_ns > now_ns
        {
            return plan.wake_ns;
        }
        self.plan = None;
        if deadline_ns.saturating_sub(now_ns) < SPARSE_NS {
            return deadline_ns;
        }
        let Some(lead_ns) = wanted_ns() else {
            return deadline_ns;
        };
        let wake_ns = deadline_ns - (lead_ns + self.oversleep_ns).min(SPARSE_NS / 2);
        self.plan = Some(Plan {
            deadline_ns,
            wake_ns,
        });
        wake_ns
    }

    /// When the thread looks again after it has roused the isolate.
    pub(crate) fn backstop_ns(deadline_ns: Nanos) -> Nanos {
        deadline_ns.saturating_add(BACKSTOP_NS)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const MS: Nanos = 1_000_000;
    const WANTED_NS: Nanos = 100_000;

    #[test]
    fn a_far_deadline_is_woken_for_ahead_and_roused_once() {
        let mut lead = Lead::new();
        let wake_ns = lead.plan(0, 20 * MS, || Some(WANTED_NS));
        assert_eq!(wake_ns, 20 * MS - WANTED_NS - OVERSLEEP_NS);
        assert!(lead.take(wake_ns, 20 * MS));
        assert!(!lead.take(wake_ns, 20 * MS));
    }

    #[test]
    fn a_near_deadline_and_an_unwilling_isolate_get_no_lead() {
        let mut lead = Lead::new();
        assert_eq!(lead.plan(0, 4 * MS, || Some(WANTED_NS)), 4 * MS);
        assert_eq!(lead.plan(0, 20 * MS, || None), 20 * MS);
        assert!(!lead.take(20 * MS, 20 * MS));
    }

    #[test]
    fn a_wake_up_for_something_else_keeps_the_plan() {
        let mut lead = Lead::new();
        let wake_ns = lead.plan(0, 20 * MS, || Some(WANTED_NS));
        let between_ns = wake_ns - 1000;
        assert!(!lead.take(between_ns, 20 * MS));
        assert_eq!(lead.plan(between_ns, 20 * MS, || None), wake_ns);
        assert!(lead.take(wake_ns, 20 * MS));
    }

    #[test]
    fn another_deadline_gets_a_plan_of_its_own() {
        let mut lead = Lead::new();
        lead.plan(0, 20 * MS, || Some(WANTED_NS));
        assert!(!lead.take(12 * MS, 12 * MS));
        let wake_ns = lead.plan(MS, 12 * MS, || Some(WANTED_NS));
        assert_eq!(wake_ns, 12 * MS - WANTED_NS - OVERSLEEP_NS);
    }

    #[test]
    fn a_thread_that_oversleeps_wakes_earlier_the_next_time() {
        let mut lead = Lead::new();
        for round in 1..20 {
            let deadline_ns = round * 20 * MS;
            let wake_ns = lead.plan(deadline_ns - 15 * MS, deadline_ns, || Some(WANTED_NS));
            assert!(lead.take(wake_ns + 200_000, deadline_ns));
        }
        let wake_ns = lead.plan(0, 20 * MS, || Some(WANTED_NS));
        assert!(
            (290_000..=301_000).contains(&(20 * MS - wake_ns)),
            "{wake_ns}"
        );
    }
}
