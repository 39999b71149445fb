//! Timed workers that run on native threads, as their owner and their runs see them.

use backbeat_core::lane::{Pool, RunEnd, Stopped, TimedId, TimedOptions, TimedStart};
use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::lane_client::NativeLaneClient;
use crate::lane_thread::NativeLane;

/// Flags of `startTimed`; `src/lane/timed-desk.ts` repeats them.
const RUNS_ON_TIME: u32 = 1;
const RUNS_PAST_EVENTS: u32 = 2;
const IGNORES_EXCEPTIONS: u32 = 4;
const STAYS_HOME: u32 = 8;
/// The owner keeps the time.
const IS_TIMED_BY_OWNER: u32 = 16;
/// Interval 0 counts as this one where the owner keeps the time: a manual clock would never get past
/// the instant.
const LEAST_INTERVAL_NS: u64 = 1_000_000;

/// Bits of `timedFlags`.
const RUNNING: u32 = 1;
const EXECUTING: u32 = 2;
const PAUSED: u32 = 4;
const ACTIVE: u32 = 8;

#[napi]
impl NativeLaneClient {
    /// Starts a worker and returns its handle. `earlier`: a handle that was not released, or -1.
    /// Single values and not an object: reading an object's properties takes longer than the rest.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "see above")]
    pub fn start_timed(
        &self,
        earlier: f64,
        definition: u32,
        flags: u32,
        max_count: u32,
        interval_ns: f64,
        first_ns: f64,
        arguments: &[u8],
    ) -> Result<f64> {
        let has = |flag: u32| flags & flag != 0;
        let is_timed_by_owner = has(IS_TIMED_BY_OWNER);
        let start = TimedStart {
            definition,
            arguments,
            options: TimedOptions {
                runs_on_time: has(RUNS_ON_TIME),
                runs_past_events: has(RUNS_PAST_EVENTS),
                ignores_exceptions: has(IGNORES_EXCEPTIONS),
                max_count,
                least_interval_ns: u64::from(is_timed_by_owner) * LEAST_INTERVAL_NS,
            },
            interval_ns: whole_ns(interval_ns),
            first_ns: whole_ns(first_ns),
            stays_home: has(STAYS_HOME),
            is_timed_by_owner,
        };
        let earlier = (earlier >= 0.0).then(|| id_of(earlier));
        let started = Pool::of_process().start_timed(self.client_id(), earlier, start);
        started.map(handle_of).map_err(|error| {
            Error::new(
                Status::GenericFailure,
                format!("no timer for the worker: {error}"),
            )
        })
    }

    /// Stops a worker: 0 when it was not running, 1 when it is finished now, 2 when it will be after
    /// the run under way.
    #[napi]
    pub fn stop_timed(&self, handle: f64) -> u32 {
        match Pool::of_process().stop_timed(id_of(handle)) {
            Stopped::Before => 0,
            Stopped::Now => 1,
            Stopped::AfterRun => 2,
        }
    }

    /// Takes the next run out.
    #[napi]
    pub fn pause_timed(&self, handle: f64) {
        Pool::of_process().pause_timed(id_of(handle));
    }

    /// Lets the next run be at `beginNs`, also after a pause.
    #[napi]
    pub fn resume_timed(&self, handle: f64, begin_ns: f64) {
        Pool::of_process().resume_timed(id_of(handle), whole_ns(begin_ns));
    }

    /// As `resumeTimed`, with another interval.
    #[napi]
    pub fn restart_timed(&self, handle: f64, interval_ns: f64, begin_ns: f64) {
        let (interval_ns, begin_ns) = (whole_ns(interval_ns), whole_ns(begin_ns));
        Pool::of_process().restart_timed(id_of(handle), interval_ns, begin_ns);
    }

    /// Changes what the next run is called with.
    #[napi]
    pub fn set_timed_arguments(&self, handle: f64, arguments: &[u8], stays_home: bool) {
        Pool::of_process().set_timed_arguments(id_of(handle), arguments, stays_home);
    }

    /// 1 running, 2 executing, 4 paused, 8 a run is under way or due.
    #[napi]
    pub fn timed_flags(&self, handle: f64) -> u32 {
        let Some(state) = Pool::of_process().timed_state(id_of(handle)) else {
            return 0;
        };
        let bit = |is_set: bool, bit: u32| if is_set { bit } else { 0 };
        bit(state.is_running, RUNNING)
            | bit(state.is_executing, EXECUTING)
            | bit(state.is_paused, PAUSED)
            | bit(state.is_active, ACTIVE)
    }

    /// Runs since the start.
    #[napi]
    pub fn timed_runs(&self, handle: f64) -> u32 {
        let state = Pool::of_process().timed_state(id_of(handle));
        state.map_or(0, |state| state.runs)
    }

    /// Deadline of the next run; -1 during a run and without one.
    #[napi]
    pub fn timed_deadline_ns(&self, handle: f64) -> f64 {
        let state = Pool::of_process().timed_state(id_of(handle));
        let next_run_ns = state.and_then(|state| state.next_run_ns);
        next_run_ns.map_or(-1.0, |deadline_ns| deadline_ns as f64)
    }

    /// Deadline of the next attempt, which the owner must keep; -1 without one.
    #[napi]
    pub fn timed_alarm_ns(&self, handle: f64) -> f64 {
        let state = Pool::of_process().timed_state(id_of(handle));
        let alarm_ns = state.and_then(|state| state.alarm_ns);
        alarm_ns.map_or(-1.0, |deadline_ns| deadline_ns as f64)
    }

    /// Forgets a worker. False while it is running or in a run.
    #[napi]
    pub fn release_timed(&self, handle: f64) -> bool {
        Pool::of_process().release_timed(id_of(handle))
    }

    /// The owner's clock has reached the deadline.
    #[napi]
    pub fn timed_due(&self, handle: f64) {
        Pool::of_process().timed_due(id_of(handle));
    }

    /// A run is over, at `nowNs` of the owner's clock. `end`: 0 returned, 1 returned `false`, 2 threw.
    #[napi]
    pub fn settle_timed(&self, handle: f64, end: u32, now_ns: f64) {
        let end = match end {
            0 => RunEnd::Returned,
            1 => RunEnd::Last,
            _ => RunEnd::Failed,
        };
        Pool::of_process().settle_timed(id_of(handle), end, whole_ns(now_ns));
    }
}

#[napi]
impl NativeLane {
    /// Stops the worker that a run belongs to.
    #[napi]
    pub fn stop_timed(&self, handle: f64) {
        Pool::of_process().stop_timed_from_run(id_of(handle));
    }

    /// Pauses the worker that a run belongs to.
    #[napi]
    pub fn pause_timed(&self, handle: f64) {
        Pool::of_process().pause_timed_from_run(id_of(handle));
    }
}

/// Both halves fit into a double: the generation has 21 bits.
fn handle_of(id: TimedId) -> f64 {
    f64::from(id.generation) * 4_294_967_296.0 + f64::from(id.index)
}

fn id_of(handle: f64) -> TimedId {
    let bits = handle as u64;
    TimedId {
        index: bits as u32,
        generation: (bits >> 32) as u32,
    }
}

/// Rounds up, so that nothing is early; what is no time becomes 0.
fn whole_ns(ns: f64) -> u64 {
    ns.ceil() as u64
}
