//! What a wallet checks: that a header is final, and that something stands in it.

use crate::block::transaction_leaf;
use crate::certificate::{Certificate, CertificateError};
use crate::header::Header;
use crate::validators::Committee;
use crate::vote::VoteKind;
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::{merkle, sparse};
use primitives::{ChainHash, Digest, TxId};

/// Why a proof shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The certificate is no finalization of this header.
    #[error("the certificate does not finalize this header")]
    OtherBlock,
    /// The header belongs to another chain.
    #[error("the header belongs to another chain")]
    OtherChain,
    /// The certificate does not hold.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The transaction is not proven to be in the block.
    #[error("inclusion: {0}")]
    Inclusion(#[from] merkle::ProofError),
    /// The value is not proven to be in the state.
    #[error("state: {0}")]
    State(#[from] sparse::ProofError),
}

/// A header and the certificate that makes it final.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FinalityProof {
    /// The header.
    pub header: Header,
    /// A finalization of it, by its epoch's set.
    pub certificate: Certificate,
}

impl FinalityProof {
    /// Checks it against the committee of the certificate's epoch.
    ///
    /// # Errors
    /// [`ProofError`] says why the header is not shown to be final.
    pub fn verify(&self, chain: &ChainHash, committee: &Committee) -> Result<(), ProofError> {
        if self.header.chain_hash != *chain {
            return Err(ProofError::OtherChain);
        }
        let statement = &self.certificate.statement;
        let finalizes = statement.kind() == VoteKind::Finalize
            && statement
                .block()
                .is_some_and(|(_, block)| block == self.header.hash());
        if !finalizes {
            return Err(ProofError::OtherBlock);
        }
        Ok(committee.verify(chain, &self.certificate)?)
    }
}

/// That a transaction is in a block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct InclusionProof {
    /// Its place in the block's transaction tree.
    pub path: merkle::Proof,
}

impl InclusionProof {
    /// Checks that the transaction with this id and these bytes stands in the block of `header`.
    ///
    /// # Errors
    /// [`ProofError::Inclusion`].
    pub fn verify(&self, header: &Header, id: &TxId, bytes: &[u8]) -> Result<(), ProofError> {
        Ok(self
            .path
            .verify(&header.transactions_root, &transaction_leaf(id, bytes))?)
    }
}

/// That a key has a value in the state, or that it has none, after the parent of a block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StateProof {
    /// Its place in the state tree.
    pub path: sparse::Proof,
}

impl StateProof {
    /// Checks that `key` has `value` (or none) under this state root.
    ///
    /// # Errors
    /// [`ProofError::State`].
    pub fn verify(&self, state_root: &Digest, key: &[u8], value: Option<&[u8]>) -> Result<(), ProofError> {
        Ok(self.path.verify(state_root, key, value)?)
    }
}
