//! What may be asked about balances, and under which raw keys the answers stand.

use crate::state::{BALANCES, SUPPLY};
use kernel::{Read, StateError};
use primitives::{AccountId, AssetId, Coin};

/// Up to `limit` balances of `account` by asset, from the first after `after`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn balances(
    store: &(impl Read + ?Sized),
    account: &AccountId,
    after: Option<AssetId>,
    limit: usize,
) -> Result<Vec<Coin>, StateError> {
    let after = after.map(|asset| (*account, asset));
    let page = BALANCES.range_of(store, account, after.as_ref(), limit)?;
    Ok(page
        .into_iter()
        .map(|((_, asset), amount)| Coin { asset, amount })
        .collect())
}

/// The raw key of a balance, whose value is an [`Amount`](primitives::Amount); no entry means zero.
#[must_use]
pub fn balance_key(account: &AccountId, asset: AssetId) -> Vec<u8> {
    BALANCES.raw_key(&(*account, asset))
}

/// The raw key of a supply, whose value is an [`Amount`](primitives::Amount); no entry means zero.
#[must_use]
pub fn supply_key(asset: AssetId) -> Vec<u8> {
    SUPPLY.raw_key(&asset)
}
