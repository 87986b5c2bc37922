//! The latest final versions of the state, in memory.

use arc_swap::ArcSwap;
use light_palisade::Header;
use parking_lot::RwLock;
use primitives::{BlockHash, Height};
use runtime::State;
use std::collections::VecDeque;
use std::sync::Arc;
use store::Roots;

/// Versions kept (consensus.md, section 0, "Proofs").
const KEPT: usize = 32;

/// A final block with the state after it.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) hash: BlockHash,
    pub(crate) header: Header,
    pub(crate) roots: Roots,
    pub(crate) state: State,
}

/// The latest final versions. Reading never waits for a writer for long.
#[derive(Debug)]
pub(crate) struct Snapshots {
    latest: ArcSwap<Snapshot>,
    kept: RwLock<VecDeque<Arc<Snapshot>>>,
}

impl Snapshots {
    /// Starts with consecutive versions, the last being the tip.
    pub(crate) fn new(older: Option<Snapshot>, tip: Snapshot) -> Self {
        let tip = Arc::new(tip);
        let kept = older.map(Arc::new).into_iter().chain([tip.clone()]).collect();
        Self {
            latest: ArcSwap::new(tip),
            kept: RwLock::new(kept),
        }
    }

    pub(crate) fn latest(&self) -> Arc<Snapshot> {
        self.latest.load_full()
    }

    /// The version after the block at `height`, while it is kept.
    pub(crate) fn at(&self, height: Height) -> Option<Arc<Snapshot>> {
        self.kept
            .read()
            .iter()
            .find(|snapshot| snapshot.header.height == height)
            .cloned()
    }

    /// The versions that are kept, the newest first.
    pub(crate) fn newest_first(&self) -> Vec<Arc<Snapshot>> {
        self.kept.read().iter().rev().cloned().collect()
    }

    /// The oldest version that is kept.
    pub(crate) fn oldest(&self) -> Arc<Snapshot> {
        self.kept.read().front().cloned().unwrap_or_else(|| self.latest())
    }

    pub(crate) fn push(&self, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        let mut kept = self.kept.write();
        kept.push_back(snapshot.clone());
        if kept.len() > KEPT {
            kept.pop_front();
        }
        drop(kept);
        self.latest.store(snapshot);
    }
}
