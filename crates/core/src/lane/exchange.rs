//! The lane's side of the pool: results in, jobs out, or wait.

use crate::clock::Nanos;
use crate::lane::dispatch::served;
use crate::lane::lane::{LaneId, Stance};
use crate::lane::pace::SPIN_NS;
use crate::lane::pool::{Pool, State};
use crate::lane::roster::Roster;
use crate::sync::{MutexGuard, Ordering, fence, lock, yield_now};
use std::hint::spin_loop;

/// Pauses between two looks of a lane that spins.
const PAUSES: usize = 32;
/// How long a lane that spins keeps the processor for itself.
const KEEP_NS: Nanos = 5_000;

/// What a lane should do after an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Run so many jobs from the inbox.
    Run(u32),
    /// Wait in the event loop until woken.
    Park,
    /// As `Park`, and come again soon without being woken: another lane may leave something.
    Watch,
    /// End.
    Retire,
}

impl Pool {
    /// Publishes the lane's results and gives it its next batch. `retires`: the lane wants to end.
    pub fn exchange(&self, id: LaneId, retires: bool) -> Exchange {
        let mut guard = lock(&self.state);
        if !retires {
            self.show_as_coming(&mut guard.roster, id);
        }
        let was_parked = guard
            .roster
            .lane(id)
            .is_some_and(|lane| lane.stance == Stance::Parked);
        let settled = self.settle(&mut guard, id, retires);
        // Ended runs may have set alarms.
        guard = self.catch_up(guard);
        if let Some(answer) = settled {
            return answer;
        }
        if let Some(count) = self.fill(&mut guard, id) {
            return Exchange::Run(count);
        }
        if self.may_spin(&mut guard, id, was_parked) {
            drop(guard);
            guard = self.spin(id);
            self.spinning.store(0, Ordering::Relaxed);
            let count = self.fill(&mut guard, id);
            if let Some(lane) = guard.roster.lane(id) {
                lane.spin.learn(count.is_some());
            }
            if let Some(count) = count {
                return Exchange::Run(count);
            }
        }
        self.park(&mut guard, id)
    }

    /// Whoever gets one of its results now need not wake another lane for the next job: this one is
    /// about to look for work.
    fn show_as_coming(&self, roster: &mut Roster, id: LaneId) {
        if roster.parked.is_empty() {
            return;
        }
        if let Some(lane) = roster.lane(id)
            && lane.stance == Stance::Running
            && !lane.is_dismissed
        {
            lane.stance = Stance::Woken;
            lane.idle_since_ns = self.clock.now_ns();
            roster.refresh_signals();
        }
    }

    fn settle(&self, state: &mut State, id: LaneId, retires: bool) -> Option<Exchange> {
        state.dispatch.collect_results(&mut state.roster, id);
        state.dispatch.return_unclaimed(&mut state.roster, id);
        let now_ns = self.clock.now_ns();
        let Some(lane) = state.roster.lane(id) else {
            return Some(Exchange::Retire);
        };
        let (claimed, _) = lane.claims();
        lane.pace.finish(now_ns, claimed);
        lane.carry_unended();
        // A lane that is kept for one job may be woken by chance before that job was sent.
        let is_kept = lane.stance == Stance::Reserved && (lane.is_leased || !lane.was_assigned);
        if is_kept && !retires {
            return Some(Exchange::Park);
        }
        if lane.stance != Stance::Retiring && !retires && !lane.is_dismissed {
            if lane.stance != Stance::Parked && lane.stance != Stance::Woken {
                lane.idle_since_ns = now_ns;
            }
            lane.stance = Stance::Running;
            lane.was_assigned = false;
            state.roster.parked.retain(|parked| *parked != id);
            return None;
        }
        // Jobs lie in its port that it has not taken: it was woken for them, and ends after them.
        if !lane.carried.is_empty() {
            return Some(Exchange::Park);
        }
        Some(self.retire_lane(state, id))
    }

    fn retire_lane(&self, state: &mut State, id: LaneId) -> Exchange {
        let roster = &mut state.roster;
        roster.parked.retain(|parked| *parked != id);
        if let Some(lane) = roster.lane(id) {
            lane.stance = Stance::Retiring;
            let home = lane.home;
            self.spread(roster, home);
        }
        roster.refresh_signals();
        Exchange::Retire
    }

    fn fill(&self, state: &mut State, id: LaneId) -> Option<u32> {
        let now_ns = self.clock.now_ns();
        let count = state.dispatch.fill(&mut state.roster, id, now_ns);
        if count == 0 {
            return None;
        }
        state.roster.refresh_signals();
        Some(count as u32)
    }

    fn may_spin(&self, state: &mut State, id: LaneId, was_parked: bool) -> bool {
        let wants = state.roster.lane(id).is_some_and(|lane| lane.spin.wants());
        if !wants || self.spinning.swap(1, Ordering::Relaxed) != 0 {
            return false;
        }
        // Nobody needs to kick while one looks.
        if let Some(lane) = state.roster.lane(id) {
            lane.stance = match was_parked {
                true => Stance::Looking,
                false => Stance::Woken,
            };
        }
        state.roster.refresh_signals();
        true
    }

    /// Looks for work until it is there or the time is over. Waits for no lock while others have
    /// it, and lets others have the processor: the one that is to submit may need this very one.
    fn spin(&self, id: LaneId) -> MutexGuard<'_, State> {
        let started_ns = self.clock.now_ns();
        loop {
            for _ in 0..PAUSES {
                spin_loop();
            }
            let spent_ns = self.clock.now_ns().saturating_sub(started_ns);
            if spent_ns >= SPIN_NS {
                return lock(&self.state);
            }
            if spent_ns >= KEEP_NS {
                yield_now();
            }
            if let Ok(mut guard) = self.state.try_lock()
                && has_work(&mut guard.roster, id, self.clock.now_ns())
            {
                return guard;
            }
        }
    }

    fn park(&self, state: &mut State, id: LaneId) -> Exchange {
        // It may have been dismissed while it looked for work without the lock.
        if state.roster.lane(id).is_some_and(|lane| lane.is_dismissed) {
            return self.retire_lane(state, id);
        }
        state.dispatch.look_after_others(&mut state.roster, id);
        let roster = &mut state.roster;
        let others_run = roster
            .lanes
            .iter()
            .flatten()
            .any(|lane| lane.id != id && lane.stance == Stance::Running && !lane.is_leased);
        let Some(lane) = roster.lane(id) else {
            return Exchange::Retire;
        };
        lane.stance = Stance::Parked;
        lane.watches = others_run;
        let watches = lane.watches;
        roster.parked.push(id);
        roster.refresh_signals();
        // Against a client that writes a job and then looks whether to kick.
        fence(Ordering::SeqCst);
        if has_work(roster, id, self.clock.now_ns()) {
            roster.parked.retain(|parked| *parked != id);
            if let Some(lane) = roster.lane(id) {
                lane.stance = Stance::Running;
            }
            if let Some(count) = self.fill(state, id) {
                return Exchange::Run(count);
            }
            return self.park_quietly(state, id);
        }
        if watches {
            Exchange::Watch
        } else {
            Exchange::Park
        }
    }

    /// Parks although there is work that this lane could not take: it will look again.
    fn park_quietly(&self, state: &mut State, id: LaneId) -> Exchange {
        if let Some(lane) = state.roster.lane(id) {
            lane.stance = Stance::Parked;
            lane.watches = true;
        }
        state.roster.parked.push(id);
        state.roster.refresh_signals();
        Exchange::Watch
    }
}

fn has_work(roster: &mut Roster, id: LaneId, now_ns: Nanos) -> bool {
    let Some(home) = roster.lane(id).map(|lane| lane.home) else {
        return false;
    };
    let has_jobs = served(roster, home).into_iter().any(|client_id| {
        roster
            .client(client_id)
            .is_some_and(|client| client.has_submissions() || client.backlog.len() > 0)
    });
    has_jobs
        || roster
            .lanes
            .iter()
            .flatten()
            .any(|lane| lane.id != id && lane.is_worth_a_theft(now_ns))
}
