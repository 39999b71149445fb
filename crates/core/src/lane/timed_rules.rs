//! When a timed worker runs: the rules of recurrence, and what start, stop, pause and the others do
//! to them. Told the time, knows neither threads nor memory.
//!
//! A run goes through armed, queued (its deadline has come, no thread has it yet), executing. What
//! is asked for during a run takes effect when the run ends. A failed run that is tried again stays
//! the same run: between two attempts it is armed and queued like any other, but counts as executing.

#[cfg(all(test, not(loom)))]
mod tests;

use crate::clock::Nanos;
use crate::expiry::next_on_grid;

/// Failed attempts that are repeated at once; further ones wait, twice as long each time.
const IMMEDIATE_RETRIES: u32 = 3;
const FIRST_RETRY_NS: Nanos = 1_000_000;
const LONGEST_RETRY_NS: Nanos = 1_000_000_000;

/// What does not change from the start to the end of a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimedOptions {
    /// Runs lie on a fixed grid; otherwise one interval after the end of a run.
    pub runs_on_time: bool,
    /// Slots of the grid that passed during a run are run, back to back.
    pub runs_past_events: bool,
    /// A failed run is tried again.
    pub ignores_exceptions: bool,
    /// Runs after which the worker stops by itself; 0 for no limit.
    pub max_count: u32,
    /// Interval 0 counts as this one.
    pub least_interval_ns: Nanos,
}

/// Where the next attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// There is none.
    Idle,
    /// Waits for its deadline.
    Armed,
    /// Waits for a thread.
    Queued,
    /// On a thread.
    Executing,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// It returned.
    Returned,
    /// It returned `false`: it was the last one.
    Last,
    /// It threw, or its thread is gone.
    Failed,
}

/// What became of the wish to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The worker was not running.
    Before,
    /// Nothing of it is under way: it is finished.
    Now,
    /// It is finished when the run under way has ended.
    AfterRun,
}

/// What follows the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sequel {
    /// There is a next run or attempt, or there will be after a pause.
    GoesOn,
    /// The worker is finished. It may have been started anew meanwhile.
    Finished(FinishReason),
}

/// Why a worker is finished. As a number it is the flags of the notice to its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FinishReason {
    /// It was stopped.
    Stopped = 0,
    /// It has run as often as it should.
    Full = 1,
    /// Its last run returned `false`.
    ReturnedFalse = 2,
}

/// A worker's place in time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimedRules {
    pub(crate) options: TimedOptions,
    pub(crate) stage: Stage,
    pub(crate) is_running: bool,
    pub(crate) is_paused: bool,
    /// The attempt is not the first one of its run.
    is_retry: bool,
    /// Stopped during a run.
    finishes_after_run: bool,
    pub(crate) runs: u32,
    retries: u32,
    interval_ns: Nanos,
    /// Of the next attempt, while it is armed or queued.
    pub(crate) deadline_ns: Nanos,
    /// Slot of the grid of the last run.
    grid_ns: Nanos,
    /// Where the grid starts again after the run under way.
    resume_ns: Option<Nanos>,
}

impl TimedRules {
    pub(crate) fn new(options: TimedOptions) -> Self {
        Self {
            options,
            stage: Stage::Idle,
            is_running: false,
            is_paused: false,
            is_retry: false,
            finishes_after_run: false,
            runs: 0,
            retries: 0,
            interval_ns: 0,
            deadline_ns: 0,
            grid_ns: 0,
            resume_ns: None,
        }
    }

    /// True from the start of a run to its end, all of its attempts included.
    pub(crate) fn is_executing(&self) -> bool {
        self.stage == Stage::Executing || self.is_retry
    }

    /// The deadline of the next run; `None` during a run and without one.
    pub(crate) fn next_run_ns(&self) -> Option<Nanos> {
        let is_waiting = matches!(self.stage, Stage::Armed | Stage::Queued) && !self.is_retry;
        is_waiting.then_some(self.deadline_ns)
    }

    /// Starts a worker that is not running. During a run that was under way at its stop, the first
    /// new one comes after that.
    pub(crate) fn start(&mut self, interval_ns: Nanos, first_ns: Nanos) {
        self.is_running = true;
        self.runs = 0;
        self.interval_ns = interval_ns;
        self.begin(first_ns);
    }

    pub(crate) fn stop(&mut self) -> Stopped {
        if !self.is_running {
            return Stopped::Before;
        }
        self.is_running = false;
        self.is_paused = false;
        self.resume_ns = None;
        if self.stage == Stage::Executing {
            self.finishes_after_run = true;
            return Stopped::AfterRun;
        }
        self.end_attempts();
        Stopped::Now
    }

    pub(crate) fn pause(&mut self) {
        if !self.is_running || self.is_paused {
            return;
        }
        self.is_paused = true;
        self.resume_ns = None;
        if !self.is_executing() {
            self.stage = Stage::Idle;
        }
    }

    /// Lets the next run be at `begin_ns`, where the grid starts, and ends a pause.
    pub(crate) fn resume(&mut self, begin_ns: Nanos) {
        if self.is_running {
            self.begin(begin_ns);
        }
    }

    /// As `resume`, with another interval.
    pub(crate) fn restart(&mut self, interval_ns: Nanos, begin_ns: Nanos) {
        if self.is_running {
            self.interval_ns = interval_ns;
            self.begin(begin_ns);
        }
    }

    /// The deadline has come.
    pub(crate) fn due(&mut self) {
        debug_assert_eq!(self.stage, Stage::Armed);
        self.stage = Stage::Queued;
    }

    /// A thread has it.
    pub(crate) fn taken(&mut self) {
        debug_assert_eq!(self.stage, Stage::Queued);
        self.stage = Stage::Executing;
        if !self.is_retry {
            self.runs = self.runs.wrapping_add(1);
        }
    }

    /// The thread gives it back and has not started it.
    pub(crate) fn given_back(&mut self) {
        debug_assert_eq!(self.stage, Stage::Executing);
        self.stage = Stage::Queued;
        if !self.is_retry {
            self.runs = self.runs.wrapping_sub(1);
        }
    }

    /// The attempt is over.
    pub(crate) fn ended(&mut self, end: RunEnd, now_ns: Nanos) -> Sequel {
        debug_assert_eq!(self.stage, Stage::Executing);
        if end == RunEnd::Failed && self.options.ignores_exceptions && !self.finishes_after_run {
            self.arm_retry(now_ns);
            return Sequel::GoesOn;
        }
        self.end_attempts();
        if self.finishes_after_run {
            self.finishes_after_run = false;
            // What was asked for since the stop stands.
            self.begin_again();
            return Sequel::Finished(FinishReason::Stopped);
        }
        let is_full = self.options.max_count > 0 && self.runs >= self.options.max_count;
        if end == RunEnd::Last || is_full {
            self.stop();
            return Sequel::Finished(match end {
                RunEnd::Last => FinishReason::ReturnedFalse,
                _ => FinishReason::Full,
            });
        }
        if !self.is_paused && !self.begin_again() {
            self.arm(self.next_ns(now_ns));
        }
        Sequel::GoesOn
    }

    fn begin(&mut self, begin_ns: Nanos) {
        self.is_paused = false;
        if self.is_executing() {
            self.resume_ns = Some(begin_ns);
        } else {
            self.arm(begin_ns);
        }
    }

    fn begin_again(&mut self) -> bool {
        let resume_ns = self.resume_ns.take();
        if let Some(begin_ns) = resume_ns {
            self.arm(begin_ns);
        }
        resume_ns.is_some()
    }

    fn arm(&mut self, deadline_ns: Nanos) {
        self.stage = Stage::Armed;
        self.deadline_ns = deadline_ns;
        self.grid_ns = deadline_ns;
    }

    fn arm_retry(&mut self, now_ns: Nanos) {
        self.is_retry = true;
        self.stage = Stage::Armed;
        self.deadline_ns = now_ns.saturating_add(retry_delay_ns(self.retries));
        self.retries = self.retries.saturating_add(1);
    }

    fn end_attempts(&mut self) {
        self.stage = Stage::Idle;
        self.is_retry = false;
        self.retries = 0;
    }

    fn next_ns(&self, now_ns: Nanos) -> Nanos {
        let TimedOptions {
            runs_on_time,
            runs_past_events,
            least_interval_ns,
            ..
        } = self.options;
        let interval_ns = match self.interval_ns {
            0 => least_interval_ns,
            interval_ns => interval_ns,
        };
        if runs_on_time && runs_past_events {
            self.grid_ns.saturating_add(interval_ns)
        } else if runs_on_time && interval_ns > 0 {
            next_on_grid(self.grid_ns, interval_ns, now_ns)
        } else {
            now_ns.saturating_add(interval_ns)
        }
    }
}

fn retry_delay_ns(retries: u32) -> Nanos {
    let Some(waited) = retries.checked_sub(IMMEDIATE_RETRIES) else {
        return 0;
    };
    FIRST_RETRY_NS
        .checked_shl(waited.min(32))
        .map_or(LONGEST_RETRY_NS, |delay_ns| delay_ns.min(LONGEST_RETRY_NS))
}
