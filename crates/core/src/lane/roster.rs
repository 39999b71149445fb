//! The clients and lanes of the process: who serves whom, who may start another thread, and who
//! must be told to wake us.

use crate::clock::Nanos;
use crate::lane::client::{Client, ClientId};
use crate::lane::lane::{Lane, LaneId, Stance};
use crate::lane::timed_workers::TimedWorkers;
use crate::sync::Ordering;

/// Lanes that timed workers should find although nobody could start one at that moment: a run that
/// takes long is then beside the others and not before them.
const TIMED_LANES: usize = 2;
/// No kick after a submit: somebody comes for the job.
const KICK_NEVER: u32 = 0;
/// A kick after each submit: a lane must be woken or started.
const KICK_ALWAYS: u32 = 1;
/// All lanes are busy, and there could be another: a kick unless one was answered by `Supply::Look`.
const KICK_TO_GROW: u32 = 2;

/// All clients and lanes.
#[derive(Debug)]
pub(crate) struct Roster {
    pub(crate) clients: Vec<Option<Client>>,
    pub(crate) lanes: Vec<Option<Lane>>,
    /// Lanes that are parked, the one that was parked last at the end.
    pub(crate) parked: Vec<LaneId>,
    /// Most lanes, leased ones not counted.
    pub(crate) limit: usize,
    generations: u32,
    pub(crate) timed: TimedWorkers,
}

impl Roster {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            clients: Vec::new(),
            lanes: Vec::new(),
            parked: Vec::new(),
            limit,
            generations: 0,
            timed: TimedWorkers::default(),
        }
    }

    /// A free place for a client and the name that goes with it.
    pub(crate) fn next_client_id(&mut self) -> ClientId {
        self.generations = self.generations.wrapping_add(1);
        let free = self.clients.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            self.clients.push(None);
            self.clients.len() - 1
        });
        ClientId::new(index, self.generations)
    }

    /// A free place for a lane and the name that goes with it.
    pub(crate) fn next_lane_id(&mut self) -> LaneId {
        self.generations = self.generations.wrapping_add(1);
        let free = self.lanes.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            self.lanes.push(None);
            self.lanes.len() - 1
        });
        LaneId::new(index, self.generations)
    }

    pub(crate) fn client(&mut self, id: ClientId) -> Option<&mut Client> {
        let client = self.clients.get_mut(id.index())?.as_mut()?;
        (client.id == id).then_some(client)
    }

    pub(crate) fn lane(&mut self, id: LaneId) -> Option<&mut Lane> {
        let lane = self.lanes.get_mut(id.index())?.as_mut()?;
        (lane.id == id).then_some(lane)
    }

    /// A client's own lane, by its ticket.
    pub(crate) fn lane_of(&mut self, home: ClientId, ticket: u32) -> Option<&mut Lane> {
        let mut lanes = self.lanes.iter_mut().flatten();
        lanes.find(|lane| lane.home == home && lane.ticket == ticket)
    }

    /// True when a lane of `home` takes jobs of `client`: its own, or anybody's when the home lives
    /// as long as the process. Nobody's running job is then lost by the end of another isolate.
    pub(crate) fn serves(&self, home: ClientId, client: ClientId) -> bool {
        home == client
            || self
                .clients
                .get(home.index())
                .and_then(Option::as_ref)
                .is_some_and(|home| home.shares_lanes)
    }

    /// The lane to wake for a client: the one that was parked last, whose caches are warmest.
    pub(crate) fn parked_for(&self, client: ClientId) -> Option<LaneId> {
        let homes = |id: &&LaneId| {
            let lane = self.lanes.get(id.index()).and_then(Option::as_ref);
            lane.is_some_and(|lane| self.serves(lane.home, client))
        };
        self.parked.iter().rev().find(homes).copied()
    }

    /// True when a lane that serves the client will look for work in a moment.
    pub(crate) fn is_one_coming(&self, client: ClientId) -> bool {
        let mut lanes = self.lanes.iter().flatten();
        lanes.any(|lane| is_coming(lane) && self.serves(lane.home, client))
    }

    /// The lane to wake for the due runs of a client.
    pub(crate) fn parked_for_due(&self, id: ClientId) -> Option<LaneId> {
        let client = self.clients.get(id.index()).and_then(Option::as_ref)?;
        if !client.backlog.due.keeps_home() {
            return self.parked_for(id);
        }
        let is_own = |parked: &&LaneId| {
            let lane = self.lanes.get(parked.index()).and_then(Option::as_ref);
            lane.is_some_and(|lane| lane.home == id)
        };
        self.parked.iter().rev().find(is_own).copied()
    }

    /// Lanes of `home` that timed workers should find.
    pub(crate) fn lanes_for_timed(&self, home: ClientId) -> usize {
        let clients = self.clients.iter().flatten();
        let served = clients.filter(|client| self.serves(home, client.id));
        let workers: usize = served.map(|client| client.timed_workers).sum();
        workers.min(TIMED_LANES).min(self.limit)
    }

    /// True when a client has timed workers, and fewer lanes than they should find.
    pub(crate) fn lacks_lane(&self, id: ClientId) -> bool {
        let Some(client) = self.clients.get(id.index()).and_then(Option::as_ref) else {
            return false;
        };
        let stays_home = client.timed_at_home > 0;
        let serves = |lane: &Lane| match stays_home {
            true => lane.home == id,
            false => self.serves(lane.home, id),
        };
        let lanes = self.lanes.iter().flatten();
        let up = lanes
            .filter(|lane| serves(lane) && is_counted(lane))
            .count();
        let wanted = client.timed_workers.min(TIMED_LANES).min(self.limit);
        up + client.starting < wanted
    }

    /// Wakes a parked lane.
    pub(crate) fn wake(&mut self, id: LaneId) {
        self.parked.retain(|parked| *parked != id);
        if let Some(lane) = self.lane(id) {
            lane.stance = Stance::Woken;
            lane.watches = false;
            lane.sink.wake();
        }
    }

    /// True when the client may start another lane: the limit is not reached, or it is an isolate
    /// that has none of its own to fall back on.
    pub(crate) fn may_grow(&self, id: ClientId) -> bool {
        let counted = self
            .lanes
            .iter()
            .flatten()
            .filter(|lane| is_counted(lane))
            .count();
        let starting: usize = self
            .clients
            .iter()
            .flatten()
            .map(|client| client.starting)
            .sum();
        if counted + starting < self.limit {
            return true;
        }
        let own = self
            .lanes
            .iter()
            .flatten()
            .filter(|lane| lane.home == id && is_counted(lane));
        let Some(client) = self.clients.get(id.index()).and_then(Option::as_ref) else {
            return false;
        };
        own.count() + client.starting == 0
    }

    /// True when a lane that serves the client has taken its batch a moment ago: it is likely to come
    /// for more soon, and would then ask for help itself.
    pub(crate) fn expects_one_soon(&self, id: ClientId, now_ns: Nanos) -> bool {
        let serving = |lane: &&Lane| self.serves(lane.home, id) && is_counted(lane);
        let mut lanes = self.lanes.iter().flatten().filter(serving);
        lanes.any(|lane| lane.stance == Stance::Running && lane.pace.is_fresh(now_ns))
    }

    /// Shows every client its counts, and whether its next submit must be followed by a kick.
    pub(crate) fn refresh_signals(&self) {
        for client in self.clients.iter().flatten() {
            let serving = |lane: &&Lane| self.serves(lane.home, client.id) && is_counted(lane);
            let (mut lanes, mut parked, mut looking, mut is_one_coming) = (0, 0, 0, false);
            for lane in self.lanes.iter().flatten().filter(serving) {
                lanes += 1;
                parked += u32::from(lane.stance == Stance::Parked);
                looking += u32::from(lane.stance == Stance::Looking);
                is_one_coming |= is_coming(lane);
            }
            // A job that waits for a job of its own keeps its lane busy: its client must not wait
            // for that lane.
            let is_pressed = lanes == 0 || client.backlog.len() > 0 || !client.shares_lanes;
            let wants_kick = match parked {
                1.. if is_one_coming => KICK_NEVER,
                1.. => KICK_ALWAYS,
                0 if !self.may_grow(client.id) => KICK_NEVER,
                0 if is_pressed => KICK_ALWAYS,
                0 if is_one_coming => KICK_NEVER,
                0 => KICK_TO_GROW,
            };
            let header = client.memory.header();
            header.lanes.store(lanes, Ordering::Relaxed);
            header.idle.store(parked + looking, Ordering::Relaxed);
            header.wants_kick.store(wants_kick, Ordering::SeqCst);
        }
    }
}

/// It looks for work in a moment, so nobody need be woken for what is submitted now.
fn is_coming(lane: &Lane) -> bool {
    matches!(lane.stance, Stance::Woken | Stance::Looking)
}

fn is_counted(lane: &Lane) -> bool {
    !lane.is_leased && lane.stance != Stance::Retiring
}
