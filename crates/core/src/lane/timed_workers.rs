//! The timed workers of all isolates, and what joins them to clients and lanes.
//!
//! A worker is armed, queued at its owner like a job, taken by a lane in a frame like that of a job,
//! and its end decides here and at once when it runs next. The owner is told of failures and of the
//! end of the worker, not of every run.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::clock::Nanos;
use crate::lane::client::{ClientId, fit_header};
use crate::lane::frame::{
    FLAG_PORT, FRAME_HEADER_WORDS, FrameHeader, STATUS_DONE, STATUS_LOST, STATUS_RUN_FAILED,
    STATUS_RUN_LAST, STATUS_RUN_LOST, STATUS_RUN_OVER, STATUS_WORKER_FINISHED, STATUS_WORKER_IDLE,
};
use crate::lane::lane::JobKey;
use crate::lane::roster::Roster;
use crate::lane::timed_alarms::TimedAlarms;
use crate::lane::timed_rules::{RunEnd, Sequel, Stage, TimedRules};

/// Bit of a frame's slot: the rest is the number of a timed worker.
pub(crate) const TIMED_SLOT: u32 = 1 << 31;
/// Words between the header of a run's frame and its arguments: runs so far, generation.
const RUN_WORDS: usize = 1;

/// Names a timed worker. The generation keeps a late request away from a worker that came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimedId {
    /// Its place in the table.
    pub index: u32,
    /// See above; 21 bits, so that a script can hold both in one number.
    pub generation: u32,
}

const GENERATION_MASK: u32 = (1 << 21) - 1;

/// One timed worker.
#[derive(Debug)]
pub(crate) struct TimedWorker {
    pub(crate) generation: u32,
    pub(crate) owner: ClientId,
    pub(crate) rules: TimedRules,
    pub(crate) definition: u32,
    /// What its function is called with, as its owner encoded it.
    pub(crate) arguments: Arc<[u8]>,
    /// Only lanes of its owner can run it.
    pub(crate) stays_home: bool,
    /// Its owner keeps the time: a manual clock.
    pub(crate) is_timed_by_owner: bool,
    /// Counts the times it was queued; names one attempt.
    pub(crate) attempt: u32,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct TimedWorkers {
    /// Made with the first worker.
    pub(crate) alarms: Option<TimedAlarms>,
    workers: Vec<Option<Box<TimedWorker>>>,
    free: Vec<u32>,
    generations: u32,
}

impl TimedWorkers {
    /// True when there is an alarm for one more worker.
    pub(crate) fn has_room(&self) -> bool {
        let capacity = self.alarms.as_ref().map_or(0, TimedAlarms::capacity);
        !self.free.is_empty() || self.workers.len() < capacity
    }

    pub(crate) fn get(&self, id: TimedId) -> Option<&TimedWorker> {
        let worker = self.at(id.index)?;
        (worker.generation == id.generation).then_some(worker)
    }

    pub(crate) fn get_mut(&mut self, id: TimedId) -> Option<&mut TimedWorker> {
        let worker = self.workers.get_mut(id.index as usize)?.as_deref_mut()?;
        (worker.generation == id.generation).then_some(worker)
    }

    fn at(&self, index: u32) -> Option<&TimedWorker> {
        self.workers.get(index as usize)?.as_deref()
    }

    /// The worker whose attempt a lane has.
    fn of_job(&self, job: JobKey) -> Option<TimedId> {
        let index = job.slot & !TIMED_SLOT;
        let worker = self.at(index)?;
        let is_it = worker.owner == job.client
            && worker.attempt == job.sequence
            && worker.rules.stage == Stage::Executing;
        is_it.then_some(TimedId {
            index,
            generation: worker.generation,
        })
    }

    /// True when a run may not go to a lane of `home`.
    pub(crate) fn keeps_from(&self, job: JobKey, home: ClientId) -> bool {
        let worker = self.at(job.slot & !TIMED_SLOT);
        job.is_timed() && job.client != home && worker.is_some_and(|worker| worker.stays_home)
    }

    /// The attempt of a worker that a lane has.
    pub(crate) fn job_of(&self, id: TimedId) -> Option<JobKey> {
        let worker = self.get(id)?;
        let job = JobKey {
            client: worker.owner,
            slot: id.index | TIMED_SLOT,
            sequence: worker.attempt,
        };
        (worker.rules.stage == Stage::Executing).then_some(job)
    }

    fn insert(&mut self, mut worker: Box<TimedWorker>) -> TimedId {
        self.generations = (self.generations + 1) & GENERATION_MASK;
        worker.generation = self.generations;
        let index = self.free.pop().unwrap_or_else(|| {
            self.workers.push(None);
            self.workers.len() as u32 - 1
        });
        self.workers[index as usize] = Some(worker);
        TimedId {
            index,
            generation: self.generations,
        }
    }

    fn remove(&mut self, id: TimedId) {
        if self.get(id).is_none() {
            return;
        }
        self.workers[id.index as usize] = None;
        self.free.push(id.index);
    }

    fn ids_of(&self, owner: ClientId) -> Vec<TimedId> {
        let workers = self.workers.iter().enumerate();
        let owned = workers.filter_map(|(index, worker)| {
            let worker = worker.as_deref().filter(|worker| worker.owner == owner)?;
            Some(TimedId {
                index: index as u32,
                generation: worker.generation,
            })
        });
        owned.collect()
    }
}

/// Runs of a client's timed workers that wait for a thread, in the order in which they came due.
#[derive(Debug, Default)]
pub(crate) struct DueRuns {
    /// Worker and attempt; entries of what was taken out meanwhile are passed over.
    anywhere: VecDeque<(TimedId, u32)>,
    /// Those for lanes of the client itself.
    at_home: VecDeque<(TimedId, u32)>,
    waiting: usize,
}

impl DueRuns {
    pub(crate) fn len(&self) -> usize {
        self.waiting
    }

    /// True when what waits first is for lanes of the client itself.
    pub(crate) fn keeps_home(&self) -> bool {
        !self.at_home.is_empty()
    }

    fn queue(&mut self, stays_home: bool) -> &mut VecDeque<(TimedId, u32)> {
        if stays_home {
            &mut self.at_home
        } else {
            &mut self.anywhere
        }
    }
}

impl JobKey {
    pub(crate) fn is_timed(self) -> bool {
        self.slot & TIMED_SLOT != 0
    }
}

impl Roster {
    /// Takes on a worker, not started yet.
    pub(crate) fn add_timed(&mut self, worker: TimedWorker) -> TimedId {
        if let Some(client) = self.client(worker.owner) {
            client.timed_workers += 1;
        }
        self.timed.insert(Box::new(worker))
    }

    /// Lets only the owner's own lanes run a worker, or all.
    pub(crate) fn keep_timed_home(&mut self, id: TimedId, stays_home: bool) {
        let Some(worker) = self.timed.get_mut(id) else {
            return;
        };
        let is_queued = worker.rules.stage == Stage::Queued;
        let (owner, attempt) = (worker.owner, worker.attempt);
        let stayed_home = std::mem::replace(&mut worker.stays_home, stays_home);
        if stayed_home == stays_home {
            return;
        }
        if let Some(client) = self.client(owner) {
            client.timed_at_home -= usize::from(stayed_home);
            client.timed_at_home += usize::from(stays_home);
            if is_queued {
                let due = &mut client.backlog.due;
                due.queue(stayed_home).retain(|(other, _)| *other != id);
                due.queue(stays_home).push_back((id, attempt));
            }
        }
    }

    /// Forgets a worker that is not under way. False when it is.
    pub(crate) fn release_timed(&mut self, id: TimedId) -> bool {
        let Some(worker) = self.timed.get(id) else {
            return true;
        };
        let (owner, stays_home) = (worker.owner, worker.stays_home);
        if worker.rules.is_running || worker.rules.stage != Stage::Idle {
            return false;
        }
        self.timed.remove(id);
        if let Some(client) = self.client(owner) {
            client.timed_workers -= 1;
            client.timed_at_home -= usize::from(stays_home);
        }
        true
    }

    /// Forgets all workers of a client that is gone. What runs goes on and its end means nothing.
    pub(crate) fn drop_timed_of(&mut self, owner: ClientId) {
        for id in self.timed.ids_of(owner) {
            self.change_timed(id, |rules| rules.stage = Stage::Idle);
            self.timed.remove(id);
        }
    }

    /// Changes the rules of a worker and lets alarm and queue follow.
    pub(crate) fn change_timed<R>(
        &mut self,
        id: TimedId,
        change: impl FnOnce(&mut TimedRules) -> R,
    ) -> Option<R> {
        let worker = self.timed.get_mut(id)?;
        let was = worker.rules;
        let result = change(&mut worker.rules);
        let (is, owner, stays_home) = (worker.rules, worker.owner, worker.stays_home);
        let is_ours = !worker.is_timed_by_owner;
        let alarm = |rules: &TimedRules| {
            (rules.stage == Stage::Armed && is_ours).then_some(rules.deadline_ns)
        };
        if was.stage != Stage::Queued && is.stage == Stage::Queued {
            worker.attempt = worker.attempt.wrapping_add(1);
        }
        let attempt = worker.attempt;
        if alarm(&was) != alarm(&is)
            && let Some(alarms) = &mut self.timed.alarms
        {
            // An alarm that went off is not set any more.
            if alarm(&was).is_some() && is.stage != Stage::Queued {
                alarms.clear(id.index);
            }
            if let Some(deadline_ns) = alarm(&is) {
                alarms.set(id.index, deadline_ns);
            }
        }
        let is_queued = is.stage == Stage::Queued;
        if is_queued != (was.stage == Stage::Queued)
            && let Some(client) = self.client(owner)
        {
            let due = &mut client.backlog.due;
            if !is_queued {
                due.waiting -= 1;
            } else if was.stage == Stage::Executing {
                due.waiting += 1;
                due.queue(stays_home).push_front((id, attempt));
            } else {
                due.waiting += 1;
                due.queue(stays_home).push_back((id, attempt));
            }
        }
        Some(result)
    }

    /// Queues the workers whose alarm went off. Returns their owners.
    pub(crate) fn queue_due(&mut self) -> Vec<ClientId> {
        let mut owners = Vec::new();
        while let Some(index) = self.timed.alarms.as_mut().and_then(TimedAlarms::next_due) {
            let Some(worker) = self.timed.at(index) else {
                continue;
            };
            let generation = worker.generation;
            if !owners.contains(&worker.owner) {
                owners.push(worker.owner);
            }
            self.change_timed(TimedId { index, generation }, TimedRules::due);
        }
        owners
    }

    /// Takes the next due run of a client for a lane of `home`, as the frame of a job.
    pub(crate) fn take_due_run(&mut self, client_id: ClientId, home: ClientId) -> Option<Vec<u64>> {
        let id = self.next_due_run(client_id, home)?;
        self.change_timed(id, TimedRules::taken);
        let worker = self.timed.get(id)?;
        let header = FrameHeader {
            bytes: 0,
            slot: id.index | TIMED_SLOT,
            kind: worker.definition,
            flags: if worker.stays_home { FLAG_PORT } else { 0 },
            sequence: worker.attempt,
            origin: client_id.0,
        };
        let (header, filling) = fit_header(header, 8 * RUN_WORDS + worker.arguments.len());
        let runs = u64::from(worker.rules.runs) | u64::from(worker.generation) << 32;
        let mut words = Vec::with_capacity(header.words());
        words.extend(header.to_words());
        words.push(runs);
        words.extend(
            worker
                .arguments
                .chunks(8)
                .map(crate::lane::client::word_of_bytes),
        );
        words.extend(std::iter::repeat_n(0, filling));
        debug_assert_eq!(words.len(), header.words());
        const { assert!(FRAME_HEADER_WORDS == 3) };
        Some(words)
    }

    fn next_due_run(&mut self, client_id: ClientId, home: ClientId) -> Option<TimedId> {
        for stays_home in [true, false] {
            if stays_home && client_id != home {
                continue;
            }
            while let Some((id, attempt)) = self
                .client(client_id)?
                .backlog
                .due
                .queue(stays_home)
                .pop_front()
            {
                let is_it = |worker: &&TimedWorker| {
                    worker.rules.stage == Stage::Queued && worker.attempt == attempt
                };
                if self.timed.get(id).filter(is_it).is_some() {
                    return Some(id);
                }
            }
        }
        None
    }

    /// A lane gives a run back that it has not started.
    pub(crate) fn give_back_run(&mut self, job: JobKey) {
        if let Some(id) = self.timed.of_job(job) {
            self.change_timed(id, TimedRules::given_back);
        }
    }

    /// An attempt is over. `header` is that of the result, or of the notice that its thread is gone.
    /// False when nobody waits for it any more.
    pub(crate) fn end_run(
        &mut self,
        header: FrameHeader,
        payload: impl FnOnce(&mut crate::lane::client::Client, FrameHeader),
        now_ns: Nanos,
    ) -> bool {
        let Some(id) = self.timed.of_job(JobKey::of(&header)) else {
            return false;
        };
        let end = match header.kind {
            STATUS_DONE => RunEnd::Returned,
            STATUS_RUN_LAST => RunEnd::Last,
            _ => RunEnd::Failed,
        };
        let is_timed_by_owner = self.timed.get(id).is_some_and(|it| it.is_timed_by_owner);
        if let Some(client) = self.client(ClientId(header.origin)) {
            if end == RunEnd::Failed {
                let kind = match header.kind {
                    STATUS_LOST => STATUS_RUN_LOST,
                    _ => STATUS_RUN_FAILED,
                };
                let told = FrameHeader {
                    kind,
                    sequence: id.generation,
                    ..header
                };
                payload(client, told);
            }
            if is_timed_by_owner {
                let flags = end as u32;
                client.tell(notice_of(id, STATUS_RUN_OVER, flags));
            }
        }
        if !is_timed_by_owner {
            self.settle_run(id, end, now_ns);
        }
        true
    }

    pub(crate) fn settle_run(&mut self, id: TimedId, end: RunEnd, now_ns: Nanos) {
        let Some(sequel) = self.change_timed(id, |rules| rules.ended(end, now_ns)) else {
            return;
        };
        self.tell_sequel(id, sequel);
    }

    /// Tells the owner what it must know: the worker is finished, or idle because it is paused.
    pub(crate) fn tell_sequel(&mut self, id: TimedId, sequel: Sequel) {
        let Some(worker) = self.timed.get(id) else {
            return;
        };
        let (owner, stage) = (worker.owner, worker.rules.stage);
        let told = match sequel {
            Sequel::Finished(reason) => notice_of(id, STATUS_WORKER_FINISHED, reason as u32),
            Sequel::GoesOn if stage == Stage::Idle => notice_of(id, STATUS_WORKER_IDLE, 0),
            Sequel::GoesOn => return,
        };
        if let Some(client) = self.client(owner) {
            client.tell(told);
        }
    }
}

fn notice_of(id: TimedId, status: u32, flags: u32) -> FrameHeader {
    FrameHeader {
        flags,
        ..FrameHeader::notice(status, id.index | TIMED_SLOT, id.generation)
    }
}
