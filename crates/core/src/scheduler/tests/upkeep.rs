//! Sweeps, chunk numbers and isolates that come and go.

use super::*;
use crate::script_side::{ScriptSide, SilentSink};

const FAR_NS: f64 = 3.6e12;

/// Arms slots for one far instant, so that all entries share a bucket of the queue.
fn arm_far(script: &mut ScriptSide, indices: std::ops::Range<u32>) {
    for index in indices {
        let slot = script.slot(index);
        script.arm(FAR_NS, slot);
    }
}

fn stats(scheduler: &Scheduler, id: IsolateId) -> IsolateStats {
    scheduler.stats(id).expect("attached")
}

/// Makes enough dead entries for a sweep and runs it to its end.
fn sweep_by_cancels(scheduler: &mut Scheduler) {
    let (mut script, id) = ScriptSide::attach(scheduler, 1 << 15, 8);
    arm_far(&mut script, 0..16_000);
    scheduler.step(0);
    for index in 0..16_000 {
        script.cancel(script.slot(index));
    }
    settle(scheduler, 0);
    assert_eq!(stats(scheduler, id).queued, 0);
    scheduler.detach(id);
}

#[test]
fn a_sweep_starts_when_more_than_half_is_dead_and_leaves_nothing_dead() {
    let (mut scheduler, mut script, id) = one_isolate();
    script.lend_chunk_to(&mut scheduler, id);
    arm_far(&mut script, 0..20_000);
    scheduler.step(0);
    for index in 0..10_000 {
        script.cancel(script.slot(index));
    }
    settle(&mut scheduler, 0);
    assert_eq!(
        stats(&scheduler, id).dead,
        10_000,
        "half is not more than half"
    );
    assert_eq!(stats(&scheduler, id).queued, 20_000);
    script.cancel(script.slot(10_000));
    settle(&mut scheduler, 0);
    assert_eq!(stats(&scheduler, id).dead, 0);
    assert_eq!(stats(&scheduler, id).queued, 9_999);
    assert_eq!(scheduler.queue.len(), 9_999);
    assert_eq!(scheduler.dead_met(id), 10_001);
}

#[test]
fn a_detached_isolate_leaves_no_entries_after_a_sweep() {
    let (mut scheduler, mut script, id) = one_isolate();
    arm_far(&mut script, 0..10_000);
    scheduler.step(0);
    scheduler.detach(id);
    assert_eq!(scheduler.orphans, 10_000);
    settle(&mut scheduler, 0);
    assert_eq!((scheduler.orphans, scheduler.queue.len()), (0, 0));
}

#[test]
fn a_chunk_number_is_reused_only_after_a_sweep() {
    let (mut scheduler, mut script, id) = one_isolate();
    let first = script.slot(0) >> CHUNK_SHIFT;
    arm_far(&mut script, 0..1);
    scheduler.step(0);
    scheduler.detach(id);
    let (second_script, second_id) = ScriptSide::attach(&mut scheduler, 8, 8);
    assert_ne!(second_script.slot(0) >> CHUNK_SHIFT, first);
    scheduler.detach(second_id);
    sweep_by_cancels(&mut scheduler);
    let (third_script, third_id) = ScriptSide::attach(&mut scheduler, 8, 8);
    assert!(
        third_script.slot(0) >> CHUNK_SHIFT <= 1,
        "a number came back"
    );
    scheduler.detach(third_id);
}

/// The old entries carry the token 0 that the records of the newcomer start with, so only their
/// removal keeps them from firing. The bucket is larger than one slice of a sweep: it is looked
/// at for the next wake-up while it is swept.
#[test]
fn entries_of_a_detached_isolate_never_fire_for_the_next_owner_of_the_number() {
    let (mut scheduler, mut script, id) = one_isolate();
    script.lend_chunk_to(&mut scheduler, id);
    arm_far(&mut script, 0..30_000);
    scheduler.step(0);
    scheduler.detach(id);
    settle(&mut scheduler, 0);
    assert_eq!(
        scheduler.quarantined, [0; 0],
        "the sweep gave the numbers back"
    );
    let (mut newcomer, newcomer_id) = ScriptSide::attach(&mut scheduler, 8, 1 << 15);
    newcomer.lend_chunk_to(&mut scheduler, newcomer_id);
    settle(&mut scheduler, FAR_NS as Nanos);
    assert_eq!(run_due(&mut newcomer), []);
    assert_eq!(scheduler.queue.len(), 0);
}

#[test]
fn many_detached_chunks_are_a_reason_to_sweep_by_themselves() {
    let mut scheduler = Scheduler::default();
    for _ in 0..=QUARANTINE_LIMIT {
        let (_script, id) = ScriptSide::attach(&mut scheduler, 1, 1);
        scheduler.detach(id);
    }
    assert_eq!(scheduler.quarantined.len(), QUARANTINE_LIMIT + 1);
    settle(&mut scheduler, 0);
    assert_eq!(scheduler.free_chunks.len(), QUARANTINE_LIMIT + 1);
}

#[test]
fn a_chunk_that_is_detached_during_a_sweep_waits_for_the_next_one() {
    let (mut scheduler, mut script, id) = one_isolate();
    script.lend_chunk_to(&mut scheduler, id);
    let (_late_script, late_id) = ScriptSide::attach(&mut scheduler, 8, 8);
    arm_far(&mut script, 0..30_000);
    scheduler.step(0);
    scheduler.detach(id);
    assert!(
        scheduler.step(0).more,
        "the sweep takes more than one slice"
    );
    scheduler.detach(late_id);
    settle(&mut scheduler, 0);
    assert_eq!(scheduler.quarantined, [2]);
}

#[test]
fn the_id_of_a_detached_isolate_means_nobody_even_when_its_place_is_taken() {
    let (mut scheduler, _script, old_id) = one_isolate();
    scheduler.detach(old_id);
    let (new_script, new_id) = ScriptSide::attach(&mut scheduler, 8, 8);
    assert_eq!(scheduler.stats(old_id), None);
    let mut stray = ScriptSide::new(1, 1);
    stray.lend_chunk(|records, intervals| {
        // SAFETY: a refused chunk is never touched.
        let refused = unsafe { scheduler.add_chunk(old_id, records) };
        assert_eq!(refused, Err(AddChunkError::Detached));
        let number = new_script.slot(0) >> CHUNK_SHIFT;
        // SAFETY: as above.
        assert!(!unsafe { scheduler.set_intervals(old_id, number, intervals) });
        0
    });
    scheduler.detach(old_id);
    assert!(
        scheduler.stats(new_id).is_some(),
        "the newcomer was detached in its place"
    );
}

#[test]
fn a_detached_isolate_drops_its_sink_at_once_and_a_second_detach_does_nothing() {
    #[derive(Debug)]
    struct Held(#[expect(dead_code, reason = "held for its count")] std::sync::Arc<()>);
    impl Sink for Held {
        fn wake(&self) {}
    }
    let mut scheduler = Scheduler::default();
    let script = ScriptSide::new(1, 1);
    let count = std::sync::Arc::new(());
    let sink = Box::new(Held(std::sync::Arc::clone(&count)));
    // SAFETY: the memory outlives the attachment, `detach` is below.
    let id = unsafe { scheduler.attach(script.memory(), sink) };
    scheduler.detach(id);
    assert_eq!(std::sync::Arc::strong_count(&count), 1);
    // SAFETY: as above.
    let next_id = unsafe { scheduler.attach(script.memory(), Box::new(SilentSink)) };
    scheduler.detach(id);
    assert_eq!(scheduler.isolate_count(), 1);
    scheduler.detach(next_id);
}
