//! [`Withdraw`].
//!
//! Shall:
//! - escrow the shares: they stay in the supply and bear losses, and count for nothing from this moment;
//! - queue them for `withdrawal_delay` from now, in chain time; they are priced when they are paid;
//! - refuse nothing because of what befell the vault: an exit is never blocked.

use crate::error::Error;
use crate::event::WithdrawalStarted;
use crate::hooks::Wiring;
use crate::id::VaultId;
use crate::msg::Withdraw;
use crate::state;
use crate::types::{Holder, Vault, Withdrawal};
use kernel::Ctx;
use primitives::{AccountId, ChainClock, MathError, Shares};

pub(crate) fn execute<W: Wiring>(ctx: &mut Ctx<'_>, sender: AccountId, msg: &Withdraw) -> Result<(), Error> {
    let mut vault = state::known(ctx, &msg.vault)?;
    let worth = vault.pool.worth(msg.shares);
    start::<W>(ctx, msg.vault, &mut vault, (sender, msg.beneficiary), msg.shares)?;
    // Order: whether the shares are the sender's is said first; only such shares surely have a worth.
    let worth = worth?;
    if worth < msg.min_assets {
        return Err(Error::TooLittle {
            shares: msg.shares,
            worth,
            least: msg.min_assets,
        });
    }
    Ok(state::put_vault(ctx, &msg.vault, &vault)?)
}

/// Escrows shares of `owner` and queues them. The vault is the caller's to write.
pub(crate) fn start<W: Wiring>(
    ctx: &mut Ctx<'_>,
    id: VaultId,
    vault: &mut Vault,
    (owner, beneficiary): (AccountId, AccountId),
    shares: Shares,
) -> Result<(), Error> {
    let most = state::params(ctx)?.max_withdrawals;
    take_shares::<W>(ctx, &id, vault, &owner, shares)?;
    let mut position = state::position(ctx, &id, vault, &owner)?;
    if position.open >= most {
        return Err(Error::TooManyWithdrawals(most));
    }
    position.open = position.open.checked_add(1).ok_or(MathError::Overflow)?;
    state::put_position(ctx, &id, &owner, &position)?;
    let number = state::queue(
        ctx,
        entry(id, vault, Holder::Account { owner, beneficiary }, shares),
    )?;
    let due = ctx.chain_clock().after(state::params(ctx)?.withdrawal_delay);
    Ok(ctx.emit(&WithdrawalStarted {
        vault: id,
        owner,
        withdrawal: number,
        shares,
        due,
    })?)
}

/// A withdrawal that [`state::queue`] completes.
pub(crate) const fn entry(vault_id: VaultId, vault: &Vault, holder: Holder, shares: Shares) -> Withdrawal {
    Withdrawal {
        vault: vault_id,
        holder,
        shares,
        round: vault.round,
        since: ChainClock::ZERO,
        due: ChainClock::ZERO,
    }
}

/// Takes free shares of `owner` into escrow.
pub(crate) fn take_shares<W: Wiring>(
    ctx: &mut Ctx<'_>,
    id: &VaultId,
    vault: &mut Vault,
    owner: &AccountId,
    shares: Shares,
) -> Result<(), Error> {
    state::change_shares::<W>(ctx, id, vault, owner, |position| {
        let have = position.shares;
        let left = have.checked_sub(shares);
        position.shares = left.map_err(|_| Error::NotOwned { have, asked: shares })?;
        Ok(())
    })?;
    Ok(vault.pool.escrow(shares)?)
}
