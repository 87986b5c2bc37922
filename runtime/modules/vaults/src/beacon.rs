//! Ether that is restaked on the beacon chain: each owner's own, proven, and never pooled.
//!
//! Shall:
//! - give an owner shares for what is proven to be its, at the vault's price;
//! - burn the shares of that owner alone for what is proven to be lost, free ones first and then escrowed ones, oldest
//!   first; never more than it has: the rest is recorded;
//! - leave the price, and everybody else, as they were.

use crate::error::Error;
use crate::event::{BeaconCredited, BeaconLost};
use crate::hooks::Wiring;
use crate::id::VaultId;
use crate::state::{self, DEFICITS, OWNED, WITHDRAWALS};
use crate::types::{Custody, Vault, Withdrawal};
use kernel::Ctx;
use primitives::{AccountId, Amount, Coin, Shares};

fn beacon(ctx: &Ctx<'_>, id: &VaultId) -> Result<Vault, Error> {
    let vault = state::known(ctx, id)?;
    if vault.custody == Custody::Beacon {
        Ok(vault)
    } else {
        Err(Error::Custody)
    }
}

/// Adds `amount` that is proven to be `owner`'s. What a loss has left owing is taken off first.
///
/// # Errors
/// [`Error::Custody`], [`Error::Closed`], [`Error::DepositCap`], [`Error::TooFewShares`].
pub fn credit<W: Wiring>(
    ctx: &mut Ctx<'_>,
    id: &VaultId,
    owner: &AccountId,
    amount: Amount,
) -> Result<(), Error> {
    let vault = beacon(ctx, id)?;
    let key = (*id, *owner);
    let owing = DEFICITS.or_default(ctx, &key)?;
    let left = owing.saturating_sub(amount);
    if left.is_zero() {
        DEFICITS.remove(ctx, &key)?;
    } else {
        DEFICITS.put(ctx, &key, &left)?;
    }
    let added = amount.saturating_sub(owing);
    if !added.is_zero() {
        let coin = Coin {
            asset: vault.asset,
            amount: added,
        };
        bank::mint(ctx, &state::vault_account(), coin)?;
        crate::deposit::add::<W>(ctx, *id, vault, *owner, added, Shares::ZERO)?;
    }
    Ok(ctx.emit(&BeaconCredited {
        vault: *id,
        owner: *owner,
        amount,
    })?)
}

/// Takes `amount` that is proven to be lost of `owner`'s, and gives what was taken.
///
/// # Errors
/// [`Error::UnknownVault`], [`Error::Custody`].
pub fn lose<W: Wiring>(
    ctx: &mut Ctx<'_>,
    id: &VaultId,
    owner: &AccountId,
    amount: Amount,
) -> Result<Amount, Error> {
    let mut vault = beacon(ctx, id)?;
    let due = vault.pool.shares_worth(amount)?;
    state::mark(ctx, id, &mut vault)?;
    let free = state::position(ctx, id, &vault, owner)?.shares.min(due);
    state::change_shares::<W>(ctx, id, &vault, owner, |position| {
        position.shares = position.shares.checked_sub(free)?;
        Ok(())
    })?;
    let escrowed = take_escrowed(ctx, id, &vault, owner, due.checked_sub(free)?)?;
    vault.pool.escrow(free)?;
    let burned = free.checked_add(escrowed)?;
    // What they are worth leaves with them, so that the price stays; never more than is lost.
    let taken = vault.pool.redeem(burned)?;
    let more = taken.saturating_sub(amount);
    vault.pool.assets = vault.pool.assets.checked_add(more)?;
    let taken = taken.checked_sub(more)?;
    state::put_vault(ctx, id, &vault)?;
    state::release(ctx, vault.asset, taken)?;
    let coin = Coin {
        asset: vault.asset,
        amount: taken,
    };
    bank::burn(ctx, &state::vault_account(), coin)?;
    let missing = if burned == due {
        Amount::ZERO
    } else {
        amount.saturating_sub(taken)
    };
    if !missing.is_zero() {
        let owing = DEFICITS.or_default(ctx, &(*id, *owner))?.checked_add(missing)?;
        DEFICITS.put(ctx, &(*id, *owner), &owing)?;
    }
    ctx.emit(&BeaconLost {
        vault: *id,
        owner: *owner,
        amount: taken,
        missing,
    })?;
    Ok(taken)
}

/// Takes up to `most` shares out of an owner's withdrawals, oldest first; they stay in the pool's escrow until the
/// caller redeems them. A withdrawal that is left without shares is paid nothing when it is due.
fn take_escrowed(
    ctx: &mut Ctx<'_>,
    id: &VaultId,
    vault: &Vault,
    owner: &AccountId,
    most: Shares,
) -> Result<Shares, Error> {
    let mut taken = Shares::ZERO;
    let limit = usize::try_from(state::params(ctx)?.max_withdrawals).unwrap_or(usize::MAX);
    for ((_, _, number), ()) in OWNED.range_of(ctx, &(*id, *owner), None, limit)? {
        let part = most.checked_sub(taken)?;
        let Some(entry) = WITHDRAWALS.get(ctx, &number)? else {
            return Err(crate::ID.broken("an owned withdrawal is in its table").into());
        };
        if part.is_zero() || entry.round != vault.round {
            continue;
        }
        let part = part.min(entry.shares);
        let left = Withdrawal {
            shares: entry.shares.checked_sub(part)?,
            ..entry
        };
        WITHDRAWALS.put(ctx, &number, &left)?;
        taken = taken.checked_add(part)?;
    }
    Ok(taken)
}
