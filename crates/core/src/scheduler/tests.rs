//! The scheduler, one behaviour per test. Order and timing against a model: see `oracle`.

mod hostile;
mod oracle;
mod upkeep;

use super::*;
use crate::script_side::ScriptSide;

const MS: Nanos = 1_000_000;

/// One isolate with roomy rings on a scheduler of its own.
fn one_isolate() -> (Scheduler, ScriptSide, IsolateId) {
    let mut scheduler = Scheduler::default();
    let (script, id) = ScriptSide::attach(&mut scheduler, 1 << 15, 1 << 15);
    (scheduler, script, id)
}

/// Steps until nothing is left to do at this instant.
fn settle(scheduler: &mut Scheduler, now_ns: Nanos) -> Option<Nanos> {
    loop {
        let step = scheduler.step(now_ns);
        if !step.more {
            return step.next_wake_ns;
        }
    }
}

fn run_due(script: &mut ScriptSide) -> Vec<u32> {
    std::iter::from_fn(|| script.next_due()).collect()
}

#[test]
fn a_full_due_ring_keeps_the_rest_in_order_until_it_is_refilled() {
    let mut scheduler = Scheduler::default();
    let (mut script, id) = ScriptSide::attach(&mut scheduler, 64, 4);
    let slots: Vec<u32> = (0..11).map(|index| script.slot(index)).collect();
    for (deadline_ns, slot) in (1..).zip(&slots[..10]) {
        script.arm(f64::from(deadline_ns), *slot);
    }
    scheduler.step(100);
    let mut seen = vec![script.next_due().expect("a due record")];
    // There is room for this one, but it must not overtake the six that wait.
    script.arm(101.0, slots[10]);
    scheduler.step(101);
    assert_eq!(scheduler.stats(id).expect("attached").undelivered, 10);
    while script.needs_refill() {
        seen.extend(run_due(&mut script));
        scheduler.refill(id, 102);
    }
    seen.extend(run_due(&mut script));
    assert_eq!(seen, slots);
}

#[test]
fn a_blocked_loop_finds_one_tick_and_the_grid_goes_on_behind_it() {
    let (mut scheduler, mut script, id) = one_isolate();
    let slot = script.slot(0);
    const MS: f64 = 1e6;
    script.arm_recurring(10.0 * MS, 10.0 * MS, slot);
    for now_ms in [10, 20, 30, 45] {
        scheduler.step(now_ms * 1_000_000);
    }
    assert_eq!(run_due(&mut script), [slot]);
    assert_eq!(scheduler.stats(id).expect("attached").missed, 3);
    assert!(
        !script.end_tick(slot, || 19_000_000),
        "it ended before the second slot"
    );
    script.end_tick(slot, || 47_000_000);
    assert_eq!(settle(&mut scheduler, 47_000_000), Some(50_000_000));
}

#[test]
fn an_actor_that_recurs_without_a_table_of_intervals_fires_once() {
    let mut scheduler = Scheduler::default();
    let mut script = ScriptSide::new(4, 4);
    // SAFETY: the scheduler is dropped before the script side.
    let id = unsafe { scheduler.attach(script.memory(), Box::new(crate::script_side::SilentSink)) };
    script.lend_chunk(|records, _| {
        // SAFETY: as above.
        unsafe { scheduler.add_chunk(id, records) }.expect("a free number")
    });
    let slot = script.slot(0);
    script.arm_recurring(10.0, 10.0, slot);
    scheduler.step(10);
    assert_eq!(run_due(&mut script), [slot]);
    assert_eq!(settle(&mut scheduler, 10_000), None);
    drop(scheduler);
}

#[test]
fn arming_and_cancelling_again_and_again_kicks_once() {
    let (mut scheduler, mut script, _) = one_isolate();
    let slot = script.slot(0);
    let mut kicks = 0;
    for now_ns in 0..1000 {
        let kick = script.arm((now_ns + 50 * MS) as f64, slot);
        script.cancel(slot);
        if kick {
            kicks += 1;
            let next_wake_ns = settle(&mut scheduler, now_ns);
            scheduler.announce_wake(next_wake_ns.map_or(f64::INFINITY, |ns| ns as f64));
        }
    }
    assert_eq!(kicks, 1);
    assert_eq!(
        settle(&mut scheduler, 50 * MS - 1),
        Some(50 * MS),
        "the lull ends where it was"
    );
    assert_eq!(
        settle(&mut scheduler, 50 * MS),
        None,
        "the lull ends at its deadline"
    );
}

#[test]
fn commands_that_came_during_the_round_forbid_the_sleep() {
    let (mut scheduler, mut script, _) = one_isolate();
    let slot = script.slot(0);
    scheduler.step(0);
    script.arm(10.0, slot);
    assert!(scheduler.announce_wake(f64::INFINITY));
    scheduler.step(0);
    assert!(!scheduler.announce_wake(10.0));
    assert!(
        script.arm(9.0, script.slot(1)),
        "earlier than the wake-up: kick"
    );
    assert!(!script.arm(10.0, script.slot(2)), "not earlier: no kick");
}

#[test]
fn fires_on_the_nanosecond_at_every_landmark_of_uptime() {
    for landmark_ns in [(1 << 31) * MS, (1 << 32) * MS, 1 << 53, 1 << 62] {
        let (mut scheduler, mut script, _) = one_isolate();
        let slots: Vec<u32> = (0..3).map(|index| script.slot(index)).collect();
        scheduler.step(landmark_ns - MS);
        // Doubles near 2^62 are 1024 ns apart.
        let step_ns = 4096;
        for (index, slot) in (0..).zip(&slots) {
            script.arm((landmark_ns - step_ns + index * step_ns) as f64, *slot);
        }
        for (index, slot) in (0..).zip(&slots) {
            let due_ns = landmark_ns - step_ns + index * step_ns;
            assert_eq!(settle(&mut scheduler, due_ns - 1), Some(due_ns));
            assert_eq!(run_due(&mut script), [], "early at {due_ns}");
            scheduler.step(due_ns);
            assert_eq!(run_due(&mut script), [*slot], "late at {due_ns}");
        }
    }
}

#[test]
fn a_grid_keeps_its_slots_across_the_landmarks_of_uptime() {
    for landmark_ns in [(1 << 31) * MS, (1 << 32) * MS, 1 << 53] {
        let (mut scheduler, mut script, _) = one_isolate();
        let slot = script.slot(0);
        let first_ns = landmark_ns - 100 * MS;
        scheduler.step(first_ns - MS);
        script.arm_recurring(first_ns as f64, (40 * MS) as f64, slot);
        for tick in 0..10 {
            let due_ns = first_ns + tick * 40 * MS;
            assert_eq!(settle(&mut scheduler, due_ns - 1), Some(due_ns));
            scheduler.step(due_ns);
            assert_eq!(run_due(&mut script), [slot]);
            script.end_tick(slot, || due_ns + 1);
        }
    }
}
