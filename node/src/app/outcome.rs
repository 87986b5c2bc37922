//! What executing a block gave, kept until the block is final or lost.

use super::Admitted;
use light_palisade::{Block, ValidatorSet};
use primitives::{BlockHash, Height};
use runtime::{BlockEvents, Changes, Receipt, State};
use std::sync::Arc;
use store::Roots;

/// A block with what came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) hash: BlockHash,
    pub(crate) block: Arc<Block>,
    /// Its transactions, verified, in order.
    pub(crate) transactions: Vec<Arc<Admitted>>,
    pub(crate) state: State,
    pub(crate) changes: Arc<Changes>,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) events: BlockEvents,
    pub(crate) roots: Roots,
    pub(crate) next_validators: Option<ValidatorSet>,
}

impl Outcome {
    pub(crate) fn height(&self) -> Height {
        self.block.header.height
    }

    pub(crate) fn parent(&self) -> BlockHash {
        self.block.header.parent
    }
}
