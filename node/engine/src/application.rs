//! What the engine asks of the state machine and its store.

use bytes::Bytes;
use consensus::{Build, Draw, Tip, Verdict, Verify};
use crypto::bls::SignatureBytes;
use light_palisade::{Block, Certificate, Committee, Evidence};
use primitives::BlockHash;
use std::sync::Arc;

/// An error that halts the node: the store or the code is broken. The binary that made it knows what it is.
pub type ApplicationError = Box<dyn std::error::Error + Send + Sync>;

/// Blocks that were finalized together.
#[derive(Clone, Debug)]
pub struct Finalized {
    /// In height order, never empty; the first follows the last committed block.
    pub blocks: Vec<Arc<Block>>,
    /// The finalization of the last; the others are final as its ancestors.
    pub certificate: Certificate,
}

/// What a commit led to.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    /// The next epoch's set and what fixes its leaders, when the last block ended an epoch.
    pub next_epoch: Option<(Arc<Committee>, Draw)>,
}

/// The state machine over its store. Every method blocks, and is called on a thread that may.
pub trait Application: Send + Sync + 'static {
    /// Builds the block that is asked for, executes it and keeps the outcome. `None` when it cannot, for a reason
    /// that is no defect.
    ///
    /// # Errors
    /// What halts the node.
    fn build(&self, build: &Build, seed_signature: SignatureBytes)
    -> Result<Option<Block>, ApplicationError>;

    /// Executes a block on its parent's outcome, judges it, and keeps the outcome of a valid one.
    ///
    /// # Errors
    /// What halts the node. A block that breaks a rule is a verdict, not an error.
    fn verify(&self, verify: &Verify) -> Result<Verdict, ApplicationError>;

    /// Makes finalized blocks durable, and only then announces them. Groups in order, each following the last.
    ///
    /// # Errors
    /// What halts the node.
    fn commit(&self, finalized: Vec<Finalized>) -> Result<Committed, ApplicationError>;

    /// The last committed block and who decides the next: where consensus stands.
    ///
    /// # Errors
    /// What halts the node.
    fn tip(&self) -> Result<Tip, ApplicationError>;

    /// A finalized body by its hash, for a peer that lacks it.
    fn body(&self, hash: &BlockHash) -> Option<Arc<Block>>;

    /// Shows the transactions that wait here, one after the other, until `visit` wants no more.
    fn recall(&self, visit: &mut dyn FnMut(&[u8]) -> bool);

    /// Whether a block's transactions are those that its header speaks of.
    fn is_whole(&self, block: &Block) -> bool;

    /// Answers a peer's request about finalized blocks; `None` when there is no answer. The bytes are a stranger's.
    fn answer(&self, request: &[u8]) -> Option<Bytes>;

    /// Keeps evidence for a block to come.
    fn evidence(&self, evidence: Evidence);
}
