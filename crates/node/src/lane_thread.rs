//! A native thread that runs jobs, from the inside.

use std::sync::Arc;

use backbeat_core::lane::{
    ClientId, Exchange, FrameHeader, LANE_AREA_BYTES, LANE_MEMORY_BYTES, LANE_MEMORY_HEADER,
    LARGEST_FRAME, LaneId, LaneMemory, Pool, Reservation,
};
use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::attachment::Attachment;
use crate::lane_client::joined;
use crate::memory::LentBuffers;
use crate::wake::{Wake, WakeSink};

/// Answer of `exchange`: wait until woken.
const PARK: i32 = 0;
/// Answer of `exchange`: wait until woken, but come again soon anyway.
const WATCH: i32 = -1;
/// Answer of `exchange`: end.
const RETIRE: i32 = -2;

/// Where things stand in the memory of clients and lanes, in bytes.
#[napi(object)]
pub struct LaneLayout {
    pub memory_bytes: u32,
    pub header_bytes: u32,
    pub area_bytes: u32,
    pub largest_frame: u32,
}

/// The layout this binary was built for.
#[napi]
pub fn lane_layout() -> LaneLayout {
    LaneLayout {
        memory_bytes: LANE_MEMORY_BYTES as u32,
        header_bytes: LANE_MEMORY_HEADER as u32,
        area_bytes: LANE_AREA_BYTES,
        largest_frame: LARGEST_FRAME,
    }
}

/// A thread that runs jobs. Detached by `close`, or by its own end.
#[napi]
pub struct NativeLane {
    id: LaneId,
    attachment: Attachment,
    lent: LentBuffers,
}

#[napi]
impl NativeLane {
    /// Attaches. `memory` is of the size that `laneLayout` tells; `dispatch` is called on this
    /// thread when there is work. `home` is the client that started the thread and calls it `ticket`; `reservation` is 0
    /// when it is for anybody, 1 when it was started for one parcel, 2 for a lease.
    #[napi(constructor)]
    pub fn new(
        env: &Env,
        memory: ArrayBuffer,
        dispatch: Function<(), ()>,
        home: u32,
        ticket: u32,
        reservation: u32,
    ) -> Result<Self> {
        let mut lent = LentBuffers::default();
        let address = lent.hold(env, &memory, LANE_MEMORY_BYTES)?;
        let wake = Wake::new(env, &dispatch)?;
        wake.set_ref(env, true);
        let sink = Box::new(WakeSink(Arc::clone(&wake)));
        let reservation = match reservation {
            0 => None,
            1 => Some(Reservation::Parcel),
            _ => Some(Reservation::Lease),
        };
        // SAFETY: size and alignment were checked, and the buffer is held until `close` or the
        // cleanup hook has detached the lane.
        let id = unsafe {
            let memory = LaneMemory::from_buffer(address);
            let home = ClientId::from_bits(home);
            Pool::of_process().attach_lane((home, ticket), memory, sink, reservation)
        };
        let attachment = Attachment::new(env, wake, move || Pool::of_process().detach_lane(id))?;
        Ok(Self {
            id,
            attachment,
            lent,
        })
    }

    /// Publishes results and takes the next batch: the number of jobs in the inbox. 0: wait until
    /// woken. -1: the same, but come again soon. -2: end. May spin for some microseconds.
    #[napi]
    pub fn exchange(&self, retires: bool) -> i32 {
        match Pool::of_process().exchange(self.id, retires) {
            Exchange::Run(count) => count as i32,
            Exchange::Park => PARK,
            Exchange::Watch => WATCH,
            Exchange::Retire => RETIRE,
        }
    }

    /// Publishes the results in the outbox.
    #[napi]
    pub fn publish(&self) {
        Pool::of_process().publish(self.id);
    }

    /// Publishes a result that is too large for the outbox, behind those in it. Its payload is `head`,
    /// then `body`.
    #[napi]
    pub fn publish_large(
        &self,
        slot: u32,
        status: u32,
        sequence: u32,
        origin: u32,
        head: &[u8],
        body: &[u8],
    ) {
        let header = FrameHeader {
            bytes: 0,
            slot,
            kind: status,
            flags: 0,
            sequence,
            origin,
        };
        Pool::of_process().publish_large(self.id, header, joined(head, body));
    }

    /// Jobs to abort: client, slot and sequence of each.
    #[napi]
    pub fn take_aborts(&self) -> Vec<u32> {
        let aborts = Pool::of_process().take_aborts(self.id);
        let numbers = aborts.into_iter();
        numbers
            .flat_map(|(client, job)| [client, job.slot, job.sequence])
            .collect()
    }

    /// The payload of the job that is too large for the inbox.
    #[napi]
    pub fn take_large_job(&self) -> Option<Buffer> {
        Pool::of_process().take_large_job(self.id).map(Buffer::from)
    }

    /// A definition by its number.
    #[napi]
    pub fn definition(&self, number: u32) -> Option<Buffer> {
        let bytes = Pool::of_process().definition(number)?;
        Some(bytes.to_vec().into())
    }

    /// Calls `dispatch` again soon, after the event loop has had its turn.
    #[napi]
    pub fn dispatch_again(&self) {
        self.attachment.wake().call_again();
    }

    /// Detaches. A second call does nothing.
    #[napi]
    pub fn close(&mut self, env: &Env) {
        if self.attachment.close(env) {
            self.lent.release(env);
        }
    }
}
