//! Votes: what a validator says about a view, and the bytes it signs.

use crate::validators::{Committee, ValidatorIndex};
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::{BlsError, Signature, SignatureBytes};
use crypto::domain::Domain;
use primitives::{BlockHash, ChainHash, Epoch, View};

/// The three things a validator can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum VoteKind {
    /// This block is valid and may follow its parent.
    Notarize,
    /// This view ends without a block, as far as I am concerned.
    Nullify,
    /// This block is final.
    Finalize,
}

/// What a vote or a certificate states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Statement {
    /// This block is valid and may follow its parent.
    Notarize {
        /// Epoch of the view.
        epoch: Epoch,
        /// The view.
        view: View,
        /// View in which the parent was notarized; 0 is the end of the epoch before.
        parent_view: View,
        /// The block.
        block: BlockHash,
    },
    /// This view ends without a block.
    Nullify {
        /// Epoch of the view.
        epoch: Epoch,
        /// The view.
        view: View,
    },
    /// This block is final.
    Finalize {
        /// Epoch of the view.
        epoch: Epoch,
        /// The view.
        view: View,
        /// View in which the parent was notarized; 0 is the end of the epoch before.
        parent_view: View,
        /// The block.
        block: BlockHash,
    },
}

impl Statement {
    /// Which of the three it is.
    #[must_use]
    pub const fn kind(&self) -> VoteKind {
        match self {
            Self::Notarize { .. } => VoteKind::Notarize,
            Self::Nullify { .. } => VoteKind::Nullify,
            Self::Finalize { .. } => VoteKind::Finalize,
        }
    }

    /// The epoch it is about.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        match self {
            Self::Notarize { epoch, .. } | Self::Nullify { epoch, .. } | Self::Finalize { epoch, .. } => {
                *epoch
            }
        }
    }

    /// The view it is about.
    #[must_use]
    pub const fn view(&self) -> View {
        match self {
            Self::Notarize { view, .. } | Self::Nullify { view, .. } | Self::Finalize { view, .. } => *view,
        }
    }

    /// The parent's view and the block, where it is about a block.
    #[must_use]
    pub const fn block(&self) -> Option<(View, BlockHash)> {
        match self {
            Self::Notarize {
                parent_view, block, ..
            }
            | Self::Finalize {
                parent_view, block, ..
            } => Some((*parent_view, *block)),
            Self::Nullify { .. } => None,
        }
    }

    /// tag ‖ chain hash ‖ epoch ‖ view ‖ [parent view ‖ block], numbers as eight bytes, big-endian.
    #[must_use]
    pub fn sign_bytes(&self, chain: &ChainHash) -> Vec<u8> {
        let domain = match self.kind() {
            VoteKind::Notarize => Domain::Notarize,
            VoteKind::Nullify => Domain::Nullify,
            VoteKind::Finalize => Domain::Finalize,
        };
        let mut bytes = slot_bytes(domain, chain, self.epoch(), self.view());
        if let Some((parent_view, block)) = self.block() {
            bytes.extend_from_slice(&parent_view.get().to_be_bytes());
            bytes.extend_from_slice(block.as_bytes());
        }
        bytes
    }
}

/// The bytes a proposer signs for the seed of its block: tag ‖ chain hash ‖ epoch ‖ view.
#[must_use]
pub fn seed_sign_bytes(chain: &ChainHash, epoch: Epoch, view: View) -> Vec<u8> {
    slot_bytes(Domain::SeedSignature, chain, epoch, view)
}

fn slot_bytes(domain: Domain, chain: &ChainHash, epoch: Epoch, view: View) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    bytes.extend_from_slice(domain.tag());
    bytes.extend_from_slice(chain.as_bytes());
    bytes.extend_from_slice(&epoch.get().to_be_bytes());
    bytes.extend_from_slice(&view.get().to_be_bytes());
    bytes
}

/// A statement with its signer and signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Vote {
    /// What is said.
    pub statement: Statement,
    /// Who says it, in the epoch's set.
    pub signer: ValidatorIndex,
    /// Over the statement's sign bytes.
    pub signature: SignatureBytes,
}

impl Vote {
    /// Checks the signature against the committee of the statement's epoch.
    ///
    /// # Errors
    /// [`BlsError::Key`] when the committee has no such position, otherwise as [`Signature::verify`].
    pub fn verify(&self, chain: &ChainHash, committee: &Committee) -> Result<(), BlsError> {
        let key = committee.key(self.signer).ok_or(BlsError::Key)?;
        Signature::new(&self.signature)?.verify(key, &self.statement.sign_bytes(chain))
    }
}
