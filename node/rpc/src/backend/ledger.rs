//! The record of final blocks.

use light_palisade::{Block, Certificate, Header, ValidatorSet};
use primitives::Height;
use runtime::{Event, Receipt};

/// A final block and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalBlock {
    /// The block.
    pub block: Block,
    /// What came of each of its transactions, in order.
    pub receipts: Vec<Receipt>,
    /// What the block itself caused, in order.
    pub events: Vec<Event>,
    /// A finalization of it or of a descendant.
    pub certificate: Certificate,
    /// Length of the block's encoding in bytes.
    pub size: u64,
}

/// Where a transaction stands. Ordered as the chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The height of its block.
    pub height: Height,
    /// Its position in the block, from 0.
    pub index: u32,
}

/// Some places, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The places.
    pub places: Vec<Place>,
    /// The `before` to go on with; `None` when nothing can follow.
    pub next: Option<Place>,
}

/// What shows that a block is final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalityProof {
    /// Its header.
    pub header: Header,
    /// The headers from its child up to the certificate's block; empty when the certificate is its own.
    pub descendants: Vec<Header>,
    /// A finalization of it or of the last descendant.
    pub certificate: Certificate,
}

/// How an epoch's validators were put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The validators.
    pub set: ValidatorSet,
    /// The epoch before's last block, final; `None` for the set that genesis made.
    pub finality: Option<FinalityProof>,
}
