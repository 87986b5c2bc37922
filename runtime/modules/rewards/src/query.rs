//! What may be asked.

use crate::accrue::settled;
use crate::params::Params;
use crate::state::{EARNED, MOST_ASSETS, PARAMS, POOLS, SUMS};
use crate::types::PerShare;
use kernel::{Read, StateError};
use primitives::{AccountId, Amount, AssetId, Coin, Epoch, ServiceId};
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

/// What a service's pools of an epoch hold, per asset: what it is funded with for the present epoch and those to come. One
/// that is over is shared out by the next blocks, and gone then; its `SharedOut` event tells what it held.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn funded(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    epoch: Epoch,
    limit: usize,
) -> Result<Vec<Coin>, StateError> {
    let found = POOLS.range_of(store, &(epoch, service), None, limit)?;
    Ok(found
        .into_iter()
        .map(|((_, _, asset), amount)| Coin { asset, amount })
        .collect())
}

/// A pool's place: epoch, service and asset.
pub type PoolKey = (Epoch, ServiceId, AssetId);

/// Up to `limit` pools of all services by epoch, service and asset, from the first after `after`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn pools(
    store: &(impl Read + ?Sized),
    after: Option<&PoolKey>,
    limit: usize,
) -> Result<Vec<(PoolKey, Amount)>, StateError> {
    POOLS.range(store, after, limit)
}

/// What an operator has earned for a service in an epoch, per asset, and what has not been shared with those behind it yet.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn earned(
    store: &(impl Read + ?Sized),
    epoch: Epoch,
    service: ServiceId,
    operator: &AccountId,
    limit: usize,
) -> Result<Vec<Coin>, StateError> {
    let found = EARNED.range_of(store, &(epoch, service, *operator), None, limit)?;
    Ok(found
        .into_iter()
        .map(|((.., asset), amount)| Coin { asset, amount })
        .collect())
}

/// What a share of a vault has earned since the beginning, per asset: at most 32.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn per_share(
    store: &(impl Read + ?Sized),
    vault: &VaultId,
) -> Result<Vec<(AssetId, PerShare)>, StateError> {
    let found = SUMS.range_of(store, vault, None, MOST_ASSETS)?;
    Ok(found.into_iter().map(|((_, asset), sum)| (asset, sum)).collect())
}

/// The raw key of a pool, whose value is an [`Amount`].
#[must_use]
pub fn pool_key(key: &PoolKey) -> Vec<u8> {
    POOLS.raw_key(key)
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
    let mut all = Vec::new();
    for ((_, asset), sum) in SUMS.range_of(store, vault, None, MOST_ASSETS)? {
        let amount = settled(store, (*vault, *owner, asset), &sum)?.1.owed;
        if !amount.is_zero() {
            all.push(Coin { asset, amount });
        }
    }
    Ok(all)
}
