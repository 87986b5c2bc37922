//! What the bank starts with.

use crate::error::Error;
use crate::hooks::Wiring;
use crate::state::{BALANCES, SUPPLY, put_balance, put_supply, supply};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Read, StateError};
use primitives::{AccountId, Amount, AssetId, Coin};

/// How many entries are read at once.
const PAGE: usize = 1_024;

/// Balances and supplies as a document.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// What each account holds.
    pub balances: Vec<Balance>,
    /// How much there is of each asset: must be what the balances add up to, which catches slips of the pen.
    pub supply: Vec<Coin>,
}

/// What an account holds of an asset.
#[derive(
    Clone,
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
pub struct Balance {
    /// The account.
    pub account: AccountId,
    /// The asset.
    pub asset: AssetId,
    /// How much, in base units.
    pub amount: Amount,
}

/// Writes balances and supplies.
pub(crate) fn init<W: Wiring>(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
    for Balance {
        account,
        asset,
        amount,
    } in genesis.balances
    {
        if BALANCES.contains(ctx, &(account, asset))? {
            return Err(Error::DuplicateBalance { account, asset });
        }
        if !W::asset_exists(ctx, asset)? {
            return Err(Error::UnknownAsset { asset });
        }
        let grown = supply(ctx, asset)?
            .checked_add(amount)
            .map_err(|_| Error::SupplyOverflow { asset })?;
        put_supply(ctx, asset, grown)?;
        put_balance(ctx, &account, asset, amount)?;
    }
    let mut found = supplies(ctx)?;
    for Coin {
        asset,
        amount: stated,
    } in genesis.supply
    {
        // Each supply may be stated once: a second time it is compared with nothing.
        let position = found.iter().position(|coin| coin.asset == asset);
        let amount = position.map_or(Amount::ZERO, |at| found.swap_remove(at).amount);
        if amount != stated {
            return Err(Error::SupplyMismatch {
                asset,
                stated,
                found: amount,
            });
        }
    }
    found.first().map_or(Ok(()), |unstated| {
        Err(Error::SupplyMismatch {
            asset: unstated.asset,
            stated: Amount::ZERO,
            found: unstated.amount,
        })
    })
}

fn supplies(store: &(impl Read + ?Sized)) -> Result<Vec<Coin>, StateError> {
    let mut all: Vec<Coin> = Vec::new();
    loop {
        let after = all.last().map(|last| last.asset);
        let page = SUPPLY.range(store, after.as_ref(), PAGE)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.into_iter().map(|(asset, amount)| Coin { asset, amount }));
    }
}

/// All balances and supplies in `store`, ascending: starting from it writes the same entries.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn as_genesis(store: &(impl Read + ?Sized)) -> Result<Genesis, StateError> {
    let mut balances: Vec<Balance> = Vec::new();
    loop {
        let after = balances.last().map(|last| (last.account, last.asset));
        let page = BALANCES.range(store, after.as_ref(), PAGE)?;
        if page.is_empty() {
            return Ok(Genesis {
                balances,
                supply: supplies(store)?,
            });
        }
        let entries = page.into_iter();
        balances.extend(entries.map(|((account, asset), amount)| Balance {
            account,
            asset,
            amount,
        }));
    }
}
