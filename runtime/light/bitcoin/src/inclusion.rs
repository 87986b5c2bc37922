//! That a transaction is in a block.

use crate::limits::COINBASE_SCRIPT;
use crate::merkle::{MerkleError, fold};
use crate::transaction::{Transaction, TransactionError};
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::Digest;

/// A transaction's place in a block, and the block's first transaction, which fixes the height of the tree: without
/// it, a node of the tree could be passed off as a transaction, or a transaction as a node.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct InclusionProof {
    /// The transaction's place, from 0: never 0.
    pub index: u32,
    /// Siblings from the transaction up.
    pub branch: Vec<Digest>,
    /// The block's first transaction, with or without its witness.
    pub coinbase: Vec<u8>,
    /// Siblings from the first transaction up.
    pub coinbase_branch: Vec<Digest>,
}

/// Why a transaction is not shown to be in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InclusionError {
    /// The transaction's bytes.
    #[error("the transaction: {0}")]
    Transaction(TransactionError),
    /// The coinbase's bytes.
    #[error("the coinbase: {0}")]
    Coinbase(TransactionError),
    /// The transaction's branch.
    #[error("the transaction's branch: {0}")]
    Branch(MerkleError),
    /// The coinbase's branch.
    #[error("the coinbase's branch: {0}")]
    CoinbaseBranch(MerkleError),
    /// A block's first transaction pays its miner and nobody else; ids of these have repeated.
    #[error("the transaction is the block's first, which pays its miner")]
    PaysMiner,
    /// What is given as coinbase is none.
    #[error("what is given as coinbase spends something, or its script is not of 2 to 100 bytes")]
    NoCoinbase,
    /// The two branches are of different lengths.
    #[error("the branches have {branch} and {coinbase} hashes: in one tree both are as long")]
    Height {
        /// Hashes of the transaction's.
        branch: usize,
        /// Hashes of the coinbase's.
        coinbase: usize,
    },
    /// The transaction's branch leads to another root.
    #[error("the transaction's branch does not lead to the block's root")]
    Root,
    /// The coinbase's branch leads to another root.
    #[error("the coinbase's branch does not lead to the block's root")]
    CoinbaseRoot,
}

impl InclusionProof {
    /// The transaction in `bytes`, shown to be in the block with this root. At most 40 nodes and twice
    /// [`MAX_TRANSACTION_BYTES`](crate::limits::MAX_TRANSACTION_BYTES) are hashed.
    ///
    /// # Errors
    /// [`InclusionError`], cheapest first.
    ///
    /// # Source
    /// bridge.md, section 5; CVE-2012-2459, CVE-2017-12842; BIP30 for repeated coinbases.
    pub fn verify(&self, merkle_root: &Digest, bytes: &[u8]) -> Result<Transaction, InclusionError> {
        let (branch, coinbase) = (self.branch.len(), self.coinbase_branch.len());
        if branch != coinbase {
            return Err(InclusionError::Height { branch, coinbase });
        }
        if self.index == 0 {
            return Err(InclusionError::PaysMiner);
        }
        let transaction = Transaction::decode(bytes).map_err(InclusionError::Transaction)?;
        if transaction.is_coinbase() {
            return Err(InclusionError::PaysMiner);
        }
        let first = Transaction::decode(&self.coinbase).map_err(InclusionError::Coinbase)?;
        let scripted = |script: &Vec<u8>| COINBASE_SCRIPT.contains(&script.len());
        if !first.is_coinbase() || !first.inputs.iter().all(|input| scripted(&input.script)) {
            return Err(InclusionError::NoCoinbase);
        }
        let leaf = Digest::new(*transaction.id.as_bytes());
        if fold(&leaf, self.index, &self.branch).map_err(InclusionError::Branch)? != *merkle_root {
            return Err(InclusionError::Root);
        }
        let leaf = Digest::new(*first.id.as_bytes());
        if fold(&leaf, 0, &self.coinbase_branch).map_err(InclusionError::CoinbaseBranch)? != *merkle_root {
            return Err(InclusionError::CoinbaseRoot);
        }
        Ok(transaction)
    }
}
