//! The two rings: nothing is lost, torn or doubled, wrapped around or not.

use std::sync::Arc;

use loom::thread::{self, yield_now};

use super::{assert_fault_is_found, explore};
use crate::ring::{Command, CommandReader, Due, DueWriter};
use crate::script_side::{Fault, ScriptSide};
use crate::sync::{Mutex, lock};

const CAPACITY: usize = 2;
/// One more than the ring holds, so the last one wraps around.
const RECORDS: u32 = 3;

/// A script side with one chunk that belongs to no scheduler.
fn lone_script(fault: Option<Fault>) -> ScriptSide {
    let mut script = ScriptSide::new(CAPACITY, CAPACITY);
    script.fault = fault;
    script.lend_chunk(|_, _| 0);
    script
}

/// JavaScript writes commands, the timer thread reads them as they come.
fn command_ring(fault: Option<Fault>) {
    let mut script = lone_script(fault);
    let memory = script.memory();
    let core = thread::spawn(move || {
        let mut reader = CommandReader::default();
        let mut read = Vec::new();
        while read.len() < RECORDS as usize {
            reader.drain(&memory, |command| read.push(command));
            yield_now();
        }
        read
    });
    for token in 1..=RECORDS {
        while !script.has_room() {
            yield_now();
        }
        script.record(0).write_token(token);
        script.write_command(f64::from(token * 10), 0);
    }
    let written = (1..=RECORDS).map(|token| Command {
        deadline_ns: u64::from(token * 10),
        slot: 0,
        token,
    });
    assert_eq!(core.join().unwrap(), written.collect::<Vec<_>>());
}

/// The timer thread hands over in two batches, of which the second finds no room; JavaScript reads
/// and asks for the rest.
fn due_ring(fault: Option<Fault>) {
    let mut script = lone_script(fault);
    let memory = script.memory();
    let writer = Arc::new(Mutex::new(DueWriter::default()));
    let core = {
        let writer = Arc::clone(&writer);
        thread::spawn(move || {
            for batch in [1..=2, 3..=RECORDS] {
                let mut writer = lock(&writer);
                for token in batch {
                    let due = Due {
                        deadline_bits: f64::from(token).to_bits(),
                        slot_word: token % 2,
                        token,
                    };
                    writer.push(&memory, due);
                }
                writer.publish(&memory, 0);
            }
        })
    };
    let mut expected = 1;
    while expected <= RECORDS {
        if let Some(taken) = script.take_due() {
            let handed = Due {
                deadline_bits: f64::from(expected).to_bits(),
                slot_word: expected % 2,
                token: expected,
            };
            assert_eq!(taken, handed);
            expected += 1;
        } else if script.needs_refill() {
            let mut writer = lock(&writer);
            writer.refill(&memory);
            writer.publish(&memory, 0);
        } else {
            yield_now();
        }
    }
    core.join().unwrap();
    assert_eq!(lock(&writer).unconsumed(&memory), 0);
}

#[test]
fn loom_commands_arrive_whole_once_and_in_order() {
    explore(|| command_ring(None));
}

#[test]
fn loom_a_tail_without_release_is_found() {
    assert_fault_is_found(|| command_ring(Some(Fault::TailRelaxed)));
}

#[test]
fn loom_a_writer_that_ignores_the_room_is_found() {
    assert_fault_is_found(|| command_ring(Some(Fault::RoomIgnored)));
}

#[test]
fn loom_due_records_arrive_whole_once_and_in_order_through_the_backlog() {
    explore(|| due_ring(None));
}

#[test]
fn loom_due_cells_that_are_given_back_too_early_are_found() {
    assert_fault_is_found(|| due_ring(Some(Fault::HeadBeforeRead)));
}
