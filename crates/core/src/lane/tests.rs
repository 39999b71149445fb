//! The pool against a plain model; `single`: what a single test can say more plainly.
//!
//! The model knows of each job only who submitted it and what has become of it. Time does not
//! matter: lanes never spin, and everything happens on one thread.

mod single;

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
