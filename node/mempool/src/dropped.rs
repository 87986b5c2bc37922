//! What became of transactions that waited and do not any more.

use crate::Rejection;
use primitives::{Amount, Height, TxId};
use std::collections::{HashMap, VecDeque};

/// Why a transaction left without being in a finalized block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Dropped {
    /// Its timeout, or the pool's own, passed.
    #[error("it was in no block up to height {at}")]
    Expired {
        /// The last height at which it waited.
        at: Height,
    },
    /// Others paid more when there was no more room.
    #[error("the mempool was full and others paid more: at least {min_fee} per gas was needed")]
    Evicted {
        /// The price per gas that would have kept it.
        min_fee: Amount,
    },
    /// Its sender replaced it.
    #[error("its sender replaced it by {by}")]
    Replaced {
        /// The transaction that took its place.
        by: TxId,
    },
    /// A transaction with the same sequence is in a finalized block.
    #[error("another transaction of its sender with sequence {sequence} is final")]
    Superseded {
        /// The sequence of both.
        sequence: u64,
    },
    /// The state no longer lets it in.
    #[error("{0}")]
    Invalid(Rejection),
}

impl Dropped {
    /// A fixed name in upper snake case, for the API and the metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "TX_EXPIRED",
            Self::Evicted { .. } => "MEMPOOL_FULL",
            Self::Replaced { .. } => "TX_REPLACED",
            Self::Superseded { .. } => "TX_SUPERSEDED",
            Self::Invalid(rejection) => rejection.reason,
        }
    }
}

/// The latest drops, by id; the oldest are forgotten.
pub(crate) struct Drops {
    reasons: HashMap<TxId, (u64, Dropped)>,
    order: VecDeque<(u64, TxId)>,
    count: u64,
    limit: usize,
}

impl Drops {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            reasons: HashMap::new(),
            order: VecDeque::new(),
            count: 0,
            limit,
        }
    }

    pub(crate) fn remember(&mut self, id: TxId, reason: Dropped) {
        self.count += 1;
        self.reasons.insert(id, (self.count, reason));
        self.order.push_back((self.count, id));
        while self.order.len() > self.limit {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((number, id)) = self.order.pop_front() else {
            return;
        };
        // It may have been dropped again since: then its later entry stands.
        if self.reasons.get(&id).is_some_and(|(latest, _)| *latest == number) {
            self.reasons.remove(&id);
        }
    }

    pub(crate) fn reason(&self, id: &TxId) -> Option<&Dropped> {
        self.reasons.get(id).map(|(_, reason)| reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_drops_are_known_and_the_oldest_forgotten() {
        let mut drops = Drops::new(2);
        let id = |n| TxId::new([n; 32]);
        let expired = |at| Dropped::Expired { at: Height::new(at) };
        drops.remember(id(1), expired(1));
        drops.remember(id(2), expired(2));
        drops.remember(id(1), expired(3));
        assert_eq!(drops.reason(&id(1)), Some(&expired(3)));
        drops.remember(id(3), expired(4));
        assert_eq!(drops.reason(&id(2)), None);
        assert_eq!(drops.reason(&id(1)), Some(&expired(3)));
        drops.remember(id(4), expired(5));
        assert_eq!(drops.reason(&id(1)), None);
        assert_eq!((drops.reasons.len(), drops.order.len()), (2, 2));
    }
}
