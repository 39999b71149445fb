//! Buckets of the wheel: entries in the order of their inserts, in blocks of fixed size.
//!
//! Blocks and not one growing vector: ten million entries in one bucket would otherwise be copied
//! at each growth, which costs time at the wrong moment and twice the memory.

use super::{DeadlineQueue, Entry};

/// Entries in a block: 1 KB.
const BLOCK_ENTRIES: usize = 64;
/// Emptied blocks that are kept for reuse: 4 MB at the most.
const POOLED_BLOCKS: usize = 4096;

pub(super) type Block = Vec<Entry>;

/// Entries in the order of their inserts.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    blocks: Vec<Block>,
    len: usize,
}

impl Bucket {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.blocks.iter().flatten()
    }

    pub(super) fn push(&mut self, entry: Entry, pool: &mut BlockPool) {
        self.len += 1;
        if let Some(block) = self.blocks.last_mut()
            && block.len() < BLOCK_ENTRIES
        {
            block.push(entry);
            return;
        }
        let mut block = pool.take();
        block.push(entry);
        self.blocks.push(block);
    }

    /// Takes all blocks out, oldest first.
    pub(super) fn into_blocks(self) -> Vec<Block> {
        self.blocks
    }

    /// Puts whole blocks behind what the bucket holds.
    pub(super) fn append_blocks(&mut self, blocks: impl IntoIterator<Item = Block>) {
        for block in blocks {
            self.len += block.len();
            self.blocks.push(block);
        }
    }

    /// Hands every entry to `visit`, oldest first, and returns the blocks to the pool on the way,
    /// so that moving a large bucket needs no second copy of it.
    pub(super) fn for_each(
        self,
        visit: &mut impl FnMut(Entry, &mut DeadlineQueue),
        queue: &mut DeadlineQueue,
    ) {
        for mut block in self.blocks {
            for entry in block.drain(..) {
                visit(entry, queue);
            }
            queue.pool.give_back(block);
        }
    }
}

/// Emptied blocks for reuse.
#[derive(Debug, Default)]
pub(super) struct BlockPool {
    free: Vec<Block>,
}

impl BlockPool {
    fn take(&mut self) -> Block {
        self.free
            .pop()
            .unwrap_or_else(|| Block::with_capacity(BLOCK_ENTRIES))
    }

    pub(super) fn give_back(&mut self, mut block: Block) {
        if self.free.len() < POOLED_BLOCKS {
            block.clear();
            self.free.push(block);
        }
    }
}
