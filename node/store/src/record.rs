//! What is kept of a finalized block.

use crate::StoreError;
use crate::blob;
use crate::engine::{Batch, Engine, Tree};
use crate::key::{self, Part};
use borsh::{BorshDeserialize, BorshSerialize};
use light_palisade::{Block, Certificate, Header, ValidatorSet};
use primitives::codec::{decode, encode};
use primitives::{BlockHash, Digest, Epoch, Height, TxId};
use state::Changes;
use std::sync::Arc;

/// What executing a block left: what the next header commits to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Roots {
    /// Root of the state.
    pub state: Digest,
    /// Merkle root over the receipts.
    pub receipts: Digest,
    /// Root of what leaves for other chains.
    pub outbox: Digest,
}

/// An event that can be found by a key: which of the block's events, and the key's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventKey {
    /// The event's number within the block, from 0.
    pub event: u32,
    /// What it is found by. Equal bytes are the same key.
    pub key: Vec<u8>,
}

/// A finalized block with all that executing it gave: what [`Store::commit`](crate::Store::commit) takes.
#[derive(Clone, Debug)]
pub struct CommittedBlock {
    /// The block.
    pub block: Arc<Block>,
    /// Its hash.
    pub hash: BlockHash,
    /// A certificate over this very block: its finalization, or its notarization when a descendant made it final.
    /// The last block of an epoch needs a finalization.
    pub certificate: Option<Certificate>,
    /// What executing it left.
    pub roots: Roots,
    /// What it changed in the state.
    pub changes: Arc<Changes>,
    /// Receipts and events, as the runtime encodes them. The store does not look inside.
    pub receipts: Arc<[u8]>,
    /// The ids of its transactions, in order.
    pub transactions: Vec<TxId>,
    /// By what its events can be found.
    pub events: Vec<EventKey>,
    /// The next epoch's set, in the last block of an epoch and no other.
    pub next_validators: Option<ValidatorSet>,
}

/// What a chain starts from: what [`Store::initialize`](crate::Store::initialize) takes.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// The header that nobody signed, whose hash is the first block's parent.
    pub header: Header,
    /// Roots of the first state, its receipts and its outbox.
    pub roots: Roots,
    /// What leads from nothing to the first state.
    pub changes: Arc<Changes>,
    /// The set of its epoch.
    pub validators: ValidatorSet,
}

/// A header with what was decided about it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Head {
    /// Its hash.
    pub hash: BlockHash,
    /// The header.
    pub header: Header,
    /// A certificate over it, where there is one.
    pub certificate: Option<Certificate>,
    /// What executing it left.
    pub roots: Roots,
    /// How many transactions it has.
    pub transactions: u32,
}

/// The end of an epoch: what a verifier needs to follow from one set to the next.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct HandOver {
    /// The epoch's last header, which commits to the next set.
    pub header: Header,
    /// A finalization of it by the epoch's set.
    pub certificate: Certificate,
}

/// By what a block's content can be found.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Terms {
    /// Ids of its transactions, in order.
    pub(crate) transactions: Vec<TxId>,
    /// The start of the hash of an event's key, and the event's number.
    pub(crate) events: Vec<(u64, u32)>,
}

/// The latest block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct TipRecord {
    pub(crate) height: Height,
    pub(crate) hash: BlockHash,
    /// Bytes of all records, to compare with what the disk gives for them.
    pub(crate) log_bytes: u64,
}

/// For which chain, in which layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Binding {
    pub(crate) format: u32,
    pub(crate) chain: primitives::ChainHash,
}

/// The version of the layout.
pub(crate) const FORMAT: u32 = 2;

pub(crate) fn put<T: BorshSerialize + ?Sized>(batch: &mut Batch, key: &[u8], value: &T) {
    blob::put(batch, key, &encode(value));
}

pub(crate) fn read<T: BorshDeserialize>(
    engine: &dyn Engine,
    tree: Tree,
    key: &[u8],
    what: &dyn Fn() -> String,
) -> Result<Option<T>, StoreError> {
    let Some(bytes) = blob::read(engine, tree, key, what)? else {
        return Ok(None);
    };
    decode(&bytes)
        .map(Some)
        .map_err(|error| StoreError::corrupt(format!("{}: {error}", what())))
}

/// One part of the record of a height.
pub(crate) fn read_part<T: BorshDeserialize>(
    engine: &dyn Engine,
    height: Height,
    part: Part,
) -> Result<Option<T>, StoreError> {
    read(engine, Tree::Log, &key::part(height, part), &|| {
        format!("the {} of height {height}", name(part))
    })
}

pub(crate) fn read_hand_over(engine: &dyn Engine, epoch: Epoch) -> Result<Option<HandOver>, StoreError> {
    read(engine, Tree::Log, &key::hand_over(epoch), &|| {
        format!("the end of epoch {epoch}")
    })
}

pub(crate) fn read_validators(engine: &dyn Engine, epoch: Epoch) -> Result<Option<ValidatorSet>, StoreError> {
    read(engine, Tree::Log, &key::validators(epoch), &|| {
        format!("the validator set of epoch {epoch}")
    })
}

const fn name(part: Part) -> &'static str {
    match part {
        Part::Head => "header",
        Part::Block => "block",
        Part::Changes => "state changes",
        Part::Receipts => "receipts",
        Part::Terms => "search terms",
    }
}
