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
use crate::clock::{MonotonicClock, Nanos};
use crate::isolate::IsolateStats;
use crate::lead::Lead;
use crate::pace::Pace;
use crate::scheduler::{AddChunkError, Scheduler};
use crate::shared::SharedMemory;
use crate::sink::Sink;
use crate::slot::{IsolateId, SlotRecord};
use crate::sync::{AtomicU32, AtomicU64, Mutex, MutexGuard, Ordering, lock, yield_now};

/// Announced while the thread is awake or will be within a slack: no command needs a kick.
const AWAKE: f64 = -1.0;
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
    scheduler: Scheduler,
    has_thread: bool,
}

impl State {
    /// Takes on an isolate; true when the caller must start the thread.
    ///
    /// # Safety
    ///
    /// As for [`Scheduler::attach`].
    unsafe fn admit(&mut self, memory: SharedMemory, sink: Box<dyn Sink>) -> (IsolateId, bool) {
        // SAFETY: handed on from this function's contract.
        let id = unsafe { self.scheduler.attach(memory, sink) };
        let needs_thread = !std::mem::replace(&mut self.has_thread, true);
        (id, needs_thread)
    }
}

impl Engine {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                scheduler: Scheduler::default(),
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
    /// As for [`Scheduler::attach`].
    #[cfg(not(loom))]
    pub unsafe fn attach(
        &'static self,
        memory: SharedMemory,
        sink: Box<dyn Sink>,
    ) -> std::io::Result<IsolateId> {
        let mut state = self.lock_from_script();
        // SAFETY: handed on from this function's contract.
        let (id, needs_thread) = unsafe { state.admit(memory, sink) };
        // Started under the lock: nobody can attach in between and count on a thread that never
        // comes.
        if needs_thread && let Err(error) = self.spawn() {
            state.scheduler.detach(id);
            state.has_thread = false;
            return Err(error);
        }
        Ok(id)
    }

    /// Forgets an isolate. When this returns, nothing of it is or will be touched.
    pub fn detach(&self, id: IsolateId) {
        let mut state = self.lock_from_script();
        state.scheduler.detach(id);
        let is_last = state.scheduler.isolate_count() == 0;
        drop(state);
        if is_last {
            self.alarm.ring();
        }
    }

    /// Adds a chunk of slots, see [`Scheduler::add_chunk`].
    ///
    /// # Errors
    ///
    /// See [`AddChunkError`].
    ///
    /// # Safety
    ///
    /// As for [`Scheduler::add_chunk`].
    pub unsafe fn add_chunk(
        &self,
        id: IsolateId,
        records: *const SlotRecord,
    ) -> Result<u32, AddChunkError> {
        let mut state = self.lock_from_script();
        // SAFETY: handed on from this function's contract.
        unsafe { state.scheduler.add_chunk(id, records) }
    }

    /// Adds a table of intervals, see [`Scheduler::set_intervals`].
    ///
    /// # Safety
    ///
    /// As for [`Scheduler::set_intervals`].
    pub unsafe fn set_intervals(
        &self,
        id: IsolateId,
        number: u32,
        intervals: *const AtomicU64,
    ) -> bool {
        let mut state = self.lock_from_script();
        // SAFETY: handed on from this function's contract.
        unsafe { state.scheduler.set_intervals(id, number, intervals) }
    }

    /// Wakes the thread: there are commands that cannot wait for its next wake-up.
    pub fn kick(&self) {
        self.alarm.ring();
    }

    /// Reads all command rings on the calling thread. For a full ring.
    pub fn drain(&self) {
        let mut state = self.lock_from_script();
        let now_ns = self.clock.now_ns();
        state.scheduler.drain_commands(now_ns);
    }

    /// Moves the backlog of an isolate into its due ring.
    pub fn refill(&self, id: IsolateId) {
        let mut state = self.lock_from_script();
        let now_ns = self.clock.now_ns();
        state.scheduler.refill(id, now_ns);
    }

    /// Hands over what is due on the calling thread, which was roused for it.
    pub fn deliver(&self) {
        let mut state = self.lock_from_script();
        let now_ns = self.clock.now_ns();
        state.scheduler.step(now_ns);
    }

    /// The counters of an isolate.
    pub fn stats(&self, id: IsolateId) -> Option<IsolateStats> {
        self.lock_from_script().scheduler.stats(id)
    }

    /// True while the timer thread exists.
    pub fn has_thread(&self) -> bool {
        self.lock_from_script().has_thread
    }

    /// `attach` without the start of the thread, which a model does itself.
    ///
    /// # Safety
    ///
    /// As for [`Scheduler::attach`].
    #[cfg(loom)]
    pub(crate) unsafe fn admit(
        &self,
        memory: SharedMemory,
        sink: Box<dyn Sink>,
    ) -> (IsolateId, bool) {
        // SAFETY: handed on from this function's contract.
        unsafe { self.lock_from_script().admit(memory, sink) }
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
        let mut pace = Pace::new();
        let mut lead = Lead::new();
        loop {
            self.let_isolates_pass();
            let mut state = lock(&self.state);
            if state.scheduler.isolate_count() == 0 {
                state.has_thread = false;
                return;
            }
            let Some(until_ns) = self.turn(&mut state, &mut pace, &mut lead) else {
                continue;
            };
            drop(state);
            self.alarm.wait(self.clock, until_ns);
        }
    }

    /// One step, and the decision how long to sleep. `None` when there is more to do at once; the
    /// inner `None` is a sleep without end.
    fn turn(&self, state: &mut State, pace: &mut Pace, lead: &mut Lead) -> Option<Option<Nanos>> {
        let scheduler = &mut state.scheduler;
        scheduler.announce_wake(AWAKE);
        let now_ns = self.clock.now_ns();
        let step = scheduler.step(now_ns);
        if step.delivered {
            pace.delivered(now_ns);
        }
        if step.more {
            return None;
        }
        if let Some(held_ns) = pace.held_until_ns(now_ns) {
            // Commands that come in during the hold are read at its end, so none needs a kick. But
            // without anything due soon the hold is not worth a wake-up of its own.
            if step.next_wake_ns.is_some_and(|next_ns| next_ns <= held_ns) {
                return Some(Some(held_ns));
            }
        }
        let wake_ns = step
            .next_wake_ns
            .map(|next_ns| wake_ahead(scheduler, lead, now_ns, next_ns));
        let announced = wake_ns.map_or(f64::INFINITY, |ns| ns as f64);
        if scheduler.announce_wake(announced) {
            return None;
        }
        Some(wake_ns)
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

/// When the thread wakes for a deadline: ahead of it where that makes its actor punctual. Rouses the
/// isolate when that time has come.
fn wake_ahead(scheduler: &Scheduler, lead: &mut Lead, now_ns: Nanos, deadline_ns: Nanos) -> Nanos {
    if lead.take(now_ns, deadline_ns) && scheduler.rouse(deadline_ns) {
        return Lead::backstop_ns(deadline_ns);
    }
    lead.plan(now_ns, deadline_ns, || scheduler.lead_ns(deadline_ns))
}
