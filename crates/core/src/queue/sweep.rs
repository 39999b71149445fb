//! The sweep: takes dead entries out of the wheel, a few blocks at a time.
//!
//! The bucket under work is split in three: what was kept, what is still to be looked at, and what
//! has been inserted since (it lies in the wheel as usual). Whoever needs the bucket whole first
//! joins the three in that order, so the order of inserts survives an interrupted sweep.
//!
//! Levels are swept from the farthest to the nearest: entries only ever move to nearer levels, so
//! an entry that was dead when the sweep started cannot slip past it.

use std::collections::VecDeque;

use super::bucket::{Block, Bucket};
use super::{BUCKETS, DeadlineQueue, Entry, LEVELS, Place};

#[derive(Debug)]
pub(super) struct Sweep {
    place: Place,
    kept: Bucket,
    unseen: VecDeque<Block>,
}

impl Sweep {
    /// A sweep that has nothing left to look at in `place`.
    fn exhausted(place: Place) -> Self {
        Self {
            place,
            kept: Bucket::default(),
            unseen: VecDeque::new(),
        }
    }

    pub(super) fn is_at(&self, place: Place) -> bool {
        self.place == place
    }

    /// Entries of the bucket under work, but those that were inserted since.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.kept.iter().chain(self.unseen.iter().flatten())
    }
}

impl DeadlineQueue {
    /// True while a sweep is under way.
    pub(crate) fn is_sweeping(&self) -> bool {
        self.sweep.is_some()
    }

    /// Starts a sweep at the farthest level, unless one is under way.
    pub(crate) fn start_sweep(&mut self) {
        if self.sweep.is_none() {
            let place = Place {
                level: LEVELS - 1,
                index: 0,
            };
            self.sweep = Some(self.take_for_sweep(place));
        }
    }

    /// Looks at about `budget` entries and drops those that `is_dead` names. Returns how many were
    /// dropped. The sweep is over when `is_sweeping` turns false.
    pub(crate) fn sweep_slice(
        &mut self,
        mut budget: usize,
        mut is_dead: impl FnMut(&Entry) -> bool,
    ) -> usize {
        let before = self.len;
        while let Some(mut sweep) = self.sweep.take() {
            if budget == 0 {
                self.sweep = Some(sweep);
                break;
            }
            match sweep.unseen.pop_front() {
                Some(block) => {
                    budget = budget.saturating_sub(block.len());
                    self.keep_living(&mut sweep, block, &mut is_dead);
                    self.sweep = Some(sweep);
                }
                None => {
                    budget = budget.saturating_sub(1);
                    let next = next_place(sweep.place);
                    self.put_back(sweep);
                    match next {
                        Some(place) => self.sweep = Some(self.take_for_sweep(place)),
                        None => self.sweep_opened(&mut is_dead),
                    }
                }
            }
        }
        before - self.len
    }

    /// Joins the parts of a bucket if it is being swept; the sweep goes on behind it.
    pub(super) fn finish_sweep_of(&mut self, place: Place) {
        if let Some(sweep) = self.sweep.take_if(|sweep| sweep.place == place) {
            self.put_back(sweep);
            // An empty place after the last bucket keeps the sweep alive for its last step.
            let next = next_place(place).unwrap_or(place);
            self.sweep = Some(if next == place {
                Sweep::exhausted(place)
            } else {
                self.take_for_sweep(next)
            });
        }
    }

    /// The last step: what has been opened meanwhile.
    fn sweep_opened(&mut self, is_dead: &mut impl FnMut(&Entry) -> bool) {
        let before = self.ready.len() + self.near.len();
        self.ready.retain(|entry| !is_dead(entry));
        self.near.retain(|entry| !is_dead(entry));
        self.len -= before - self.ready.len() - self.near.len();
    }

    fn keep_living(
        &mut self,
        sweep: &mut Sweep,
        block: Block,
        is_dead: &mut impl FnMut(&Entry) -> bool,
    ) {
        for entry in &block {
            if is_dead(entry) {
                self.len -= 1;
            } else {
                sweep.kept.push(*entry, &mut self.pool);
            }
        }
        self.pool.give_back(block);
    }

    fn take_for_sweep(&mut self, place: Place) -> Sweep {
        let bucket = std::mem::take(&mut self.levels[place.level].buckets[place.index]);
        Sweep {
            place,
            kept: Bucket::default(),
            unseen: bucket.into_blocks().into(),
        }
    }

    fn put_back(&mut self, sweep: Sweep) {
        let Place { level, index } = sweep.place;
        let level = &mut self.levels[level];
        let inserted_since = std::mem::take(&mut level.buckets[index]);
        let mut bucket = sweep.kept;
        bucket.append_blocks(sweep.unseen);
        bucket.append_blocks(inserted_since.into_blocks());
        if bucket.len() == 0 {
            level.occupied[index / 64] &= !(1 << (index % 64));
        }
        level.buckets[index] = bucket;
    }
}

fn next_place(place: Place) -> Option<Place> {
    if place.index + 1 < BUCKETS {
        return Some(Place {
            index: place.index + 1,
            ..place
        });
    }
    Some(Place {
        level: place.level.checked_sub(1)?,
        index: 0,
    })
}
