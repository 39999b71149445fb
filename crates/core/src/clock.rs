//! Time is a parameter: the queue never reads a clock, it is told what time it is.
//!
//! All instants are nanoseconds on one monotonic time line that starts when the process first asks
//! for the time. The wall clock does not exist in this crate.

use std::sync::OnceLock;
use std::time::Instant;

/// Nanoseconds since the origin of the monotonic time line. Wraps after 584 years.
pub type Nanos = u64;

/// The process-wide monotonic clock.
///
/// ```
/// let clock = backbeat_core::MonotonicClock;
/// let before = clock.now_ns();
/// assert!(clock.now_ns() >= before);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MonotonicClock;

static ORIGIN: OnceLock<Instant> = OnceLock::new();

impl MonotonicClock {
    /// Nanoseconds since the first call in this process. Never goes back, ignores jumps of the
    /// wall clock.
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system's monotonic clock"
    )]
    pub fn now_ns(self) -> Nanos {
        let origin = *ORIGIN.get_or_init(Instant::now);
        Instant::now().saturating_duration_since(origin).as_nanos() as Nanos
    }
}

/// A clock that stands still until it is told to move. For tests and for replays.
///
/// ```
/// let mut clock = backbeat_core::ManualClock::default();
/// clock.move_to(5);
/// clock.move_to(3);
/// assert_eq!(clock.now_ns(), 5);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ManualClock {
    now_ns: Nanos,
}

impl ManualClock {
    /// The instant the clock stands at.
    pub fn now_ns(self) -> Nanos {
        self.now_ns
    }

    /// Moves forward to `instant_ns`; an instant in the past is ignored.
    pub fn move_to(&mut self, instant_ns: Nanos) {
        self.now_ns = self.now_ns.max(instant_ns);
    }
}

/// Converts a deadline written by JavaScript (nanoseconds in a double) to whole nanoseconds.
///
/// Rounds up, so that a deadline is never reached before the instant that was asked for. NaN and
/// negative numbers become 0, which is always due.
pub(crate) fn deadline_from_f64(deadline_ns: f64) -> Nanos {
    let whole = deadline_ns as Nanos;
    whole.saturating_add(Nanos::from((whole as f64) < deadline_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_rounds_up_and_never_down() {
        assert_eq!(deadline_from_f64(10.0), 10);
        assert_eq!(deadline_from_f64(10.000_001), 11);
    }

    #[test]
    fn a_deadline_that_is_no_time_is_due_at_once() {
        assert_eq!(deadline_from_f64(f64::NAN), 0);
        assert_eq!(deadline_from_f64(-1.0), 0);
        assert_eq!(deadline_from_f64(f64::INFINITY), Nanos::MAX);
    }
}
