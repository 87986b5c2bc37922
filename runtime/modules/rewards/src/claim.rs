//! Paying what shares have earned.

use crate::accrue::settle;
use crate::error::Error;
use crate::event::Claimed;
use crate::state::{ACCOUNTS, MOST_ASSETS, pool_account};
use crate::types::Account;
use kernel::Ctx;
use primitives::{AccountId, Amount, Coin};
use vaults::VaultId;

/// Shall: pay all that is owed, in every asset, once.
pub(crate) fn execute(ctx: &mut Ctx<'_>, sender: AccountId, vault: &VaultId) -> Result<(), Error> {
    settle(ctx, vault, &sender)?;
    let mut paid = false;
    for ((_, _, asset), account) in ACCOUNTS.range_of(ctx, &(*vault, sender), None, MOST_ASSETS)? {
        if account.owed.is_zero() {
            continue;
        }
        let coin = Coin {
            asset,
            amount: account.owed,
        };
        let rest = Account {
            owed: Amount::ZERO,
            ..account
        };
        ACCOUNTS.put(ctx, &(*vault, sender, asset), &rest)?;
        bank::transfer(ctx, &pool_account(), &sender, coin)?;
        ctx.emit(&Claimed {
            vault: *vault,
            owner: sender,
            coin,
        })?;
        paid = true;
    }
    if paid { Ok(()) } else { Err(Error::NothingToClaim) }
}
