//! The pool: all clients and lanes of the process behind one lock.
//!
//! # Who waits for what
//!
//! * A client submits by writing into its ring and calls nothing, unless its header says that a
//!   lane must be woken or could be started: then it calls [`Pool::kick`].
//! * A lane comes to [`Pool::exchange`] with its results and leaves with a batch. It holds the lock
//!   for the copying of frames and nothing else. Without work it spins for a moment if work came
//!   often of late, then it is parked: it goes back to its event loop until its sink wakes it.
//! * Before it is parked, all clients are told to kick and then looked at once more; a client
//!   writes its job before it looks whether to kick. So one of both sees the other.
//! * A parked lane holds no lock and runs no code: an idle pool costs nothing.

use crate::clock::{MonotonicClock, Nanos};
use crate::lane::client::{Client, ClientId};
use crate::lane::definitions::Definitions;
use crate::lane::dispatch::{Dispatch, PoolStats, ask_to_grow, served};
use crate::lane::frame::{FrameHeader, STATUS_END_LANE, STATUS_LANE_GONE, STATUS_LANE_UP};
use crate::lane::lane::{JobKey, Lane, LaneId, Stance};
use crate::lane::memory::{ClientMemory, LaneMemory};
use crate::lane::reservation::Reservation;
use crate::lane::roster::Roster;
use crate::lane::timed_pool::AlarmLink;
use crate::sink::Sink;
use crate::sync::{AtomicU32, Mutex, Ordering, lock};
use std::sync::Arc;

/// What a client should do after a kick or a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// Nothing; for a reservation: there is no idle lane and may be no other.
    Wait,
    /// Start one more lane.
    Start,
    /// All lanes are busy with what they have just begun: kick again soon.
    Look,
    /// Our lane of this ticket is reserved.
    Lane(u32),
}

/// What became of the wish to abort a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abort {
    /// It had not started and never will. No result follows.
    Dropped,
    /// The lane that runs it was told. A result follows.
    Told,
    /// It has ended. Its result is on the way.
    Ended,
}

/// See the module's documentation. The process has one, see [`Pool::of_process`].
#[derive(Debug)]
pub struct Pool {
    pub(crate) state: Mutex<State>,
    /// Lanes that spin: at most one does.
    pub(crate) spinning: AtomicU32,
    pub(crate) clock: MonotonicClock,
    /// See `timed_pool`.
    pub(crate) alarm_link: Mutex<Option<AlarmLink>>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) roster: Roster,
    pub(crate) dispatch: Dispatch,
    definitions: Definitions,
}

impl Pool {
    pub(crate) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            state: Mutex::new(State {
                roster: Roster::new(processors),
                dispatch: Dispatch::default(),
                definitions: Definitions::default(),
            }),
            spinning: AtomicU32::new(0),
            clock: MonotonicClock,
            alarm_link: Mutex::new(None),
        }
    }

    /// The pool that all isolates of this process share.
    #[cfg(not(loom))]
    pub fn of_process() -> &'static Self {
        static POOL: std::sync::OnceLock<Pool> = std::sync::OnceLock::new();
        POOL.get_or_init(Self::new)
    }

    /// Takes on a client. `shares_lanes`: its isolate lives as long as the process, so its lanes
    /// may serve everybody.
    ///
    /// # Safety
    ///
    /// `memory` must stay valid and in place until `detach_client` of this client has returned.
    pub unsafe fn attach_client(
        &self,
        memory: ClientMemory,
        sink: Box<dyn Sink>,
        shares_lanes: bool,
    ) -> ClientId {
        let mut state = lock(&self.state);
        let id = state.roster.next_client_id();
        let client = Client::new(id, memory, sink, shares_lanes);
        state.roster.clients[id.index()] = Some(client);
        state.roster.refresh_signals();
        id
    }

    /// Forgets a client. Its waiting jobs are dropped; results of running ones go nowhere.
    pub fn detach_client(&self, id: ClientId) {
        let mut state = lock(&self.state);
        if state.roster.client(id).is_some() {
            state.roster.drop_timed_of(id);
            state.roster.clients[id.index()] = None;
            state.definitions.drop_of(id);
            state.roster.refresh_signals();
        }
        drop(state);
        self.let_go_of_alarms();
    }

    /// Takes on a lane that `home` started and knows by `ticket`. A leased one does not count against the
    /// limit.
    ///
    /// # Safety
    ///
    /// `memory` must stay valid and in place until `detach_lane` of this lane has returned.
    pub unsafe fn attach_lane(
        &self,
        (home, ticket): (ClientId, u32),
        memory: LaneMemory,
        sink: Box<dyn Sink>,
        reservation: Option<Reservation>,
    ) -> LaneId {
        let mut state = lock(&self.state);
        let roster = &mut state.roster;
        let id = roster.next_lane_id();
        let mut lane = Lane::new(id, (home, ticket), memory, sink);
        lane.idle_since_ns = self.clock.now_ns();
        lane.is_leased = reservation == Some(Reservation::Lease);
        if reservation.is_some() {
            lane.stance = Stance::Reserved;
        }
        if let Some(client) = roster.client(home) {
            if !lane.is_leased {
                client.starting = client.starting.saturating_sub(1);
            }
            client.tell(FrameHeader::notice(STATUS_LANE_UP, ticket, 0));
            client.announce();
        }
        roster.lanes[id.index()] = Some(lane);
        if reservation.is_some() {
            // Jobs that waited for the next lane to come wait for another one.
            self.spread(roster, home);
        }
        roster.refresh_signals();
        id
    }

    /// A lane that `home` was told to start never came up.
    pub fn lane_failed(&self, home: ClientId) {
        let mut state = lock(&self.state);
        if let Some(client) = state.roster.client(home) {
            client.starting = client.starting.saturating_sub(1);
        }
        state.roster.refresh_signals();
    }

    /// Forgets a lane, on its own thread. Its finished results are passed on, jobs that it had not
    /// started go to others, those that it was running are reported lost.
    pub fn detach_lane(&self, id: LaneId) {
        let mut guard = lock(&self.state);
        let state = &mut *guard;
        state.dispatch.release_jobs(&mut state.roster, id);
        state.roster.parked.retain(|parked| *parked != id);
        let Some(lane) = state.roster.lane(id) else {
            return;
        };
        let (home, ticket) = (lane.home, lane.ticket);
        state.roster.lanes[id.index()] = None;
        if let Some(client) = state.roster.client(home) {
            client.tell(FrameHeader::notice(STATUS_LANE_GONE, ticket, 0));
            client.announce();
        }
        self.spread(&mut state.roster, home);
        self.keep_one_up(&mut state.roster);
        state.roster.refresh_signals();
        self.leave(guard);
    }

    /// Wakes a lane for jobs that were submitted, or tells the client to start one.
    pub fn kick(&self, id: ClientId) -> Supply {
        let mut state = lock(&self.state);
        let roster = &mut state.roster;
        let Some(client) = roster.client(id) else {
            return Supply::Wait;
        };
        let was_asked = std::mem::take(&mut client.is_asked_to_grow);
        let is_guest = !client.shares_lanes;
        client.drain_submissions();
        let (mut waiting, starting) = (client.backlog.len(), client.starting);
        if waiting == 0 && roster.lacks_lane(id) {
            waiting = starting + 1;
        }
        let mut supply = Supply::Wait;
        if waiting > 0 {
            if let Some(parked) = roster.parked_for(id) {
                roster.wake(parked);
            } else if waiting > starting && roster.may_grow(id) {
                let is_urgent = was_asked || is_guest;
                let can_wait = !is_urgent && roster.expects_one_soon(id, self.clock.now_ns());
                supply = if can_wait {
                    Supply::Look
                } else {
                    Supply::Start
                };
            }
        }
        if supply == Supply::Start
            && let Some(client) = roster.client(id)
        {
            client.starting += 1;
        }
        roster.refresh_signals();
        supply
    }

    /// Reads the ring of a client, because it is full.
    pub fn drain(&self, id: ClientId) {
        if let Some(client) = lock(&self.state).roster.client(id) {
            client.drain_submissions();
        }
    }

    /// Submits a job whose frame does not fit into the ring.
    pub fn submit(&self, id: ClientId, header: FrameHeader, payload: Vec<u8>) {
        if let Some(client) = lock(&self.state).roster.client(id) {
            client.submit(header, payload);
        }
    }

    /// Moves results that found no room into the ring of a client.
    pub fn refill(&self, id: ClientId) {
        if let Some(client) = lock(&self.state).roster.client(id) {
            client.refill();
        }
    }

    /// The payload of a large result.
    pub fn take_large_result(&self, id: ClientId, slot: u32) -> Option<Vec<u8>> {
        lock(&self.state).roster.client(id)?.take_large(slot)
    }

    /// Blocks until results have come since the last wait, or until `until_ns`.
    pub fn wait_for_results(&self, id: ClientId, until_ns: Option<Nanos>) {
        let gate = lock(&self.state)
            .roster
            .client(id)
            .map(|client| Arc::clone(&client.gate));
        if let Some(gate) = gate {
            gate.wait(until_ns);
        }
    }

    /// Drops a job that has not started, or tells the lane that runs it. `priority`: none for a job that
    /// was sent by port, which waits in no queue.
    pub fn abort(&self, id: ClientId, slot: u32, sequence: u32, priority: Option<i8>) -> Abort {
        let mut state = lock(&self.state);
        let Some(client) = state.roster.client(id) else {
            return Abort::Ended;
        };
        client.drain_submissions();
        if priority.is_some_and(|priority| client.backlog.cancel(priority, sequence)) {
            return Abort::Dropped;
        }
        let job = JobKey {
            client: id,
            slot,
            sequence,
        };
        for lane in state.roster.lanes.iter_mut().flatten() {
            if lane.runs(job) {
                lane.abort(job);
                return Abort::Told;
            }
        }
        Abort::Ended
    }

    /// Asks the home of a lane to end its thread, when the lane still runs this job.
    pub fn end_lane_of(&self, id: ClientId, slot: u32, sequence: u32) -> bool {
        let mut state = lock(&self.state);
        let job = JobKey {
            client: id,
            slot,
            sequence,
        };
        let mut lanes = state.roster.lanes.iter().flatten();
        let Some((ticket, home)) = lanes
            .find(|lane| lane.runs(job))
            .map(|lane| (lane.ticket, lane.home))
        else {
            return false;
        };
        if let Some(client) = state.roster.client(home) {
            client.tell(FrameHeader::notice(STATUS_END_LANE, ticket, 0));
            client.announce();
        }
        true
    }

    /// Ends lanes of a client that have been parked for at least `idle_ns`, the longest parked
    /// first, but keeps `keep` of them. Returns how many.
    pub fn retire(&self, id: ClientId, most: usize, keep: usize, idle_ns: Nanos) -> usize {
        let mut state = lock(&self.state);
        let roster = &mut state.roster;
        let now_ns = self.clock.now_ns();
        let lanes = roster.lanes.iter().flatten();
        let own = lanes
            .filter(|lane| lane.home == id && lane.stance != Stance::Retiring)
            .count();
        let is_old = |parked: &LaneId| {
            roster
                .lanes
                .get(parked.index())
                .and_then(Option::as_ref)
                .is_some_and(|lane| {
                    lane.home == id && now_ns.saturating_sub(lane.idle_since_ns) >= idle_ns
                })
        };
        // A timed worker must find a lane even while nobody could start one.
        let keep = keep.max(roster.lanes_for_timed(id));
        let most = most.min(own.saturating_sub(keep));
        let old: Vec<LaneId> = roster
            .parked
            .iter()
            .copied()
            .filter(is_old)
            .take(most)
            .collect();
        for lane_id in &old {
            roster.wake(*lane_id);
            if let Some(lane) = roster.lane(*lane_id) {
                lane.stance = Stance::Retiring;
            }
        }
        roster.refresh_signals();
        old.len()
    }

    /// Sets the greatest number of lanes.
    pub fn set_limit(&self, limit: usize) {
        let mut state = lock(&self.state);
        state.roster.limit = limit;
        state.roster.refresh_signals();
    }

    /// Publishes the results in the lane's outbox.
    pub fn publish(&self, id: LaneId) {
        let mut guard = lock(&self.state);
        let state = &mut *guard;
        state.dispatch.collect_results(&mut state.roster, id);
        self.leave(guard);
    }

    /// Publishes a result that is too large for the outbox, behind those in it.
    pub fn publish_large(&self, id: LaneId, header: FrameHeader, payload: Vec<u8>) {
        let mut guard = lock(&self.state);
        let state = &mut *guard;
        state
            .dispatch
            .give_large(&mut state.roster, id, header, payload);
        self.leave(guard);
    }

    /// Jobs that the lane should abort.
    pub fn take_aborts(&self, id: LaneId) -> Vec<(u32, JobKey)> {
        let mut state = lock(&self.state);
        let Some(lane) = state.roster.lane(id) else {
            return Vec::new();
        };
        lane.memory.header().has_aborts.store(0, Ordering::Release);
        let aborts = std::mem::take(&mut lane.aborts);
        aborts.into_iter().map(|job| (job.client.0, job)).collect()
    }

    /// The payload of a job that is too large for the inbox.
    pub fn take_large_job(&self, id: LaneId) -> Option<Vec<u8>> {
        let mut state = lock(&self.state);
        state.roster.lane(id)?.large.take()
    }

    /// Keeps a definition for the lanes. Returns its number.
    pub fn define(&self, owner: ClientId, bytes: &[u8]) -> u32 {
        lock(&self.state).definitions.add(owner, bytes)
    }

    /// Forgets a definition. No job that names it may be waiting.
    pub fn undefine(&self, number: u32) {
        lock(&self.state).definitions.remove(number);
    }

    /// A definition by its number.
    pub fn definition(&self, number: u32) -> Option<Arc<[u8]>> {
        lock(&self.state).definitions.get(number)
    }

    /// Counters.
    pub fn stats(&self) -> PoolStats {
        lock(&self.state).dispatch.stats
    }

    /// Keeps a lane from spinning: tests and models wait for no clock.
    #[cfg(test)]
    pub(crate) fn never_spin(&self, id: LaneId) {
        if let Some(lane) = lock(&self.state).roster.lane(id) {
            lane.spin = crate::lane::pace::SpinHabit::never();
        }
    }

    /// Lets a lane take so many jobs next.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn set_quota(&self, id: LaneId, quota: usize) {
        if let Some(lane) = lock(&self.state).roster.lane(id) {
            lane.pace = crate::lane::pace::BatchPace::taking(quota);
        }
    }

    /// Lets waiting jobs find a lane after one has gone.
    pub(crate) fn spread(&self, roster: &mut Roster, home: ClientId) {
        for id in served(roster, home) {
            // What was submitted while no lane could be had was followed by no kick.
            let waits = roster.client(id).is_some_and(|client| {
                client.drain_submissions();
                client.backlog.len() > 0
            });
            if !waits {
                continue;
            }
            if let Some(parked) = roster.parked_for(id) {
                roster.wake(parked);
            } else if roster.may_grow(id) {
                ask_to_grow(roster, id);
            }
        }
    }
}
