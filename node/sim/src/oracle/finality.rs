//! Finalized blocks: agreement, ancestry, delivery, state, and what is held meanwhile.

use super::{Invariant, Oracle};
use light_palisade::Header;
use primitives::{BlockHash, Digest};

/// Views below the tip whose votes are kept, and views ahead of the current one (consensus.md, rules 7 and 9).
const KEPT_VIEWS: u64 = 256 + 64;
/// Bodies beyond two for every open view: proposals of views ahead, bodies fetched at one time, and bodies whose
/// parents are not judged yet.
const SPARE_BODIES: u64 = 3 + 16 + 48 + 2;

impl Oracle {
    /// A node delivers a block as final.
    pub fn finalized(&mut self, node: usize, header: &Header, hash: BlockHash) {
        if !self.is_honest(node) {
            return;
        }
        let height = header.height.get();
        let before = self.delivered.insert(node, height).unwrap_or(0);
        if before + 1 != height {
            let what = format!("node {node} delivers height {height} after {before}");
            self.violated(Invariant::Delivery, what);
        }
        let agreed = *self.chain.entry(height).or_insert(hash);
        if agreed != hash {
            let what = format!("node {node} has {hash:?} at height {height}, another has {agreed:?}");
            self.violated(Invariant::Agreement, what);
        }
        self.parents.insert(height, header.parent);
        let parent = self.chain.get(&(height.saturating_sub(1))).copied();
        if parent != Some(header.parent) {
            let what = format!(
                "block {hash:?} at height {height} follows {:?}, not {parent:?}",
                header.parent
            );
            self.violated(Invariant::Ancestry, what);
        }
    }

    /// The block that everything starts from.
    pub fn genesis(&mut self, hash: BlockHash) {
        self.chain.insert(0, hash);
    }

    /// A node has executed up to a height.
    pub fn executed(&mut self, node: usize, height: u64, root: Digest) {
        if !self.is_honest(node) {
            return;
        }
        let agreed = *self.states.entry(height).or_insert(root);
        if agreed != root {
            let what = format!("node {node} has state {root:?} at height {height}, another {agreed:?}");
            self.violated(Invariant::State, what);
        }
    }

    /// A node restarts with what its store held durably.
    pub fn restarted(&mut self, node: usize, height: u64) {
        let delivered = self.delivered.get(&node).copied().unwrap_or(0);
        if height > delivered {
            let what = format!("node {node} restarts at {height}, above what it was given: {delivered}");
            self.violated(Invariant::Delivery, what);
        }
        self.delivered.insert(node, height);
    }

    /// What a node holds: rounds and bodies, in `view`, with `last` finalized.
    pub fn holds(&mut self, node: usize, (rounds, bodies): (usize, usize), (last, view): (u64, u64)) {
        let open = view.saturating_sub(last);
        let most = open + KEPT_VIEWS + 1;
        if self.is_honest(node) && (rounds as u64 > most || bodies as u64 > open * 2 + SPARE_BODIES) {
            let what =
                format!("node {node} holds {rounds} rounds and {bodies} bodies with {open} views open");
            self.violated(Invariant::Memory, what);
        }
    }
}
