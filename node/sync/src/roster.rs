//! Who is asked next.

use crate::metrics::Metrics;
use crate::peers::{Lie, Peers};
use network::PeerKey;
use primitives::Height;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often in a row a peer may fail to answer before others are asked only.
const STRIKES: u32 = 3;

/// What this run knows about the peers.
pub(crate) struct Roster<P> {
    pub(crate) peers: Arc<P>,
    metrics: Metrics,
    liars: BTreeSet<PeerKey>,
    strikes: BTreeMap<PeerKey, u32>,
    busy: BTreeMap<PeerKey, usize>,
    /// The first block that each keeps, where it said so.
    earliest: BTreeMap<PeerKey, Height>,
    /// The next block that is missing: who does not keep it is not asked for blocks.
    missing: Height,
    /// Who was said to be ahead.
    preferred: Vec<PeerKey>,
}

impl<P: Peers> Roster<P> {
    pub(crate) const fn new(peers: Arc<P>, preferred: Vec<PeerKey>, metrics: Metrics) -> Self {
        Self {
            peers,
            metrics,
            liars: BTreeSet::new(),
            strikes: BTreeMap::new(),
            busy: BTreeMap::new(),
            earliest: BTreeMap::new(),
            missing: Height::ZERO,
            preferred,
        }
    }

    fn strikes(&self, peer: PeerKey) -> u32 {
        self.strikes.get(&peer).copied().unwrap_or(0)
    }

    fn busy(&self, peer: PeerKey) -> usize {
        self.busy.get(&peer).copied().unwrap_or(0)
    }

    /// Who can be asked, the best first: least busy, fewest failures, then those said to be ahead.
    pub(crate) fn usable(&self) -> Vec<PeerKey> {
        let mut usable = self.peers.connected();
        usable.retain(|peer| !self.liars.contains(peer) && self.strikes(*peer) < STRIKES);
        usable.sort_by_key(|peer| {
            (
                self.busy(*peer),
                self.strikes(*peer),
                !self.preferred.contains(peer),
            )
        });
        usable
    }

    /// Who is asked for something next, if somebody has fewer than `per_peer` requests under way.
    pub(crate) fn pick(&self, per_peer: usize) -> Option<PeerKey> {
        self.usable()
            .into_iter()
            .find(|peer| self.busy(*peer) < per_peer && self.keeps_missing(*peer))
    }

    /// The blocks from this height on are missing.
    pub(crate) const fn look_for(&mut self, missing: Height) {
        self.missing = missing;
    }

    /// A peer said which the first block is that it keeps.
    pub(crate) fn keeps_from(&mut self, peer: PeerKey, earliest: Height) {
        self.earliest.insert(peer, earliest);
    }

    fn keeps_missing(&self, peer: PeerKey) -> bool {
        self.earliest
            .get(&peer)
            .is_none_or(|earliest| *earliest <= self.missing)
    }

    /// The last block that is not missing, and the lowest that is kept by anybody, when all who could be asked have
    /// forgotten what is missing.
    pub(crate) fn all_pruned(&self) -> Option<(Height, Height)> {
        let usable = self.usable();
        if usable.iter().any(|peer| self.keeps_missing(*peer)) {
            return None;
        }
        let lowest = usable.iter().filter_map(|peer| self.earliest.get(peer)).min()?;
        Some((Height::new(self.missing.get().saturating_sub(1)), *lowest))
    }

    pub(crate) fn asked(&mut self, peer: PeerKey) {
        *self.busy.entry(peer).or_default() += 1;
    }

    pub(crate) fn answered(&mut self, peer: PeerKey) {
        if let Some(busy) = self.busy.get_mut(&peer) {
            *busy = busy.saturating_sub(1);
        }
    }

    /// It gave what it was asked for.
    pub(crate) fn served(&mut self, peer: PeerKey) {
        self.strikes.remove(&peer);
    }

    /// It did not answer, or did not have it.
    pub(crate) fn strike(&mut self, peer: PeerKey) {
        self.metrics.failed_requests.inc();
        *self.strikes.entry(peer).or_default() += 1;
    }

    /// It lied.
    pub(crate) fn blame(&mut self, peer: PeerKey, lie: Lie) {
        if self.liars.insert(peer) {
            self.metrics.lied(lie);
            self.peers.blame(peer, lie);
        }
    }

    /// Those who failed get another chance; those who lied do not.
    pub(crate) fn forgive(&mut self) {
        self.strikes.clear();
    }
}
