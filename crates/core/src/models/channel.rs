//! Channels: no item is torn, lost or doubled, no wake-up is lost, whoever ends and when.

use std::sync::Arc;

use loom::thread::{self, yield_now};

use super::{assert_fault_is_found, explore};
use crate::alarm::Alarm;
use crate::channel::memory::{ScriptMemory, script_memory};
use crate::channel::ring::{FrameReader, PushError};
use crate::channel::signal::Wait;
use crate::channel::{Feed, FeedClosed, Frame, FrameKind, FrameWriter, Hubs, Side};
use crate::clock::MonotonicClock;
use crate::sink::Sink;
use crate::sync::Ordering;

const ITEMS: u32 = 3;
const PAYLOAD_BYTES: u32 = 8;

/// A deliberate mistake of a broken twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The tail is raised without releasing what is in the cell.
    TailRelaxed,
    /// An end goes to sleep without having looked again after its announcement.
    NoSecondLook,
    /// The announcement of the other end is looked at before the change is made.
    LookBeforeChange,
    /// A feed that is closed leaves its thread asleep.
    CloseWithoutRing,
    /// An isolate ends without its cleanup hook.
    NoHook,
}

fn number(value: u32) -> Frame<'static> {
    Frame {
        kind: FrameKind::Number,
        number: f64::from(value),
        payload: &[],
    }
}

fn memory(capacity: u32) -> Arc<ScriptMemory> {
    Arc::new(script_memory(capacity, PAYLOAD_BYTES, 0))
}

/// What `FrameWriter::push` does, with the one ordering wrong.
fn push_relaxed(script: &ScriptMemory, value: u32) {
    let header = script.memory.header();
    let tail = header.tail.load(Ordering::Relaxed);
    let cell = script.memory.cell(tail);
    cell.kind.store(FrameKind::Number as u32, Ordering::Relaxed);
    let bits = f64::from(value).to_bits();
    cell.value.store(bits, Ordering::Relaxed);
    header.tail.store(tail + 1, Ordering::Relaxed);
}

/// Items through a ring of one: whole, once, in order, wrapped around.
fn ring(fault: Option<Fault>) {
    let script = memory(1);
    let sender = {
        let script = Arc::clone(&script);
        thread::spawn(move || {
            let mut writer = FrameWriter::new(script.memory);
            for value in 0..ITEMS {
                if fault == Some(Fault::TailRelaxed) {
                    push_relaxed(&script, value);
                    continue;
                }
                while writer.push(number(value)) == Err(PushError::Full) {
                    yield_now();
                }
            }
        })
    };
    let mut reader = FrameReader::new(script.memory);
    let mut expected = 0;
    while expected < ITEMS {
        match reader.pop() {
            Some((_, bits, _)) => {
                assert_eq!(bits, f64::from(expected).to_bits());
                expected += 1;
            }
            None => yield_now(),
        }
    }
    sender.join().unwrap();
    assert!(!reader.has_items());
}

/// A receiver that falls asleep beside a sender that sends.
fn sleep_against_send(fault: Option<Fault>) {
    let script = memory(1);
    let bell = Arc::new(Alarm::new());
    let sender = {
        let (script, bell) = (Arc::clone(&script), Arc::clone(&bell));
        thread::spawn(move || {
            let mut writer = FrameWriter::new(script.memory);
            let early = (fault == Some(Fault::LookBeforeChange)).then(|| writer.wait_of_receiver());
            writer.push(number(7)).unwrap();
            if early.unwrap_or_else(|| writer.wait_of_receiver()) == Wait::Native {
                bell.ring();
            }
        })
    };
    let mut reader = FrameReader::new(script.memory);
    let receiver = &script.memory.header().receiver;
    while reader.pop().is_none() {
        receiver.announce(Wait::Native);
        if fault != Some(Fault::NoSecondLook) && reader.has_items() {
            receiver.take_wait();
        } else {
            // Without a bell loom reports the deadlock.
            bell.wait(MonotonicClock, None);
        }
    }
    sender.join().unwrap();
}

/// A feed that waits for room beside a receiver that makes some.
fn room_against_sleep(fault: Option<Fault>) {
    let script = memory(1);
    // SAFETY: the script's memory is kept until the thread was joined.
    let feed = Arc::new(unsafe { Feed::new(script.memory) });
    let producer = {
        let (feed, script) = (Arc::clone(&feed), Arc::clone(&script));
        thread::spawn(move || {
            let hubs = Hubs::default();
            for value in 0..2 {
                feed.send(number(value), &hubs).unwrap();
            }
            drop(script);
        })
    };
    let mut reader = FrameReader::new(script.memory);
    let mut taken = 0;
    while taken < 2 {
        if !reader.has_items() {
            yield_now();
            continue;
        }
        let early = (fault == Some(Fault::LookBeforeChange)).then(|| reader.wait_of_sender());
        reader.pop();
        taken += 1;
        if early.unwrap_or_else(|| reader.wait_of_sender()) == Wait::Native {
            feed.ring();
        }
    }
    producer.join().unwrap();
}

/// The receiver's isolate takes the memory away while the thread writes or waits for room.
fn close_against_feed(fault: Option<Fault>) {
    let script = memory(1);
    // SAFETY: the script's memory is kept until the thread was joined.
    let feed = Arc::new(unsafe { Feed::new(script.memory) });
    let producer = {
        let feed = Arc::clone(&feed);
        thread::spawn(move || {
            let hubs = Hubs::default();
            while feed.send(number(0), &hubs) != Err(FeedClosed) {}
        })
    };
    if fault == Some(Fault::CloseWithoutRing) {
        feed.forget_memory();
    } else {
        feed.close();
    }
    // Nothing is written from here on, which loom would find as a value that changes.
    let tail = script.memory.header().tail.load(Ordering::Acquire);
    producer.join().unwrap();
    assert_eq!(tail, script.memory.header().tail.load(Ordering::Acquire));
}

struct Bell(Arc<Alarm>);

impl Sink for Bell {
    fn wake(&self) {
        self.0.ring();
    }
}

/// The isolate of the sender ends while the receiver goes to sleep in its loop, perhaps between the two
/// halves of a wake-up.
fn loss_against_sleep(writes_before: bool, fault: Option<Fault>) {
    let script = memory(1);
    let hubs = Arc::new(Hubs::default());
    let bell = Arc::new(Alarm::new());
    let staying = hubs.open(Box::new(Bell(Arc::clone(&bell))));
    let leaving = hubs.open(Box::new(Bell(Arc::new(Alarm::new()))));
    // SAFETY: the script's memory outlives both hubs.
    unsafe {
        staying.open_end(script.memory, Side::Receiver);
        leaving.open_end(script.memory, Side::Sender);
    }
    let dying = {
        let hubs = Arc::clone(&hubs);
        let script = Arc::clone(&script);
        thread::spawn(move || {
            if writes_before {
                let header = script.memory.header();
                header.tail.store(1, Ordering::Release);
                // Ended here: the announcement is taken, and nobody was woken.
                header.receiver.wait_after_change();
            }
            if fault != Some(Fault::NoHook) {
                hubs.close(&leaving);
            }
        })
    };
    let header = script.memory.header();
    let is_over = || header.sender.is_gone() || header.tail.load(Ordering::Acquire) > 0;
    while !is_over() {
        header.receiver.announce(Wait::Loop);
        if is_over() {
            break;
        }
        bell.wait(MonotonicClock, None);
    }
    dying.join().unwrap();
    hubs.close(&staying);
}

#[test]
fn loom_channel_items_arrive_whole_once_and_in_order() {
    explore(|| ring(None));
}

#[test]
fn loom_a_channel_tail_without_release_is_found() {
    assert_fault_is_found(|| ring(Some(Fault::TailRelaxed)));
}

#[test]
fn loom_a_receiver_that_falls_asleep_is_woken_by_an_item() {
    explore(|| sleep_against_send(None));
}

#[test]
fn loom_a_receiver_that_does_not_look_again_is_found() {
    assert_fault_is_found(|| sleep_against_send(Some(Fault::NoSecondLook)));
}

#[test]
fn loom_a_sender_that_looks_for_waiters_too_early_is_found() {
    assert_fault_is_found(|| sleep_against_send(Some(Fault::LookBeforeChange)));
}

#[test]
fn loom_a_feed_that_waits_for_room_is_woken_by_a_receive() {
    explore(|| room_against_sleep(None));
}

#[test]
fn loom_a_receiver_that_looks_for_waiters_too_early_is_found() {
    assert_fault_is_found(|| room_against_sleep(Some(Fault::LookBeforeChange)));
}

#[test]
fn loom_a_feed_ends_when_its_memory_is_taken_away() {
    explore(|| close_against_feed(None));
}

#[test]
fn loom_a_feed_that_is_closed_without_a_ring_is_found() {
    assert_fault_is_found(|| close_against_feed(Some(Fault::CloseWithoutRing)));
}

#[test]
fn loom_the_loss_of_a_sender_wakes_a_receiver_that_falls_asleep() {
    explore(|| loss_against_sleep(false, None));
}

#[test]
fn loom_a_sender_that_ends_between_look_and_wake_up_wakes_its_receiver() {
    explore(|| loss_against_sleep(true, None));
}

#[test]
fn loom_an_isolate_that_ends_without_its_hook_is_found() {
    assert_fault_is_found(|| loss_against_sleep(false, Some(Fault::NoHook)));
    assert_fault_is_found(|| loss_against_sleep(true, Some(Fault::NoHook)));
}
