//! Wake-ups of an isolate are folded into one while it has not looked yet; none is lost.
//!
//! The flag lives in the binding (`crates/node/src/wake.rs`), which loom cannot build, so it is
//! modelled here with the same operations and orders: the thread swaps `true` in after it has
//! published and calls only when it was `false`, JavaScript swaps `false` in and then reads its
//! ring. Node's queue of calls is a counter behind a lock.

use std::sync::Arc;

use loom::sync::atomic::AtomicBool;
use loom::thread;

use super::{assert_fault_is_found, explore};
use crate::ring::{Due, DueWriter};
use crate::script_side::ScriptSide;
use crate::sink::Sink;
use crate::sync::{Condvar, Mutex, Ordering, lock};

const RECORDS: u32 = 2;

#[derive(Debug)]
struct Wake {
    is_pending: AtomicBool,
    calls: Mutex<u32>,
    called: Condvar,
}

impl Sink for Arc<Wake> {
    fn wake(&self) {
        if !self.is_pending.swap(true, Ordering::AcqRel) {
            *lock(&self.calls) += 1;
            self.called.notify_one();
        }
    }
}

impl Wake {
    /// What the event loop does: sleeps until there is a call, then takes it.
    fn wait_for_call(&self) {
        let mut calls = lock(&self.calls);
        while *calls == 0 {
            calls = self.called.wait(calls).unwrap();
        }
        *calls -= 1;
    }
}

/// When JavaScript clears the flag, relative to its look at the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clear {
    Before,
    /// The fault: what is published between the look and the clear wakes nobody.
    After,
}

fn folding(clear: Clear) {
    let mut script = ScriptSide::new(2, 2);
    script.lend_chunk(|_, _| 0);
    let memory = script.memory();
    let wake = Arc::new(Wake {
        is_pending: AtomicBool::new(false),
        calls: Mutex::new(0),
        called: Condvar::new(),
    });
    let sink = Arc::clone(&wake);
    let core = thread::spawn(move || {
        let mut writer = DueWriter::default();
        for slot_word in 0..RECORDS {
            let due = Due {
                deadline_bits: 0,
                slot_word,
                token: 0,
            };
            writer.push(&memory, due);
            writer.publish(&memory, 0);
            sink.wake();
        }
    });
    let mut seen = 0;
    while seen < RECORDS {
        // A lost wake-up leaves JavaScript here for ever; loom reports the deadlock.
        wake.wait_for_call();
        if clear == Clear::Before {
            wake.is_pending.swap(false, Ordering::AcqRel);
        }
        while let Some(slot) = script.next_due() {
            assert_eq!(slot, seen);
            seen += 1;
        }
        if clear == Clear::After {
            wake.is_pending.swap(false, Ordering::AcqRel);
        }
    }
    core.join().unwrap();
}

#[test]
fn loom_no_wake_up_is_lost_by_folding() {
    explore(|| folding(Clear::Before));
}

#[test]
fn loom_a_flag_that_is_cleared_after_the_look_is_found() {
    assert_fault_is_found(|| folding(Clear::After));
}
