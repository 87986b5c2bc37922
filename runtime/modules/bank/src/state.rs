//! The tables.

use crate::ID;
use crate::error::Error;
use kernel::{Map, Read, StateError, Write};
use primitives::{AccountId, Amount, AssetId, Coin};

/// What an account holds of an asset, in base units, above zero.
pub(crate) const BALANCES: Map<(AccountId, AssetId), Amount> = Map::new(ID.table(0));
/// How much there is of an asset, in base units, above zero.
pub(crate) const SUPPLY: Map<AssetId, Amount> = Map::new(ID.table(1));

/// What `account` holds of `asset`, in base units.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn balance(
    store: &(impl Read + ?Sized),
    account: &AccountId,
    asset: AssetId,
) -> Result<Amount, StateError> {
    BALANCES.or_default(store, &(*account, asset))
}

/// How much there is of `asset`, in base units.
///
/// # Errors
/// As [`balance`].
pub fn supply(store: &(impl Read + ?Sized), asset: AssetId) -> Result<Amount, StateError> {
    SUPPLY.or_default(store, &asset)
}

/// Sets a balance; zero leaves no entry.
pub(crate) fn put_balance(
    store: &mut (impl Write + ?Sized),
    account: &AccountId,
    asset: AssetId,
    amount: Amount,
) -> Result<(), StateError> {
    let key = (*account, asset);
    if amount.is_zero() {
        BALANCES.remove(store, &key)
    } else {
        BALANCES.put(store, &key, &amount)
    }
}

/// Sets a supply; zero leaves no entry.
pub(crate) fn put_supply(
    store: &mut (impl Write + ?Sized),
    asset: AssetId,
    amount: Amount,
) -> Result<(), StateError> {
    if amount.is_zero() {
        SUPPLY.remove(store, &asset)
    } else {
        SUPPLY.put(store, &asset, &amount)
    }
}

/// What is left on `account` after it gives `coin`.
pub(crate) fn after_giving(
    store: &(impl Read + ?Sized),
    account: &AccountId,
    coin: Coin,
) -> Result<Amount, Error> {
    let Coin { asset, amount: need } = coin;
    let have = balance(store, account, asset)?;
    have.checked_sub(need)
        .map_err(|_| Error::InsufficientFunds { have, need, asset })
}

/// Adds `coin` to `account`. No balance exceeds the supply, which fits.
pub(crate) fn add(
    store: &mut (impl Write + ?Sized),
    account: &AccountId,
    coin: Coin,
) -> Result<(), StateError> {
    let held = balance(store, account, coin.asset)?;
    let sum = held
        .checked_add(coin.amount)
        .map_err(|_| ID.broken("a balance is at most the supply"))?;
    put_balance(store, account, coin.asset, sum)
}

/// Takes `coin` off its asset's supply. What is destroyed was somebody's, so the supply holds it.
pub(crate) fn shrink_supply(store: &mut (impl Write + ?Sized), coin: Coin) -> Result<(), StateError> {
    let whole = supply(store, coin.asset)?;
    let rest = whole
        .checked_sub(coin.amount)
        .map_err(|_| ID.broken("a balance is at most the supply"))?;
    put_supply(store, coin.asset, rest)
}
