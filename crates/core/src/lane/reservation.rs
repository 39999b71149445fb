//! Lanes that a client keeps for itself: for one job whose values only a message port can carry, or
//! as a lease for as long as it likes.

use crate::lane::client::ClientId;
use crate::lane::lane::{JobKey, Lane, Stance};
use crate::lane::pool::{Pool, Supply};
use crate::sync::{Ordering, lock};

/// Why a lane is kept for its home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// For one job that goes to it directly.
    Parcel = 0,
    /// For as long as its home likes.
    Lease = 1,
}

impl Pool {
    /// Keeps one of the client's own lanes for jobs that go to it directly.
    pub fn reserve(&self, id: ClientId, reservation: Reservation) -> Supply {
        let mut state = lock(&self.state);
        let roster = &mut state.roster;
        let is_own = |lane: &&Lane| lane.home == id && lane.stance == Stance::Parked;
        let parked = roster
            .lanes
            .iter()
            .flatten()
            .rfind(is_own)
            .map(|lane| (lane.id, lane.ticket));
        let supply = if let Some((parked, ticket)) = parked {
            roster.parked.retain(|other| *other != parked);
            if let Some(lane) = roster.lane(parked) {
                lane.stance = Stance::Reserved;
                lane.is_leased = reservation == Reservation::Lease;
                lane.was_assigned = false;
                lane.watches = false;
            }
            Supply::Lane(ticket)
        } else if reservation == Reservation::Lease {
            Supply::Start
        } else if roster.may_grow(id) {
            if let Some(client) = roster.client(id) {
                client.starting += 1;
            }
            Supply::Start
        } else {
            Supply::Wait
        };
        roster.refresh_signals();
        supply
    }

    /// Gives a job to a lane of the client's own, which finds it in its message port. `is_stopped`: the
    /// lane is told not to start it. False when the lane is gone.
    pub fn assign(
        &self,
        id: ClientId,
        ticket: u32,
        slot: u32,
        sequence: u32,
        is_stopped: bool,
    ) -> bool {
        let mut state = lock(&self.state);
        let job = JobKey {
            client: id,
            slot,
            sequence,
        };
        let Some(lane) = state.roster.lane_of(id, ticket) else {
            return false;
        };
        // It would end without looking into its port again.
        if lane.stance == Stance::Retiring {
            return false;
        }
        lane.carried.push(job);
        if is_stopped {
            lane.abort(job);
        }
        lane.was_assigned = true;
        lane.memory
            .header()
            .assigned
            .fetch_add(1, Ordering::Release);
        lane.sink.wake();
        true
    }

    /// Ends a lease: the lane takes jobs of anybody again, or ends when there are too many.
    pub fn release(&self, id: ClientId, ticket: u32) {
        let mut state = lock(&self.state);
        let is_full = !state.roster.may_grow(id);
        let Some(lane) = state.roster.lane_of(id, ticket) else {
            return;
        };
        if lane.stance == Stance::Reserved {
            lane.stance = if is_full {
                Stance::Retiring
            } else {
                Stance::Woken
            };
            lane.is_leased = false;
            lane.sink.wake();
        }
        state.roster.refresh_signals();
    }

    /// Ends all lanes of a client that are not leased: idle ones at once, others after their job.
    pub fn dismiss(&self, id: ClientId) {
        let mut state = lock(&self.state);
        let lanes = state.roster.lanes.iter_mut().flatten();
        let mut idle = Vec::new();
        for lane in lanes.filter(|lane| lane.home == id && !lane.is_leased) {
            lane.is_dismissed = true;
            if lane.stance == Stance::Parked {
                idle.push(lane.id);
            }
        }
        for lane_id in idle {
            state.roster.wake(lane_id);
        }
        state.roster.refresh_signals();
    }
}
