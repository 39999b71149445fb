//! The ring against a plain queue, and the ends that wait, close and are lost.

#![expect(
    clippy::disallowed_methods,
    reason = "a test joins the threads that it starts"
)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;

use super::memory::script_memory;
use super::ring::{FrameReader, PushError};
use super::signal::Wait;
use super::*;
use crate::sink::Sink;

const PAYLOAD_BYTES: u32 = 256;

fn number(value: f64) -> Frame<'static> {
    Frame {
        kind: FrameKind::Number,
        number: value,
        payload: &[],
    }
}

fn text(payload: &[u8]) -> Frame<'_> {
    Frame {
        kind: FrameKind::AsciiBatch,
        number: 0.0,
        payload,
    }
}

const END: Frame<'static> = Frame {
    kind: FrameKind::End,
    number: 0.0,
    payload: &[],
};

/// Counts how often an isolate was woken.
#[derive(Clone, Default)]
struct CountingSink(Arc<AtomicU32>);

impl Sink for CountingSink {
    fn wake(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Number(f64),
    Text(Vec<u8>),
    Take(usize),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        any::<f64>().prop_map(Operation::Number),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(Operation::Text),
        (1_usize..8).prop_map(Operation::Take),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever is written and taken in whatever order: what comes out is what went in, the bounds
    /// hold, and a full channel has a reason.
    #[test]
    fn the_ring_is_a_bounded_queue(
        capacity in 1_u32..20,
        max_bytes in prop_oneof![Just(0_u32), 1_u32..300],
        operations in prop::collection::vec(operation(), 1..200),
    ) {
        let script = script_memory(capacity, PAYLOAD_BYTES, max_bytes);
        let mut writer = FrameWriter::new(script.memory);
        let mut reader = FrameReader::new(script.memory);
        let mut model: VecDeque<(u64, Vec<u8>)> = VecDeque::new();
        for operation in operations {
            match operation {
                Operation::Number(value) => {
                    let outcome = writer.push(number(value));
                    prop_assert_eq!(outcome.is_ok(), model.len() < capacity as usize);
                    if outcome.is_ok() {
                        model.push_back((value.to_bits(), Vec::new()));
                    }
                }
                Operation::Text(bytes) => {
                    let held: usize = model.iter().map(|(_, payload)| payload.len()).sum();
                    match writer.push(text(&bytes)) {
                        Ok(()) => {
                            prop_assert!(model.len() < capacity as usize);
                            let is_within = held + bytes.len() <= max_bytes as usize;
                            prop_assert!(
                                max_bytes == 0 || model.is_empty() || bytes.is_empty() || is_within
                            );
                            model.push_back((0, bytes));
                        }
                        Err(error) => {
                            prop_assert_eq!(error, PushError::Full);
                            prop_assert!(!model.is_empty(), "an empty channel takes what fits");
                        }
                    }
                }
                Operation::Take(count) => {
                    for _ in 0..count {
                        let taken = reader.pop();
                        match (taken, model.pop_front()) {
                            (None, None) => {}
                            (Some((kind, value, payload)), Some((bits, bytes))) => {
                                prop_assert_eq!(&payload, &bytes);
                                if kind == FrameKind::Number as u32 {
                                    prop_assert_eq!(value, bits);
                                }
                            }
                            (taken, expected) => {
                                prop_assert!(false, "{:?} instead of {:?}", taken, expected);
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_end_finds_room_in_a_full_channel() {
    let script = script_memory(3, PAYLOAD_BYTES, 0);
    let mut writer = FrameWriter::new(script.memory);
    for value in 0..3 {
        assert_eq!(writer.push(number(f64::from(value))), Ok(()));
    }
    assert_eq!(writer.push(number(3.0)), Err(PushError::Full));
    assert_eq!(writer.push(END), Ok(()));
    let mut reader = FrameReader::new(script.memory);
    let kinds: Vec<_> = std::iter::from_fn(|| reader.pop())
        .map(|frame| frame.0)
        .collect();
    assert_eq!(kinds, [1, 1, 1, FrameKind::End as u32]);
}

#[test]
fn a_payload_beyond_the_ring_is_refused_for_good() {
    let script = script_memory(3, PAYLOAD_BYTES, 0);
    let mut writer = FrameWriter::new(script.memory);
    let payload = [0; PAYLOAD_BYTES as usize + 1];
    assert_eq!(writer.push(text(&payload)), Err(PushError::TooLarge));
    assert_eq!(writer.push(text(&payload[1..])), Ok(()));
}

#[test]
fn positions_wrap_around_at_the_end_of_their_range() {
    let script = script_memory(2, PAYLOAD_BYTES, 0);
    let header = script.memory.header();
    let near_the_end = u32::MAX - 2;
    for position in [&header.tail, &header.head] {
        position.store(near_the_end, crate::sync::Ordering::Relaxed);
    }
    let mut writer = FrameWriter::resumed(script.memory);
    let mut reader = FrameReader::resumed(script.memory);
    for value in 0..10 {
        assert_eq!(writer.push(number(f64::from(value))), Ok(()));
        assert_eq!(
            reader.pop().map(|frame| frame.1),
            Some(f64::from(value).to_bits())
        );
    }
    assert_eq!(writer.push(number(0.0)), Ok(()));
    assert_eq!(writer.push(number(0.0)), Ok(()));
    assert_eq!(writer.push(number(0.0)), Err(PushError::Full));
}

#[test]
fn memory_that_describes_something_else_is_refused() {
    let mut words = [0_u64; 100];
    let bytes = size_of_val(&words);
    let address = words.as_mut_ptr().cast::<u8>();
    // SAFETY: the words are there while this is used, aligned to 8.
    let open = |length: usize| unsafe { ChannelMemory::from_buffer(address, length) };
    assert!(open(bytes).is_none(), "no version");
    let layout = channel_layout();
    let geometry = |cells: u32, payload: u32, capacity: u32| {
        // SAFETY: the header is the first part of the words.
        let header = unsafe { &*address.cast::<ChannelHeader>() };
        let relaxed = crate::sync::Ordering::Relaxed;
        header.version.store(layout.version, relaxed);
        header.capacity.store(capacity, relaxed);
        header.cells.store(cells, relaxed);
        header.payload_bytes.store(payload, relaxed);
    };
    geometry(4, 64, 3);
    assert!(open(bytes).is_some());
    assert!(open(layout.cells_at - 1).is_none());
    for (cells, payload, capacity) in [
        (3, 64, 2),
        (0, 64, 0),
        (4, 63, 3),
        (4, 0, 3),
        (4, 64, 4),
        (1 << 31, 64, 3),
        (4, 1 << 31, 3),
    ] {
        geometry(cells, payload, capacity);
        assert!(open(bytes).is_none(), "{cells} {payload} {capacity}");
    }
}

#[test]
fn an_end_that_waits_in_a_loop_is_woken_once_and_found_by_its_key() {
    let hubs = Hubs::default();
    let sink = CountingSink::default();
    let hub = hubs.open(Box::new(sink.clone()));
    let script = script_memory(1, PAYLOAD_BYTES, 0);
    // SAFETY: the memory outlives the hub.
    let key = unsafe { hub.open_end(script.memory, Side::Receiver) };
    hubs.wake(hub.id().0, key);
    hubs.wake(hub.id().0, key);
    hubs.wake(hub.id().0, key + 1);
    hubs.wake(hub.id().0 + 1, key);
    assert_eq!(sink.0.load(Ordering::Relaxed), 1);
    let mut keys = [u32::MAX; 4];
    assert_eq!(hub.take_ready(&mut keys), 2);
    assert_eq!(keys[..2], [key, key]);
    assert_eq!(hub.take_ready(&mut keys), 0);
}

#[test]
fn the_end_of_an_isolate_is_told_to_the_other_ends_of_its_channels() {
    let hubs = Hubs::default();
    let sink = CountingSink::default();
    let (staying, leaving) = (
        hubs.open(Box::new(sink.clone())),
        hubs.open(Box::new(sink.clone())),
    );
    let script = script_memory(1, PAYLOAD_BYTES, 0);
    // SAFETY: the memory outlives both hubs.
    unsafe {
        staying.open_end(script.memory, Side::Receiver);
        leaving.open_end(script.memory, Side::Sender);
    }
    let header = script.memory.header();
    header.receiver.announce(Wait::Loop);
    hubs.close(&leaving);
    assert!(header.sender.is_gone());
    assert!(!header.receiver.is_gone());
    assert_eq!(sink.0.load(Ordering::Relaxed), 1);
    hubs.close(&staying);
    hubs.close(&staying);
}

#[test]
fn an_end_that_was_closed_or_forgotten_is_not_lost() {
    let hubs = Hubs::default();
    let hub = hubs.open(Box::new(CountingSink::default()));
    let (closed, forgotten) = (
        script_memory(1, PAYLOAD_BYTES, 0),
        script_memory(1, PAYLOAD_BYTES, 0),
    );
    // SAFETY: the memory outlives the hub.
    let key = unsafe {
        hub.open_end(closed.memory, Side::Sender);
        hub.open_end(forgotten.memory, Side::Sender)
    };
    closed.memory.header().sender.close();
    hub.forget_end(key);
    assert_eq!(hub.end_count(), 1);
    hubs.close(&hub);
    assert!(!forgotten.memory.header().sender.is_gone());
}

#[test]
fn a_feed_waits_for_room_and_ends_when_its_memory_is_taken_away() {
    let script = Box::leak(Box::new(script_memory(2, PAYLOAD_BYTES, 0)));
    // SAFETY: the memory is never freed.
    let feed = Arc::new(unsafe { Feed::new(script.memory) });
    let producer = Arc::clone(&feed);
    let thread = thread::spawn(move || {
        let hubs = Hubs::default();
        let mut sent = 0;
        while producer.send(number(f64::from(sent)), &hubs).is_ok() {
            sent += 1;
        }
        sent
    });
    let mut reader = FrameReader::new(script.memory);
    for value in 0..1000 {
        while !reader.has_items() {
            script.memory.header().receiver.announce(Wait::Native);
            if reader.has_items() {
                script.memory.header().receiver.take_wait();
            } else {
                feed.wait_for_items(Duration::from_secs(5));
            }
        }
        assert_eq!(
            reader.pop().map(|frame| frame.1),
            Some(f64::from(value).to_bits())
        );
        if reader.wait_of_sender() == Wait::Native {
            feed.ring();
        }
    }
    feed.close();
    let sent = thread.join().expect("the producer ends");
    assert!((1000..=1002).contains(&sent));
}

#[test]
fn several_threads_that_wait_for_room_in_one_feed_all_go_on() {
    const THREADS: usize = 4;
    const ITEMS: usize = 500;
    let script = Box::leak(Box::new(script_memory(2, PAYLOAD_BYTES, 0)));
    // SAFETY: the memory is never freed.
    let feed = Arc::new(unsafe { Feed::new(script.memory) });
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let producer = Arc::clone(&feed);
            thread::spawn(move || {
                let hubs = Hubs::default();
                for _ in 0..ITEMS {
                    producer
                        .send(number(1.0), &hubs)
                        .expect("the receiver is there");
                }
            })
        })
        .collect();
    let mut reader = FrameReader::new(script.memory);
    for _ in 0..THREADS * ITEMS {
        while reader.pop().is_none() {
            thread::yield_now();
        }
        if reader.wait_of_sender() == Wait::Native {
            feed.ring();
        }
    }
    for thread in threads {
        thread.join().expect("every thread ends");
    }
}
