//! The alarms of timed workers: set beside a timer thread that falls asleep or has a full ring before
//! it, cleared and set anew while they go off.

use std::sync::Arc;

use loom::thread;

use super::{assert_fault_is_found, explore};
use crate::alarm::Alarm;
use crate::clock::MonotonicClock;
use crate::lane::{AlarmRings, TimedAlarms, alarm_records};
use crate::scheduler::Scheduler;
use crate::script_side::SilentSink;
use crate::slot::{Delivery, IsolateId};
use crate::sync::{Mutex, lock};

const AWAKE: f64 = -1.0;

/// A scheduler with the alarms of one chunk.
fn attached() -> (Scheduler, TimedAlarms, IsolateId) {
    let mut scheduler = Scheduler::new(Delivery::AtOnce);
    let rings = AlarmRings::new();
    let mut alarms = TimedAlarms::new(Arc::clone(&rings));
    let records = alarm_records();
    // SAFETY: the alarms hold the rings and the records, and outlive the last step of each model.
    let (id, number) = unsafe {
        let id = scheduler.attach(rings.memory(), Box::new(SilentSink));
        (id, scheduler.add_chunk(id, records.as_ptr()))
    };
    alarms.add_chunk(number.expect("a free number"), records);
    (scheduler, alarms, id)
}

/// When the owner looks whether the timer thread must be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    AfterSetting,
    /// The fault: what is set afterwards may find the thread asleep.
    BeforeSetting,
}

/// An alarm is set while the timer thread goes to sleep without one.
fn set_against_sleep(look: Look) {
    let (mut scheduler, mut alarms, id) = attached();
    scheduler.announce_wake(AWAKE);
    let bell = Arc::new(Alarm::new());
    let core = {
        let bell = Arc::clone(&bell);
        thread::spawn(move || {
            let is_idle = scheduler.step(0).next_wake_ns.is_none();
            if is_idle && !scheduler.announce_wake(f64::INFINITY) {
                // An alarm that nobody rings for leaves the thread here for ever.
                bell.wait(MonotonicClock, None);
            }
            scheduler.step(0);
            scheduler.stats(id).expect("attached").queued
        })
    };
    let mut wants_kick = look == Look::BeforeSetting && alarms.take_kick();
    alarms.set(0, 10);
    wants_kick |= look == Look::AfterSetting && alarms.take_kick();
    if wants_kick {
        bell.ring();
    }
    assert_eq!(core.join().unwrap(), 1);
}

/// How an owner sets an alarm to another deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    ClearFirst,
    /// The fault: the clearing hits the new setting.
    SetFirst,
}

/// An alarm is cleared and set anew while it goes off.
fn clear_against_fire(order: Order) {
    let (mut scheduler, mut alarms, id) = attached();
    alarms.set(0, 10);
    scheduler.step(0);
    // Whether it went off is known under the same lock.
    let alarms = Arc::new(Mutex::new((alarms, false)));
    let core = {
        let alarms = Arc::clone(&alarms);
        thread::spawn(move || {
            scheduler.step(10);
            // As the sink of the alarms does, with the scheduler's lock held.
            let (alarms, went_off) = &mut *lock(&alarms);
            *went_off |= alarms.next_due().is_some();
            scheduler
        })
    };
    let is_moved = {
        let (alarms, went_off) = &mut *lock(&alarms);
        let is_moved = !*went_off;
        if is_moved && order == Order::SetFirst {
            alarms.set(0, 20);
        }
        if is_moved {
            alarms.clear(0);
        }
        if is_moved && order == Order::ClearFirst {
            alarms.set(0, 20);
        }
        is_moved
    };
    let mut scheduler = core.join().unwrap();
    let (alarms, went_off) = &mut *lock(&alarms);
    assert!(!(is_moved && *went_off), "under the cleared deadline");
    scheduler.step(19);
    assert_eq!(alarms.next_due(), None, "before the new deadline");
    scheduler.step(20);
    assert_eq!(alarms.next_due().is_some(), is_moved, "under the new one");
    assert_eq!(alarms.next_due(), None, "once");
    assert_eq!(scheduler.stats(id).expect("attached").queued, 0);
}

/// What the owner does when the ring of commands was full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WhenFull {
    DrainAndWrite,
    /// The fault: what found no room stays where it is.
    Drain,
}

/// More alarms are set than the ring holds, beside the timer thread that reads it.
fn set_against_drain(when_full: WhenFull) {
    let (scheduler, mut alarms, id) = attached();
    let scheduler = Arc::new(Mutex::new(scheduler));
    let core = {
        let scheduler = Arc::clone(&scheduler);
        thread::spawn(move || lock(&scheduler).step(0))
    };
    alarms.set(0, 10);
    alarms.set(1, 10);
    while alarms.is_stuck() {
        lock(&scheduler).drain_commands(0);
        if when_full == WhenFull::Drain {
            break;
        }
        alarms.flush();
    }
    core.join().unwrap();
    let mut scheduler = lock(&scheduler);
    scheduler.step(10);
    let mut went_off = [alarms.next_due(), alarms.next_due()];
    went_off.sort_unstable();
    assert_eq!(went_off, [Some(0), Some(1)]);
    assert_eq!(scheduler.stats(id).expect("attached").queued, 0);
}

#[test]
fn loom_an_alarm_that_is_set_beside_a_falling_asleep_is_seen_or_rung_for() {
    explore(|| set_against_sleep(Look::AfterSetting));
}

#[test]
fn loom_a_look_before_the_alarm_is_set_is_found() {
    assert_fault_is_found(|| set_against_sleep(Look::BeforeSetting));
}

#[test]
fn loom_an_alarm_that_is_moved_as_it_goes_off_goes_off_once() {
    explore(|| clear_against_fire(Order::ClearFirst));
}

#[test]
fn loom_a_clearing_after_the_new_setting_is_found() {
    assert_fault_is_found(|| clear_against_fire(Order::SetFirst));
}

#[test]
fn loom_alarms_that_find_the_ring_full_are_not_lost() {
    explore(|| set_against_drain(WhenFull::DrainAndWrite));
}

#[test]
fn loom_an_alarm_that_is_never_written_is_found() {
    assert_fault_is_found(|| set_against_drain(WhenFull::Drain));
}
