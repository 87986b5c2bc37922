//! What may be asked.

use crate::params::Params;
use crate::state::{ACCOUNTS, MOST_ASSETS, PARAMS, POOLS, SUMS, broken_math};
use kernel::{Read, StateError};
use primitives::{AccountId, Amount, AssetId, Coin, Epoch, ServiceId, Shares};
use vaults::VaultId;

/// The parameters.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    PARAMS.require(store)
}

/// The raw key of the parameters, whose value is [`Params`].
#[must_use]
pub fn params_key() -> Vec<u8> {
    PARAMS.raw_key()
}

/// What a service's pool of an epoch holds of an asset.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn pool(
    store: &(impl Read + ?Sized),
    epoch: Epoch,
    service: ServiceId,
    asset: AssetId,
) -> Result<Amount, StateError> {
    POOLS.or_default(store, &(epoch, service, asset))
}

/// What an owner of a vault's shares could claim now, per asset.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn claimable(
    store: &(impl Read + ?Sized),
    vault: &VaultId,
    owner: &AccountId,
) -> Result<Vec<Coin>, StateError> {
    let position = vaults::query::position(store, vault, owner)?;
    let shares = position.map_or(Shares::ZERO, |(position, _)| position.shares);
    let mut all = Vec::new();
    for ((_, asset), sum) in SUMS.range_of(store, vault, None, MOST_ASSETS)? {
        let account = ACCOUNTS.or_default(store, &(*vault, *owner, asset))?;
        let amount = account.settle(sum.sum, shares).map_err(broken_math)?.owed;
        if !amount.is_zero() {
            all.push(Coin { asset, amount });
        }
    }
    Ok(all)
}
