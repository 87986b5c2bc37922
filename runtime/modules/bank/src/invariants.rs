//! What must hold between transactions.

use crate::genesis;
use crate::hooks::Wiring;
use kernel::{Invariant, View, Violation};
use primitives::{Amount, AssetId};
use std::collections::BTreeMap;

/// All of them.
pub(crate) const fn all<W: Wiring>() -> [Invariant; 2] {
    [
        Invariant {
            name: "balances_add_up_to_supply",
            check: add_up,
        },
        Invariant {
            name: "what_is_held_is_registered",
            check: registered::<W>,
        },
    ]
}

/// Per asset, the balances add up to the supply; none is stored that is zero.
fn add_up(view: &View<'_>) -> Result<(), Violation> {
    let bank = genesis::as_genesis(view)?;
    let mut sums: BTreeMap<AssetId, Amount> = BTreeMap::new();
    for balance in &bank.balances {
        if balance.amount.is_zero() {
            return Err(Violation::new(format!("a stored zero: {balance:?}")));
        }
        let sum = sums.entry(balance.asset).or_default();
        *sum = sum
            .checked_add(balance.amount)
            .map_err(|_| Violation::new(format!("balances of asset {} exceed 128 bits", balance.asset)))?;
    }
    let stated: BTreeMap<AssetId, Amount> = bank.supply.iter().map(|c| (c.asset, c.amount)).collect();
    if stated == sums {
        Ok(())
    } else {
        Err(Violation::new(format!(
            "balances add up to {sums:?}, the supply is {stated:?}"
        )))
    }
}

/// Every asset with a supply is in the registry.
fn registered<W: Wiring>(view: &View<'_>) -> Result<(), Violation> {
    for coin in genesis::as_genesis(view)?.supply {
        if !W::asset_exists(view, coin.asset)? {
            return Err(Violation::new(format!("{coin}, which is not registered")));
        }
    }
    Ok(())
}
