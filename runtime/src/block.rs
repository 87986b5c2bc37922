//! Executing a block, and building one.

mod build;
mod execute;

pub use build::{Built, Limits, build};
pub use execute::{Executed, execute};

use kernel::{Block, Event};
use primitives::ChainClock;

/// What execution knows of a block besides its transactions; all of it from the header, its justification, and its
/// parent's header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockContext {
    /// The block itself.
    pub block: Block,
    /// The parent's chain clock: the block ends its epoch when that has reached the epoch's end.
    pub parent_clock: ChainClock,
}

/// What a block itself caused, apart from its transactions.
pub type BlockEvents = Vec<Event>;
