//! Jobs that must not start for a while.

use crate::lane::client::ClientId;
use crate::lane::dispatch::give_back;
use crate::lane::lane::{JobKey, LaneId};
use crate::lane::pool::{Pool, State};
use crate::sync::lock;

impl Pool {
    /// Keeps a job from being started until it is resumed. False when it has started, and when it is
    /// paused already. A job that a lane has taken but not claimed is taken back, with what stands
    /// behind it.
    pub fn pause(&self, id: ClientId, slot: u32, sequence: u32, priority: i8) -> bool {
        let mut guard = lock(&self.state);
        let state = &mut *guard;
        let Some(client) = state.roster.client(id) else {
            return false;
        };
        client.drain_submissions();
        if client.backlog.pause(priority, sequence) {
            return true;
        }
        let job = JobKey {
            client: id,
            slot,
            sequence,
        };
        let Some(home) = take_back(state, job) else {
            return false;
        };
        let client = state.roster.client(id);
        let is_paused = client.is_some_and(|client| client.backlog.pause(priority, sequence));
        self.spread(&mut state.roster, home);
        state.roster.refresh_signals();
        is_paused
    }

    /// Lets a paused job start. False when it is not paused. A kick has to follow.
    pub fn resume(&self, id: ClientId, sequence: u32, priority: i8) -> bool {
        let mut state = lock(&self.state);
        let client = state.roster.client(id);
        client.is_some_and(|client| client.backlog.resume(priority, sequence))
    }
}

/// Returns the home of the lane that had taken the job.
fn take_back(state: &mut State, job: JobKey) -> Option<ClientId> {
    let lanes = state.roster.lanes.iter_mut().flatten();
    let found: Option<(LaneId, ClientId, _)> = lanes
        .map(|lane| (lane.id, lane.home, lane.give_up_from(job)))
        .find(|(_, _, given)| !given.is_empty());
    let (lane_id, home, given) = found?;
    give_back(&mut state.roster, lane_id, given);
    Some(home)
}
