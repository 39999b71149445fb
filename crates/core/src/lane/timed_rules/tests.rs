use proptest::prelude::*;

use super::{FinishReason, RunEnd, Sequel, Stage, Stopped, TimedOptions, TimedRules};
use crate::clock::Nanos;

const MS: Nanos = 1_000_000;

fn every(interval_ns: Nanos, options: TimedOptions) -> TimedRules {
    let mut rules = TimedRules::new(options);
    rules.start(interval_ns, 0);
    rules
}

fn on_time() -> TimedOptions {
    TimedOptions {
        runs_on_time: true,
        ..TimedOptions::default()
    }
}

/// Starts the next run at its deadline, or at `now_ns` when that is later, and ends it after
/// `busy_ns`. Returns its start.
fn run(rules: &mut TimedRules, now_ns: &mut Nanos, busy_ns: Nanos) -> Nanos {
    let start_ns = rules.deadline_ns.max(*now_ns);
    rules.due();
    rules.taken();
    *now_ns = start_ns + busy_ns;
    rules.ended(RunEnd::Returned, *now_ns);
    start_ns
}

fn starts(options: TimedOptions, busy: [Nanos; 5]) -> Vec<Nanos> {
    let mut rules = every(1000, options);
    let mut now_ns = 0;
    busy.map(|busy_ns| run(&mut rules, &mut now_ns, busy_ns))
        .to_vec()
}

#[test]
fn missed_slots_are_skipped() {
    let starts = starts(on_time(), [2500, 0, 0, 0, 0]);
    assert_eq!(starts, [0, 3000, 4000, 5000, 6000]);
}

#[test]
fn a_slot_at_the_very_end_of_a_run_has_passed() {
    assert_eq!(starts(on_time(), [1000; 5]), [0, 2000, 4000, 6000, 8000]);
}

#[test]
fn missed_slots_are_caught_up() {
    let options = TimedOptions {
        runs_past_events: true,
        ..on_time()
    };
    let starts = starts(options, [2500, 0, 0, 0, 0]);
    assert_eq!(starts, [0, 2500, 2500, 3000, 4000]);
}

#[test]
fn without_a_grid_the_interval_follows_the_end() {
    let starts = starts(TimedOptions::default(), [2500, 100, 0, 0, 0]);
    assert_eq!(starts, [0, 3500, 4600, 5600, 6600]);
}

#[test]
fn retries_wait_longer_and_longer() {
    let options = TimedOptions {
        ignores_exceptions: true,
        ..on_time()
    };
    let mut rules = every(MS, options);
    let mut delays = Vec::new();
    for _ in 0..16 {
        rules.due();
        rules.taken();
        rules.ended(RunEnd::Failed, 0);
        delays.push(rules.deadline_ns / MS);
    }
    let expected = [
        0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000, 1000,
    ];
    assert_eq!(delays, expected);
    assert_eq!(rules.runs, 1);
}

#[test]
fn a_run_that_comes_back_was_none() {
    let mut rules = every(MS, on_time());
    rules.due();
    rules.taken();
    rules.given_back();
    assert_eq!((rules.runs, rules.stage), (0, Stage::Queued));
    assert_eq!(rules.stop(), Stopped::Now);
}

/// The rules as the scripts have them for workers on their own event loop: flags and two alarms.
/// Written after `src/background-worker.ts` and `src/isolate-runs.ts`, line by line.
#[derive(Debug, Default)]
struct Plain {
    options: TimedOptions,
    interval_ns: Nanos,
    running: bool,
    executing: bool,
    paused: bool,
    finish_after_run: bool,
    armed_ns: Option<Nanos>,
    retry_ns: Option<Nanos>,
    resume_ns: Option<Nanos>,
    grid_ns: Nanos,
    retries: u32,
    runs: u32,
    finished: u32,
}

impl Plain {
    fn start(&mut self, first_ns: Nanos) {
        if self.running {
            self.stop();
        }
        self.runs = 0;
        self.running = true;
        self.paused = false;
        self.begin(first_ns);
    }

    fn stop(&mut self) {
        if !self.running {
            return;
        }
        self.running = false;
        self.paused = false;
        self.resume_ns = None;
        self.armed_ns = None;
        if !self.executing {
            self.finished += 1;
            return;
        }
        self.finish_after_run = true;
        if self.retry_ns.take().is_some() {
            self.end_run(false, 0);
        }
    }

    fn pause(&mut self) {
        if !self.running || self.paused {
            return;
        }
        self.paused = true;
        self.resume_ns = None;
        if !self.executing {
            self.armed_ns = None;
        }
    }

    fn unpause(&mut self, at_ns: Nanos) {
        if self.running && self.paused {
            self.paused = false;
            self.begin(at_ns);
        }
    }

    fn restart(&mut self, interval_ns: Nanos, at_ns: Nanos) {
        if self.running {
            self.paused = false;
            self.interval_ns = interval_ns;
            self.begin(at_ns);
        }
    }

    fn work_now(&mut self, now_ns: Nanos) {
        if self.running && !self.executing {
            self.paused = false;
            self.begin(now_ns);
        }
    }

    fn begin(&mut self, at_ns: Nanos) {
        if self.executing {
            self.resume_ns = Some(at_ns);
        } else {
            self.arm(at_ns);
        }
    }

    fn arm(&mut self, at_ns: Nanos) {
        self.armed_ns = Some(at_ns);
        self.grid_ns = at_ns;
    }

    /// What is due now is run; false when nothing is.
    fn fire(&mut self, now_ns: Nanos) -> bool {
        if self.retry_ns.take_if(|at_ns| *at_ns <= now_ns).is_some() {
            return true;
        }
        if self.armed_ns.take_if(|at_ns| *at_ns <= now_ns).is_none() {
            return false;
        }
        self.executing = true;
        self.runs += 1;
        true
    }

    fn end(&mut self, end: RunEnd, now_ns: Nanos) {
        if end == RunEnd::Failed && self.options.ignores_exceptions && !self.finish_after_run {
            let delays_ms = [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
            let delay_ms = delays_ms.get(self.retries as usize).unwrap_or(&1000);
            self.retry_ns = Some(now_ns + delay_ms * MS);
            self.retries += 1;
            return;
        }
        self.end_run(end == RunEnd::Last, now_ns);
    }

    fn end_run(&mut self, is_last: bool, now_ns: Nanos) {
        self.executing = false;
        self.retries = 0;
        if self.finish_after_run {
            self.finish_after_run = false;
            self.finished += 1;
            self.resume();
            return;
        }
        let max_count = self.options.max_count;
        if is_last || max_count > 0 && self.runs >= max_count {
            self.stop();
        } else if !self.paused && !self.resume() {
            self.arm(self.next_ns(now_ns));
        }
    }

    fn resume(&mut self) -> bool {
        let Some(at_ns) = self.resume_ns.take() else {
            return false;
        };
        self.begin(at_ns);
        true
    }

    fn next_ns(&self, now_ns: Nanos) -> Nanos {
        match (self.options.runs_on_time, self.options.runs_past_events) {
            (true, true) => self.grid_ns + self.interval_ns,
            (true, false) if self.interval_ns > 0 => {
                let mut slot_ns = self.grid_ns;
                while slot_ns <= now_ns {
                    slot_ns += self.interval_ns;
                }
                slot_ns.max(self.grid_ns + self.interval_ns)
            }
            _ => now_ns + self.interval_ns,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Pass(Nanos),
    Start(Nanos),
    Stop,
    Pause,
    Unpause(Nanos),
    Restart(Nanos),
    WorkNow,
    Fire,
    GiveBack,
    End(RunEnd),
}

fn acts() -> impl Strategy<Value = Act> {
    let end = prop_oneof![
        4 => Just(RunEnd::Returned),
        1 => Just(RunEnd::Last),
        2 => Just(RunEnd::Failed),
    ];
    prop_oneof![
        4 => (0..5 * MS).prop_map(Act::Pass),
        2 => (0..2 * MS).prop_map(Act::Start),
        1 => Just(Act::Stop),
        1 => Just(Act::Pause),
        1 => (0..2 * MS).prop_map(Act::Unpause),
        1 => (0..3 * MS).prop_map(Act::Restart),
        1 => Just(Act::WorkNow),
        6 => Just(Act::Fire),
        1 => Just(Act::GiveBack),
        5 => end.prop_map(Act::End),
    ]
}

proptest! {
    /// Whatever is asked for and whenever, the next run is where the plain rules put it, the count
    /// is theirs, and a worker is finished as often as theirs.
    #[test]
    fn the_rules_are_those_of_the_event_loop(
        flags in any::<[bool; 3]>(),
        max_count in 0_u32..4,
        interval_ns in prop_oneof![Just(0), 1..3 * MS],
        acts in prop::collection::vec(acts(), 1..80),
    ) {
        let [runs_on_time, runs_past_events, ignores_exceptions] = flags;
        let options = TimedOptions {
            runs_on_time,
            runs_past_events,
            ignores_exceptions,
            max_count,
            least_interval_ns: 0,
        };
        let mut plain = Plain { options, interval_ns, ..Plain::default() };
        let mut rules = TimedRules::new(options);
        let mut finished = 0;
        let mut now_ns = 0;
        for act in acts {
            apply(act, &mut now_ns, &mut plain, &mut rules, &mut finished);
            prop_assert_eq!(rules.is_running, plain.running);
            prop_assert_eq!(rules.is_paused, plain.paused);
            prop_assert_eq!(rules.is_executing(), plain.executing);
            prop_assert_eq!(rules.runs, plain.runs);
            prop_assert_eq!(finished, plain.finished);
            prop_assert_eq!(rules.next_run_ns(), plain.armed_ns.filter(|_| !plain.executing));
            let is_waiting = rules.stage == Stage::Armed;
            prop_assert_eq!(is_waiting, plain.armed_ns.or(plain.retry_ns).is_some());
            if is_waiting {
                prop_assert_eq!(Some(rules.deadline_ns), plain.armed_ns.or(plain.retry_ns));
            }
        }
    }
}

fn apply(
    act: Act,
    now_ns: &mut Nanos,
    plain: &mut Plain,
    rules: &mut TimedRules,
    finished: &mut u32,
) {
    match act {
        Act::Pass(by_ns) => *now_ns += by_ns,
        Act::Start(delay_ns) => {
            plain.start(*now_ns + delay_ns);
            *finished += u32::from(rules.stop() == Stopped::Now);
            rules.start(plain.interval_ns, *now_ns + delay_ns);
        }
        Act::Stop => {
            plain.stop();
            *finished += u32::from(rules.stop() == Stopped::Now);
        }
        Act::Pause => {
            plain.pause();
            rules.pause();
        }
        Act::Unpause(delay_ns) => {
            if rules.is_paused {
                rules.resume(*now_ns + delay_ns);
            }
            plain.unpause(*now_ns + delay_ns);
        }
        Act::Restart(interval_ns) => {
            plain.restart(interval_ns, *now_ns + interval_ns);
            rules.restart(interval_ns, *now_ns + interval_ns);
        }
        Act::WorkNow => {
            if !rules.is_executing() {
                rules.resume(*now_ns);
            }
            plain.work_now(*now_ns);
        }
        Act::Fire => {
            if plain.fire(*now_ns) {
                rules.due();
                rules.taken();
            }
        }
        Act::GiveBack => {
            if rules.stage == Stage::Executing {
                rules.given_back();
                rules.taken();
            }
        }
        Act::End(end) => {
            if rules.stage == Stage::Executing {
                let sequel = rules.ended(end, *now_ns);
                *finished += u32::from(matches!(sequel, Sequel::Finished(_)));
                let is_last = sequel == Sequel::Finished(FinishReason::ReturnedFalse);
                assert!(!is_last || end == RunEnd::Last);
                plain.end(end, *now_ns);
            }
        }
    }
}
