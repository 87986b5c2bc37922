//! Tables: pools, sums per share, what owners have earned.

use crate::ID;
use crate::params::Params;
use crate::types::{Account, PerShare};
use kernel::{Ctx, Item, Map, StateError};
use primitives::{AccountId, Amount, AssetId, Epoch, MathError, ServiceId};
use vaults::VaultId;

/// The module's parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(ID.table(0));
/// (epoch, service, asset) → what is shared out for the epoch when it is over. The order is the queue's.
pub(crate) const POOLS: Map<(Epoch, ServiceId, AssetId), Amount> = Map::new(ID.table(1));
/// (vault, asset) → what its shares have earned; never removed.
pub(crate) const SUMS: Map<(VaultId, AssetId), PerShare> = Map::new(ID.table(2));
/// (vault, owner, asset) → what the owner has earned.
pub(crate) const ACCOUNTS: Map<(VaultId, AccountId, AssetId), Account> = Map::new(ID.table(3));

/// (epoch, service, operator, asset) → what an operator has earned, shared with those behind it when the epoch is over. The
/// order is the queue's.
pub(crate) const EARNED: Map<(Epoch, ServiceId, AccountId, AssetId), Amount> = Map::new(ID.table(4));

/// (vault, asset, round) → what a share had earned when a round of the vault was over, where others have earned since.
pub(crate) const ENDED: Map<(VaultId, AssetId, u32), u128> = Map::new(ID.table(5));

/// The most assets that a vault's owners earn in.
pub(crate) const MOST_ASSETS: usize = 32;

/// Holds all that was funded and is not paid.
#[must_use]
pub const fn pool_account() -> AccountId {
    bank::module_account(ID, 0)
}

/// Sets the parameters, whose rules the caller has checked.
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
