//! An environment that submits jobs to native threads.

use std::sync::Arc;

use backbeat_core::MonotonicClock;
use backbeat_core::lane::{
    Abort, ClientId, ClientMemory, FrameHeader, LANE_MEMORY_BYTES, Pool, Reservation, Supply,
};
use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::attachment::Attachment;
use crate::memory::LentBuffers;
use crate::wake::{Wake, WakeSink};

/// Answer of `kick` and `reserve`: nothing to do now.
const WAIT: f64 = -1.0;
/// Answer of `kick` and `reserve`: start a thread.
const START: f64 = -2.0;
/// Answer of `kick`: kick again soon.
const LOOK: f64 = -3.0;
/// Answer of `abort`: the lane that runs the job was told.
const TOLD: f64 = 0.0;
/// Answer of `abort`: the job never started.
const DROPPED: f64 = -1.0;
/// Answer of `abort`: the job has ended.
const ENDED: f64 = -2.0;

/// An environment that submits jobs. Detached by `close`, or by its own end.
#[napi]
pub struct NativeLaneClient {
    id: ClientId,
    attachment: Attachment,
    lent: LentBuffers,
}

impl NativeLaneClient {
    /// As the core names it.
    pub(crate) fn client_id(&self) -> ClientId {
        self.id
    }
}

#[napi]
impl NativeLaneClient {
    /// Attaches. `memory` is of the size that `laneLayout` tells; `dispatch` is called on this
    /// thread whenever results wait in it. `sharesLanes`: this is the main thread, whose lanes
    /// outlive every other isolate.
    #[napi(constructor)]
    pub fn new(
        env: &Env,
        memory: ArrayBuffer,
        dispatch: Function<(), ()>,
        shares_lanes: bool,
    ) -> Result<Self> {
        let mut lent = LentBuffers::default();
        let address = lent.hold(env, &memory, LANE_MEMORY_BYTES)?;
        let wake = Wake::new(env, &dispatch)?;
        let sink = Box::new(WakeSink(Arc::clone(&wake)));
        // SAFETY: size and alignment were checked, and the buffer is held until `close` or the
        // cleanup hook has detached the client.
        let id = unsafe {
            let memory = ClientMemory::from_buffer(address);
            Pool::of_process().attach_client(memory, sink, shares_lanes)
        };
        let attachment = Attachment::new(env, wake, move || Pool::of_process().detach_client(id))?;
        Ok(Self {
            id,
            attachment,
            lent,
        })
    }

    /// Names this client to the threads that it starts.
    #[napi(getter)]
    pub fn id(&self) -> u32 {
        self.id.to_bits()
    }

    /// Wakes a lane for what was submitted. -2 when a thread should be started, -3 when
    /// it should be asked again soon, otherwise -1.
    #[napi]
    pub fn kick(&self) -> f64 {
        supply_code(Pool::of_process().kick(self.id))
    }

    /// Reads the ring of jobs on this thread, because it is full.
    #[napi]
    pub fn drain(&self) {
        Pool::of_process().drain(self.id);
    }

    /// Submits a job that is too large for the ring. Its payload is `head`, then `body`.
    #[napi]
    pub fn submit(
        &self,
        slot: u32,
        definition: u32,
        flags: u32,
        sequence: u32,
        head: &[u8],
        body: &[u8],
    ) {
        let header = FrameHeader {
            bytes: 0,
            slot,
            kind: definition,
            flags,
            sequence,
            origin: 0,
        };
        Pool::of_process().submit(self.id, header, joined(head, body));
    }

    /// Moves results that found no room into the ring.
    #[napi]
    pub fn refill(&self) {
        Pool::of_process().refill(self.id);
    }

    /// The payload of a result that is too large for the ring.
    #[napi]
    pub fn take_large_result(&self, slot: u32) -> Option<Buffer> {
        let payload = Pool::of_process().take_large_result(self.id, slot);
        payload.map(Buffer::from)
    }

    /// Blocks this thread until results have come, for at most `limitMs`.
    #[napi]
    pub fn wait_for_results(&self, limit_ms: f64) {
        let until_ns = limit_ms
            .is_finite()
            .then(|| MonotonicClock.now_ns() + (limit_ms * 1e6) as u64);
        Pool::of_process().wait_for_results(self.id, until_ns);
    }

    /// Drops a job that has not started: -1. Tells the lane that runs it: 0. -2 when it has ended. A job
    /// that was sent by port has no priority.
    #[napi]
    pub fn abort(&self, slot: u32, sequence: u32, priority: Option<i32>) -> f64 {
        let priority = priority.map(|priority| priority as i8);
        match Pool::of_process().abort(self.id, slot, sequence, priority) {
            Abort::Dropped => DROPPED,
            Abort::Ended => ENDED,
            Abort::Told => TOLD,
        }
    }

    /// Keeps a job from being started. False when it has started.
    #[napi]
    pub fn pause(&self, slot: u32, sequence: u32, priority: i32) -> bool {
        Pool::of_process().pause(self.id, slot, sequence, priority as i8)
    }

    /// Lets a paused job start, after a kick. False when it is not paused.
    #[napi]
    pub fn resume(&self, sequence: u32, priority: i32) -> bool {
        Pool::of_process().resume(self.id, sequence, priority as i8)
    }

    /// Asks for the end of the thread that runs this job. False when none does any more.
    #[napi]
    pub fn end_lane_of(&self, slot: u32, sequence: u32) -> bool {
        Pool::of_process().end_lane_of(self.id, slot, sequence)
    }

    /// Keeps an idle lane of our own for ourselves: its ticket. -2 when one should be started for
    /// it, -1 when there can be no other.
    #[napi]
    pub fn reserve(&self, is_lease: bool) -> f64 {
        let reservation = match is_lease {
            true => Reservation::Lease,
            false => Reservation::Parcel,
        };
        supply_code(Pool::of_process().reserve(self.id, reservation))
    }

    /// Gives a job to a lane of our own, which finds it in its message port; `isStopped`: and does not
    /// start it. False when it is gone.
    #[napi]
    pub fn assign(&self, ticket: u32, slot: u32, sequence: u32, is_stopped: bool) -> bool {
        Pool::of_process().assign(self.id, ticket, slot, sequence, is_stopped)
    }

    /// Ends a lease.
    #[napi]
    pub fn release(&self, ticket: u32) {
        Pool::of_process().release(self.id, ticket);
    }

    /// Ends all of our lanes but leased ones, after the job that they run.
    #[napi]
    pub fn dismiss(&self) {
        Pool::of_process().dismiss(self.id);
    }

    /// Ends up to `most` of our lanes that were idle for `idleMs`, but keeps `keep`. How many.
    #[napi]
    pub fn retire(&self, most: u32, keep: u32, idle_ms: f64) -> u32 {
        let idle_ns = (idle_ms * 1e6) as u64;
        let ended = Pool::of_process().retire(self.id, most as usize, keep as usize, idle_ns);
        ended as u32
    }

    /// A thread that we were told to start never came up.
    #[napi]
    pub fn lane_failed(&self) {
        Pool::of_process().lane_failed(self.id);
    }

    /// Keeps a definition for the lanes and returns its number.
    #[napi]
    pub fn define(&self, bytes: &[u8]) -> u32 {
        Pool::of_process().define(self.id, bytes)
    }

    /// Forgets a definition.
    #[napi]
    pub fn undefine(&self, number: u32) {
        Pool::of_process().undefine(number);
    }

    /// Holds the process while jobs are under way, or lets it end.
    #[napi]
    pub fn set_ref(&self, env: &Env, is_ref: bool) {
        self.attachment.wake().set_ref(env, is_ref);
    }

    /// Detaches. A second call does nothing.
    #[napi]
    pub fn close(&mut self, env: &Env) {
        if self.attachment.close(env) {
            self.lent.release(env);
        }
    }
}

/// Sets the greatest number of lanes of the process.
#[napi]
pub fn set_lane_limit(limit: u32) {
    Pool::of_process().set_limit(limit as usize);
}

/// Counters of the pool of lanes; see the core's documentation of the same names.
#[napi(object)]
pub struct LanePoolStats {
    pub taken: f64,
    pub batches: f64,
    pub stolen: f64,
    pub lost: f64,
    pub orphaned: f64,
}

/// Counters of the pool of lanes.
#[napi]
pub fn lane_pool_stats() -> LanePoolStats {
    let stats = Pool::of_process().stats();
    LanePoolStats {
        taken: stats.taken as f64,
        batches: stats.batches as f64,
        stolen: stats.stolen as f64,
        lost: stats.lost as f64,
        orphaned: stats.orphaned as f64,
    }
}

/// A payload of two parts in one, filled up to whole words.
pub(crate) fn joined(head: &[u8], body: &[u8]) -> Vec<u8> {
    let bytes = (head.len() + body.len()).next_multiple_of(8);
    let mut payload = Vec::with_capacity(bytes);
    payload.extend_from_slice(head);
    payload.extend_from_slice(body);
    payload.resize(bytes, 0);
    payload
}

fn supply_code(supply: Supply) -> f64 {
    match supply {
        Supply::Wait => WAIT,
        Supply::Start => START,
        Supply::Look => LOOK,
        Supply::Lane(ticket) => f64::from(ticket),
    }
}
