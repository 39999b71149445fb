//! The last isolate is detached while another one attaches: whoever is attached has a thread.

use std::sync::Arc;

use loom::thread;

use super::{assert_fault_is_found, explore};
use crate::script_side::{ScriptSide, SilentSink};
use crate::sink::Sink;
use crate::sync::{Condvar, Mutex, lock};
use crate::timer::Engine;

/// An event loop that can be waited for.
#[derive(Debug)]
struct EventLoop {
    is_woken: Mutex<bool>,
    woken: Condvar,
}

impl Sink for Arc<EventLoop> {
    fn wake(&self) {
        *lock(&self.is_woken) = true;
        self.woken.notify_one();
    }
}

impl EventLoop {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            is_woken: Mutex::new(false),
            woken: Condvar::new(),
        })
    }

    fn wait(&self) {
        let mut is_woken = lock(&self.is_woken);
        while !*is_woken {
            is_woken = self.woken.wait(is_woken).unwrap();
        }
    }
}

/// How the isolate that comes decides whether it must start the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    /// By what `admit` says, which knows it under the same lock as the attachment.
    WithAdmission,
    /// The fault: by a look before, which the end of the thread can overtake.
    BeforeAdmission,
}

fn last_out_against_first_in(decision: Decision) {
    let engine = Arc::new(Engine::new());
    let leaving = ScriptSide::new(1, 1);
    // SAFETY: the memory outlives the attachment, `detach` is below.
    let (leaving_id, is_first) = unsafe { engine.admit(leaving.memory(), Box::new(SilentSink)) };
    assert!(is_first);
    let first_thread = start_thread(&engine);
    let coming = {
        let engine = Arc::clone(&engine);
        thread::spawn(move || live(&engine, decision))
    };
    engine.detach(leaving_id);
    if let Some(second_thread) = coming.join().unwrap() {
        second_thread.join().unwrap();
    }
    first_thread.join().unwrap();
    assert!(!engine.has_thread());
}

/// Attaches, arms an actor that is due at once, waits for it, and leaves.
fn live(engine: &Arc<Engine>, decision: Decision) -> Option<thread::JoinHandle<()>> {
    let mut script = ScriptSide::new(1, 1);
    let event_loop = EventLoop::new();
    let has_thread = decision == Decision::BeforeAdmission && engine.has_thread();
    // SAFETY: the memory outlives the attachment, `detach` is below.
    let (id, needs_thread) =
        unsafe { engine.admit(script.memory(), Box::new(Arc::clone(&event_loop))) };
    let must_start = match decision {
        Decision::WithAdmission => needs_thread,
        Decision::BeforeAdmission => !has_thread,
    };
    let thread = must_start.then(|| start_thread(engine));
    let slot = script.lend_chunk(|records, _| {
        // SAFETY: the memory outlives the attachment, `detach` is below.
        unsafe { engine.add_chunk(id, records) }.expect("a free number")
    });
    if script.arm(0.0, slot) {
        engine.kick();
    }
    // Without a thread this waits for ever; loom reports the deadlock.
    event_loop.wait();
    assert_eq!(script.next_due(), Some(slot));
    engine.detach(id);
    thread
}

fn start_thread(engine: &Arc<Engine>) -> thread::JoinHandle<()> {
    let engine = Arc::clone(engine);
    thread::spawn(move || engine.run())
}

#[test]
fn loom_an_isolate_that_comes_as_the_last_one_goes_has_a_thread() {
    explore(|| last_out_against_first_in(Decision::WithAdmission));
}

#[test]
fn loom_a_thread_that_is_counted_on_before_the_admission_is_found() {
    assert_fault_is_found(|| last_out_against_first_in(Decision::BeforeAdmission));
}
