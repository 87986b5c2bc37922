//! Blocks: a header and everything that it commits to.

use crate::certificate::Certificate;
use crate::evidence::Evidence;
use crate::header::Header;
use crate::limits::{
    MAX_BLOCK_BYTES, MAX_EVIDENCE, MAX_JUSTIFICATION_BYTES, MAX_TRANSACTION_BYTES, MAX_TRANSACTION_SIZE,
    MAX_TRANSACTIONS,
};
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::SignatureBytes;
use crypto::domain::Domain;
use crypto::hash::{seed, sha256, tagged};
use crypto::merkle;
use primitives::codec::{CodecError, decode_limited, encode};
use primitives::{BlockHash, Digest, TxId};

/// Why a block may follow its parent: carried inside the block, so that a proposal proves itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Justification {
    /// Notarization or finalization of the parent. None only when the parent is genesis. For an epoch's first
    /// block it is the finalization of the epoch before, checked with that epoch's set.
    pub parent: Option<Certificate>,
    /// A nullification of every view between the parent's and the block's, ascending.
    pub nullifications: Vec<Certificate>,
}

impl Justification {
    /// What the header commits to.
    #[must_use]
    pub fn root(&self) -> Digest {
        tagged(Domain::Justification, &[&encode(self)])
    }
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Block {
    /// What it commits to.
    pub header: Header,
    /// Why it may follow its parent.
    pub justification: Justification,
    /// The proposer's signature over (SEED, epoch, view), from which the seed follows.
    pub seed_signature: SignatureBytes,
    /// Proven misbehaviour.
    pub evidence: Vec<Evidence>,
    /// Signed transactions, as their senders encoded them.
    pub transactions: Vec<Vec<u8>>,
}

/// Why a block contradicts itself, whatever the chain's state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Not the encoding of a block.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The header has another version than this code knows.
    #[error("header version {0}, expected {expected}", expected = Header::VERSION)]
    Version(u16),
    /// One of its parts is larger than allowed.
    #[error("{part}: {size} where at most {limit} are allowed")]
    TooLarge {
        /// Which part.
        part: &'static str,
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// A root in the header is not that of the body.
    #[error("the header's {0} is not that of the body")]
    Root(&'static str),
}

/// The leaf of a transaction in its block's tree, from its id and all of its bytes.
#[must_use]
pub fn transaction_leaf(id: &TxId, bytes: &[u8]) -> Digest {
    tagged(Domain::TransactionLeaf, &[id.as_bytes(), &sha256(&[bytes])])
}

impl Block {
    /// The block's hash.
    #[must_use]
    pub fn hash(&self) -> BlockHash {
        self.header.hash()
    }

    /// Decodes a block from a stranger's bytes.
    ///
    /// # Errors
    /// [`BlockError::Codec`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BlockError> {
        Ok(decode_limited(bytes, MAX_BLOCK_BYTES)?)
    }

    /// The root over transactions whose ids the caller has computed, in order.
    #[must_use]
    pub fn transactions_root(&self, ids: &[TxId]) -> Digest {
        let leaves: Vec<Digest> = ids
            .iter()
            .zip(&self.transactions)
            .map(|(id, bytes)| transaction_leaf(id, bytes))
            .collect();
        merkle::root(&leaves)
    }

    /// The root over evidence.
    #[must_use]
    pub fn evidence_root(evidence: &[Evidence]) -> Digest {
        let leaves: Vec<Digest> = evidence
            .iter()
            .map(|e| tagged(Domain::Evidence, &[&encode(e)]))
            .collect();
        merkle::root(&leaves)
    }

    /// Checks limits and that the header's roots are those of the body; `ids` are the transactions' ids in order,
    /// `parent_seed` the parent's seed. Signatures and state are checked elsewhere.
    ///
    /// # Errors
    /// [`BlockError`] says what contradicts what.
    pub fn check_consistency(&self, ids: &[TxId], parent_seed: &Digest) -> Result<(), BlockError> {
        self.check_limits()?;
        let header = &self.header;
        let roots = [
            (
                "transactions root",
                header.transactions_root,
                self.transactions_root(ids),
            ),
            (
                "justification root",
                header.justification_root,
                self.justification.root(),
            ),
            (
                "evidence root",
                header.evidence_root,
                Self::evidence_root(&self.evidence),
            ),
            ("seed", header.seed, seed(parent_seed, &self.seed_signature.0)),
        ];
        if ids.len() != self.transactions.len() {
            return Err(BlockError::Root("transactions root"));
        }
        roots
            .iter()
            .find(|(_, stated, actual)| stated != actual)
            .map_or(Ok(()), |(name, _, _)| Err(BlockError::Root(name)))
    }

    /// Checks the version and that no part is larger than [`crate::limits`] allow.
    ///
    /// # Errors
    /// [`BlockError::Version`], [`BlockError::TooLarge`].
    pub fn check_limits(&self) -> Result<(), BlockError> {
        if self.header.version != Header::VERSION {
            return Err(BlockError::Version(self.header.version));
        }
        let bytes = self
            .transactions
            .iter()
            .fold(0usize, |sum, t| sum.saturating_add(t.len()));
        let largest = self.transactions.iter().map(Vec::len).max().unwrap_or(0);
        let sizes = [
            ("transactions", self.transactions.len(), MAX_TRANSACTIONS),
            ("bytes of transactions", bytes, MAX_TRANSACTION_BYTES),
            ("bytes of one transaction", largest, MAX_TRANSACTION_SIZE),
            ("pieces of evidence", self.evidence.len(), MAX_EVIDENCE),
            (
                "bytes of justification",
                encode(&self.justification).len(),
                MAX_JUSTIFICATION_BYTES,
            ),
        ];
        sizes
            .iter()
            .find(|(_, size, limit)| size > limit)
            .map_or(Ok(()), |(part, size, limit)| {
                Err(BlockError::TooLarge {
                    part,
                    size: *size,
                    limit: *limit,
                })
            })
    }
}
