//! The execution block's own header: RLP whose Keccak is the block hash that a finalized payload states. Reading roots
//! from it is the same from Capella to Gloas.

use crate::rlp::{Item, RlpError};
use crate::spec::Root;
use crypto::hash::keccak256;

/// Bytes of a header, at most: twenty-one fields, the bloom filter and 32 bytes of extra data come to about 700.
pub const MAX_HEADER_BYTES: usize = 1_024;

/// What proofs need of an execution block's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockHeader {
    /// Root of the accounts after the block.
    pub state_root: Root,
    /// Root of the transactions' trie.
    pub transactions_root: Root,
    /// Root of the receipts' trie.
    pub receipts_root: Root,
    /// Its height.
    pub number: u64,
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
}

/// Why a header is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Longer than any header.
    #[error("{length} bytes where a header has at most {MAX_HEADER_BYTES}")]
    TooLarge {
        /// How long.
        length: usize,
    },
    /// It has another hash.
    #[error("the header is not the block's: its hash is another")]
    Hash,
    /// It is no header.
    #[error("the header is malformed: {0}")]
    Rlp(#[from] RlpError),
}

impl BlockHeader {
    /// Reads the header whose Keccak is `block_hash`. The first fifteen fields are as they have been since the first
    /// block; what forks added after them is passed over.
    ///
    /// # Errors
    /// [`BlockError`].
    pub fn decode(bytes: &[u8], block_hash: &Root) -> Result<Self, BlockError> {
        if bytes.len() > MAX_HEADER_BYTES {
            let length = bytes.len();
            return Err(BlockError::TooLarge { length });
        }
        if keccak256(bytes) != *block_hash {
            return Err(BlockError::Hash);
        }
        let mut items = Item::whole(bytes)?.list()?;
        let _parent: Root = items.item()?.array()?;
        let _ommers: Root = items.item()?.array()?;
        let _beneficiary: [u8; 20] = items.item()?.array()?;
        let state_root = items.item()?.array()?;
        let transactions_root = items.item()?.array()?;
        let receipts_root = items.item()?.array()?;
        let _bloom: [u8; 256] = items.item()?.array()?;
        let _difficulty = items.item()?.u256()?;
        let number = items.item()?.u64()?;
        let _limit = items.item()?.u64()?;
        let _used = items.item()?.u64()?;
        let timestamp = items.item()?.u64()?;
        let _extra = items.item()?.bytes()?;
        let _mix: Root = items.item()?.array()?;
        let _nonce: [u8; 8] = items.item()?.array()?;
        while !items.is_empty() {
            items.item()?.bytes()?;
        }
        Ok(Self {
            state_root,
            transactions_root,
            receipts_root,
            number,
            timestamp,
        })
    }
}
