//! Channels between isolates: the memory that both ends share, and how an end that waits is woken.
//!
//! # The design in one page
//!
//! The two ends of a channel are JavaScript's, as a rule in two isolates. Items are cells in a ring
//! in memory that both map; the sender writes a cell and raises the tail, the receiver reads it and
//! raises the head, and nobody calls this crate (`memory`). Payloads that do not fit into a cell
//! lie in a second ring of bytes.
//!
//! Waiting is apart from queueing. An end that finds nothing to do announces in its signal word how
//! it waits, looks once more and goes to sleep; the other end, after each change, looks at that
//! word and wakes whoever waits (`signal`). A blocked script is woken by the script at the other
//! end. An event loop is woken through its [`Hub`], which this crate keeps for each isolate. A
//! thread of this crate sleeps in its [`Feed`].
//!
//! * `memory`: the layout, defined once, and the checked access to it.
//! * `signal`: announcing, waking and ending, the protocol that must not lose a wake-up.
//! * `ring`: the ends of the ring in Rust, [`FrameWriter`] for native producers.
//! * `hub`: isolates, the ends they hold, and what happens to those when an isolate ends.
//! * `feed`: a native producer that waits for room and outlives its isolate without harm.

mod feed;
mod hub;
pub(crate) mod memory;
pub(crate) mod ring;
pub(crate) mod signal;
#[cfg(all(test, not(loom)))]
mod tests;

pub use feed::{Feed, FeedClosed};
pub use hub::{Hub, HubId, Hubs};
pub use memory::{ChannelHeader, ChannelLayout, ChannelMemory, FrameCell, channel_layout};
pub use ring::{Frame, FrameKind, FrameWriter, PushError};
pub use signal::{EndSignal, Side};
