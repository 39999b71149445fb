//! How many jobs a lane takes at once, and whether it waits for the next by spinning.

use crate::clock::Nanos;

/// A batch should take about this long: results are shown at its end.
const BATCH_NS: f64 = 50_000.0;
/// A lane that has been at a batch for longer is not counted on for what is submitted now.
const FRESH_NS: Nanos = 200_000;
/// Most jobs in a batch.
const LARGEST_BATCH: usize = 256;
/// How long a lane spins at most: about what a wake-up takes.
pub(crate) const SPIN_NS: Nanos = 50_000;
/// A lane whose spins are in vain leaves out up to two to the power of this many.
const MOST_PENALTY: u32 = 6;

/// What a lane has learned of its jobs. Starts careful: one job at a time, no spinning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchPace {
    quota: usize,
    job_ns: f64,
    began_ns: Nanos,
    jobs: usize,
}

impl Default for BatchPace {
    fn default() -> Self {
        Self {
            quota: 1,
            job_ns: BATCH_NS,
            began_ns: 0,
            jobs: 0,
        }
    }
}

impl BatchPace {
    /// That of a lane which takes so many jobs at once.
    #[cfg(test)]
    pub(crate) fn taking(quota: usize) -> Self {
        Self {
            quota,
            job_ns: 1.0,
            ..Self::default()
        }
    }

    /// Jobs to take next.
    pub(crate) fn quota(&self) -> usize {
        self.quota
    }

    /// True when the jobs are so short that sharing a few of them is not worth a wake-up.
    pub(crate) fn is_short(&self, jobs: usize) -> bool {
        self.job_ns * jobs as f64 <= BATCH_NS / 2.0
    }

    /// A batch begins.
    pub(crate) fn begin(&mut self, now_ns: Nanos, jobs: usize) {
        self.began_ns = now_ns;
        self.jobs = jobs;
    }

    /// True when the batch was taken a moment ago.
    pub(crate) fn is_fresh(&self, now_ns: Nanos) -> bool {
        now_ns.saturating_sub(self.began_ns) < FRESH_NS
    }

    /// The batch is worked off, so many jobs of it by this lane.
    pub(crate) fn finish(&mut self, now_ns: Nanos, claimed: usize) {
        if std::mem::take(&mut self.jobs) == 0 || claimed == 0 {
            return;
        }
        let spent_ns = now_ns.saturating_sub(self.began_ns) as f64 / claimed as f64;
        // Longer jobs count at once, shorter ones bit by bit: to hold jobs back behind a long one
        // costs more than a small batch.
        self.job_ns = spent_ns.max(0.5 * (self.job_ns + spent_ns));
        let fitting = (BATCH_NS / self.job_ns.max(1.0)) as usize;
        self.quota = fitting.clamp(1, LARGEST_BATCH).min(2 * self.quota);
    }

    /// True when the rest of a batch would take long enough to be worth a theft.
    pub(crate) fn is_worth_stealing(&self, now_ns: Nanos, unclaimed: usize) -> bool {
        let age_ns = now_ns.saturating_sub(self.began_ns) as f64;
        age_ns > 2.0 * BATCH_NS || unclaimed as f64 * self.job_ns > BATCH_NS
    }
}

/// Whether a lane waits for its next job by spinning: judged by whether that has helped of late.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SpinHabit {
    failures: u32,
    left_out: u32,
}

impl SpinHabit {
    #[cfg(test)]
    pub(crate) fn never() -> Self {
        Self {
            failures: 0,
            left_out: u32::MAX,
        }
    }

    /// True when it should spin now.
    pub(crate) fn wants(&mut self) -> bool {
        let wants = self.left_out == 0;
        self.left_out = self.left_out.saturating_sub(1);
        wants
    }

    /// The spin has ended, with work or without.
    pub(crate) fn learn(&mut self, has_helped: bool) {
        if has_helped {
            *self = Self::default();
            return;
        }
        self.failures = (self.failures + 1).min(MOST_PENALTY);
        self.left_out = if self.failures > 1 {
            1 << self.failures
        } else {
            0
        };
    }
}
