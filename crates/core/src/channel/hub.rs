//! The isolates that hold ends of channels: how each is woken, and what happens to its ends when it
//! ends itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::memory::ChannelMemory;
use super::signal::{EndSignal, Side, Wait};
use crate::sink::Sink;
use crate::sync::{AtomicU32, Mutex, Ordering, lock};

/// Number of a hub, unique in the process; 0 is nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubId(pub u32);

/// All hubs of the process.
#[derive(Debug)]
pub struct Hubs {
    next_id: AtomicU32,
    open: Mutex<BTreeMap<u32, Arc<Hub>>>,
}

/// One isolate as channels see it.
pub struct Hub {
    id: HubId,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// `None` once the isolate has ended.
    sink: Option<Box<dyn Sink>>,
    /// Keys of ends that were woken and not looked at yet.
    ready: Vec<u32>,
    ends: BTreeMap<u32, End>,
    next_key: u32,
}

struct End {
    memory: ChannelMemory,
    side: Side,
}

impl End {
    fn own(&self) -> &EndSignal {
        match self.side {
            Side::Sender => &self.memory.header().sender,
            Side::Receiver => &self.memory.header().receiver,
        }
    }

    fn other(&self) -> &EndSignal {
        match self.side {
            Side::Sender => &self.memory.header().receiver,
            Side::Receiver => &self.memory.header().sender,
        }
    }
}

impl Default for Hubs {
    fn default() -> Self {
        Self {
            next_id: AtomicU32::new(1),
            open: Mutex::new(BTreeMap::new()),
        }
    }
}

impl Hubs {
    /// The hubs that all isolates of this process share.
    #[cfg(not(loom))]
    pub fn of_process() -> &'static Self {
        static HUBS: std::sync::OnceLock<Hubs> = std::sync::OnceLock::new();
        HUBS.get_or_init(Self::default)
    }

    /// Takes on an isolate.
    pub fn open(&self, sink: Box<dyn Sink>) -> Arc<Hub> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let hub = Arc::new(Hub {
            id: HubId(id),
            state: Mutex::new(State {
                sink: Some(sink),
                ..State::default()
            }),
        });
        lock(&self.open).insert(id, Arc::clone(&hub));
        hub
    }

    /// Wakes the event loop that waits at an end. A hub or a key that is gone is no error: the end
    /// was closed meanwhile.
    pub fn wake(&self, hub: u32, key: u32) {
        let hub = lock(&self.open).get(&hub).cloned();
        if let Some(hub) = hub {
            hub.wake(key);
        }
    }

    /// Forgets an isolate and tells the other ends of its channels. When this returns, nothing of
    /// the isolate is or will be touched.
    pub fn close(&self, hub: &Hub) {
        lock(&self.open).remove(&hub.id.0);
        let mut woken = Vec::new();
        let mut state = lock(&hub.state);
        state.sink = None;
        for end in std::mem::take(&mut state.ends).into_values() {
            end.own().lose();
            // Without an announcement, too: the isolate may have been ended after it had taken one
            // and before it woke. A blocked script is not woken: it looks at the signals from time
            // to time. Native threads have their own way to learn of it.
            if matches!(end.other().wait_after_change(), Wait::Loop | Wait::No) {
                woken.push(end.other().owner());
            }
        }
        drop(state);
        for (other, key) in woken {
            self.wake(other, key);
        }
    }
}

impl Hub {
    /// Number by which the other end of a channel names this isolate.
    pub fn id(&self) -> HubId {
        self.id
    }

    /// Takes an end of a channel for this isolate and returns its key.
    ///
    /// # Safety
    ///
    /// The memory stays valid until the end is forgotten or the hub is closed.
    pub unsafe fn open_end(&self, memory: ChannelMemory, side: Side) -> u32 {
        let mut state = lock(&self.state);
        let key = state.next_key;
        state.next_key = key.wrapping_add(1);
        let end = End { memory, side };
        end.own().open(self.id.0, key);
        state.ends.insert(key, end);
        key
    }

    /// Gives an end up. It is not told to the other end, which has learnt it from the owner.
    pub fn forget_end(&self, key: u32) {
        lock(&self.state).ends.remove(&key);
    }

    /// Moves the keys of woken ends into `into`, as many as fit. Returns how many.
    pub fn take_ready(&self, into: &mut [u32]) -> usize {
        let mut state = lock(&self.state);
        let count = state.ready.len().min(into.len());
        for (place, key) in into.iter_mut().zip(state.ready.drain(..count)) {
            *place = key;
        }
        count
    }

    /// Number of ends that this isolate holds.
    pub fn end_count(&self) -> usize {
        lock(&self.state).ends.len()
    }

    fn wake(&self, key: u32) {
        let mut state = lock(&self.state);
        let is_first = state.ready.is_empty();
        if state.sink.is_none() || !state.ends.contains_key(&key) {
            return;
        }
        state.ready.push(key);
        // The others of a burst are found with the first one.
        if is_first && let Some(sink) = &state.sink {
            sink.wake();
        }
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Hub")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
