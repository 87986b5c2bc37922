//! The header: what a block commits to, and what its hash binds.

use borsh::{BorshDeserialize, BorshSerialize};
use crypto::domain::Domain;
use crypto::hash::tagged;
use primitives::codec::encode;
use primitives::{BlockHash, ChainClock, ChainHash, Digest, Epoch, Height, Timestamp, View};

use crate::validators::ValidatorIndex;

/// What a block commits to. Every field has a fixed width, so a contract can cut the encoding by offset.
///
/// The roots of state, receipts and outbox are those after executing the *parent*: execution overlaps with voting
/// at the price of one block for proofs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Header {
    /// Version of this layout: 1.
    pub version: u16,
    /// The chain: genesis and generation.
    pub chain_hash: ChainHash,
    /// Position in the chain.
    pub height: Height,
    /// Epoch in which it was first proposed. A re-proposed boundary block keeps its header.
    pub epoch: Epoch,
    /// View in which it was first proposed.
    pub view: View,
    /// The block it follows.
    pub parent: BlockHash,
    /// Who proposed it, in its epoch's set.
    pub proposer: ValidatorIndex,
    /// Milliseconds since the Unix epoch: above the parent's, at most two seconds ahead of a voter's clock.
    pub time: Timestamp,
    /// The parent's clock advanced by at most ten seconds; on a development chain its leader may put it forward.
    pub chain_clock: ChainClock,
    /// Merkle root over the transactions.
    pub transactions_root: Digest,
    /// Hash of the justification.
    pub justification_root: Digest,
    /// Merkle root over the evidence.
    pub evidence_root: Digest,
    /// Root of the set that decides this block's epoch.
    pub validators_root: Digest,
    /// Root of the next epoch's set in the epoch's last block (the boundary), zero in every other.
    pub next_validators_root: Digest,
    /// State after executing the parent.
    pub state_root: Digest,
    /// Merkle root over the parent's receipts.
    pub receipts_root: Digest,
    /// Root of what leaves for other chains, after executing the parent.
    pub outbox_root: Digest,
    /// H(parent's seed ‖ the proposer's signature over (SEED, epoch, view)).
    pub seed: Digest,
}

impl Header {
    /// The version that this code writes and accepts.
    pub const VERSION: u16 = 1;

    /// The block's hash: sha-256("palisade/header/v1" ‖ canonical encoding).
    #[must_use]
    pub fn hash(&self) -> BlockHash {
        tagged(Domain::Header, &[&encode(self)])
    }

    /// Whether nobody signed it: the header that a chain starts with, at height 0, or where a development chain goes on from a
    /// checkpoint.
    #[must_use]
    pub fn is_genesis(&self) -> bool {
        self.parent == BlockHash::ZERO
    }

    /// Whether it is the last block of its epoch.
    #[must_use]
    pub fn is_boundary(&self) -> bool {
        !self.next_validators_root.is_zero()
    }
}
