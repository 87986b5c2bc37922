//! [`Deposit`], and what adds to a vault without one.
//!
//! Shall:
//! - refuse a vault that is closed, or whose owners hold their assets themselves;
//! - refuse what the vault's limits or the asset's cap do not allow, and what may be slashed beyond what the sender
//!   accepts;
//! - mint `floor(a · (S + 10^3) / (A + 1))` shares, never none, never fewer than the sender takes.

use crate::error::Error;
use crate::event::Deposited;
use crate::hooks::Wiring;
use crate::id::VaultId;
use crate::msg::Deposit;
use crate::state::{self, ALLOWED};
use crate::types::{Custody, Vault};
use kernel::{Ctx, StateError};
use primitives::{AccountId, Amount, Coin, Shares};

pub(crate) fn execute<W: Wiring>(ctx: &mut Ctx<'_>, sender: AccountId, msg: &Deposit) -> Result<(), Error> {
    let vault = state::known(ctx, &msg.vault)?;
    if vault.custody == Custody::Beacon {
        return Err(Error::Custody);
    }
    if vault.limits.allow_listed && !ALLOWED.contains(ctx, &(msg.vault, sender))? {
        return Err(Error::NotAllowed);
    }
    if msg.amount < vault.limits.min_deposit {
        return Err(Error::DepositTooSmall {
            amount: msg.amount,
            least: vault.limits.min_deposit,
        });
    }
    let open = W::open_slashes(ctx, &msg.vault)?.fraction;
    if open > msg.max_open_slash {
        return Err(Error::OpenSlash {
            open,
            accepted: msg.max_open_slash,
        });
    }
    let coin = Coin {
        asset: vault.asset,
        amount: msg.amount,
    };
    // Order: the money first, so that a lack of it is what is reported.
    bank::transfer(ctx, &sender, &state::vault_account(), coin)?;
    add::<W>(ctx, msg.vault, vault, sender, msg.amount, msg.min_shares)
}

/// Adds `amount`, which lies on the vault account already, for `owner`.
pub(crate) fn add<W: Wiring>(
    ctx: &mut Ctx<'_>,
    id: VaultId,
    mut vault: Vault,
    owner: AccountId,
    amount: Amount,
    least: Shares,
) -> Result<(), Error> {
    if let Some(closed) = vault.pool.closed() {
        return Err(Error::Closed(closed));
    }
    state::mark(ctx, &id, &mut vault)?;
    let shares = vault.pool.deposit(amount)?;
    if shares.is_zero() || shares < least {
        return Err(Error::TooFewShares { shares, least });
    }
    check_cap(vault.limits.deposit_cap, vault.pool.assets)?;
    let held = state::hold(ctx, vault.asset, amount)?;
    check_cap(
        assets::terms(ctx, vault.asset)?.and_then(|terms| terms.rules.deposit_cap),
        held,
    )?;
    state::change_shares::<W>(ctx, &id, &vault, &owner, |position| {
        position.shares = position.shares.checked_add(shares)?;
        Ok(())
    })?;
    state::put_vault(ctx, &id, &vault)?;
    Ok(ctx.emit(&Deposited {
        vault: id,
        owner,
        asset: vault.asset,
        amount,
        shares,
    })?)
}

fn check_cap(cap: Option<Amount>, after: Amount) -> Result<(), Error> {
    match cap {
        Some(cap) if after > cap => Err(Error::DepositCap { cap, after }),
        Some(_) | None => Ok(()),
    }
}

/// Adds `amount` to a vault for all its owners alike: rewards in its own asset. Gives back what a vault without owners,
/// or a closed one, does not take.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn compound(
    ctx: &mut Ctx<'_>,
    id: &VaultId,
    amount: bank::InTransit,
) -> Result<Option<bank::InTransit>, StateError> {
    let coin = amount.coin();
    let Some(mut vault) = state::vault(ctx, id)? else {
        return Ok(Some(amount));
    };
    let fits = vault
        .pool
        .assets
        .checked_add(coin.amount)
        .is_ok_and(|sum| sum < Amount::MAX);
    let takes = vault.asset == coin.asset
        && vault.custody == Custody::Pooled
        && !vault.pool.shares.is_zero()
        && vault.pool.closed().is_none();
    if !takes || !fits {
        return Ok(Some(amount));
    }
    state::mark(ctx, id, &mut vault)?;
    vault.pool.assets = vault.pool.assets.saturating_add(coin.amount);
    state::hold(ctx, vault.asset, coin.amount).map_err(Error::in_hook)?;
    bank::give(ctx, &state::vault_account(), amount)?;
    state::put_vault(ctx, id, &vault)?;
    Ok(None)
}
