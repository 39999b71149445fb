//! The thread lane: jobs of scripts on native threads.
//!
//! * `frame`, `memory`: how jobs and results lie in the memory that scripts share with the core.
//! * `backlog`: what waits, in order.
//! * `client`, `lane`, `roster`: who submits, who runs, who serves whom.
//! * `dispatch`, `pace`: who gets which jobs, and how many at once.
//! * `definitions`: the functions that jobs name.
//! * `timed_rules`, `timed_alarms`, `timed_workers`, `timed_pool`: workers that run again and again:
//!   when, by what they are woken, where they wait and end, what their owners can do.
//! * `pool`, `exchange`, `reservation`, `pause`: all of it behind one lock, and who wakes whom.

mod backlog;
mod client;
mod definitions;
mod dispatch;
mod exchange;
mod frame;
#[allow(clippy::module_inception, reason = "the lane is the thing itself")]
mod lane;
mod memory;
mod pace;
mod pause;
mod pool;
mod reservation;
mod roster;
#[cfg(test)]
pub(crate) mod script_side;
#[cfg(all(test, not(loom)))]
mod tests;
mod timed_alarms;
mod timed_pool;
mod timed_rules;
mod timed_workers;

#[cfg(all(test, loom))]
pub(crate) use client::Client;
pub use client::ClientId;
pub use dispatch::PoolStats;
pub use exchange::Exchange;
pub use frame::{
    FLAG_LARGE, FRAME_ALIGN, FRAME_HEADER_WORDS, FrameHeader, STATUS_DONE, STATUS_END_LANE,
    STATUS_FAILED, STATUS_GROW, STATUS_LANE_GONE, STATUS_LANE_UP, STATUS_LOST,
};
pub use lane::{JobKey, LaneId};
#[cfg(all(test, loom))]
pub(crate) use lane::{Lane, Taken};
pub use memory::{
    ClientHeader, ClientMemory, LANE_AREA_BYTES, LANE_MEMORY_BYTES, LANE_MEMORY_HEADER,
    LARGEST_FRAME, LaneHeader, LaneMemory,
};
pub use pool::{Abort, Pool, Supply};
pub use reservation::Reservation;
#[cfg(all(test, loom))]
pub(crate) use timed_alarms::{AlarmRings, TimedAlarms, alarm_records};
pub use timed_pool::{TimedStart, TimedState};
pub use timed_rules::{RunEnd, Stopped, TimedOptions};
pub use timed_workers::TimedId;
