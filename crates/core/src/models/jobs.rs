//! The thread lane: no job is claimed and stolen, no wake-up of a lane or of a client is lost.

use std::sync::Arc;

use loom::thread;

use super::{assert_fault_is_found, explore};
use crate::lane::script_side::{AlarmSink, Fault, ScriptClient, ScriptLane};
use crate::lane::{
    Client, ClientId, Exchange, FrameHeader, JobKey, Lane, LaneId, Pool, STATUS_DONE, Taken,
};
use crate::sink::Sink;
use crate::sync::{Mutex, lock};

const JOBS: u32 = 3;

/// A lane claims its batch job by job while a thief takes half of what is left.
fn claim_against_steal(fault: Option<Fault>) {
    let mut script = ScriptLane::new(4);
    script.fault = fault;
    let home = ClientId::from_bits(1);
    let sink: Box<dyn Sink> = Box::new(AlarmSink::new());
    let mut lane = Lane::new(LaneId::new(0, 1), (home, 0), script.memory(), sink);
    let inbox = script.memory();
    let batch = (0..JOBS).map(|slot| {
        let header = FrameHeader {
            slot,
            ..FrameHeader::notice(STATUS_DONE, slot, slot)
        };
        for (index, word) in header.to_words().into_iter().enumerate() {
            inbox.inbox.store(32 * slot + 8 * index as u32, word);
        }
        Taken {
            job: JobKey::of(&header),
            offset: 32 * slot,
            is_ended: false,
        }
    });
    lane.begin_batch(batch.collect());
    let thief = thread::spawn(move || {
        let stolen = lane.give_up_half();
        stolen
            .iter()
            .map(|taken| taken.job.slot)
            .collect::<Vec<_>>()
    });
    script.begin_batch();
    let mut ran = Vec::new();
    while let Some(job) = script.claim() {
        ran.push(job.header.slot);
    }
    ran.extend(thief.join().unwrap());
    ran.sort_unstable();
    assert_eq!(ran, (0..JOBS).collect::<Vec<_>>());
}

/// A lane looks for work and is parked while a client submits a job.
fn park_against_submit(fault: Option<Fault>) {
    let pool = Arc::new(Pool::new());
    pool.set_limit(1);
    let mut client = ScriptClient::new(2);
    client.fault = fault;
    let client_id = client.attach(&pool, true);
    let mut script = ScriptLane::new(2);
    let lane_id = script.attach(&pool, client_id, 0);
    // Spinning asks the clock, which a model has none of.
    pool.never_spin(lane_id);
    let lane = {
        let pool = Arc::clone(&pool);
        thread::spawn(move || {
            loop {
                match pool.exchange(lane_id, false) {
                    Exchange::Run(_) => break,
                    // Nobody wakes it when the wake-up is lost, and loom reports the deadlock.
                    _ => script.sink.wait(),
                }
            }
            script.begin_batch();
            script.claim().map(|job| job.payload)
        })
    };
    if client.submit(0, 1, 0, 7) != 0 {
        pool.kick(client_id);
    }
    assert_eq!(lane.join().unwrap(), Some(7));
}

/// A result is published while the client stops looking by itself.
fn publish_against_sleep(fault: Option<Fault>) {
    let mut script = ScriptClient::new(2);
    script.fault = fault;
    script.set_awake(true);
    let id = ClientId::from_bits(1);
    let sink: Box<dyn Sink> = Box::new(script.sink.clone());
    let client = Arc::new(Mutex::new(Client::new(id, script.memory(), sink, true)));
    let core = {
        let client = Arc::clone(&client);
        thread::spawn(move || {
            let mut client = lock(&client);
            client.tell(FrameHeader::notice(STATUS_DONE, 5, 1));
            client.announce();
        })
    };
    if !script.fall_asleep() {
        script.sink.wait();
    }
    core.join().unwrap();
    let slots = script.read_results();
    assert_eq!(
        slots
            .iter()
            .map(|seen| seen.header.slot)
            .collect::<Vec<_>>(),
        [5]
    );
}

/// A result finds the ring full while the client reads what is in it and stops looking by itself.
fn overflow_against_sleep(fault: Option<Fault>) {
    let mut script = ScriptClient::new(1);
    script.fault = fault;
    script.set_awake(true);
    let id = ClientId::from_bits(1);
    let sink: Box<dyn Sink> = Box::new(script.sink.clone());
    let mut client = Client::new(id, script.memory(), sink, true);
    client.tell(FrameHeader::notice(STATUS_DONE, 5, 1));
    client.announce();
    let client = Arc::new(Mutex::new(client));
    let core = {
        let client = Arc::clone(&client);
        thread::spawn(move || {
            let mut client = lock(&client);
            client.tell(FrameHeader::notice(STATUS_DONE, 6, 1));
            client.announce();
        })
    };
    let mut seen = script.read_results();
    let needs_refill = script.needs_refill();
    if !needs_refill && !script.has_results() && !script.fall_asleep() {
        script.sink.wait();
    }
    while seen.len() < 2 {
        if script.needs_refill() {
            lock(&client).refill();
        }
        // Whoever was woken, or has seen the backlog, finds the rest.
        assert!(script.has_results(), "a result was left lying");
        seen.extend(script.read_results());
    }
    core.join().unwrap();
    let slots = seen.iter().map(|seen| seen.header.slot);
    assert_eq!(slots.collect::<Vec<_>>(), [5, 6]);
}

#[test]
fn loom_a_job_is_claimed_or_stolen_never_both_never_neither() {
    explore(|| claim_against_steal(None));
}

#[test]
fn loom_a_claim_in_two_steps_is_found() {
    assert_fault_is_found(|| claim_against_steal(Some(Fault::ClaimInTwoSteps)));
}

#[test]
fn loom_a_job_beside_a_lane_that_is_parked_is_seen_or_kicked_for() {
    explore(|| park_against_submit(None));
}

#[test]
fn loom_a_look_at_the_wish_before_the_job_is_out_is_found() {
    assert_fault_is_found(|| park_against_submit(Some(Fault::WishBeforeTail)));
}

#[test]
fn loom_a_result_beside_a_client_that_falls_asleep_is_seen_or_wakes_it() {
    explore(|| publish_against_sleep(None));
}

#[test]
fn loom_a_last_look_before_the_wish_to_be_woken_is_found() {
    assert_fault_is_found(|| publish_against_sleep(Some(Fault::LookBeforeAsleep)));
}

#[test]
fn loom_a_result_that_finds_no_room_is_fetched_or_wakes() {
    explore(|| overflow_against_sleep(None));
}

#[test]
fn loom_a_last_look_at_the_ring_alone_is_found() {
    assert_fault_is_found(|| overflow_against_sleep(Some(Fault::BacklogForgotten)));
}
