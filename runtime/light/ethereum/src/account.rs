//! Accounts and their storage, proven under a block's state root.

use crate::rlp::{Item, RlpError};
use crate::spec::Root;
use crate::trie::{self, TrieError};
use crypto::hash::keccak256;

/// An account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// Wei, big-endian.
    pub balance: [u8; 32],
    /// Root of its storage.
    pub storage_root: Root,
    /// Keccak of its code.
    pub code_hash: Root,
}

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The proof does not show it.
    #[error("account proof: {0}")]
    Proof(#[from] TrieError),
    /// What is there is no account or no storage value.
    #[error("the account or the value is malformed: {0}")]
    Rlp(#[from] RlpError),
}

impl Account {
    /// The account at `address` under `state_root`; `None` when the proof shows that there is none.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn prove(
        state_root: &Root,
        address: &[u8; 20],
        proof: &[Vec<u8>],
    ) -> Result<Option<Self>, AccountError> {
        let Some(value) = trie::lookup(state_root, &keccak256(address), proof)? else {
            return Ok(None);
        };
        let mut items = Item::whole(&value)?.list()?;
        let account = Self {
            nonce: items.item()?.u64()?,
            balance: items.item()?.u256()?,
            storage_root: items.item()?.array()?,
            code_hash: items.item()?.array()?,
        };
        items.end()?;
        Ok(Some(account))
    }

    /// The 32 bytes, big-endian, in `slot` of this account's storage; zero when the proof shows that nothing is.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn storage(&self, slot: &Root, proof: &[Vec<u8>]) -> Result<[u8; 32], AccountError> {
        match trie::lookup(&self.storage_root, &keccak256(slot), proof)? {
            None => Ok([0; 32]),
            Some(value) => Ok(Item::whole(&value)?.u256()?),
        }
    }
}
