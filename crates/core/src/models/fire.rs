//! JavaScript cancels, re-arms and ends ticks while the core expires the same entry.

use std::sync::Arc;

use loom::thread;

use super::{assert_fault_is_found, explore};
use crate::clock::Nanos;
use crate::scheduler::Scheduler;
use crate::script_side::{Fault, ScriptSide};
use crate::slot::IsolateId;
use crate::sync::{AtomicU64, Ordering};

/// A scheduler that has read one command of its isolate.
fn armed(arm: impl FnOnce(&mut ScriptSide, u32)) -> (Scheduler, ScriptSide, IsolateId) {
    let mut scheduler = Scheduler::default();
    let (mut script, id) = ScriptSide::attach(&mut scheduler, 2, 2);
    let slot = script.slot(0);
    arm(&mut script, slot);
    scheduler.step(0);
    (scheduler, script, id)
}

/// Everything that was queued has left, and each entry that was made stale was met once.
fn assert_settled(scheduler: &Scheduler, id: IsolateId, script: &ScriptSide) {
    let stats = scheduler.stats(id).expect("attached");
    assert_eq!((stats.queued, stats.undelivered), (0, 0));
    assert_eq!(
        script.header().cancels.load(Ordering::Relaxed),
        scheduler.dead_met(id)
    );
}

/// What JavaScript does with an actor whose time has come, when it has not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Cancel,
    CancelAndArmAnew,
    /// No token tells of it.
    MoveLater,
}

/// A change of an actor while its entry expires.
fn change_against_fire(change: Change, fault: Option<Fault>) {
    let (mut scheduler, mut script, id) = armed(|script, slot| {
        script.arm(10.0, slot);
    });
    script.fault = fault;
    let core = thread::spawn(move || {
        scheduler.step(10);
        scheduler
    });
    let slot = script.slot(0);
    let has_run = script.next_due().is_some();
    if !has_run {
        match change {
            Change::Cancel => script.cancel(slot),
            Change::CancelAndArmAnew => {
                script.cancel(slot);
                script.arm(20.0, slot);
            }
            Change::MoveLater => script.rearm_later(20.0, slot),
        }
    }
    let mut scheduler = core.join().unwrap();
    assert_eq!(script.next_due(), None, "ran twice, or after its change");
    scheduler.step(19);
    assert_eq!(script.next_due(), None, "ran under its old deadline");
    scheduler.step(20);
    let runs_later = !has_run && change != Change::Cancel;
    assert_eq!(script.next_due().is_some(), runs_later, "was lost");
    assert_settled(&scheduler, id, &script);
}

const INTERVAL_NS: Nanos = 10;
const FIRST_NS: Nanos = 10;
const SECOND_NS: Nanos = 20;
const THIRD_NS: Nanos = 30;

/// The end of the first tick while the clock reaches the second slot and its entry expires.
///
/// The clock is one word that both threads read with an operation on its latest value: what is
/// read from a real clock never goes back either. `order` says whether reading it also orders
/// other memory, which a real clock does not promise.
fn end_of_tick_against_expiry(order: Ordering, fault: Option<Fault>) {
    let (mut scheduler, mut script, id) = armed(|script, slot| {
        script.arm_recurring(FIRST_NS as f64, INTERVAL_NS as f64, slot);
    });
    script.fault = fault;
    let slot = script.slot(0);
    scheduler.step(FIRST_NS);
    assert_eq!(script.next_due(), Some(slot));
    let clock = Arc::new(AtomicU64::new(FIRST_NS));
    let core = {
        let clock = Arc::clone(&clock);
        thread::spawn(move || {
            clock.fetch_add(SECOND_NS - FIRST_NS, order);
            scheduler.step(SECOND_NS);
            scheduler
        })
    };
    let ended_ns = Arc::new(AtomicU64::new(0));
    let note = Arc::clone(&ended_ns);
    script.end_tick(slot, move || {
        let now_ns = clock.fetch_add(0, order);
        note.store(now_ns, Ordering::Relaxed);
        now_ns
    });
    let mut scheduler = core.join().unwrap();
    // A tick that ended before the second slot gets it; a later end gets the first slot after it.
    let ended_in_time = ended_ns.load(Ordering::Relaxed) < SECOND_NS;
    assert_eq!(
        script.next_due().is_some(),
        ended_in_time,
        "at the second slot"
    );
    if ended_in_time {
        script.end_tick(slot, || SECOND_NS);
    }
    scheduler.step(THIRD_NS - 1);
    assert_eq!(script.next_due(), None, "between two slots");
    scheduler.step(THIRD_NS);
    assert_eq!(script.next_due(), Some(slot), "at the third slot");
    assert_eq!(script.next_due(), None, "doubled");
    script.cancel(slot);
    scheduler.step(THIRD_NS + INTERVAL_NS);
    assert_settled(&scheduler, id, &script);
}

#[test]
fn loom_an_actor_runs_or_is_cancelled_and_never_both() {
    explore(|| change_against_fire(Change::Cancel, None));
}

#[test]
fn loom_a_slot_that_is_armed_anew_beside_its_old_entry_runs_once() {
    explore(|| change_against_fire(Change::CancelAndArmAnew, None));
}

#[test]
fn loom_a_due_record_that_runs_unchecked_is_found() {
    let fault = Some(Fault::TokenIgnored);
    assert_fault_is_found(move || change_against_fire(Change::Cancel, fault));
}

#[test]
fn loom_a_change_that_is_counted_before_it_is_made_is_found() {
    let fault = Some(Fault::CountBeforeChange);
    assert_fault_is_found(move || change_against_fire(Change::MoveLater, fault));
}

#[test]
fn loom_an_actor_that_is_moved_as_it_fires_runs_once_and_not_early() {
    explore(|| change_against_fire(Change::MoveLater, None));
}

#[test]
fn loom_a_tick_that_ends_as_the_next_is_due_is_neither_lost_nor_doubled() {
    explore(|| end_of_tick_against_expiry(Ordering::AcqRel, None));
}

#[test]
fn loom_nor_when_the_clock_orders_no_memory() {
    explore(|| end_of_tick_against_expiry(Ordering::Relaxed, None));
}

#[test]
fn loom_a_clock_that_is_read_before_the_flip_is_found() {
    let fault = Some(Fault::ClockBeforeParity);
    assert_fault_is_found(move || end_of_tick_against_expiry(Ordering::AcqRel, fault));
}
