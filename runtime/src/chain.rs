//! What the runtime itself keeps in the state: accounts' sequences, the base price, the chain's parameters.

mod genesis;
mod params;
mod unordered;

pub use genesis::{Genesis, GenesisSequence};
pub use params::{Params, ParamsError};
pub use unordered::{UNORDERED_GAS, UNORDERED_WINDOW, included, latest_timeout};

pub(crate) use genesis::{InitError, as_genesis, init};
pub(crate) use unordered::{forget, remember};

use kernel::{Item, Map, ModuleId, Read, StateError, Write};
use primitives::{AccountId, Amount};

/// The runtime's own number and name in the state, in error codes and in events.
pub const ID: ModuleId = ModuleId::new(1, "runtime");

/// How many transactions of an account are in the chain, above zero.
pub(crate) const SEQUENCES: Map<AccountId, u64> = Map::new(ID.table(0));
/// What a unit of gas costs in the next block, in npal.
pub(crate) const BASE_PRICE: Item<Amount> = Item::new(ID.table(1));
/// The chain's parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(ID.table(2));

/// How many transactions of `account` are in the chain: the sequence of its next.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn sequence(store: &(impl Read + ?Sized), account: &AccountId) -> Result<u64, StateError> {
    SEQUENCES.or_default(store, account)
}

/// What a unit of gas costs in the next block, in npal.
///
/// # Errors
/// As [`sequence`].
pub fn base_price(store: &(impl Read + ?Sized)) -> Result<Amount, StateError> {
    BASE_PRICE.require(store)
}

/// The chain's parameters.
///
/// # Errors
/// As [`sequence`].
pub fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    PARAMS.require(store)
}

/// Counts a transaction with sequence `used`.
pub(crate) fn use_sequence(
    store: &mut (impl Write + ?Sized),
    account: &AccountId,
    used: u64,
) -> Result<(), StateError> {
    let next = used
        .checked_add(1)
        .ok_or(ID.broken("an account sends fewer than 2^64 transactions"))?;
    SEQUENCES.put(store, account, &next)
}
