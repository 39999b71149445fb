//! What owners, lanes and the timer thread do with timed workers.
//!
//! # Locks
//!
//! The timer thread comes here with the engine's lock held and takes the pool's: that is the order,
//! engine before pool. So nothing that holds the pool's lock may call the engine, but for
//! `Engine::kick`, which takes the alarm's lock alone. Setting an alarm under the pool's lock is a
//! write into a ring. When the ring is full, whoever set the alarm lets the pool go, has the ring
//! drained, and takes the pool again ([`Pool::catch_up`]). `alarm_link` is taken before both and only
//! to attach, grow and detach.

use std::sync::Arc;

use crate::clock::Nanos;
use crate::lane::client::ClientId;
use crate::lane::dispatch::{announce_all, ask_to_grow};
use crate::lane::lane::LaneId;
use crate::lane::pool::{Pool, State};
use crate::lane::roster::Roster;
use crate::lane::timed_alarms::{AlarmRecords, AlarmRings};
#[cfg(not(loom))]
use crate::lane::timed_alarms::{TimedAlarms, alarm_records};
use crate::lane::timed_rules::{
    FinishReason, RunEnd, Sequel, Stage, Stopped, TimedOptions, TimedRules,
};
use crate::lane::timed_workers::{TimedId, TimedWorker};
use crate::sink::Sink;
#[cfg(not(loom))]
use crate::slot::Delivery;
use crate::slot::IsolateId;
use crate::sync::{MutexGuard, lock};
#[cfg(not(loom))]
use crate::timer::Engine;

/// What a timed worker is started with.
#[derive(Clone, Copy, Debug)]
pub struct TimedStart<'a> {
    /// Its function.
    pub definition: u32,
    /// What the function is called with, encoded.
    pub arguments: &'a [u8],
    /// Rules of recurrence.
    pub options: TimedOptions,
    /// Nanoseconds between runs.
    pub interval_ns: Nanos,
    /// Deadline of the first run.
    pub first_ns: Nanos,
    /// Only lanes of its owner can run it.
    pub stays_home: bool,
    /// The owner keeps the time: no alarm is set, and the owner calls [`Pool::timed_due`] and
    /// [`Pool::settle_timed`].
    pub is_timed_by_owner: bool,
}

/// Where a timed worker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedState {
    /// Started and not stopped.
    pub is_running: bool,
    /// Without a next run until it is resumed.
    pub is_paused: bool,
    /// A run is under way.
    pub is_executing: bool,
    /// Runs since the start.
    pub runs: u32,
    /// Deadline of the next run; `None` during a run and without one.
    pub next_run_ns: Option<Nanos>,
    /// Deadline of what its alarm is set to, the next attempt of a failed run included.
    pub alarm_ns: Option<Nanos>,
    /// A run is under way or due.
    pub is_active: bool,
}

/// The attachment of the timed workers to the engine.
#[derive(Debug)]
pub(crate) struct AlarmLink {
    id: IsolateId,
    /// Held until the engine has forgotten them.
    _rings: Arc<AlarmRings>,
    records: Vec<AlarmRecords>,
}

/// What the timer thread calls when alarms went off.
#[derive(Debug)]
struct AlarmSink(&'static Pool);

impl Sink for AlarmSink {
    fn wake(&self) {
        self.0.take_alarms();
    }
}

impl Pool {
    /// Starts a worker that is not running, an earlier one of the owner when `earlier` names it.
    ///
    /// # Errors
    ///
    /// When the system gives no timer thread, or there is no room in its tables.
    #[cfg(not(loom))]
    pub fn start_timed(
        &'static self,
        owner: ClientId,
        earlier: Option<TimedId>,
        start: TimedStart<'_>,
    ) -> std::io::Result<TimedId> {
        let mut guard = lock(&self.state);
        while !guard.roster.timed.has_room() {
            drop(guard);
            self.make_alarms()?;
            guard = lock(&self.state);
        }
        let roster = &mut guard.roster;
        let earlier = earlier.filter(|id| roster.timed.get(*id).is_some());
        let id = earlier.unwrap_or_else(|| roster.add_timed(new_worker(owner, &start)));
        roster.keep_timed_home(id, start.stays_home);
        if let Some(worker) = roster.timed.get_mut(id) {
            worker.definition = start.definition;
            worker.arguments = start.arguments.into();
        }
        roster.change_timed(id, |rules| {
            rules.options = start.options;
            rules.start(start.interval_ns, start.first_ns);
        });
        self.leave(guard);
        Ok(id)
    }

    /// Stops a worker. When this returns, no further run of it starts.
    pub fn stop_timed(&self, id: TimedId) -> Stopped {
        let stopped = self.change(id, TimedRules::stop);
        stopped.unwrap_or(Stopped::Before)
    }

    /// As [`Pool::stop_timed`], by somebody who is not the owner: the owner is told.
    pub fn stop_timed_from_run(&self, id: TimedId) {
        let mut guard = self.settled(id);
        let stopped = guard.roster.change_timed(id, TimedRules::stop);
        if stopped == Some(Stopped::Now) {
            let finished = Sequel::Finished(FinishReason::Stopped);
            guard.roster.tell_sequel(id, finished);
            announce_all(&mut guard.roster);
        }
        self.leave(guard);
    }

    /// Takes the next run out; a run under way goes on.
    pub fn pause_timed(&self, id: TimedId) {
        self.change(id, TimedRules::pause);
    }

    /// As [`Pool::pause_timed`], by somebody who is not the owner: the owner is told.
    pub fn pause_timed_from_run(&self, id: TimedId) {
        let mut guard = self.settled(id);
        guard.roster.change_timed(id, TimedRules::pause);
        guard.roster.tell_sequel(id, Sequel::GoesOn);
        announce_all(&mut guard.roster);
        self.leave(guard);
    }

    /// Ends a pause, or lets the next run be at another instant, where the grid starts.
    pub fn resume_timed(&self, id: TimedId, begin_ns: Nanos) {
        self.change(id, |rules| rules.resume(begin_ns));
    }

    /// As [`Pool::resume_timed`], with another interval.
    pub fn restart_timed(&self, id: TimedId, interval_ns: Nanos, begin_ns: Nanos) {
        self.change(id, |rules| rules.restart(interval_ns, begin_ns));
    }

    /// Changes what the next run is called with.
    pub fn set_timed_arguments(&self, id: TimedId, arguments: &[u8], stays_home: bool) {
        let mut guard = self.settled(id);
        guard.roster.keep_timed_home(id, stays_home);
        if let Some(worker) = guard.roster.timed.get_mut(id) {
            worker.arguments = arguments.into();
        }
        self.leave(guard);
    }

    /// Where a worker stands; `None` when it was released.
    pub fn timed_state(&self, id: TimedId) -> Option<TimedState> {
        let mut guard = lock(&self.state);
        let is_on_thread = |guard: &State| guard.roster.timed.job_of(id).is_some();
        if is_on_thread(&guard) {
            // Its end may lie in the outbox of the lane.
            guard = self.settled_within(guard, id);
            guard = self.catch_up(guard);
        }
        let rules = &guard.roster.timed.get(id)?.rules;
        Some(TimedState {
            is_running: rules.is_running,
            is_paused: rules.is_paused,
            is_executing: rules.is_executing(),
            runs: rules.runs,
            next_run_ns: rules.next_run_ns(),
            alarm_ns: (rules.stage == Stage::Armed).then_some(rules.deadline_ns),
            is_active: rules.stage != Stage::Idle,
        })
    }

    /// Forgets a worker that is neither running nor in a run. False when it is.
    pub fn release_timed(&self, id: TimedId) -> bool {
        lock(&self.state).roster.release_timed(id)
    }

    /// The time has come, says the owner who keeps it.
    pub fn timed_due(&self, id: TimedId) {
        let mut guard = lock(&self.state);
        let worker = guard.roster.timed.get(id);
        let Some(owner) = worker
            .filter(|worker| worker.is_timed_by_owner && worker.rules.stage == Stage::Armed)
            .map(|worker| worker.owner)
        else {
            return;
        };
        guard.roster.change_timed(id, TimedRules::due);
        wake_for_due(&mut guard.roster, &[owner]);
    }

    /// A run of a worker whose owner keeps the time is over, at `now_ns` of the owner's clock.
    pub fn settle_timed(&self, id: TimedId, end: RunEnd, now_ns: Nanos) {
        let mut guard = lock(&self.state);
        let is_over = guard.roster.timed.get(id).is_some_and(|worker| {
            worker.is_timed_by_owner && worker.rules.stage == Stage::Executing
        });
        if is_over {
            guard.roster.settle_run(id, end, now_ns);
            announce_all(&mut guard.roster);
        }
    }

    /// Alarms went off. On the timer thread, which holds the engine's lock.
    fn take_alarms(&self) {
        let mut guard = lock(&self.state);
        let owners = guard.roster.queue_due();
        if !owners.is_empty() {
            wake_for_due(&mut guard.roster, &owners);
        }
    }

    fn change<R>(&self, id: TimedId, change: impl FnOnce(&mut TimedRules) -> R) -> Option<R> {
        let mut guard = self.settled(id);
        let result = guard.roster.change_timed(id, change);
        self.leave(guard);
        result
    }

    /// The state in which the worker is on a thread only when its function has been called and has
    /// not returned: ends that lie in an outbox are read, a run that lies in an inbox comes back.
    fn settled(&self, id: TimedId) -> MutexGuard<'_, State> {
        let guard = lock(&self.state);
        self.settled_within(guard, id)
    }

    fn settled_within<'a>(
        &'a self,
        mut guard: MutexGuard<'a, State>,
        id: TimedId,
    ) -> MutexGuard<'a, State> {
        let state = &mut *guard;
        let Some(lane_id) = lane_of(&state.roster, id) else {
            return guard;
        };
        state.dispatch.read_outbox(&mut state.roster, lane_id);
        if let Some(job) = state.roster.timed.job_of(id)
            && let Some(lane) = state.roster.lane(lane_id)
            && lane.has_not_claimed(job)
        {
            let home = lane.home;
            state.dispatch.return_unclaimed(&mut state.roster, lane_id);
            self.spread(&mut state.roster, home);
            state.roster.refresh_signals();
        }
        announce_all(&mut state.roster);
        guard
    }

    /// Lets the pool go, after whatever set alarms.
    pub(crate) fn leave(&self, guard: MutexGuard<'_, State>) {
        drop(self.catch_up(guard));
    }

    /// Wakes the timer thread for alarms that were set, and makes room in its ring when it is full.
    #[cfg_attr(
        loom,
        allow(unused_mut, reason = "the models have no engine of the process")
    )]
    pub(crate) fn catch_up<'a>(
        &'a self,
        mut guard: MutexGuard<'a, State>,
    ) -> MutexGuard<'a, State> {
        #[cfg(not(loom))]
        while let Some(alarms) = &mut guard.roster.timed.alarms {
            if alarms.take_kick() {
                Engine::of_process().kick();
            }
            if !alarms.is_stuck() {
                break;
            }
            drop(guard);
            Engine::of_process().drain();
            guard = lock(&self.state);
            if let Some(alarms) = &mut guard.roster.timed.alarms {
                alarms.flush();
            }
        }
        guard
    }

    /// Makes memory for more alarms, and attaches to the engine at first.
    #[cfg(not(loom))]
    fn make_alarms(&'static self) -> std::io::Result<()> {
        let engine = Engine::of_process();
        let mut link = lock(&self.alarm_link);
        if lock(&self.state).roster.timed.has_room() {
            return Ok(());
        }
        if link.is_none() {
            let rings = AlarmRings::new();
            // SAFETY: the link holds a count of the memory until the engine has forgotten it.
            let id = unsafe {
                let sink = Box::new(AlarmSink(self));
                engine.attach(Delivery::AtOnce, rings.memory(), sink)?
            };
            let alarms = TimedAlarms::new(Arc::clone(&rings));
            lock(&self.state).roster.timed.alarms = Some(alarms);
            *link = Some(AlarmLink {
                id,
                _rings: rings,
                records: Vec::new(),
            });
        }
        let Some(link) = link.as_mut() else {
            return Ok(());
        };
        let records = alarm_records();
        // SAFETY: as above.
        let number = unsafe { engine.add_chunk(link.id, records.as_ptr()) };
        let number = number.map_err(|error| std::io::Error::other(format!("{error:?}")))?;
        link.records.push(Arc::clone(&records));
        if let Some(alarms) = &mut lock(&self.state).roster.timed.alarms {
            alarms.add_chunk(number, records);
        }
        Ok(())
    }

    /// Detaches from the engine when the last client is gone, so that the timer thread can end.
    pub(crate) fn let_go_of_alarms(&self) {
        #[cfg(not(loom))]
        {
            let mut link = lock(&self.alarm_link);
            let mut guard = lock(&self.state);
            if link.is_none() || guard.roster.clients.iter().flatten().next().is_some() {
                return;
            }
            guard.roster.timed = crate::lane::timed_workers::TimedWorkers::default();
            drop(guard);
            if let Some(link) = link.take() {
                Engine::of_process().detach(link.id);
            }
        }
    }

    /// Asks clients with timed workers for a lane when there is none.
    pub(crate) fn keep_one_up(&self, roster: &mut Roster) {
        let clients = roster.clients.iter().flatten().map(|client| client.id);
        let ids: Vec<ClientId> = clients.collect();
        for id in ids {
            if roster.lacks_lane(id) {
                ask_to_grow(roster, id);
            }
        }
    }
}

fn new_worker(owner: ClientId, start: &TimedStart<'_>) -> TimedWorker {
    TimedWorker {
        generation: 0,
        owner,
        rules: TimedRules::new(start.options),
        definition: start.definition,
        arguments: Arc::from([]),
        stays_home: false,
        is_timed_by_owner: start.is_timed_by_owner,
        attempt: 0,
    }
}

fn lane_of(roster: &Roster, id: TimedId) -> Option<LaneId> {
    let job = roster.timed.job_of(id)?;
    let mut lanes = roster.lanes.iter().flatten();
    lanes.find(|lane| lane.runs(job)).map(|lane| lane.id)
}

/// Wakes a parked lane for each of these clients, or asks for a new one.
fn wake_for_due(roster: &mut Roster, owners: &[ClientId]) {
    for &owner in owners {
        if let Some(parked) = roster.parked_for_due(owner) {
            roster.wake(parked);
        } else if !roster.is_one_coming(owner) && roster.may_grow(owner) {
            ask_to_grow(roster, owner);
        }
    }
    roster.refresh_signals();
}
