//! How an environment is awake when a deadline comes that stands alone.
//!
//! The timer thread rouses it ahead by what a wake-up takes, until JavaScript runs; it waits the rest
//! of the time awake and takes the due record itself. How long a wake-up takes is learned from all of
//! them.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering};

use backbeat_core::MonotonicClock;

/// A wake-up is taken to last this long until it is known better.
const FIRST_GUESS_NS: u64 = 150_000;
/// Three of four wake-ups shall be over when the deadline comes: the estimate goes up three times as
/// fast as it goes down.
const STEP_UP_NS: u64 = 12_000;
const STEP_DOWN_NS: u64 = 4_000;
const LEAST_NS: u64 = 20_000;
/// A loop that takes longer is busy, and is not roused. Nor does anybody wait awake for longer.
const MOST_NS: u64 = 500_000;

/// See the module's documentation.
#[derive(Debug)]
pub struct Rouse {
    /// When the call under way was made.
    called_ns: AtomicU64,
    /// The deadline that the environment was roused for; 0 for none.
    deadline_ns: AtomicU64,
    estimate_ns: AtomicU64,
}

impl Rouse {
    pub fn new() -> Self {
        Self {
            called_ns: AtomicU64::new(0),
            deadline_ns: AtomicU64::new(0),
            estimate_ns: AtomicU64::new(FIRST_GUESS_NS),
        }
    }

    /// By how much ahead of a deadline to call; `None` for a busy loop.
    pub fn lead_ns(&self) -> Option<u64> {
        let estimate_ns = self.estimate_ns.load(Ordering::Relaxed);
        (estimate_ns < MOST_NS).then_some(estimate_ns)
    }

    /// The call that follows is for this deadline.
    pub fn aim(&self, deadline_ns: u64) {
        self.deadline_ns.store(deadline_ns, Ordering::Release);
    }

    /// A call is being made.
    pub fn called(&self) {
        let now_ns = MonotonicClock.now_ns();
        self.called_ns.store(now_ns, Ordering::Relaxed);
    }

    /// The call has come through, and JavaScript runs. When it was for a deadline, waits for that and
    /// says true.
    pub fn wait(&self) -> bool {
        let mut now_ns = MonotonicClock.now_ns();
        self.learn(now_ns.saturating_sub(self.called_ns.load(Ordering::Relaxed)));
        let deadline_ns = self.deadline_ns.swap(0, Ordering::Acquire);
        if deadline_ns == 0 || deadline_ns.saturating_sub(now_ns) > MOST_NS {
            return false;
        }
        while now_ns < deadline_ns {
            spin_loop();
            now_ns = MonotonicClock.now_ns();
        }
        true
    }

    fn learn(&self, took_ns: u64) {
        let estimate_ns = self.estimate_ns.load(Ordering::Relaxed);
        let next_ns = if took_ns > estimate_ns {
            estimate_ns + STEP_UP_NS
        } else {
            estimate_ns - STEP_DOWN_NS
        };
        let next_ns = next_ns.clamp(LEAST_NS, MOST_NS);
        self.estimate_ns.store(next_ns, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lead_settles_above_most_wake_ups() {
        let rouse = Rouse::new();
        for round in 0..1000_u64 {
            rouse.learn(100_000 + (round % 10) * 10_000);
        }
        let lead_ns = rouse.lead_ns().expect("a quick loop");
        assert!((150_000..=200_000).contains(&lead_ns), "{lead_ns}");
    }

    #[test]
    fn a_busy_loop_is_not_roused_until_it_is_quick_again() {
        let rouse = Rouse::new();
        for _ in 0..100 {
            rouse.learn(5_000_000);
        }
        assert_eq!(rouse.lead_ns(), None);
        rouse.learn(100_000);
        assert!(rouse.lead_ns().is_some());
    }
}
