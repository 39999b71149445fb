//! Shared memory that holds anything at all: nothing panics, and nobody gets a foreign slot.

use proptest::prelude::*;

use super::*;
use crate::script_side::ScriptSide;

/// Two isolates; the first one is hostile, the second has an actor armed for 50.
fn beside_a_victim() -> (Scheduler, (ScriptSide, IsolateId), (ScriptSide, IsolateId)) {
    let mut scheduler = Scheduler::default();
    let hostile = ScriptSide::attach(&mut scheduler, 8, 8);
    let (mut victim, victim_id) = ScriptSide::attach(&mut scheduler, 8, 8);
    let slot = victim.slot(0);
    victim.arm(50.0, slot);
    scheduler.step(0);
    (scheduler, hostile, (victim, victim_id))
}

/// Writes a command for any slot number, whoever owns it.
fn write_raw(script: &ScriptSide, position: u32, slot: u32, token: u32) {
    let memory = script.memory();
    let cell = memory.command(position);
    cell.deadline_bits.store(1_f64.to_bits(), Ordering::Relaxed);
    cell.slot.store(slot, Ordering::Relaxed);
    cell.token.store(token, Ordering::Relaxed);
    let tail = position.wrapping_add(1);
    memory.header().command_tail.store(tail, Ordering::Release);
}

#[test]
fn a_command_for_a_slot_of_another_isolate_is_refused() {
    let (mut scheduler, (hostile, hostile_id), (mut victim, _)) = beside_a_victim();
    write_raw(&hostile, 0, victim.slot(0), 0);
    scheduler.step(10);
    assert_eq!(run_due(&mut victim), []);
    assert_eq!(hostile.header().due_tail.load(Ordering::Relaxed), 0);
    assert_eq!(scheduler.stats(hostile_id).expect("attached").rejected, 1);
}

#[test]
fn a_command_for_a_slot_of_nobody_is_refused() {
    let (mut scheduler, (hostile, hostile_id), _) = beside_a_victim();
    for (position, slot) in (0..).zip([2 << CHUNK_SHIFT, SLOT_MASK, u32::MAX]) {
        write_raw(&hostile, position, slot, 0);
    }
    scheduler.step(10);
    assert_eq!(scheduler.stats(hostile_id).expect("attached").rejected, 3);
}

#[test]
fn a_due_head_beyond_the_tail_stops_that_isolate_alone() {
    let (mut scheduler, (mut hostile, hostile_id), (mut victim, _)) = beside_a_victim();
    hostile.header().due_head.store(7, Ordering::Relaxed);
    let slot = hostile.slot(0);
    hostile.arm(10.0, slot);
    scheduler.step(50);
    scheduler.refill(hostile_id, 50);
    assert_eq!(
        hostile.header().due_tail.load(Ordering::Relaxed),
        0,
        "nothing was handed over"
    );
    assert!(hostile.needs_refill());
    assert_eq!(run_due(&mut victim), [victim.slot(0)]);
}

#[test]
fn a_count_of_cancels_that_is_made_up_does_not_keep_a_sweep_going() {
    let (mut scheduler, mut script, id) = one_isolate();
    script.lend_chunk_to(&mut scheduler, id);
    for index in 0..30_000 {
        let slot = script.slot(index);
        script.arm(1e12, slot);
    }
    scheduler.step(0);
    script.header().cancels.store(1 << 30, Ordering::Relaxed);
    let mut rounds = 0;
    while scheduler.step(1).more {
        rounds += 1;
        assert!(rounds < 100, "the thread would never sleep");
    }
    assert_eq!(scheduler.stats(id).expect("attached").queued, 30_000);
}

#[derive(Clone, Copy, Debug)]
enum Garbage {
    CommandTail(u32),
    DueHead(u32),
    Cancels(u32),
    Command {
        position: u32,
        slot: u32,
        token: u32,
    },
    Record {
        index: u32,
        deadline_bits: u64,
        token: u32,
        meta: u32,
    },
}

fn garbage() -> impl Strategy<Value = Garbage> {
    let slot = prop_oneof![any::<u32>(), 0_u32..4 << CHUNK_SHIFT, 0_u32..8];
    prop_oneof![
        any::<u32>().prop_map(Garbage::CommandTail),
        prop_oneof![any::<u32>(), 0_u32..16].prop_map(Garbage::DueHead),
        any::<u32>().prop_map(Garbage::Cancels),
        (0_u32..8, slot, 0_u32..3).prop_map(|(position, slot, token)| Garbage::Command {
            position,
            slot,
            token
        }),
        (0_u32..8, any::<u64>(), 0_u32..3, 0_u32..8).prop_map(
            |(index, deadline_bits, token, meta)| {
                Garbage::Record {
                    index,
                    deadline_bits,
                    token,
                    meta,
                }
            }
        ),
    ]
}

fn scribble(script: &ScriptSide, garbage: Garbage) {
    let header = script.header();
    match garbage {
        Garbage::CommandTail(tail) => header.command_tail.store(tail, Ordering::Relaxed),
        Garbage::DueHead(head) => header.due_head.store(head, Ordering::Relaxed),
        Garbage::Cancels(cancels) => header.cancels.store(cancels, Ordering::Relaxed),
        Garbage::Command {
            position,
            slot,
            token,
        } => write_raw(script, position, slot, token),
        Garbage::Record {
            index,
            deadline_bits,
            token,
            meta,
        } => {
            let record = script.record(script.slot(index));
            record.write_deadline(f64::from_bits(deadline_bits));
            record.write_token(token);
            record.write_meta(meta);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_scribbled_memory_harms_nobody_else(
        scribbles in prop::collection::vec((garbage(), 1_u64..20), 1..40),
    ) {
        let (mut scheduler, (hostile, hostile_id), (mut victim, victim_id)) = beside_a_victim();
        let mut now_ns = 0;
        let mut fired_at = Vec::new();
        for (garbage, by_ns) in scribbles {
            scribble(&hostile, garbage);
            now_ns += by_ns;
            scheduler.step(now_ns);
            fired_at.extend(run_due(&mut victim).iter().map(|_| now_ns));
            let memory = hostile.memory();
            for position in 0..memory.due_capacity() {
                let slot = memory.due(position).slot_word.load(Ordering::Relaxed) & SLOT_MASK;
                prop_assert_eq!(slot >> CHUNK_SHIFT, hostile.slot(0) >> CHUNK_SHIFT);
            }
        }
        prop_assert_eq!(fired_at.len(), usize::from(now_ns >= 50));
        prop_assert!(fired_at.iter().all(|at| *at >= 50));
        prop_assert_eq!(scheduler.stats(victim_id).expect("attached").rejected, 0);
        scheduler.detach(hostile_id);
        scheduler.step(u64::MAX - 1);
    }
}
