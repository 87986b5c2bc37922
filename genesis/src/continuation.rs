//! A development chain that goes on from a checkpoint, in another generation.
//!
//! What was signed in the time line that is left must mean nothing in the new one: no vote, no transaction, no evidence.
//! The new generation is therefore a chain of its own with a hash of its own, which starts where the old one stood: at the
//! checkpoint's height, in the epoch of the next block, with its state and clock. Nobody signed its first header, as
//! nobody signs any genesis; who believes the document believes the state that stands in it.

use crate::document::Document;
use crate::error::GenesisError;
use crate::start::Start;
use crate::text::{Hex, HexBytes, Kind};
use borsh::BorshSerialize;
use core::ops::Bound;
use light_palisade::{Committee, Header, ValidatorIndex};
use primitives::{BlockHash, ChainClock, Digest, Epoch, Height, Timestamp, View};
use runtime::genesis::GenesisError as RuntimeError;
use runtime::{Bytes, Change, Changes, Order, State};
use serde::{Deserialize, Serialize};

/// From where a chain goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Continuation {
    /// The height of the checkpoint: the first block is one above.
    pub height: Height,
    /// The epoch of the first block.
    pub epoch: Epoch,
    /// The checkpoint's time, in milliseconds since the Unix epoch.
    pub time_ms: Timestamp,
    /// The chain clock there.
    pub chain_clock: ChainClock,
    /// The seed there.
    pub seed: Hex<32>,
    /// The state there, ascending by key.
    pub state: Vec<Entry>,
}

/// An entry of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its key.
    pub key: HexBytes,
    /// Its value.
    pub value: HexBytes,
}

impl Continuation {
    /// From the block with this header and the state that it left; `epoch` is that of the next block.
    #[must_use]
    pub fn of(header: &Header, epoch: Epoch, state: &State) -> Self {
        let all = state.range(Bound::Unbounded, Bound::Unbounded, usize::MAX, Order::Ascending);
        let entry = |(key, value): (&[u8], &[u8])| Entry {
            key: HexBytes(key.to_vec()),
            value: HexBytes(value.to_vec()),
        };
        Self {
            height: header.height,
            epoch,
            time_ms: header.time,
            chain_clock: header.chain_clock,
            seed: Hex(*header.seed.as_bytes()),
            state: all.into_iter().map(entry).collect(),
        }
    }

    /// Checks what can be seen without the state machine.
    pub(crate) fn validate(&self, network: Kind) -> Result<(), GenesisError> {
        let wrong = |what: &'static str| Err(GenesisError::Continuation(what));
        if network == Kind::Live {
            return Err(GenesisError::DevelopmentOnly("`continues`"));
        }
        if self.height.is_zero() {
            return wrong("its height is that of genesis");
        }
        if !self.state.is_sorted_by(|one, next| one.key.0 < next.key.0) {
            return wrong("its entries are not ascending by key");
        }
        Ok(())
    }
}

impl Document {
    /// The document with which this chain goes on from a checkpoint, in the next generation after `generation`.
    ///
    /// # Errors
    /// [`GenesisError::DevelopmentOnly`] on a live chain; [`GenesisError::Continuation`] says what is wrong with it.
    pub fn continued(&self, generation: u64, from: Continuation) -> Result<Self, GenesisError> {
        from.validate(self.network)?;
        let next = generation
            .max(self.generation)
            .checked_add(1)
            .ok_or(GenesisError::Continuation(
                "there is no generation after the last",
            ))?;
        Ok(Self {
            generation: next,
            continues: Some(from),
            ..self.clone()
        })
    }

    /// What a chain starts with that goes on from a checkpoint.
    pub(crate) fn resume(&self, from: &Continuation) -> Result<Start, GenesisError> {
        let warnings = self.validate()?;
        let change = |entry: &Entry| Change {
            key: Bytes::from(entry.key.0.clone()),
            old: None,
            new: Some(Bytes::from(entry.value.0.clone())),
        };
        let changes = Changes::new(from.state.iter().map(change).collect())
            .ok_or(GenesisError::Continuation("its entries are not ascending by key"))?;
        let broken = GenesisError::Continuation("its entries make no state");
        let state = State::new().apply(&changes).map_err(|_| broken)?;
        let set = runtime::query::validator_set(&state, from.epoch).map_err(RuntimeError::from)?;
        let set = set.ok_or(GenesisError::Continuation(
            "its state has no validators for the epoch of the next block",
        ))?;
        let committee = Committee::new(set)?;
        let chain_hash = self.chain_hash();
        let header = Header {
            version: Header::VERSION,
            chain_hash,
            height: from.height,
            epoch: from.epoch,
            view: View::ZERO,
            parent: BlockHash::ZERO,
            proposer: ValidatorIndex::new(0),
            time: from.time_ms,
            chain_clock: from.chain_clock,
            transactions_root: Digest::ZERO,
            justification_root: Digest::ZERO,
            evidence_root: Digest::ZERO,
            validators_root: committee.root(),
            next_validators_root: Digest::ZERO,
            state_root: Digest::ZERO,
            receipts_root: Digest::ZERO,
            outbox_root: Digest::ZERO,
            seed: Digest::new(from.seed.0),
        };
        Ok(Start {
            chain_hash,
            header,
            state,
            changes,
            validators: committee.set().clone(),
            vaults: Vec::new(),
            warnings,
        })
    }
}
