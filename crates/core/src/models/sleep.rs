//! The timer thread goes to sleep while JavaScript arms an actor: the thread sees the command, or
//! JavaScript sees that it must kick.

use std::sync::Arc;

use loom::thread;

use super::{assert_fault_is_found, explore};
use crate::alarm::Alarm;
use crate::clock::MonotonicClock;
use crate::scheduler::Scheduler;
use crate::script_side::{Fault, ScriptSide};

const AWAKE: f64 = -1.0;

/// One turn of the thread as in `Engine::run`, without the lock, which would order too much: in
/// the process JavaScript does not take it to arm.
fn sleep_against_insert(fault: Option<Fault>) {
    let mut scheduler = Scheduler::default();
    let (mut script, id) = ScriptSide::attach(&mut scheduler, 2, 2);
    script.fault = fault;
    scheduler.announce_wake(AWAKE);
    let alarm = Arc::new(Alarm::new());
    let core = {
        let alarm = Arc::clone(&alarm);
        thread::spawn(move || {
            let is_idle = scheduler.step(0).next_wake_ns.is_none();
            if is_idle && !scheduler.announce_wake(f64::INFINITY) {
                // A command that nobody kicks for leaves the thread here for ever, and loom
                // reports the deadlock.
                alarm.wait(MonotonicClock, None);
            }
            scheduler.step(0);
            scheduler.stats(id).expect("attached").queued
        })
    };
    let slot = script.slot(0);
    if script.arm(10.0, slot) {
        alarm.ring();
    }
    assert_eq!(core.join().unwrap(), 1);
}

#[test]
fn loom_a_command_beside_a_falling_asleep_is_seen_or_kicked_for() {
    explore(|| sleep_against_insert(None));
}

#[test]
fn loom_a_look_at_the_wake_up_before_the_command_is_out_is_found() {
    assert_fault_is_found(|| sleep_against_insert(Some(Fault::WakeBeforeTail)));
}
