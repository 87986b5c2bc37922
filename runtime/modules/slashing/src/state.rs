//! Tables: requests, what is open against which vault, cooldowns, what reporters are to get.

use crate::ID;
use crate::params::Params;
use crate::types::{Due, Request};
use kernel::{Ctx, Item, Map, StateError};
use primitives::{AccountId, ChainClock, MathError, ServiceId};
use vaults::VaultId;

/// The module's parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(ID.table(0));
/// Request → what it is; never removed: each is paid for by a bond and a cooldown.
pub(crate) const REQUESTS: Map<u64, Request> = Map::new(ID.table(1));
/// How many requests and rewards there ever were: the next one's number.
pub(crate) const COUNT: Item<u64> = Item::new(ID.table(2));
/// (when it is due, request) of those that are open.
pub(crate) const QUEUE: Map<(ChainClock, u64), ()> = Map::new(ID.table(3));
/// (vault, request) of those that are open.
pub(crate) const OPEN: Map<(VaultId, u64), ()> = Map::new(ID.table(4));
/// (service, operator, class) → until when it is safe from another slash of the class.
pub(crate) const COOLDOWNS: Map<(ServiceId, AccountId, u8), ChainClock> = Map::new(ID.table(5));
/// (when it is paid, number) → what a reporter is to get.
pub(crate) const DUE: Map<(ChainClock, u64), Due> = Map::new(ID.table(6));

/// Open requests that may name one vault: what is read of them stays bounded.
pub(crate) const MAX_OPEN: usize = 256;
/// Vaults of one operator.
pub(crate) const MAX_VAULTS: usize = 32;

/// Holds the bonds of open requests and what reporters are to get.
#[must_use]
pub const fn held_account() -> AccountId {
    bank::module_account(ID, 0)
}

/// Sets the parameters, whose rules the caller has checked. What was asked for keeps its bond and its dates.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn set_params(ctx: &mut Ctx<'_>, params: &Params) -> Result<(), StateError> {
    PARAMS.put(ctx, params)
}

/// Arithmetic on what the tables say cannot fail on a sound store.
pub(crate) const fn broken_math(source: MathError) -> StateError {
    StateError::Math {
        module: ID.number(),
        what: "what the tables say adds up",
        source,
    }
}

/// What the module holds is there: its own records say so.
pub(crate) fn broken_bank(error: bank::Error) -> StateError {
    if let bank::Error::State(inner) = error {
        inner
    } else {
        ID.broken("the module holds what its records say")
    }
}
