//! The block that is being executed.

use primitives::{AccountId, ChainClock, ChainHash, Digest, Epoch, Height, Timestamp, View};

/// What execution knows of its block; all of it is in the header or in the header's own justification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The chain.
    pub chain_hash: ChainHash,
    /// The block's position; 0 while genesis is written.
    pub height: Height,
    /// Its epoch.
    pub epoch: Epoch,
    /// Its view within the epoch.
    pub view: View,
    /// The leader's stamp. For showing; delays count [`Block::chain_clock`].
    pub time: Timestamp,
    /// Chain time, by which delays mature.
    pub chain_clock: ChainClock,
    /// The operator who proposed it; zero in genesis.
    pub proposer: AccountId,
    /// The only source of chance.
    pub seed: Digest,
    /// The operators whose views were skipped since the parent, in view order; one may stand there twice.
    pub missed: Vec<AccountId>,
}
