//! What the runtime itself starts with.

use crate::chain::{BASE_PRICE, PARAMS, Params, ParamsError, SEQUENCES, base_price, params};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{StateError, View, Write};
use primitives::{AccountId, Amount, ChainClock, Epoch};

/// How many entries are read at once.
const PAGE: usize = 1_024;

/// The runtime's own part of a genesis.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The chain's parameters.
    pub params: Params,
    /// What a unit of gas costs in the first block, in npal. A chain that starts anew takes the lowest price.
    pub base_price: Amount,
    /// The epoch that it starts in: 0, or where the chain that it goes on from was.
    pub epoch: Epoch,
    /// The chain time that it starts at: 0, or where the chain that it goes on from was.
    pub chain_clock: ChainClock,
    /// How many transactions accounts have sent before, ascending; a chain that starts anew has none.
    pub sequences: Vec<GenesisSequence>,
}

/// How many transactions an account has sent before.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct GenesisSequence {
    /// The account.
    pub account: AccountId,
    /// How many.
    pub sequence: u64,
}

impl Genesis {
    /// A chain that starts anew under `params`.
    #[must_use]
    pub const fn new(params: Params) -> Self {
        Self {
            params,
            base_price: params.lowest_price,
            epoch: Epoch::ZERO,
            chain_clock: ChainClock::ZERO,
            sequences: Vec::new(),
        }
    }
}

/// Why the runtime's own part of a genesis is refused, or could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error(transparent)]
    State(#[from] StateError),
}

/// Writes the runtime's own part.
pub(crate) fn init(store: &mut (impl Write + ?Sized), genesis: &Genesis) -> Result<(), InitError> {
    genesis.params.validate()?;
    PARAMS.put(store, &genesis.params)?;
    BASE_PRICE.put(store, &genesis.base_price.max(genesis.params.lowest_price))?;
    for GenesisSequence { account, sequence } in &genesis.sequences {
        if *sequence > 0 {
            SEQUENCES.put(store, account, sequence)?;
        }
    }
    Ok(())
}

/// The runtime's own part as it is in `view`.
pub(crate) fn as_genesis(view: &View<'_>) -> Result<Genesis, StateError> {
    let store = view;
    let mut sequences: Vec<GenesisSequence> = Vec::new();
    loop {
        let after = sequences.last().map(|last| last.account);
        let page = SEQUENCES.range(store, after.as_ref(), PAGE)?;
        if page.is_empty() {
            return Ok(Genesis {
                params: params(store)?,
                base_price: base_price(store)?,
                epoch: view.block().epoch,
                chain_clock: view.block().chain_clock,
                sequences,
            });
        }
        let entries = page.into_iter();
        sequences.extend(entries.map(|(account, sequence)| GenesisSequence { account, sequence }));
    }
}
