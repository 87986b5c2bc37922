//! Executing a block, and building one.

mod build;
mod execute;

pub use build::{Built, Limits, build};
pub use execute::{Executed, execute};

use kernel::{Block, Event};
use light_palisade::{Evidence, Header};
use primitives::{AccountId, ChainClock};

/// What execution knows of a block besides its transactions; all of it from the header, its justification, and its
/// parent's header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockContext {
    /// The block itself.
    pub block: Block,
    /// The parent's chain clock: the block ends its epoch when that has reached the epoch's end.
    pub parent_clock: ChainClock,
    /// The evidence that it holds, in order; of a block that is being built, what may go into it.
    pub evidence: Vec<Evidence>,
}

impl BlockContext {
    /// The context of the block with this header: its proposer's operator, the operators whose views were skipped since
    /// the parent, in view order, and the parent's chain clock come from elsewhere.
    #[must_use]
    pub const fn of(
        header: &Header,
        proposer: AccountId,
        missed: Vec<AccountId>,
        parent_clock: ChainClock,
    ) -> Self {
        let block = Block {
            chain_hash: header.chain_hash,
            height: header.height,
            epoch: header.epoch,
            view: header.view,
            time: header.time,
            chain_clock: header.chain_clock,
            proposer,
            seed: header.seed,
            missed,
        };
        Self {
            block,
            parent_clock,
            evidence: Vec::new(),
        }
    }

    /// The same with this evidence.
    #[must_use]
    pub fn with_evidence(mut self, evidence: Vec<Evidence>) -> Self {
        self.evidence = evidence;
        self
    }
}

/// What a block itself caused, apart from its transactions.
pub type BlockEvents = Vec<Event>;
