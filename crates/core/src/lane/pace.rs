//! How many jobs a lane takes at once, and whether it waits for the next by spinning.

use crate::clock::Nanos;

/// A batch should take about this long: results are shown at its end.
const BATCH_NS: f64 = 50_000.0;
/// Most jobs in a batch.
const LARGEST_BATCH: usize = 256;
/// Work that comes at gaps below this is worth spinning for: a wake-up takes about as long.
const SPIN_GAP_NS: f64 = 60_000.0;
/// How long a lane spins at most.
pub(crate) const SPIN_NS: Nanos = 50_000;
/// Gaps are counted up to this, so that a long idle time is forgotten soon.
const LONGEST_GAP_NS: f64 = 400_000.0;

/// What a lane has learned of its jobs. Starts careful: one job at a time, no spinning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchPace {
    quota: usize,
    job_ns: f64,
    gap_ns: f64,
    began_ns: Nanos,
    jobs: usize,
}

impl Default for BatchPace {
    fn default() -> Self {
        Self {
            quota: 1,
            job_ns: BATCH_NS,
            gap_ns: LONGEST_GAP_NS,
            began_ns: 0,
            jobs: 0,
        }
    }
}

impl BatchPace {
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

    /// Work came after so long a wait.
    pub(crate) fn waited(&mut self, gap_ns: Nanos) {
        self.gap_ns = 0.75 * self.gap_ns + 0.25 * (gap_ns as f64).min(LONGEST_GAP_NS);
    }

    /// True when the next job is likely to come soon.
    pub(crate) fn expects_soon(&self) -> bool {
        self.gap_ns < SPIN_GAP_NS
    }
}
