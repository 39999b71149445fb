//! The engine with its real thread. Nothing here sleeps to wait for an event: the sink tells.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::*;
use crate::clock::Nanos;
use crate::script_side::ScriptSide;

/// Far beyond any lateness of a loaded machine; only a lost wake-up takes this long.
const LOST: Duration = Duration::from_secs(30);
const MS: Nanos = 1_000_000;

/// Sends at each wake-up. Dropped at the detach, which ends the channel.
#[derive(Debug)]
struct Bell(Sender<()>);

impl Sink for Bell {
    fn wake(&self) {
        // Nobody listens any more when a test has seen enough.
        let _ = self.0.send(());
    }
}

/// An isolate on an engine, with the channel that its wake-ups come through.
#[derive(Debug)]
struct Attached {
    engine: &'static Engine,
    script: ScriptSide,
    id: IsolateId,
    woken: Receiver<()>,
}

impl Attached {
    fn new(engine: &'static Engine) -> Self {
        let mut script = ScriptSide::new(64, 64);
        let (bell, woken) = channel();
        // SAFETY: the memory outlives the attachment, `drop` detaches.
        let attached =
            unsafe { engine.attach(Delivery::HeldApart, script.memory(), Box::new(Bell(bell))) };
        let id = attached.expect("a thread");
        script.lend_chunk(|records, intervals| {
            // SAFETY: as above.
            unsafe {
                let number = engine.add_chunk(id, records).expect("a free number");
                assert!(engine.set_intervals(id, number, intervals));
                number
            }
        });
        Self {
            engine,
            script,
            id,
            woken,
        }
    }

    fn arm(&mut self, deadline_ns: Nanos, index: u32) {
        let slot = self.script.slot(index);
        if self.script.arm(deadline_ns as f64, slot) {
            self.engine.kick();
        }
    }

    /// Waits for the next due record; returns its slot's index and the instant it was found at.
    fn next(&mut self) -> (u32, Nanos) {
        loop {
            if let Some(slot) = self.script.next_due() {
                return (slot - self.script.slot(0), self.engine.clock.now_ns());
            }
            self.woken.recv_timeout(LOST).expect("a wake-up");
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.engine.detach(self.id);
    }
}

fn engine() -> &'static Engine {
    Box::leak(Box::new(Engine::new()))
}

/// Waits for the end of the thread, which has no event of its own: it owns nothing by then.
fn wait_for_end(engine: &Engine) {
    let give_up_ns = engine.clock.now_ns() + LOST.as_nanos() as Nanos;
    while engine.has_thread() {
        assert!(
            engine.clock.now_ns() < give_up_ns,
            "the thread does not end"
        );
        yield_now();
    }
}

#[test]
fn two_isolates_share_the_thread_and_nothing_fires_early_or_elsewhere() {
    let engine = engine();
    let mut isolates = [Attached::new(engine), Attached::new(engine)];
    // Far enough ahead that all are armed before the first is due, on a busy machine too.
    let base_ns = engine.clock.now_ns() + 200 * MS;
    let due_ns = |index: u32, isolate: u64| base_ns + u64::from(index) * MS / 2 + isolate * 1000;
    for index in (0..40).rev() {
        for (isolate, attached) in (0..).zip(&mut isolates) {
            attached.arm(due_ns(index, isolate), index);
        }
    }
    for (isolate, attached) in (0..).zip(&mut isolates) {
        for expected in 0..40 {
            let (index, found_ns) = attached.next();
            assert_eq!(index, expected);
            assert!(found_ns >= due_ns(index, isolate), "early");
        }
    }
}

#[test]
fn the_thread_starts_with_the_first_isolate_and_ends_with_the_last_again_and_again() {
    let engine = engine();
    assert!(!engine.has_thread());
    for _ in 0..3 {
        let mut first = Attached::new(engine);
        let second = Attached::new(engine);
        assert!(engine.has_thread());
        drop(second);
        first.arm(0, 0);
        assert_eq!(first.next().0, 0, "the thread serves who is left");
        drop(first);
        wait_for_end(engine);
    }
}

#[test]
fn an_earlier_deadline_wakes_the_sleeping_thread() {
    let engine = engine();
    let mut attached = Attached::new(engine);
    let hour_ns = 3_600_000 * MS;
    attached.arm(engine.clock.now_ns() + hour_ns, 0);
    // Once it has announced the hour, the thread sleeps until then, or is about to.
    let announced_ns = || {
        let bits = attached
            .script
            .header()
            .next_wake_bits
            .load(Ordering::SeqCst);
        f64::from_bits(bits)
    };
    let give_up_ns = engine.clock.now_ns() + LOST.as_nanos() as Nanos;
    while !(announced_ns() > 0.0 && announced_ns().is_finite()) {
        assert!(
            engine.clock.now_ns() < give_up_ns,
            "the thread does not go to sleep"
        );
        yield_now();
    }
    let due_ns = engine.clock.now_ns() + 2 * MS;
    attached.arm(due_ns, 1);
    let (index, found_ns) = attached.next();
    assert_eq!(index, 1);
    assert!(found_ns >= due_ns, "early");
}

#[test]
fn a_detached_sink_is_dropped_before_detach_returns() {
    let engine = engine();
    let attached = Attached::new(engine);
    engine.detach(attached.id);
    let end = attached.woken.try_recv();
    assert_eq!(end, Err(std::sync::mpsc::TryRecvError::Disconnected));
}
