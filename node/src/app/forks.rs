//! The final tip and the blocks above it that were executed.

use super::Outcome;
use light_palisade::Header;
use primitives::{BlockHash, Height};
use runtime::State;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Roots;

/// Where a block can be built upon: the final tip, or an executed block.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) hash: BlockHash,
    pub(crate) header: Header,
    pub(crate) roots: Roots,
    pub(crate) state: State,
    /// The state one block earlier: what a child looks back at for the next set (D = 2).
    pub(crate) before: State,
}

/// Executed blocks above the final tip, by hash.
#[derive(Debug)]
pub(crate) struct Forks {
    tip: Base,
    executed: BTreeMap<BlockHash, Arc<Outcome>>,
    /// The block that was executed last: the one that the next is likely to follow.
    latest: BlockHash,
}

impl Forks {
    pub(crate) fn new(tip: Base) -> Self {
        let latest = tip.hash;
        Self {
            tip,
            executed: BTreeMap::new(),
            latest,
        }
    }

    pub(crate) const fn tip(&self) -> &Base {
        &self.tip
    }

    pub(crate) fn get(&self, hash: &BlockHash) -> Option<&Arc<Outcome>> {
        self.executed.get(hash)
    }

    /// What a block on top of `hash` starts from; `None` when that is neither the tip nor held above it.
    pub(crate) fn base(&self, hash: &BlockHash) -> Option<Base> {
        if *hash == self.tip.hash {
            return Some(self.tip.clone());
        }
        let outcome = self.executed.get(hash)?;
        let before = if outcome.parent() == self.tip.hash {
            self.tip.state.clone()
        } else {
            self.executed.get(&outcome.parent())?.state.clone()
        };
        Some(Base {
            hash: *hash,
            header: outcome.block.header.clone(),
            roots: outcome.roots,
            state: outcome.state.clone(),
            before,
        })
    }

    pub(crate) fn insert(&mut self, outcome: Arc<Outcome>) {
        // A block at or below the tip lost while it was executed.
        if outcome.height() > self.tip.header.height {
            self.latest = outcome.hash;
            self.executed.insert(outcome.hash, outcome);
        }
    }

    /// The blocks from `hash` down to the tip, the highest first.
    pub(crate) fn ancestry(&self, hash: &BlockHash) -> impl Iterator<Item = &Arc<Outcome>> {
        std::iter::successors(self.executed.get(hash), |outcome| {
            self.executed.get(&outcome.parent())
        })
    }

    /// How many transactions the branch that was executed last holds above the tip.
    pub(crate) fn in_flight(&self) -> usize {
        self.latest_branch()
            .map(|outcome| outcome.transactions.len())
            .sum()
    }

    /// The branch that was executed last, the highest first, down to the tip.
    pub(crate) fn latest_branch(&self) -> impl Iterator<Item = &Arc<Outcome>> {
        self.ancestry(&self.latest)
    }

    /// Makes the block with this hash, a child of the tip, the new tip, and forgets what lost against it.
    pub(crate) fn advance(&mut self, hash: &BlockHash) -> Option<Arc<Outcome>> {
        let outcome = self
            .executed
            .get(hash)
            .filter(|outcome| outcome.parent() == self.tip.hash)
            .cloned()?;
        let before = self.tip.state.clone();
        self.tip = Base {
            hash: *hash,
            header: outcome.block.header.clone(),
            roots: outcome.roots,
            state: outcome.state.clone(),
            before,
        };
        let height = outcome.height();
        self.executed.retain(|_, other| other.height() > height);
        if !self.executed.contains_key(&self.latest) {
            self.latest = *hash;
        }
        Some(outcome)
    }

    pub(crate) const fn height(&self) -> Height {
        self.tip.header.height
    }
}
