//! What the log keeps, so that a restarted validator never contradicts itself and need not start over.

use crate::message::shared;
use borsh::{BorshDeserialize, BorshSerialize};
use light_palisade::{Block, Certificate, Statement};
use primitives::{Epoch, Height, View};
use std::sync::Arc;

/// One entry of the log. Signing is deterministic, so a statement is kept without its signature: after a restart
/// the core asks for it again ([`crate::Effect::Sign`]) and the guard allows what it has allowed before.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Record {
    /// An epoch began: what follows belongs to it.
    Epoch(Epoch),
    /// We are about to sign this.
    Voted(Statement),
    /// A block that we notarize, or that is notarized: it comes before our vote for it.
    Block(#[borsh(serialize_with = "shared::write", deserialize_with = "shared::read")] Arc<Block>),
    /// A certificate that was formed or verified here.
    Certificate(Certificate),
}

/// Everything at or below this is decided: once the block at `height` is durable in the store, records that are not
/// [needed](Record::is_needed) above it may be dropped from the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// Epoch of the next block.
    pub epoch: Epoch,
    /// View of that epoch in which the last block was finalized; 0 when the epoch has no finalized block.
    pub view: View,
    /// Height of the last finalized block.
    pub height: Height,
}

impl Record {
    /// Whether it must stay in the log when everything up to `floor` is durable elsewhere.
    #[must_use]
    pub fn is_needed(&self, floor: &Floor) -> bool {
        match self {
            Self::Epoch(epoch) => *epoch >= floor.epoch,
            Self::Voted(statement) => above(statement, floor),
            Self::Certificate(certificate) => above(&certificate.statement, floor),
            Self::Block(block) => block.header.height > floor.height,
        }
    }
}

fn above(statement: &Statement, floor: &Floor) -> bool {
    (statement.epoch(), statement.view()) > (floor.epoch, floor.view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_the_floor_stays() {
        let floor = Floor {
            epoch: Epoch::new(2),
            view: View::new(7),
            height: Height::new(40),
        };
        let voted = |epoch, view| {
            Record::Voted(Statement::Nullify {
                epoch: Epoch::new(epoch),
                view: View::new(view),
            })
        };
        assert!(voted(2, 8).is_needed(&floor) && voted(3, 1).is_needed(&floor));
        assert!(!voted(2, 7).is_needed(&floor) && !voted(1, 900).is_needed(&floor));
        assert!(Record::Epoch(Epoch::new(2)).is_needed(&floor));
    }
}
