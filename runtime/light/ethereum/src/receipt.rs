//! Receipts: proven under a block's receipts root by their index, read strictly, with the logs of transactions that
//! succeeded.

use crate::rlp::{Item, RlpError, encode_number};
use crate::spec::Root;
use crate::trie::{self, TrieError};

/// Transactions of a block, at most: an index beyond this is nobody's.
pub const MAX_INDEX: u64 = 1 << 20;
/// Logs that are read from one receipt, at most. A block's gas limit allows fewer.
pub const MAX_LOGS: usize = 1 << 16;

/// A log: what a contract said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Which contract.
    pub address: [u8; 20],
    /// At most four; the first names the event, by custom.
    pub topics: Vec<Root>,
    /// The rest, as the contract's ABI says.
    pub data: Vec<u8>,
}

/// A transaction's receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction's type, 0 to 4 (EIP-2718).
    pub kind: u8,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Gas used in the block so far, this transaction included.
    pub cumulative_gas: u64,
    /// Bloom filter over its logs.
    pub bloom: [u8; 256],
    /// Its logs. A transaction that failed has none that count.
    pub logs: Vec<Log>,
}

/// Why a receipt is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The index is beyond any block's.
    #[error("no block has a transaction of index {0}")]
    Index(u64),
    /// The proof does not show it.
    #[error("receipt proof: {0}")]
    Proof(#[from] TrieError),
    /// Its type is unknown to this code.
    #[error("a receipt of unknown type {0}")]
    Kind(u8),
    /// It is malformed.
    #[error("the receipt is malformed: {0}")]
    Rlp(#[from] RlpError),
    /// Its status is neither 0 nor 1; before Byzantium it was a root.
    #[error("the receipt's status is neither 0 nor 1")]
    Status,
    /// More topics than four.
    #[error("a log with more than four topics")]
    Topics,
    /// More logs than are read.
    #[error("more logs than a block can hold")]
    Logs,
    /// The transaction was reverted: its logs count for nothing.
    #[error("the transaction was reverted")]
    Reverted,
    /// It has no log of that index.
    #[error("the receipt has {logs} logs, and none of index {index}")]
    NoLog {
        /// The index asked for.
        index: u64,
        /// How many there are.
        logs: usize,
    },
}

impl Receipt {
    /// The receipt of transaction `index` under `receipts_root`. The key is made here, from the number: there is no
    /// second encoding of it.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn prove(receipts_root: &Root, index: u64, proof: &[Vec<u8>]) -> Result<Self, ReceiptError> {
        if index >= MAX_INDEX {
            return Err(ReceiptError::Index(index));
        }
        Self::decode(&trie::include(receipts_root, &encode_number(index), proof)?)
    }

    /// Reads a receipt as it stands in the trie: `rlp(receipt)`, or a type byte and `rlp(receipt)`.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let (kind, payload) = match bytes.split_first() {
            Some((first, _)) if *first >= 0xc0 => (0, bytes),
            Some((kind @ 1..=4, payload)) => (*kind, payload),
            Some((kind, _)) => return Err(ReceiptError::Kind(*kind)),
            None => return Err(RlpError::Short.into()),
        };
        let mut items = Item::whole(payload)?.list()?;
        let succeeded = match items.item()?.bytes()? {
            [] => false,
            [1] => true,
            _ => return Err(ReceiptError::Status),
        };
        let cumulative_gas = items.item()?.u64()?;
        let bloom = items.item()?.array()?;
        let mut list = items.item()?.list()?;
        items.end()?;
        let mut logs = Vec::new();
        while !list.is_empty() {
            if logs.len() >= MAX_LOGS {
                return Err(ReceiptError::Logs);
            }
            logs.push(Log::read(list.item()?)?);
        }
        Ok(Self {
            kind,
            succeeded,
            cumulative_gas,
            bloom,
            logs,
        })
    }

    /// Log `index` of this receipt, of a transaction that succeeded.
    ///
    /// # Errors
    /// [`ReceiptError::Reverted`], [`ReceiptError::NoLog`].
    pub fn log(&self, index: u64) -> Result<&Log, ReceiptError> {
        if !self.succeeded {
            return Err(ReceiptError::Reverted);
        }
        let logs = self.logs.len();
        usize::try_from(index)
            .ok()
            .and_then(|at| self.logs.get(at))
            .ok_or(ReceiptError::NoLog { index, logs })
    }
}

impl Log {
    fn read(item: Item<'_>) -> Result<Self, ReceiptError> {
        let mut items = item.list()?;
        let address = items.item()?.array()?;
        let mut list = items.item()?.list()?;
        let data = items.item()?.bytes()?.to_vec();
        items.end()?;
        let mut topics = Vec::with_capacity(4);
        while !list.is_empty() {
            if topics.len() >= 4 {
                return Err(ReceiptError::Topics);
            }
            topics.push(list.item()?.array()?);
        }
        Ok(Self {
            address,
            topics,
            data,
        })
    }
}
