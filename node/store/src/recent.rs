//! The latest blocks in memory: what peers and clients ask for most.

use crate::record::{CommittedBlock, Head};
use light_palisade::Block;
use parking_lot::RwLock;
use primitives::{BlockHash, Height, TxId};
use state::Changes;
use std::collections::VecDeque;
use std::sync::Arc;

/// A block that was committed lately.
pub(crate) struct Recent {
    pub(crate) head: Arc<Head>,
    pub(crate) block: Arc<Block>,
    pub(crate) changes: Arc<Changes>,
    pub(crate) receipts: Arc<[u8]>,
    pub(crate) transactions: Vec<TxId>,
    /// About how much memory it takes.
    bytes: usize,
}

impl Recent {
    pub(crate) fn new(block: CommittedBlock, head: Arc<Head>, bytes: usize) -> Self {
        Self {
            head,
            bytes,
            block: block.block,
            changes: block.changes,
            receipts: block.receipts,
            transactions: block.transactions,
        }
    }

    fn height(&self) -> Height {
        self.head.header.height
    }
}

#[derive(Default)]
struct Ring {
    blocks: VecDeque<Arc<Recent>>,
    bytes: usize,
}

/// The latest blocks, without gaps, the oldest first.
pub(crate) struct Recents {
    ring: RwLock<Ring>,
    max_bytes: usize,
}

impl Recents {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self {
            ring: RwLock::new(Ring::default()),
            max_bytes,
        }
    }

    /// Adds the next block, and forgets the oldest that are too much.
    pub(crate) fn push(&self, block: Recent) {
        let mut ring = self.ring.write();
        ring.bytes += block.bytes;
        ring.blocks.push_back(Arc::new(block));
        while ring.bytes > self.max_bytes && ring.blocks.len() > 1 {
            let oldest = ring.blocks.pop_front();
            ring.bytes -= oldest.map_or(0, |oldest| oldest.bytes);
        }
    }

    pub(crate) fn at(&self, height: Height) -> Option<Arc<Recent>> {
        let ring = self.ring.read();
        let first = ring.blocks.front()?.height();
        let place = usize::try_from(height.checked_sub(first).ok()?.get()).ok()?;
        ring.blocks.get(place).cloned()
    }

    pub(crate) fn by_hash(&self, hash: &BlockHash) -> Option<Arc<Recent>> {
        let ring = self.ring.read();
        ring.blocks
            .iter()
            .rev()
            .find(|block| block.head.hash == *hash)
            .cloned()
    }
}
