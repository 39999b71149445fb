//! The engine: one scheduler behind a lock, served by one thread, shared by all isolates.
//!
//! # Who owns what
//!
//! * The lock guards the queue and every access to memory of an isolate. The thread holds it for
//!   one step at a time. JavaScript takes it to attach, detach, add slots, drain a full ring and
//!   refill a due ring, never to arm, re-arm or cancel. When JavaScript waits for it, the thread
//!   lets it go first.
//! * The thread starts with the first isolate and ends with the last. Both are decided under the
//!   lock, so an isolate that comes while the thread is about to end either keeps it or starts the
//!   next one.
//! * The thread never owns anything of an isolate. `detach` returns only when the thread no longer
//!   touches its memory or its sink.

#[cfg(all(test, not(loom)))]
mod tests;

use crate::alarm::{Alarm, ask_for_punctual_wakes};
use crate::clock::MonotonicClock;
use crate::isolate::IsolateStats;
use crate::scheduler::AddChunkError;
use crate::shared::SharedMemory;
use crate::sink::Sink;
use crate::slot::{Delivery, IsolateId, SlotRecord};
use crate::sync::{AtomicU32, AtomicU64, Mutex, MutexGuard, Ordering, lock, yield_now};
use crate::turn::{Schedulers, Turns};

/// Turns that the thread yields to waiting isolates between two steps.
const YIELDS: usize = 1000;

/// One scheduler with its thread. The process has one, see [`Engine::of_process`].
#[derive(Debug)]
pub struct Engine {
    state: Mutex<State>,
    alarm: Alarm,
    /// Isolates that wait for the lock.
    waiting: AtomicU32,
    clock: MonotonicClock,
}

#[derive(Debug)]
struct State {
    schedulers: Schedulers,
    has_thread: bool,
}

impl State {
    /// Takes on an isolate; true when the caller must start the thread.
    ///
    /// # Safety
    ///
    /// As for [`crate::Scheduler::attach`].
    unsafe fn admit(
        &mut self,
        delivery: Delivery,
        memory: SharedMemory,
        sink: Box<dyn Sink>,
    ) -> (IsolateId, bool) {
        // SAFETY: handed on from this function's contract.
        let id = unsafe { self.schedulers.with(delivery).attach(memory, sink) };
        let needs_thread = !std::mem::replace(&mut self.has_thread, true);
        (id, needs_thread)
    }
}

impl Engine {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                schedulers: Schedulers::new(),
                has_thread: false,
            }),
            alarm: Alarm::new(),
            waiting: AtomicU32::new(0),
            clock: MonotonicClock,
        }
    }

    /// The engine that all isolates of this process share. Making it starts no thread.
    #[cfg(not(loom))]
    pub fn of_process() -> &'static Self {
        static ENGINE: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
        ENGINE.get_or_init(Self::new)
    }

    /// Takes on an isolate and makes sure that the timer thread runs.
    ///
    /// # Errors
    ///
    /// When the system gives no thread; the isolate is then not attached.
    ///
    /// # Safety
    ///
    /// As for [`crate::Scheduler::attach`].
    #[cfg(not(loom))]
    pub unsafe fn attach(
        &'static self,
        delivery: Delivery,
        memory: SharedMemory,
        sink: Box<dyn Sink>,
    ) -> std::io::Result<IsolateId> {
        let mut state = self.lock_from_script();
        // SAFETY: handed on from this function's contract.
        let (id, needs_thread) = unsafe { state.admit(delivery, memory, sink) };
        // Started under the lock: nobody can attach in between and count on a thread that never
        // comes.
        if needs_thread && let Err(error) = self.spawn() {
            state.schedulers.of(id).detach(id);
            state.has_thread = false;
            return Err(error);
        }
        Ok(id)
    }

    /// Forgets an isolate. When this returns, nothing of it is or will be touched.
    pub fn detach(&self, id: IsolateId) {
        let mut state = self.lock_from_script();
        state.schedulers.of(id).detach(id);
        let is_last = state.schedulers.isolate_count() == 0;
        drop(state);
        if is_last {
            self.alarm.ring();
        }
    }

    /// Adds a chunk of slots, see [`crate::Scheduler::add_chunk`].
    ///
    /// # Errors
    ///
    /// See [`AddChunkError`].
    ///
    /// # Safety
    ///
    /// As for [`crate::Scheduler::add_chunk`].
    pub unsafe fn add_chunk(
        &self,
        id: IsolateId,
        records: *const SlotRecord,
    ) -> Result<u32, AddChunkError> {
        let mut state = self.lock_from_script();
        // SAFETY: handed on from this function's contract.
        unsafe { state.schedulers.of(id).add_chunk(id, records) }
    }

    /// Adds a table of intervals, see [`crate::Scheduler::set_intervals`].
    ///
    /// # Safety
    ///
    /// As for [`crate::Scheduler::set_intervals`].
    pub unsafe fn set_intervals(
        &self,
        id: IsolateId,
        number: u32,
        intervals: *const AtomicU64,
    ) -> bool {
        let mut state = self.lock_from_script();
        // SAFETY: handed on from this function's contract.
        unsafe { state.schedulers.of(id).set_intervals(id, number, intervals) }
    }

    /// Wakes the thread: there are commands that cannot wait for its next wake-up.
    pub fn kick(&self) {
        self.alarm.ring();
    }

    /// Reads all command rings on the calling thread. For a full ring.
    pub fn drain(&self) {
        let mut state = self.lock_from_script();
        let now_ns = self.clock.now_ns();
        state.schedulers.drain_commands(now_ns);
    }

    /// Moves the backlog of an isolate into its due ring.
    pub fn refill(&self, id: IsolateId) {
        let mut state = self.lock_from_script();
        let now_ns = self.clock.now_ns();
        state.schedulers.of(id).refill(id, now_ns);
    }

    /// The counters of an isolate.
    pub fn stats(&self, id: IsolateId) -> Option<IsolateStats> {
        self.lock_from_script().schedulers.of(id).stats(id)
    }

    /// True while the timer thread exists.
    pub fn has_thread(&self) -> bool {
        self.lock_from_script().has_thread
    }

    /// `attach` without the start of the thread, which a model does itself.
    ///
    /// # Safety
    ///
    /// As for [`crate::Scheduler::attach`].
    #[cfg(loom)]
    pub(crate) unsafe fn admit(
        &self,
        memory: SharedMemory,
        sink: Box<dyn Sink>,
    ) -> (IsolateId, bool) {
        // SAFETY: handed on from this function's contract.
        unsafe {
            self.lock_from_script()
                .admit(Delivery::HeldApart, memory, sink)
        }
    }

    #[cfg(not(loom))]
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one timer thread of the process"
    )]
    fn spawn(&'static self) -> std::io::Result<()> {
        std::thread::Builder::new()
            .name("backbeat-timer".into())
            .spawn(|| self.run())
            .map(drop)
    }

    /// The life of the timer thread. Ends when no isolate is left.
    pub(crate) fn run(&self) {
        ask_for_punctual_wakes();
        let mut turns = Turns::new();
        loop {
            self.let_isolates_pass();
            let mut state = lock(&self.state);
            if state.schedulers.isolate_count() == 0 {
                state.has_thread = false;
                return;
            }
            state.schedulers.announce_awake();
            let now_ns = self.clock.now_ns();
            let Some(until_ns) = turns.turn(&mut state.schedulers, now_ns) else {
                continue;
            };
            drop(state);
            self.alarm.wait(self.clock, until_ns);
        }
    }

    fn lock_from_script(&self) -> MutexGuard<'_, State> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let state = lock(&self.state);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        state
    }

    /// A lock may be taken again by the thread that just released it while others wait. The thread
    /// therefore steps back when an isolate wants the lock.
    fn let_isolates_pass(&self) {
        for _ in 0..YIELDS {
            if self.waiting.load(Ordering::Relaxed) == 0 {
                return;
            }
            yield_now();
        }
    }
}
