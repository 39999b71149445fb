//! A native thread that runs jobs, as the pool keeps it.

use crate::clock::Nanos;
use crate::lane::client::ClientId;
use crate::lane::frame::FrameHeader;
use crate::lane::memory::LaneMemory;
use crate::lane::pace::{BatchPace, SpinHabit};
use crate::sink::Sink;
use crate::sync::Ordering;

/// Names a lane. The generation keeps a late request away from a lane that came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LaneId(pub(crate) u32);

impl LaneId {
    pub(crate) fn new(index: usize, generation: u32) -> Self {
        Self(index as u32 & 0xffff | generation << 16)
    }

    pub(crate) fn index(self) -> usize {
        (self.0 & 0xffff) as usize
    }
}

/// What a lane is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stance {
    /// Runs jobs, or looks for some; it will come to exchange by itself.
    Running,
    /// Waits in its event loop until it is woken.
    Parked,
    /// Was woken and has not come yet.
    Woken,
    /// Was parked and looks for work unasked, for a moment: shown as idle, and needs no kick.
    Looking,
    /// Kept for its home client, which talks to it directly.
    Reserved,
    /// Gets no more jobs and ends.
    Retiring,
}

/// Names one job of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobKey {
    pub(crate) client: ClientId,
    /// The client's number for the job.
    pub slot: u32,
    /// See [`FrameHeader::sequence`].
    pub sequence: u32,
}

impl JobKey {
    pub(crate) fn of(header: &FrameHeader) -> Self {
        Self {
            client: ClientId(header.origin),
            slot: header.slot,
            sequence: header.sequence,
        }
    }
}

/// A job in a lane's inbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) job: JobKey,
    /// Where its frame lies in the inbox.
    pub(crate) offset: u32,
    pub(crate) is_ended: bool,
}

/// One lane.
pub(crate) struct Lane {
    pub(crate) id: LaneId,
    /// The client whose isolate started the thread. The thread ends with it.
    pub(crate) home: ClientId,
    /// What its home calls it.
    pub(crate) ticket: u32,
    pub(crate) memory: LaneMemory,
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) stance: Stance,
    /// Has one long job for itself and does not count against the limit.
    pub(crate) is_leased: bool,
    /// How much of its outbox was read.
    pub(crate) collected_bytes: u32,
    /// Ends when it has nothing to run.
    pub(crate) is_dismissed: bool,
    /// Was given a job since it was reserved.
    pub(crate) was_assigned: bool,
    /// Looks for something to steal now and then while others are busy.
    pub(crate) watches: bool,
    /// The present batch, in the order in which it is claimed.
    pub(crate) batch: Vec<Taken>,
    /// Where the next result of the batch is expected.
    next_end: usize,
    /// Jobs of earlier batches that have not ended.
    pub(crate) carried: Vec<JobKey>,
    /// Payload of a job that is too large for the inbox.
    pub(crate) large: Option<Vec<u8>>,
    pub(crate) aborts: Vec<JobKey>,
    pub(crate) pace: BatchPace,
    pub(crate) spin: SpinHabit,
    /// Since when it waits for work.
    pub(crate) idle_since_ns: Nanos,
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane")
            .field("id", &self.id)
            .field("stance", &self.stance)
            .finish_non_exhaustive()
    }
}

impl Lane {
    pub(crate) fn new(
        id: LaneId,
        (home, ticket): (ClientId, u32),
        memory: LaneMemory,
        sink: Box<dyn Sink>,
    ) -> Self {
        Self {
            id,
            home,
            ticket,
            memory,
            sink,
            stance: Stance::Running,
            is_leased: false,
            collected_bytes: 0,
            is_dismissed: false,
            was_assigned: false,
            watches: false,
            batch: Vec::new(),
            next_end: 0,
            carried: Vec::new(),
            large: None,
            aborts: Vec::new(),
            pace: BatchPace::default(),
            spin: SpinHabit::default(),
            idle_since_ns: 0,
        }
    }

    /// Jobs of the batch that the lane has claimed, and how many it may claim.
    pub(crate) fn claims(&self) -> (usize, usize) {
        let (claimed, count) = unpack(self.memory.header().claims.load(Ordering::Acquire));
        (claimed.min(count), count)
    }

    /// Takes the later half of what is not claimed out of the batch.
    pub(crate) fn give_up_half(&mut self) -> Vec<Taken> {
        self.give_up(|claimed, count| claimed + (count - claimed) / 2)
    }

    /// Takes all that is not claimed out of the batch.
    pub(crate) fn give_up_all(&mut self) -> Vec<Taken> {
        self.give_up(|claimed, _| claimed)
    }

    /// Takes a job and all behind it out of the batch; nothing when the lane has claimed it.
    pub(crate) fn give_up_from(&mut self, job: JobKey) -> Vec<Taken> {
        let at = self.batch.iter().position(|taken| taken.job == job);
        at.map_or(Vec::new(), |at| {
            self.give_up(|claimed, count| if at < claimed { count } else { at })
        })
    }

    /// The lane claims with an addition to the same word, so either it gets a job or the taker.
    fn give_up(&mut self, keep: impl Fn(usize, usize) -> usize) -> Vec<Taken> {
        let word = &self.memory.header().claims;
        let mut seen = word.load(Ordering::Acquire);
        loop {
            let (claimed, count) = unpack(seen);
            if claimed >= count || count > self.batch.len() {
                return Vec::new();
            }
            let kept = keep(claimed, count);
            if kept >= count {
                return Vec::new();
            }
            match word.compare_exchange(
                seen,
                pack(claimed, kept),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return self.batch.drain(kept..).collect(),
                Err(now) => seen = now,
            }
        }
    }

    /// Starts a new batch. What was claimed of the old one and has not ended is carried on.
    pub(crate) fn begin_batch(&mut self, batch: Vec<Taken>) {
        self.carry_unended();
        self.next_end = 0;
        self.batch = batch;
        let claims = pack(0, self.batch.len());
        self.memory.header().claims.store(claims, Ordering::Release);
    }

    /// Leaves the batch that was worked off behind.
    pub(crate) fn carry_unended(&mut self) {
        let (claimed, _) = self.claims();
        let unended = self
            .batch
            .drain(..)
            .take(claimed)
            .filter(|taken| !taken.is_ended);
        self.carried.extend(unended.map(|taken| taken.job));
        self.memory.header().claims.store(0, Ordering::Release);
    }

    /// Notes that a job has ended. False when this lane does not run it.
    pub(crate) fn end(&mut self, job: JobKey) -> bool {
        let is_it = |taken: &Taken| taken.job == job && !taken.is_ended;
        let ahead = self.batch.iter().skip(self.next_end).position(is_it);
        let found = ahead
            .map(|ahead| self.next_end + ahead)
            .or_else(|| self.batch.iter().position(is_it));
        if let Some(index) = found {
            self.batch[index].is_ended = true;
            self.next_end = index + 1;
            return true;
        }
        let carried = self.carried.iter().position(|other| *other == job);
        carried
            .map(|index| self.carried.swap_remove(index))
            .is_some()
    }

    /// True when the lane has this job and it has not ended.
    pub(crate) fn runs(&self, job: JobKey) -> bool {
        let in_batch = self
            .batch
            .iter()
            .any(|taken| taken.job == job && !taken.is_ended);
        in_batch || self.carried.contains(&job)
    }

    /// True when a job of the batch was not started yet, as far as can be seen at this moment.
    pub(crate) fn has_not_claimed(&self, job: JobKey) -> bool {
        let (claimed, _) = self.claims();
        let unclaimed = self.batch.iter().skip(claimed);
        unclaimed.into_iter().any(|taken| taken.job == job)
    }

    /// Asks the lane to abort a job.
    pub(crate) fn abort(&mut self, job: JobKey) {
        self.aborts.push(job);
        self.memory.header().has_aborts.store(1, Ordering::Release);
        self.sink.wake();
    }
}

fn pack(claimed: usize, count: usize) -> u32 {
    claimed as u32 | (count as u32) << 16
}

fn unpack(word: u32) -> (usize, usize) {
    ((word & 0xffff) as usize, (word >> 16) as usize)
}
