//! Faults of links, made inside the node: they need no root and no help of the system.

use crate::PeerKey;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a link does to what this node sends and receives on it. The default does nothing.
///
/// Direct frames and requests are delayed and lost on the way out; gossip, which libp2p sends by itself, is refused
/// on the way in. The connection itself stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkShape {
    /// Added to the way out, ms, at most 60,000. Default: 0.
    pub latency_ms: u64,
    /// The latency varies by up to this much either way, ms; order is kept. At most 60,000. Default: 0.
    pub jitter_ms: u64,
    /// Share of outgoing frames and requests that are lost, percent. Default: 0.
    pub loss_percent: u8,
    /// Nothing goes out. Default: false.
    pub blocked_out: bool,
    /// Nothing comes in. Default: false.
    pub blocked_in: bool,
}

/// Which links are shaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every link that has no shape of its own.
    All,
    /// The links of one peer.
    Peer(PeerKey),
}

/// A shape that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// More than everything.
    #[error("loss_percent = {0} is over 100")]
    Loss(u8),
    /// Longer than any link.
    #[error("latency_ms and jitter_ms may be at most 60000, not {0}")]
    Latency(u64),
    /// Too many peers have shapes of their own.
    #[error("at most {0} peers can have a shape of their own: clear the shapes first")]
    TooMany(usize),
}

/// What becomes of one thing on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes, this much after it was queued.
    Pass(Duration),
    /// It is lost.
    Lost,
}

const MAX_SHAPED: usize = 1_024;
const MAX_LATENCY: u64 = 60_000;

#[derive(Debug)]
struct State {
    all: Option<LinkShape>,
    peers: BTreeMap<PeerKey, LinkShape>,
    chance: StdRng,
}

impl State {
    fn shape(&self, peer: PeerKey) -> Option<LinkShape> {
        self.peers.get(&peer).copied().or(self.all)
    }
}

/// The shapes in force. Chance is seeded.
#[derive(Debug)]
pub(crate) struct Shaper {
    state: Mutex<State>,
    /// Whether there is any shape, so that nobody takes the lock when there is none.
    active: AtomicBool,
}

impl Shaper {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            state: Mutex::new(State {
                all: None,
                peers: BTreeMap::new(),
                chance: StdRng::seed_from_u64(seed),
            }),
            active: AtomicBool::new(false),
        }
    }

    pub(crate) fn set(&self, scope: Scope, shape: LinkShape) -> Result<(), ShapeError> {
        if shape.loss_percent > 100 {
            return Err(ShapeError::Loss(shape.loss_percent));
        }
        let longest = shape.latency_ms.max(shape.jitter_ms);
        if longest > MAX_LATENCY {
            return Err(ShapeError::Latency(longest));
        }
        let mut state = self.lock();
        match scope {
            Scope::All => state.all = Some(shape),
            Scope::Peer(peer) => {
                if state.peers.len() >= MAX_SHAPED && !state.peers.contains_key(&peer) {
                    return Err(ShapeError::TooMany(MAX_SHAPED));
                }
                state.peers.insert(peer, shape);
            }
        }
        self.active.store(true, Ordering::Release);
        Ok(())
    }

    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        state.all = None;
        state.peers.clear();
        self.active.store(false, Ordering::Release);
    }

    /// What becomes of the next thing that goes to `peer`.
    pub(crate) fn outbound(&self, peer: PeerKey) -> Fate {
        if !self.active.load(Ordering::Acquire) {
            return Fate::Pass(Duration::ZERO);
        }
        let mut state = self.lock();
        let Some(shape) = state.shape(peer) else {
            return Fate::Pass(Duration::ZERO);
        };
        if shape.blocked_out || state.chance.random_range(0..100) < shape.loss_percent {
            return Fate::Lost;
        }
        let swing = state.chance.random_range(0..=shape.jitter_ms * 2);
        let delay = (shape.latency_ms + swing).saturating_sub(shape.jitter_ms);
        Fate::Pass(Duration::from_millis(delay))
    }

    /// Whether what comes from `peer` gets in.
    pub(crate) fn admits(&self, peer: PeerKey) -> bool {
        if !self.active.load(Ordering::Acquire) {
            return true;
        }
        !self.lock().shape(peer).is_some_and(|shape| shape.blocked_in)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerKey = PeerKey([1; 32]);
    const OTHER: PeerKey = PeerKey([2; 32]);

    #[test]
    fn a_block_is_one_way_and_of_one_peer() {
        let shaper = Shaper::new(0);
        let blocked_out = LinkShape {
            blocked_out: true,
            ..LinkShape::default()
        };
        shaper.set(Scope::Peer(PEER), blocked_out).unwrap();
        assert_eq!(shaper.outbound(PEER), Fate::Lost);
        assert!(shaper.admits(PEER));
        assert_eq!(shaper.outbound(OTHER), Fate::Pass(Duration::ZERO));
        shaper.clear();
        assert_eq!(shaper.outbound(PEER), Fate::Pass(Duration::ZERO));
    }

    #[test]
    fn a_peers_own_shape_takes_the_place_of_the_common_one() {
        let shaper = Shaper::new(0);
        let blocked_in = LinkShape {
            blocked_in: true,
            ..LinkShape::default()
        };
        shaper.set(Scope::All, blocked_in).unwrap();
        shaper.set(Scope::Peer(PEER), LinkShape::default()).unwrap();
        assert!(shaper.admits(PEER));
        assert!(!shaper.admits(OTHER));
    }

    #[test]
    fn loss_and_jitter_come_from_the_seed() {
        let fates = |seed| {
            let shaper = Shaper::new(seed);
            let shape = LinkShape {
                latency_ms: 100,
                jitter_ms: 50,
                loss_percent: 25,
                ..LinkShape::default()
            };
            shaper.set(Scope::All, shape).unwrap();
            (0..1_000).map(|_| shaper.outbound(PEER)).collect::<Vec<_>>()
        };
        assert_eq!(fates(7), fates(7));
        assert_ne!(fates(7), fates(8));
        let lost = fates(7).iter().filter(|fate| **fate == Fate::Lost).count();
        assert!((150..350).contains(&lost), "{lost}");
        let range = Duration::from_millis(50)..=Duration::from_millis(150);
        assert!(fates(7).iter().all(|fate| match fate {
            Fate::Pass(delay) => range.contains(delay),
            Fate::Lost => true,
        }));
    }

    #[test]
    fn a_shape_that_cannot_be_is_refused() {
        let shaper = Shaper::new(0);
        let loss = LinkShape {
            loss_percent: 101,
            ..LinkShape::default()
        };
        assert_eq!(shaper.set(Scope::All, loss), Err(ShapeError::Loss(101)));
        let slow = LinkShape {
            jitter_ms: 60_001,
            ..LinkShape::default()
        };
        assert_eq!(shaper.set(Scope::All, slow), Err(ShapeError::Latency(60_001)));
    }
}
