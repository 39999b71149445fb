//! Which jobs go to which lane, and where their results go.
//!
//! A lane takes a batch from the clients in turn. When nobody has submitted anything it takes half
//! of what another lane has not claimed yet, so that no job waits behind a long one while a lane is
//! idle. Batches grow only as far as the jobs turn out to be short.

use crate::clock::{MonotonicClock, Nanos};
use crate::lane::client::{Client, ClientId};
use crate::lane::frame::{
    FLAG_LARGE, FRAME_ALIGN, FRAME_HEADER_WORDS, FrameHeader, STATUS_GROW, STATUS_LOST,
};
use crate::lane::lane::{JobKey, Lane, LaneId, Stance, Taken};
use crate::lane::memory::LARGEST_FRAME;
use crate::lane::roster::Roster;
use crate::sync::Ordering;

/// Jobs, batches and thefts of the process so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStats {
    /// Jobs handed to a lane.
    pub taken: u64,
    /// Batches handed to a lane.
    pub batches: u64,
    /// Jobs moved from one lane's batch to another's.
    pub stolen: u64,
    /// Jobs whose thread ended while they were running.
    pub lost: u64,
    /// Results for clients that were gone.
    pub orphaned: u64,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Dispatch {
    /// The client whose turn it is.
    turn: usize,
    pub(crate) stats: PoolStats,
}

impl Dispatch {
    /// Sends the results in a lane's outbox to the clients they belong to, and empties it. On the
    /// lane's own thread.
    pub(crate) fn collect_results(&mut self, roster: &mut Roster, lane_id: LaneId) {
        self.read_outbox(roster, lane_id);
        if let Some(lane) = roster.lane(lane_id) {
            lane.collected_bytes = 0;
            lane.memory
                .header()
                .outbox_bytes
                .store(0, Ordering::Release);
        }
        announce_all(roster);
    }

    /// Sends the results of lanes that are in the middle of a batch: they may stand behind a job
    /// that turns out to be long.
    pub(crate) fn look_after_others(&mut self, roster: &mut Roster, lane_id: LaneId) {
        let others = roster.lanes.iter().flatten().map(|lane| lane.id);
        let others: Vec<LaneId> = others.filter(|id| *id != lane_id).collect();
        for other in others {
            self.read_outbox(roster, other);
        }
        announce_all(roster);
    }

    pub(crate) fn read_outbox(&mut self, roster: &mut Roster, lane_id: LaneId) {
        let Some(lane) = roster.lane(lane_id) else {
            return;
        };
        let outbox = lane.memory.outbox;
        let filled = lane.memory.header().outbox_bytes.load(Ordering::Acquire);
        let mut at = std::mem::replace(&mut lane.collected_bytes, filled);
        while at < filled {
            let Some((header, frame)) = outbox.frame(at) else {
                break;
            };
            let payload = frame[FRAME_HEADER_WORDS..].iter();
            let words = payload.map(|word| word.load(Ordering::Relaxed));
            self.route(roster, lane_id, header, words);
            at += header.bytes;
        }
    }

    fn route(
        &mut self,
        roster: &mut Roster,
        lane_id: LaneId,
        header: FrameHeader,
        payload: impl Iterator<Item = u64>,
    ) {
        // Only what this lane was given is passed on: a result comes once.
        let job = JobKey::of(&header);
        let is_ours = roster.lane(lane_id).is_some_and(|lane| lane.end(job));
        if is_ours && job.is_timed() {
            let give = |client: &mut Client, told| client.give(told, payload);
            self.end_run(roster, header, give);
            return;
        }
        match roster.client(ClientId(header.origin)) {
            Some(client) if is_ours => client.give(header, payload),
            _ => self.stats.orphaned += 1,
        }
    }

    /// Sends a result that is too large for the outbox.
    pub(crate) fn give_large(
        &mut self,
        roster: &mut Roster,
        lane_id: LaneId,
        header: FrameHeader,
        payload: Vec<u8>,
    ) {
        self.collect_results(roster, lane_id);
        let job = JobKey::of(&header);
        let is_ours = roster.lane(lane_id).is_some_and(|lane| lane.end(job));
        match roster.client(ClientId(header.origin)) {
            Some(_) if is_ours && job.is_timed() => {
                let give = |client: &mut Client, told| client.give_large(told, payload);
                self.end_run(roster, header, give);
            }
            Some(client) if is_ours => client.give_large(header, payload),
            _ => self.stats.orphaned += 1,
        }
        announce_all(roster);
    }

    fn end_run(
        &mut self,
        roster: &mut Roster,
        header: FrameHeader,
        give: impl FnOnce(&mut Client, FrameHeader),
    ) {
        let now_ns = MonotonicClock.now_ns();
        let is_known = roster.end_run(header, give, now_ns);
        self.stats.orphaned += u64::from(!is_known);
    }

    /// Fills the lane's inbox. Returns the number of jobs.
    pub(crate) fn fill(&mut self, roster: &mut Roster, lane_id: LaneId, now_ns: Nanos) -> usize {
        if let Some(lane) = roster.lane(lane_id) {
            lane.large = None;
        }
        let quota = self.quota(roster, lane_id);
        let mut batch = self.take_submitted(roster, lane_id, quota);
        if batch.is_empty() {
            batch = self.steal(roster, lane_id, now_ns);
        }
        let count = batch.len();
        let Some(lane) = roster.lane(lane_id) else {
            return 0;
        };
        lane.begin_batch(batch);
        if count > 0 {
            lane.pace.begin(now_ns, count);
            lane.stance = Stance::Running;
            self.stats.taken += count as u64;
            self.stats.batches += 1;
            self.share(roster, lane_id, count);
        }
        count
    }

    /// Jobs to take: as many as the pace allows, but not what idle lanes could run at once.
    fn quota(&self, roster: &mut Roster, lane_id: LaneId) -> usize {
        let Some(lane) = roster.lane(lane_id) else {
            return 0;
        };
        let (quota, home, pace) = (lane.pace.quota(), lane.home, lane.pace);
        if pace.is_short(quota) {
            return quota;
        }
        let mut waiting = 0;
        for id in served(roster, home) {
            if let Some(client) = roster.client(id) {
                client.drain_submissions();
                waiting += client.backlog.len();
            }
        }
        let idle = roster.parked.len();
        quota.min(waiting.div_ceil(idle + 1)).max(1)
    }

    fn take_submitted(&mut self, roster: &mut Roster, lane_id: LaneId, quota: usize) -> Vec<Taken> {
        let Some(lane) = roster.lane(lane_id) else {
            return Vec::new();
        };
        let home = lane.home;
        let mut batch = Vec::new();
        let mut used = 0;
        let served = served(roster, home);
        let first = self.turn;
        self.turn = self.turn.wrapping_add(1);
        for round in 0..served.len() {
            let id = served[(first.wrapping_add(round)) % served.len()];
            let share = quota
                .saturating_sub(batch.len())
                .div_ceil(served.len() - round);
            for _ in 0..share {
                let Some(bytes) = take_one(roster, lane_id, id, used, &mut batch) else {
                    break;
                };
                used += bytes;
            }
        }
        batch
    }

    fn steal(&mut self, roster: &mut Roster, thief_id: LaneId, now_ns: Nanos) -> Vec<Taken> {
        let Some(thief) = roster.lane(thief_id) else {
            return Vec::new();
        };
        let (home, inbox) = (thief.home, thief.memory.inbox);
        let served = served(roster, home);
        let mut batch = Vec::new();
        let mut used = 0;
        for victim in roster.lanes.iter_mut().flatten() {
            let shares = |taken: &Taken| {
                served.contains(&taken.job.client) && !roster.timed.keeps_from(taken.job, home)
            };
            let is_held = !victim.is_worth_a_theft(now_ns)
                || victim.large.is_some()
                || !victim.batch.iter().all(shares);
            if victim.id == thief_id || is_held {
                continue;
            }
            for taken in victim.give_up_half() {
                let Some((header, frame)) = victim.memory.inbox.frame(taken.offset) else {
                    continue;
                };
                for (index, word) in frame.iter().enumerate() {
                    inbox.store(used + 8 * index as u32, word.load(Ordering::Relaxed));
                }
                batch.push(Taken {
                    offset: used,
                    ..taken
                });
                used += header.bytes;
            }
            if !batch.is_empty() {
                self.stats.stolen += batch.len() as u64;
                break;
            }
        }
        batch
    }

    /// Lets others have a part in what is there: wakes a lane, or asks the client for a new one.
    fn share(&mut self, roster: &mut Roster, lane_id: LaneId, count: usize) {
        let Some(lane) = roster.lane(lane_id) else {
            return;
        };
        let (home, is_short) = (lane.home, lane.pace.is_short(count));
        for id in served(roster, home) {
            let waiting = roster.client(id).map_or(0, |client| client.backlog.len());
            if waiting == 0 {
                continue;
            }
            if let Some(parked) = roster.parked_for(id) {
                roster.wake(parked);
                return;
            }
            if roster.may_grow(id) {
                ask_to_grow(roster, id);
            }
        }
        // What is left of a batch must not wait behind a job that turns out to be long. One lane
        // that looks now and then is enough for that.
        let is_watched = roster.lanes.iter().flatten().any(|lane| lane.watches);
        if count > 1
            && (!is_short || !is_watched)
            && let Some(&parked) = roster.parked.last()
        {
            roster.wake(parked);
        }
    }

    /// Forgets a lane: what it ran is lost, what it had not started goes back.
    pub(crate) fn release_jobs(&mut self, roster: &mut Roster, lane_id: LaneId) {
        self.collect_results(roster, lane_id);
        self.return_unclaimed(roster, lane_id);
        let Some(lane) = roster.lane(lane_id) else {
            return;
        };
        lane.carry_unended();
        for job in std::mem::take(&mut lane.carried) {
            self.stats.lost += 1;
            if job.is_timed() {
                let lost = FrameHeader {
                    origin: job.client.0,
                    ..FrameHeader::notice(STATUS_LOST, job.slot, job.sequence)
                };
                self.end_run(roster, lost, Client::tell);
                continue;
            }
            if let Some(client) = roster.client(job.client) {
                client.tell(FrameHeader::notice(STATUS_LOST, job.slot, job.sequence));
            }
        }
        announce_all(roster);
    }

    /// Gives what the lane has not claimed back to the clients' queues.
    pub(crate) fn return_unclaimed(&mut self, roster: &mut Roster, lane_id: LaneId) {
        if let Some(lane) = roster.lane(lane_id) {
            let unclaimed = lane.give_up_all();
            give_back(roster, lane_id, unclaimed);
        }
    }
}

/// Puts jobs that were taken out of a lane's batch into the queues of their clients again.
pub(crate) fn give_back(roster: &mut Roster, lane_id: LaneId, unclaimed: Vec<Taken>) {
    let Some(lane) = roster.lane(lane_id) else {
        return;
    };
    let inbox = lane.memory.inbox;
    for taken in unclaimed.into_iter().rev() {
        if taken.job.is_timed() {
            roster.give_back_run(taken.job);
            continue;
        }
        let Some((header, frame)) = inbox.frame(taken.offset) else {
            continue;
        };
        let words = frame.iter().map(|word| word.load(Ordering::Relaxed));
        let words = words.collect();
        // A job with such a payload is a batch by itself.
        let payload = match header.is_large() {
            true => roster.lane(lane_id).and_then(|lane| lane.large.take()),
            false => None,
        };
        let Some(client) = roster.client(taken.job.client) else {
            continue;
        };
        client.backlog.give_back(header, words);
        if let Some(payload) = payload {
            client.backlog.keep_large(header.sequence, payload);
        }
    }
}

/// Moves the next job of a client into the inbox of a lane. Returns the bytes it took.
fn take_one(
    roster: &mut Roster,
    lane_id: LaneId,
    client_id: ClientId,
    used: u32,
    batch: &mut Vec<Taken>,
) -> Option<u32> {
    let (home, inbox) = roster
        .lane(lane_id)
        .map(|lane| (lane.home, lane.memory.inbox))?;
    if roster.client(client_id)?.backlog.due.len() > 0
        && let Some(bytes) = place_due_run(roster, (lane_id, home), client_id, used, batch)
    {
        return bytes;
    }
    let client = roster.client(client_id)?;
    if client.backlog.len() == 0 || batch.is_empty() {
        client.drain_submissions();
    }
    let front = FrameHeader {
        origin: client_id.0,
        ..client.backlog.front()?
    };
    // A large payload stays in the core, so such a job is a batch by itself.
    let has_room = match front.is_large() {
        true => batch.is_empty(),
        false => used + front.bytes <= inbox.bytes(),
    };
    if !has_room {
        return None;
    }
    client
        .backlog
        .pop(|index, word| inbox.store(used + 8 * index as u32, word));
    for (index, word) in front.to_words().into_iter().enumerate() {
        inbox.store(used + 8 * index as u32, word);
    }
    batch.push(Taken {
        job: JobKey::of(&front),
        offset: used,
        is_ended: false,
    });
    if front.is_large() {
        let large = client.backlog.take_large(front.sequence);
        roster.lane(lane_id)?.large = large;
        return None;
    }
    Some(front.bytes)
}

/// Moves the next due run of a client into the inbox of a lane. `None` when there is none for it,
/// otherwise the bytes it took, or the inner `None` when the batch must end here.
fn place_due_run(
    roster: &mut Roster,
    (lane_id, home): (LaneId, ClientId),
    client_id: ClientId,
    used: u32,
    batch: &mut Vec<Taken>,
) -> Option<Option<u32>> {
    let mut words = roster.take_due_run(client_id, home)?;
    let mut head = [0; FRAME_HEADER_WORDS];
    head.copy_from_slice(&words[..FRAME_HEADER_WORDS]);
    let mut header = FrameHeader::from_words(head);
    let job = JobKey::of(&header);
    let is_large = header.bytes > LARGEST_FRAME;
    let inbox = roster.lane(lane_id)?.memory.inbox;
    let has_room = match is_large {
        // The payload stays in the core, so such a run is a batch by itself.
        true => batch.is_empty(),
        false => used + header.bytes <= inbox.bytes(),
    };
    if !has_room {
        roster.give_back_run(job);
        return Some(None);
    }
    if is_large {
        header.bytes = FRAME_ALIGN;
        header.flags |= FLAG_LARGE;
        let payload = words[FRAME_HEADER_WORDS..].iter();
        roster.lane(lane_id)?.large = Some(payload.flat_map(|word| word.to_ne_bytes()).collect());
        words = header.to_words().to_vec();
    }
    for (index, word) in words.into_iter().enumerate() {
        inbox.store(used + 8 * index as u32, word);
    }
    batch.push(Taken {
        job,
        offset: used,
        is_ended: false,
    });
    Some((!is_large).then_some(header.bytes))
}

/// The clients whose jobs a lane of `home` takes.
pub(crate) fn served(roster: &Roster, home: ClientId) -> Vec<ClientId> {
    let clients = roster.clients.iter().flatten().map(|client| client.id);
    clients.filter(|id| roster.serves(home, *id)).collect()
}

/// Asks a client, once, to start another lane.
pub(crate) fn ask_to_grow(roster: &mut Roster, id: ClientId) {
    if let Some(client) = roster.client(id)
        && !std::mem::replace(&mut client.is_asked_to_grow, true)
    {
        client.tell(FrameHeader::notice(STATUS_GROW, 0, 0));
        client.announce();
    }
}

pub(crate) fn announce_all(roster: &mut Roster) {
    for client in roster.clients.iter_mut().flatten() {
        client.announce();
    }
}

impl Lane {
    /// True when the lane has jobs that another could start, and it would be worth it.
    pub(crate) fn is_worth_a_theft(&self, now_ns: Nanos) -> bool {
        let (claimed, count) = self.claims();
        claimed < count && self.pace.is_worth_stealing(now_ns, count - claimed)
    }
}
