//! What a single test can say more plainly than the model.

use super::*;
use crate::sync::Ordering;

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
fn a_lane_that_looks_for_work_unasked_is_shown_as_idle() {
    let mut world = World::new();
    let client = world.clients[0].as_ref().expect("open");
    let script = ScriptLane::new(FRAMES);
    let lane = script.attach(&world.pool, client.id, 99);
    assert_eq!(world.pool.exchange(lane, false), Exchange::Park);
    let idle = &client.script.header().idle;
    std::thread::scope(|scope| {
        let looks = scope.spawn(|| {
            for _ in 0..1000 {
                assert_eq!(world.pool.exchange(lane, false), Exchange::Park);
            }
        });
        while !looks.is_finished() {
            assert_eq!(idle.load(Ordering::Relaxed), 1);
        }
    });
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
