//! What came of a transaction, as the chain keeps it: no text.

use borsh::{BorshDeserialize, BorshSerialize};
use crypto::domain::Domain;
use crypto::hash::tagged;
use crypto::merkle;
use kernel::{Code, Event};
use primitives::codec::encode;
use primitives::{Amount, Digest, Gas, TxId};

/// What came of a transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Receipt {
    /// The transaction.
    pub id: TxId,
    /// Why it had no effect besides its fee; `None` when it took effect.
    pub failure: Option<Failure>,
    /// Gas that it used.
    pub gas_used: Gas,
    /// What it paid in all, in npal.
    pub fee: Amount,
    /// What happened, in order; nothing when it failed.
    pub events: Vec<Event>,
}

/// Why a transaction had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Failure {
    /// Which of its messages was refused, from 0.
    pub message: u32,
    /// Why.
    pub code: Code,
}

impl Receipt {
    /// Its leaf in the block's tree of receipts.
    #[must_use]
    pub fn leaf(&self) -> Digest {
        tagged(Domain::Receipt, &[&encode(self)])
    }

    /// Why it failed; `None` when it took effect.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        self.failure.map(|failure| failure.code)
    }

    /// Whether it took effect.
    #[must_use]
    pub const fn succeeded(&self) -> bool {
        self.failure.is_none()
    }
}

/// The root over a block's receipts; zero without any.
#[must_use]
pub fn receipts_root(receipts: &[Receipt]) -> Digest {
    let leaves: Vec<Digest> = receipts.iter().map(Receipt::leaf).collect();
    merkle::root(&leaves)
}
