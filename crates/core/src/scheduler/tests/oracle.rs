//! The scheduler against a model that knows, for every slot, the one instant at which it must be
//! handed over. Random programs on a manual clock; each instant is checked on its own.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::manual::ManualEngine;
use crate::script_side::ScriptSide;

/// Few slots, so that they are reused while their old entries are still queued.
const SLOTS: u32 = 6;
const ISOLATES: usize = 3;
/// Small rings: commands are drained by hand and due records wait in the backlog.
const RING: usize = 4;

/// Instant of the hand-over, deadline, and rank among equal deadlines.
type OrderKey = (Nanos, Nanos, Option<u64>);

/// Where an armed actor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Its deadline is to come.
    Waiting,
    /// Handed over at this instant and under this deadline; the isolate has not looked.
    HandedOver { at_ns: Nanos, under_ns: Nanos },
    /// A recurring actor in its tick.
    Ticking,
}

#[derive(Clone, Copy, Debug)]
struct Actor {
    deadline_ns: Nanos,
    /// Rank among equal deadlines. `None` when the core, not the isolate, queued the entry last.
    sequence: Option<u64>,
    interval_ns: Option<Nanos>,
    phase: Phase,
}

/// One isolate with what must happen to its slots.
#[derive(Debug)]
struct Modelled {
    script: ScriptSide,
    id: IsolateId,
    actors: BTreeMap<u32, Actor>,
    handed_over: u64,
    published_ns: Nanos,
}

#[derive(Debug)]
struct World {
    engine: ManualEngine,
    isolates: Vec<Modelled>,
    next_sequence: u64,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    /// Relative to now; negative is overdue.
    Arm(i64),
    ArmRecurring(i64, u64),
    Cancel,
    RearmLater(u64),
    RearmEarlier(i64),
    EndTick,
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Act(usize, u32, Action),
    /// The isolate's event loop comes round.
    Look(usize),
    Advance(u64),
    /// The isolate ends and another one takes its place.
    Replace(usize),
    Sweep,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    // Few distinct values for ties, and far ones that pass through all levels of the queue.
    let delay = prop_oneof![
        (0_i64..6).prop_map(|n| n * 1_000_000),
        -3_i64..50,
        0_i64..3_000_000_000,
        0_i64..1 << 50,
    ];
    // An actor whose tick is not over costs a step per interval, so not too short ones.
    let interval = prop_oneof![300_000_u64..400_000, (1_u64..4).prop_map(|n| n * 1_000_000)];
    let action = prop_oneof![
        4 => delay.clone().prop_map(Action::Arm),
        2 => (delay.clone(), interval).prop_map(|(first, every)| Action::ArmRecurring(first, every)),
        2 => Just(Action::Cancel),
        2 => (1_u64..5_000_000).prop_map(Action::RearmLater),
        1 => delay.prop_map(Action::RearmEarlier),
        3 => Just(Action::EndTick),
    ];
    let advance = prop_oneof![
        0_u64..30,
        (0_u64..4).prop_map(|n| n * 1_000_000),
        0_u64..20_000_000,
    ];
    let isolate = 0..ISOLATES;
    let op = prop_oneof![
        10 => (isolate.clone(), 0..SLOTS, action).prop_map(|(i, slot, action)| Op::Act(i, slot, action)),
        4 => isolate.clone().prop_map(Op::Look),
        4 => advance.prop_map(Op::Advance),
        1 => isolate.prop_map(Op::Replace),
        1 => Just(Op::Sweep),
    ];
    prop::collection::vec(op, 1..120)
}

impl Modelled {
    fn attach(scheduler: &mut Scheduler) -> Self {
        let (script, id) = ScriptSide::attach(scheduler, RING, RING);
        Self {
            script,
            id,
            actors: BTreeMap::new(),
            handed_over: 0,
            published_ns: 0,
        }
    }

    fn arm(&mut self, slot: u32, actor: Actor) {
        let deadline_ns = actor.deadline_ns as f64;
        let is_rearm = self.actors.insert(slot, actor).is_some();
        match actor.interval_ns {
            _ if is_rearm => self.script.rearm_earlier(deadline_ns, slot),
            Some(interval_ns) => self
                .script
                .arm_recurring(deadline_ns, interval_ns as f64, slot),
            None => self.script.arm(deadline_ns, slot),
        };
    }

    /// Everything whose instant has come by `now_ns` must be handed over, and nothing else.
    fn expect_hand_over(&mut self, now_ns: Nanos) {
        for actor in self.actors.values_mut() {
            if actor.phase == Phase::Waiting && actor.deadline_ns <= now_ns {
                actor.phase = Phase::HandedOver {
                    at_ns: now_ns,
                    under_ns: actor.deadline_ns,
                };
                self.handed_over += 1;
                self.published_ns = now_ns;
            }
        }
    }

    /// Checks that this slot was to run and returns the key of its place in the order. `None` for an
    /// actor that was moved after it was handed over: its place is among the others of its look, by
    /// its new deadline.
    fn expect_run(&mut self, slot: u32) -> Option<OrderKey> {
        let Some(actor) = self.actors.get_mut(&slot) else {
            panic!("{slot} ran after its cancel, or twice");
        };
        let Phase::HandedOver { at_ns, under_ns } = actor.phase else {
            panic!("{slot} ran without a due record");
        };
        assert!(actor.deadline_ns <= self.published_ns, "{slot} ran early");
        let was_moved = actor.deadline_ns != under_ns;
        let key = (!was_moved).then_some((at_ns, under_ns, actor.sequence));
        if actor.interval_ns.is_some() {
            actor.phase = Phase::Ticking;
        } else {
            self.actors.remove(&slot);
        }
        key
    }
}

impl World {
    fn new() -> Self {
        let mut engine = ManualEngine::default();
        let isolates = (0..ISOLATES).map(|_| Modelled::attach(&mut engine.scheduler));
        Self {
            isolates: isolates.collect(),
            engine,
            next_sequence: 0,
        }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Act(isolate, index, action) => self.act(isolate, index, action),
            Op::Look(isolate) => self.look(isolate),
            Op::Advance(by_ns) => self.advance(by_ns),
            Op::Replace(isolate) => {
                self.engine.scheduler.detach(self.isolates[isolate].id);
                self.isolates[isolate] = Modelled::attach(&mut self.engine.scheduler);
            }
            Op::Sweep => {
                let scheduler = &mut self.engine.scheduler;
                if !scheduler.queue.is_sweeping() {
                    scheduler.clearing = scheduler.quarantined.len();
                    scheduler.queue.start_sweep();
                }
            }
        }
    }

    fn act(&mut self, isolate: usize, index: u32, action: Action) {
        self.make_room(isolate);
        let now_ns = self.engine.now_ns();
        self.next_sequence += 1;
        let modelled = &mut self.isolates[isolate];
        let slot = modelled.script.slot(index);
        let known = modelled.actors.get(&slot).copied();
        let fresh = |offset_ns: i64, interval_ns| Actor {
            deadline_ns: now_ns.saturating_add_signed(offset_ns),
            sequence: Some(self.next_sequence),
            interval_ns,
            phase: Phase::Waiting,
        };
        match (action, known) {
            (Action::Arm(offset_ns), None) => modelled.arm(slot, fresh(offset_ns, None)),
            (Action::ArmRecurring(offset_ns, interval_ns), None) => {
                modelled.arm(slot, fresh(offset_ns, Some(interval_ns)));
            }
            (Action::RearmEarlier(offset_ns), Some(actor)) if actor.interval_ns.is_none() => {
                modelled.arm(slot, fresh(offset_ns, None));
            }
            (Action::RearmLater(by_ns), Some(mut actor)) if actor.interval_ns.is_none() => {
                actor.deadline_ns = actor.deadline_ns.max(now_ns) + by_ns;
                actor.sequence = None;
                modelled.script.rearm_later(actor.deadline_ns as f64, slot);
                modelled.actors.insert(slot, actor);
            }
            (Action::Cancel, Some(_)) => {
                modelled.script.cancel(slot);
                modelled.actors.remove(&slot);
            }
            (Action::EndTick, Some(mut actor)) if actor.phase == Phase::Ticking => {
                modelled.script.end_tick(slot, || now_ns);
                let interval_ns = actor.interval_ns.expect("only recurring actors tick");
                // The first slot of the grid that is strictly later than the end of the tick.
                let passed = (now_ns - actor.deadline_ns) / interval_ns + 1;
                actor.deadline_ns += passed * interval_ns;
                actor.phase = Phase::Waiting;
                actor.sequence = None;
                modelled.actors.insert(slot, actor);
            }
            _ => {}
        }
    }

    fn advance(&mut self, by_ns: Nanos) {
        let limit_ns = self.engine.now_ns() + by_ns;
        loop {
            let delivered = self.engine.advance(limit_ns);
            let now_ns = self.engine.now_ns();
            for modelled in &mut self.isolates {
                if delivered {
                    modelled.expect_hand_over(now_ns);
                }
                let overdue = modelled.actors.iter().find(|(_, actor)| {
                    actor.phase == Phase::Waiting && actor.deadline_ns <= now_ns
                });
                assert_eq!(overdue.map(|(slot, _)| *slot), None, "lost at {now_ns}");
                let stats = self.engine.scheduler.stats(modelled.id).expect("attached");
                assert_eq!(
                    stats.delivered, modelled.handed_over,
                    "early or doubled at {now_ns}"
                );
            }
            if !delivered {
                return;
            }
        }
    }

    fn look(&mut self, isolate: usize) {
        let now_ns = self.engine.now_ns();
        let modelled = &mut self.isolates[isolate];
        let looked_at_ns = modelled.published_ns;
        let mut order = Vec::new();
        loop {
            // Every record that is left in the ring may turn into a command.
            self.engine.scheduler.drain_commands(now_ns);
            if let Some(slot) = modelled.script.next_due() {
                order.extend(modelled.expect_run(slot));
            } else if modelled.script.needs_refill() {
                self.engine.scheduler.refill(modelled.id, now_ns);
                modelled.published_ns = now_ns;
            } else {
                break;
            }
        }
        for (slot, actor) in &mut modelled.actors {
            if matches!(actor.phase, Phase::HandedOver { .. }) {
                // It was moved later after it was handed over, so its record became a command.
                assert!(actor.deadline_ns > looked_at_ns, "{slot} was lost");
                actor.phase = Phase::Waiting;
            }
        }
        for pair in order.windows(2) {
            assert!(is_in_order(pair[0], pair[1]), "{pair:?}");
        }
    }

    /// As JavaScript does before it writes into a full command ring.
    fn make_room(&mut self, isolate: usize) {
        if !self.isolates[isolate].script.has_room() {
            let now_ns = self.engine.now_ns();
            self.engine.scheduler.drain_commands(now_ns);
        }
    }

    /// Cancels everything and empties the queue: what was counted as stale must all be met.
    fn wind_up(mut self) {
        for isolate in 0..ISOLATES {
            for index in 0..SLOTS {
                self.act(isolate, index, Action::Cancel);
            }
            self.look(isolate);
        }
        // Some dead entries expire, a sweep finds the others.
        self.advance(20 * MS);
        self.apply(Op::Sweep);
        self.advance(0);
        for modelled in &self.isolates {
            let scheduler = &self.engine.scheduler;
            let stats = scheduler.stats(modelled.id).expect("attached");
            assert_eq!((stats.queued, stats.undelivered), (0, 0));
            let counted = modelled.script.header().cancels.load(Ordering::Relaxed);
            assert_eq!(
                counted,
                scheduler.dead_met(modelled.id),
                "the count of the dead drifted"
            );
        }
        assert_eq!(
            (
                self.engine.scheduler.queue.len(),
                self.engine.scheduler.orphans
            ),
            (0, 0)
        );
    }
}

fn is_in_order(earlier: OrderKey, later: OrderKey) -> bool {
    let (earlier_key, later_key) = ((earlier.0, earlier.1), (later.0, later.1));
    let ranks = earlier.2.zip(later.2);
    earlier_key < later_key || earlier_key == later_key && ranks.is_none_or(|(a, b)| a < b)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_actor_is_handed_over_at_its_instant_exactly_once(ops in ops()) {
        let mut world = World::new();
        for op in ops {
            world.apply(op);
        }
        world.wind_up();
    }
}
