//! The pool against a plain model, and what a single test can say more plainly.
//!
//! The model knows of each job only who submitted it and what has become of it. Time does not
//! matter: lanes never spin, and everything happens on one thread.

use std::collections::HashMap;

use proptest::prelude::*;

use crate::lane::script_side::{ScriptClient, ScriptLane, Seen};
use crate::lane::{
    Abort, ClientId, Exchange, LaneId, Pool, STATUS_DONE, STATUS_END_LANE, STATUS_GROW,
    STATUS_LANE_GONE, STATUS_LANE_UP, STATUS_LOST, Supply,
};

/// Frames of a ring: few, so that they wrap around and fill up.
const FRAMES: usize = 8;
const CLIENTS: usize = 3;
const LANES: usize = 3;

/// What has become of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Waiting,
    Paused,
    Dropped,
    Running,
    /// Its result was written by a lane.
    Given,
    /// Its lane is gone.
    Lost,
    /// Its client knows.
    Told,
}

struct ClientSide {
    script: ScriptClient,
    id: ClientId,
    submitted: u32,
}

struct LaneSide {
    script: ScriptLane,
    id: LaneId,
    running: Vec<Seen>,
    has_batch: bool,
}

/// A pool, the scripts around it, and the model.
struct World {
    pool: Pool,
    clients: Vec<Option<ClientSide>>,
    lanes: Vec<Option<LaneSide>>,
    fates: HashMap<(u32, u32), Fate>,
    priorities: HashMap<(u32, u32), i8>,
    tickets: u32,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            pool: Pool::new(),
            clients: (0..CLIENTS).map(|_| None).collect(),
            lanes: (0..LANES).map(|_| None).collect(),
            fates: HashMap::new(),
            priorities: HashMap::new(),
            tickets: 0,
        };
        world.pool.set_limit(LANES);
        for index in 0..CLIENTS {
            world.open_client(index);
        }
        world
    }

    fn open_client(&mut self, index: usize) {
        if self.clients[index].is_none() {
            let script = ScriptClient::new(FRAMES);
            // Lanes belong to the first client, which lives as long as the process.
            let id = script.attach(&self.pool, index == 0);
            self.clients[index] = Some(ClientSide {
                script,
                id,
                submitted: 0,
            });
        }
    }

    fn close_client(&mut self, index: usize) {
        if index == 0 {
            return;
        }
        if let Some(client) = self.clients[index].take() {
            self.pool.detach_client(client.id);
            let id = client.id.to_bits();
            self.fates.retain(|(of, _), _| *of != id);
        }
    }

    fn open_lane(&mut self, index: usize) {
        if self.lanes[index].is_some() {
            return;
        }
        let home = self.clients[0].as_ref().expect("never closed").id;
        let script = ScriptLane::new(2 * FRAMES);
        let id = script.attach(&self.pool, home, self.tickets);
        self.tickets += 1;
        self.pool.never_spin(id);
        self.lanes[index] = Some(LaneSide {
            script,
            id,
            running: Vec::new(),
            has_batch: false,
        });
    }

    fn close_lane(&mut self, index: usize) {
        if let Some(lane) = self.lanes[index].take() {
            self.pool.detach_lane(lane.id);
            for job in lane.running {
                self.note(job, Fate::Running, Fate::Lost);
            }
        }
    }

    fn submit(&mut self, index: usize, priority: i8) {
        let Some(client) = &mut self.clients[index] else {
            return;
        };
        if !client.script.has_room() {
            self.pool.drain(client.id);
        }
        client.submitted += 1;
        let sequence = client.submitted;
        let payload = u64::from(client.id.to_bits()) << 32 | u64::from(sequence);
        client.script.submit(sequence, sequence, priority, payload);
        let key = (client.id.to_bits(), sequence);
        self.fates.insert(key, Fate::Waiting);
        self.priorities.insert(key, priority);
    }

    fn abort(&mut self, index: usize, sequence: u32) {
        let Some(client) = &self.clients[index] else {
            return;
        };
        let key = (client.id.to_bits(), sequence);
        let Some(&fate) = self.fates.get(&key) else {
            return;
        };
        let priority = self.priorities[&key];
        match self
            .pool
            .abort(client.id, sequence, sequence, Some(priority))
        {
            Abort::Dropped => {
                let may_be = matches!(fate, Fate::Waiting | Fate::Paused);
                assert!(may_be, "only a job that has not started can be dropped");
                self.fates.insert(key, Fate::Dropped);
            }
            Abort::Told | Abort::Ended => {}
        }
    }

    fn pause(&mut self, index: usize, sequence: u32) {
        let Some(client) = &self.clients[index] else {
            return;
        };
        let key = (client.id.to_bits(), sequence);
        let Some(fate) = self.fates.get_mut(&key) else {
            return;
        };
        let priority = self.priorities[&key];
        let is_paused = self.pool.pause(client.id, sequence, sequence, priority);
        assert_eq!(
            is_paused,
            *fate == Fate::Waiting,
            "whatever has not started"
        );
        if is_paused {
            *fate = Fate::Paused;
        }
    }

    fn resume(&mut self, index: usize, sequence: u32) {
        let Some(client) = &self.clients[index] else {
            return;
        };
        let key = (client.id.to_bits(), sequence);
        let Some(fate) = self.fates.get_mut(&key) else {
            return;
        };
        let is_resumed = self.pool.resume(client.id, sequence, self.priorities[&key]);
        assert_eq!(is_resumed, *fate == Fate::Paused);
        if is_resumed {
            *fate = Fate::Waiting;
        }
    }

    fn exchange(&mut self, index: usize) {
        let Some(lane) = &mut self.lanes[index] else {
            return;
        };
        match self.pool.exchange(lane.id, false) {
            Exchange::Run(_) => {
                lane.script.begin_batch();
                lane.has_batch = true;
            }
            _ => lane.has_batch = false,
        }
    }

    fn claim(&mut self, index: usize) {
        let Some(lane) = &mut self.lanes[index] else {
            return;
        };
        if !lane.has_batch {
            return;
        }
        let Some(job) = lane.script.claim() else {
            lane.has_batch = false;
            return;
        };
        let of = u64::from(job.header.origin) << 32 | u64::from(job.header.sequence);
        assert_eq!(job.payload, of, "a frame is whole");
        lane.running.push(job);
        // A client that is gone has forgotten its jobs.
        if self.fates.contains_key(&key_of(job)) {
            self.note(job, Fate::Waiting, Fate::Running);
        }
    }

    fn finish(&mut self, index: usize) {
        let Some(lane) = &mut self.lanes[index] else {
            return;
        };
        let Some(job) = lane.running.pop() else {
            return;
        };
        if !lane.script.give(job.header, STATUS_DONE, job.payload + 1) {
            lane.running.push(job);
            return;
        }
        self.note(job, Fate::Running, Fate::Given);
    }

    fn read(&mut self, index: usize) {
        let Some(client) = &mut self.clients[index] else {
            return;
        };
        let mut seen = client.script.read_results();
        while client.script.needs_refill() {
            self.pool.refill(client.id);
            seen.extend(client.script.read_results());
        }
        let id = client.id.to_bits();
        for result in seen {
            let expected = match result.header.kind {
                STATUS_LANE_UP | STATUS_LANE_GONE | STATUS_END_LANE | STATUS_GROW => continue,
                STATUS_LOST => Fate::Lost,
                _ => {
                    let own = u64::from(id) << 32 | u64::from(result.header.sequence);
                    assert_eq!(result.payload, own + 1, "a result goes to its client");
                    Fate::Given
                }
            };
            let fate = self.fates.insert((id, result.header.sequence), Fate::Told);
            assert_eq!(fate, Some(expected), "each job ends once");
        }
    }

    fn note(&mut self, job: Seen, from: Fate, to: Fate) {
        if let Some(fate) = self.fates.get_mut(&key_of(job)) {
            assert_eq!(*fate, from, "{job:?}");
            *fate = to;
        }
    }

    /// Works everything off. Afterwards nothing waits and nothing is untold.
    fn wind_up(&mut self) {
        self.open_lane(0);
        for (client, sequence) in (0..CLIENTS).flat_map(|client| (1..101).map(move |n| (client, n)))
        {
            self.resume(client, sequence);
        }
        for _ in 0..1000 {
            for lane in 0..LANES {
                self.exchange(lane);
                for _ in 0..2 * FRAMES {
                    self.claim(lane);
                    self.finish(lane);
                }
            }
            (0..CLIENTS).for_each(|client| self.read(client));
            let is_over = |fate: &Fate| matches!(fate, Fate::Told | Fate::Dropped);
            if self.fates.values().all(is_over) {
                return;
            }
        }
        panic!("these jobs never end: {:?}", self.fates);
    }
}

fn key_of(job: Seen) -> (u32, u32) {
    (job.header.origin, job.header.sequence)
}

impl Drop for World {
    /// What the core keeps points into the scripts.
    fn drop(&mut self) {
        for lane in self.lanes.iter().flatten() {
            self.pool.detach_lane(lane.id);
        }
        for client in self.clients.iter().flatten() {
            self.pool.detach_client(client.id);
        }
    }
}

#[derive(Clone, Debug)]
enum Act {
    Submit(usize, i8),
    Abort(usize, u32),
    Pause(usize, u32),
    Resume(usize, u32),
    Kick(usize),
    Exchange(usize),
    ExchangeMany(usize, usize),
    Claim(usize),
    Finish(usize),
    Publish(usize),
    Read(usize),
    OpenLane(usize),
    CloseLane(usize),
    OpenClient(usize),
    CloseClient(usize),
}

fn acts() -> impl Strategy<Value = Act> {
    let priority = prop_oneof![4 => Just(0_i8), 1 => -2_i8..3];
    prop_oneof![
        8 => (0..CLIENTS, priority).prop_map(|(client, priority)| Act::Submit(client, priority)),
        2 => (0..CLIENTS, 1_u32..40).prop_map(|(client, sequence)| Act::Abort(client, sequence)),
        2 => (0..CLIENTS, 1_u32..20).prop_map(|(client, sequence)| Act::Pause(client, sequence)),
        2 => (0..CLIENTS, 1_u32..20).prop_map(|(client, sequence)| Act::Resume(client, sequence)),
        1 => (0..CLIENTS).prop_map(Act::Kick),
        3 => (0..LANES).prop_map(Act::Exchange),
        3 => (0..LANES, 1..FRAMES).prop_map(|(lane, quota)| Act::ExchangeMany(lane, quota)),
        8 => (0..LANES).prop_map(Act::Claim),
        6 => (0..LANES).prop_map(Act::Finish),
        1 => (0..LANES).prop_map(Act::Publish),
        3 => (0..CLIENTS).prop_map(Act::Read),
        2 => (0..LANES).prop_map(Act::OpenLane),
        1 => (0..LANES).prop_map(Act::CloseLane),
        1 => (0..CLIENTS).prop_map(Act::OpenClient),
        1 => (0..CLIENTS).prop_map(Act::CloseClient),
    ]
}

fn perform(world: &mut World, act: &Act) {
    match *act {
        Act::Submit(client, priority) => world.submit(client, priority),
        Act::Abort(client, sequence) => world.abort(client, sequence),
        Act::Pause(client, sequence) => world.pause(client, sequence),
        Act::Resume(client, sequence) => world.resume(client, sequence),
        Act::Kick(client) => {
            if let Some(client) = &world.clients[client] {
                world.pool.kick(client.id);
            }
        }
        Act::Exchange(lane) => world.exchange(lane),
        Act::ExchangeMany(lane, quota) => {
            if let Some(lane) = &world.lanes[lane] {
                world.pool.set_quota(lane.id, quota);
            }
            world.exchange(lane);
        }
        Act::Claim(lane) => world.claim(lane),
        Act::Finish(lane) => world.finish(lane),
        Act::Publish(lane) => {
            if let Some(lane) = &world.lanes[lane] {
                world.pool.publish(lane.id);
            }
        }
        Act::Read(client) => world.read(client),
        Act::OpenLane(lane) => world.open_lane(lane),
        Act::CloseLane(lane) => world.close_lane(lane),
        Act::OpenClient(client) => world.open_client(client),
        Act::CloseClient(client) => world.close_client(client),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Each job is taken once or dropped, and its client is told once; what a lane that goes had
    /// not started, others run.
    #[test]
    fn every_job_ends_exactly_once(acts in prop::collection::vec(acts(), 1..100)) {
        let mut world = World::new();
        for act in &acts {
            perform(&mut world, act);
        }
        world.wind_up();
    }
}

/// Runs all that is there on one lane, and tells the sequence numbers in their order.
fn run_all(world: &mut World, lane: usize) -> Vec<u32> {
    let mut ran = Vec::new();
    loop {
        world.exchange(lane);
        let side = world.lanes[lane].as_ref().expect("open");
        if !side.has_batch {
            return ran;
        }
        loop {
            world.claim(lane);
            let side = world.lanes[lane].as_ref().expect("open");
            let Some(job) = side.running.last() else {
                break;
            };
            ran.push(job.header.sequence);
            world.finish(lane);
        }
    }
}

#[test]
fn jobs_start_in_the_order_of_their_submits() {
    let mut world = World::new();
    world.open_lane(0);
    (0..FRAMES).for_each(|_| world.submit(0, 0));
    assert_eq!(
        run_all(&mut world, 0),
        (1..=FRAMES as u32).collect::<Vec<_>>()
    );
    world.wind_up();
}

#[test]
fn higher_priorities_start_first() {
    let mut world = World::new();
    world.open_lane(0);
    for priority in [0, -1, 2, 0, 2] {
        world.submit(0, priority);
    }
    assert_eq!(run_all(&mut world, 0), [3, 5, 1, 4, 2]);
    world.wind_up();
}

#[test]
fn what_a_lane_that_goes_had_not_started_keeps_its_order() {
    let mut world = World::new();
    world.open_lane(0);
    let lane = world.lanes[0].as_ref().expect("open").id;
    world.pool.set_quota(lane, FRAMES);
    (0..FRAMES).for_each(|_| world.submit(0, 0));
    world.exchange(0);
    world.claim(0);
    world.close_lane(0);
    world.open_lane(1);
    let rest = (2..=FRAMES as u32).collect::<Vec<_>>();
    assert_eq!(run_all(&mut world, 1), rest);
    world.read(0);
    let lost = world.clients[0]
        .as_ref()
        .map(|client| (client.id.to_bits(), 1));
    assert_eq!(world.fates[&lost.expect("open")], Fate::Told);
}

#[test]
fn clients_take_turns() {
    let mut world = World::new();
    world.open_lane(0);
    (0..FRAMES).for_each(|_| world.submit(1, 0));
    (0..2).for_each(|_| world.submit(2, 0));
    let guest = world.clients[2].as_ref().expect("open").id.to_bits();
    let mut started = Vec::new();
    for _ in 0..4 {
        world.exchange(0);
        world.claim(0);
        let side = world.lanes[0].as_ref().expect("open");
        started.extend(side.running.last().map(|job| job.header.origin));
        world.finish(0);
    }
    assert!(
        started.contains(&guest),
        "one of four jobs is that of the second"
    );
    world.wind_up();
}

#[test]
fn a_lane_of_a_guest_does_not_serve_others() {
    let mut world = World::new();
    let guest = world.clients[1].as_ref().expect("open").id;
    let script = ScriptLane::new(FRAMES);
    let lane = script.attach(&world.pool, guest, 99);
    world.pool.never_spin(lane);
    world.submit(2, 0);
    assert_eq!(world.pool.exchange(lane, false), Exchange::Park);
    world.submit(1, 0);
    assert_eq!(world.pool.exchange(lane, false), Exchange::Run(1));
    world.pool.detach_lane(lane);
    world.wind_up();
}

#[test]
fn a_first_job_asks_for_a_thread_and_a_second_for_another() {
    let mut world = World::new();
    let id = world.clients[0].as_ref().expect("open").id;
    for expected in [Supply::Start, Supply::Start, Supply::Start, Supply::Wait] {
        world.submit(0, 0);
        assert_eq!(world.pool.kick(id), expected);
    }
    world.wind_up();
}

#[test]
fn a_dropped_job_cannot_be_dropped_again() {
    let mut world = World::new();
    let id = world.clients[0].as_ref().expect("open").id;
    world.submit(0, 0);
    world.abort(0, 1);
    assert_eq!(world.pool.abort(id, 1, 1, Some(0)), Abort::Ended);
    world.wind_up();
}

#[test]
fn a_job_that_runs_is_not_dropped_because_older_ones_came_back() {
    let mut world = World::new();
    for lane in 0..2 {
        world.open_lane(lane);
        let id = world.lanes[lane].as_ref().expect("open").id;
        world.pool.set_quota(id, 2);
    }
    (0..4).for_each(|_| world.submit(0, 0));
    world.exchange(0);
    world.exchange(1);
    world.claim(1);
    world.close_lane(0);
    let id = world.clients[0].as_ref().expect("open").id;
    assert_eq!(world.pool.abort(id, 3, 3, Some(0)), Abort::Told);
    world.wind_up();
}

#[test]
fn a_paused_job_keeps_its_place() {
    let mut world = World::new();
    world.open_lane(0);
    (0..4).for_each(|_| world.submit(0, 0));
    world.pause(0, 2);
    world.pause(0, 3);
    world.resume(0, 3);
    assert_eq!(run_all(&mut world, 0), [1, 3, 4]);
    world.submit(0, 0);
    world.resume(0, 2);
    assert_eq!(run_all(&mut world, 0), [2, 5]);
    world.wind_up();
}

#[test]
fn a_job_that_a_lane_has_not_claimed_can_be_paused() {
    let mut world = World::new();
    world.open_lane(0);
    let id = world.lanes[0].as_ref().expect("open").id;
    world.pool.set_quota(id, 4);
    (0..4).for_each(|_| world.submit(0, 0));
    world.exchange(0);
    world.claim(0);
    world.pause(0, 1);
    world.pause(0, 2);
    world.finish(0);
    assert_eq!(run_all(&mut world, 0), [3, 4]);
    world.wind_up();
}

#[test]
fn a_paused_job_can_be_dropped() {
    let mut world = World::new();
    world.open_lane(0);
    (0..2).for_each(|_| world.submit(0, 0));
    world.pause(0, 1);
    assert_eq!(run_all(&mut world, 0), [2]);
    world.abort(0, 1);
    world.resume(0, 1);
    assert_eq!(run_all(&mut world, 0), [0; 0]);
    world.wind_up();
}
