//! Blocks above the finalized tip: their bodies and what the application found.

use crate::limits::{MAX_BACKLOG_BYTES, MAX_UNJUDGED};
use light_palisade::Block;
use primitives::{BlockHash, Height, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known about a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not looked at: its parent is not valid yet, or nobody asked.
    Unchecked,
    /// The application was asked.
    Asked,
    /// Valid, and so are all its ancestors.
    Valid,
    /// Breaks a rule.
    Invalid(String),
}

/// A block above the tip.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) block: Arc<Block>,
    pub(crate) standing: Standing,
    /// The body is in the log.
    pub(crate) recorded: bool,
    size: usize,
}

/// The blocks above the tip.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    entries: BTreeMap<BlockHash, Entry>,
    bytes: usize,
}

impl Tree {
    pub(crate) fn get(&self, hash: &BlockHash) -> Option<&Entry> {
        self.entries.get(hash)
    }

    pub(crate) fn contains(&self, hash: &BlockHash) -> bool {
        self.entries.contains_key(hash)
    }

    /// Adds a body; what is there already stays.
    pub(crate) fn insert(&mut self, hash: BlockHash, block: Arc<Block>, standing: Standing, recorded: bool) {
        if self.entries.contains_key(&hash) {
            return;
        }
        let size = size(&block);
        self.bytes = self.bytes.saturating_add(size);
        let entry = Entry {
            block,
            standing,
            recorded,
            size,
        };
        self.entries.insert(hash, entry);
    }

    pub(crate) fn remove(&mut self, hash: &BlockHash) {
        if let Some(entry) = self.entries.remove(hash) {
            self.bytes = self.bytes.saturating_sub(entry.size);
        }
    }

    pub(crate) fn set_standing(&mut self, hash: &BlockHash, standing: Standing) {
        if let Some(entry) = self.entries.get_mut(hash) {
            entry.standing = standing;
        }
    }

    /// Notes that the body is in the log; the block, when it was not.
    pub(crate) fn record(&mut self, hash: &BlockHash) -> Option<Arc<Block>> {
        let entry = self.entries.get_mut(hash).filter(|entry| !entry.recorded)?;
        entry.recorded = true;
        Some(Arc::clone(&entry.block))
    }

    pub(crate) fn is_valid(&self, hash: &BlockHash) -> bool {
        self.get(hash)
            .is_some_and(|entry| entry.standing == Standing::Valid)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&BlockHash, &Entry)> {
        self.entries.iter()
    }

    /// Forgets what a finalized tip decides: blocks at its height or below, and those proposed in its view or before.
    pub(crate) fn prune(&mut self, height: Height, view: View) {
        self.entries
            .retain(|_, entry| entry.block.header.height > height && entry.block.header.view > view);
        self.bytes = self
            .entries
            .values()
            .fold(0usize, |sum, entry| sum.saturating_add(entry.size));
    }

    /// Forgets what the application found: it has started over from another tip.
    pub(crate) fn reset(&mut self) {
        for entry in self.entries.values_mut() {
            entry.standing = Standing::Unchecked;
        }
    }

    /// When there are too many bodies that cannot be judged yet, the one to drop: the earliest when the latest are
    /// to be kept, else the latest.
    pub(crate) fn surplus(&self, keep_latest: bool) -> Option<BlockHash> {
        let waiting = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.standing == Standing::Unchecked);
        let (count, bytes) = waiting
            .clone()
            .fold((0usize, 0usize), |(count, bytes), (_, entry)| {
                (count.saturating_add(1), bytes.saturating_add(entry.size))
            });
        if count <= MAX_UNJUDGED && bytes <= MAX_BACKLOG_BYTES {
            return None;
        }
        let view = |entry: &(&BlockHash, &Entry)| entry.1.block.header.view;
        let surplus = if keep_latest {
            waiting.min_by_key(view)
        } else {
            waiting.max_by_key(view)
        };
        surplus.map(|(hash, _)| *hash)
    }

    /// Bytes of all bodies, about.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Bytes of a block's parts that can be large, about.
pub(crate) fn size(block: &Block) -> usize {
    /// Of a certificate or a piece of evidence, about.
    const ITEM: usize = 256;
    let transactions = block
        .transactions
        .iter()
        .fold(0usize, |sum, t| sum.saturating_add(t.len()).saturating_add(4));
    let items = block
        .justification
        .nullifications
        .len()
        .saturating_add(block.evidence.len());
    transactions
        .saturating_add(items.saturating_mul(ITEM))
        .saturating_add(1_024)
}
