//! The queue against a plain ordered map, which is the oracle for every dispute about order.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{DeadlineQueue, Entry};

#[derive(Default)]
struct Oracle {
    entries: BTreeMap<(u64, u64), u32>,
    next_sequence: u64,
}

impl Oracle {
    fn insert(&mut self, deadline_ns: u64, slot: u32) {
        self.entries.insert((deadline_ns, self.next_sequence), slot);
        self.next_sequence += 1;
    }

    fn pop_due(&mut self, now_ns: u64) -> Vec<(u64, u32)> {
        let later = self.entries.split_off(&(now_ns + 1, 0));
        let due = std::mem::replace(&mut self.entries, later);
        due.into_iter().map(|((at, _), slot)| (at, slot)).collect()
    }
}

fn entry(deadline_ns: u64, slot: u32) -> Entry {
    Entry {
        deadline_ns,
        slot_word: slot,
        token: 0,
    }
}

fn pop_all_due(queue: &mut DeadlineQueue, now_ns: u64, limit: usize) -> Vec<(u64, u32)> {
    let mut due = Vec::new();
    while queue.pop_due(now_ns, limit, |entry, _| {
        due.push((entry.deadline_ns, entry.slot_word));
        None
    }) {}
    due
}

#[derive(Clone, Debug)]
enum Step {
    /// Insert at now + offset; a negative offset is overdue.
    Insert(i64),
    /// Move the time on.
    Advance(u64),
    /// Call every entry dead whose slot number is divisible by this, and sweep a slice.
    Sweep(u32, usize),
}

fn offsets() -> impl Strategy<Value = i64> {
    prop_oneof![
        -2_000_000_i64..2_000_000,
        0_i64..400_000_000,
        0_i64..100_000_000_000,
        0_i64..10_000_000_000_000_000,
        // Few distinct values, for ties.
        (0_i64..8).prop_map(|n| n * 50_000_000),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => offsets().prop_map(Step::Insert),
        3 => prop_oneof![0_u64..3_000_000, 0_u64..500_000_000, 0_u64..200_000_000_000, Just(1 << 54)]
            .prop_map(Step::Advance),
        1 => (2_u32..5, 0_usize..2000).prop_map(|(divisor, budget)| Step::Sweep(divisor, budget)),
    ];
    prop::collection::vec(step, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn pops_in_deadline_then_sequence_order_like_an_ordered_map(
        steps in steps(),
        limit in 1_usize..50,
    ) {
        let mut queue = DeadlineQueue::new();
        let mut oracle = Oracle::default();
        let mut now_ns = 0_u64;
        for (slot, step) in steps.iter().enumerate() {
            match *step {
                Step::Insert(offset) => {
                    let deadline_ns = now_ns.saturating_add_signed(offset);
                    queue.insert(entry(deadline_ns, slot as u32));
                    oracle.insert(deadline_ns, slot as u32);
                }
                Step::Advance(by) => {
                    now_ns += by;
                    prop_assert_eq!(pop_all_due(&mut queue, now_ns, limit), oracle.pop_due(now_ns));
                }
                Step::Sweep(divisor, budget) => {
                    queue.start_sweep();
                    let mut swept = Vec::new();
                    let dropped = queue.sweep_slice(budget, |e| {
                        let dead = e.slot_word % divisor == 0;
                        if dead { swept.push(e.slot_word); }
                        dead
                    });
                    prop_assert_eq!(dropped, swept.len());
                    oracle.entries.retain(|_, slot| !swept.contains(slot));
                }
            }
            prop_assert_eq!(queue.len(), oracle.entries.len());
            let earliest = oracle.entries.keys().next().map(|(at, _)| *at);
            let wake = queue.next_wake_ns();
            prop_assert_eq!(wake.is_some(), earliest.is_some());
            prop_assert!(wake <= earliest, "wakes at {:?}, after {:?}", wake, earliest);
        }
        prop_assert_eq!(pop_all_due(&mut queue, u64::MAX, limit), oracle.pop_due(u64::MAX - 1));
    }
}

#[test]
fn a_whole_sweep_finds_every_entry_that_was_dead_when_it_started() {
    let mut queue = DeadlineQueue::new();
    for slot in 0..10_000_u32 {
        queue.insert(entry(u64::from(slot) * 7_000_000, slot));
    }
    queue.start_sweep();
    let mut now_ns = 0;
    while queue.is_sweeping() {
        queue.sweep_slice(100, |e| e.slot_word % 2 == 1);
        now_ns += 50_000_000;
        pop_all_due(&mut queue, now_ns, usize::MAX);
    }
    assert!(
        queue.len() > 1000,
        "the sweep must end before the queue is empty"
    );
    let rest = pop_all_due(&mut queue, u64::MAX, usize::MAX);
    assert!(rest.iter().all(|(_, slot)| slot % 2 == 0));
}

#[test]
fn an_entry_given_back_takes_its_place_among_those_still_due() {
    let mut queue = DeadlineQueue::new();
    for slot in 1..=3 {
        queue.insert(entry(u64::from(slot) * 5_000_000, slot));
    }
    let mut order = Vec::new();
    queue.pop_due(100_000_000, 100, |e, _| {
        order.push((e.deadline_ns / 1_000_000, e.slot_word));
        (e.slot_word == 1 && e.deadline_ns == 5_000_000).then(|| entry(12_000_000, 1))
    });
    assert_eq!(order, [(5, 1), (10, 2), (12, 1), (15, 3)]);
}

#[test]
fn a_lone_far_entry_is_waited_for_without_stops_on_the_way() {
    let mut queue = DeadlineQueue::new();
    let hour_ns = 3_600_000_000_000;
    queue.insert(entry(hour_ns, 1));
    assert_eq!(queue.next_wake_ns(), Some(hour_ns));
}

#[test]
fn the_far_end_of_time_is_a_valid_deadline() {
    let mut queue = DeadlineQueue::new();
    queue.insert(entry(u64::MAX, 1));
    queue.insert(entry((1 << 53) * 1000, 2));
    assert_eq!(pop_all_due(&mut queue, u64::MAX - 1, 10).len(), 1);
    assert_eq!(pop_all_due(&mut queue, u64::MAX, 10).len(), 1);
}
