//! How far deliveries are held apart.
//!
//! Each delivery costs a wake-up of the timer thread and one of an isolate, some 20 to 40
//! microseconds of CPU together. A dense load shares them: deliveries are held apart by a slack. A
//! sparse one does not notice: a few deliveries in a row are free, and each slack that passes
//! without one gives a free one back.

use crate::clock::Nanos;

/// Least distance between deliveries of a dense load: 1 ms.
pub(crate) const SLACK_NS: Nanos = 1_000_000;
const FREE_DELIVERIES: u64 = 4;

/// Counts free deliveries.
#[derive(Debug)]
pub(crate) struct Pace {
    free: u64,
    counted_from_ns: Nanos,
    last_delivery_ns: Nanos,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            free: FREE_DELIVERIES,
            counted_from_ns: 0,
            last_delivery_ns: 0,
        }
    }

    /// Books a delivery.
    pub(crate) fn delivered(&mut self, now_ns: Nanos) {
        let slacks = now_ns.saturating_sub(self.counted_from_ns) / SLACK_NS;
        self.counted_from_ns += slacks * SLACK_NS;
        self.free = (self.free + slacks).min(FREE_DELIVERIES).saturating_sub(1);
        self.last_delivery_ns = now_ns;
    }

    /// The instant before which nothing is delivered; `None` while deliveries are free.
    pub(crate) fn held_until_ns(&self, now_ns: Nanos) -> Option<Nanos> {
        let until_ns = self.last_delivery_ns + SLACK_NS;
        (self.free == 0 && until_ns > now_ns).then_some(until_ns)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn sparse_deliveries_are_never_held() {
        let mut pace = Pace::new();
        for ms in 1..100 {
            let now_ns = ms * 2 * SLACK_NS;
            pace.delivered(now_ns);
            assert_eq!(pace.held_until_ns(now_ns), None);
        }
    }

    #[test]
    fn a_dense_load_gets_one_delivery_per_slack() {
        let mut pace = Pace::new();
        let mut now_ns = 10 * SLACK_NS;
        let mut deliveries = 0;
        let end_ns = now_ns + 100 * SLACK_NS;
        while now_ns < end_ns {
            pace.delivered(now_ns);
            deliveries += 1;
            now_ns = pace.held_until_ns(now_ns).unwrap_or(now_ns + 1000);
        }
        assert!((100..=106).contains(&deliveries), "{deliveries}");
    }
}
