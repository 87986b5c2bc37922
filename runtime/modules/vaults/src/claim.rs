//! [`Claim`], and paying what is due.
//!
//! Shall:
//! - pay the beneficiary what the shares are worth when it is paid, whoever asks;
//! - pay nothing before the later of the old and the new delay when a parameter has changed;
//! - let a slash of the vault that is due go first;
//! - end each withdrawal once.

use crate::error::Error;
use crate::event::WithdrawalPaid;
use crate::hooks::Wiring;
use crate::msg::Claim;
use crate::params::Params;
use crate::state::{self, BUFFERS, WITHDRAWALS};
use crate::types::{Holder, Withdrawal};
use kernel::Ctx;
use primitives::{AccountId, Amount, ChainClock, Coin, MathError};

pub(crate) fn execute<W: Wiring>(ctx: &mut Ctx<'_>, msg: &Claim) -> Result<(), Error> {
    let number = msg.withdrawal;
    let entry = WITHDRAWALS
        .get(ctx, &number)?
        .ok_or(Error::UnknownWithdrawal(number))?;
    let due = due(&entry, &state::params(ctx)?);
    if due > ctx.chain_clock() {
        return Err(Error::NotDue(due));
    }
    if W::open_slashes(ctx, &entry.vault)?.due {
        return Err(Error::SlashDue);
    }
    pay::<W>(ctx, number, &entry)
}

/// When a withdrawal is due: as it was promised, or later when the delay has become longer since.
pub(crate) fn due(entry: &Withdrawal, params: &Params) -> ChainClock {
    entry.due.max(entry.since.after(params.withdrawal_delay))
}

/// Pays a withdrawal that is due, and ends it.
pub(crate) fn pay<W: Wiring>(ctx: &mut Ctx<'_>, number: u64, entry: &Withdrawal) -> Result<(), Error> {
    state::unqueue(ctx, number, entry)?;
    let mut vault = state::known(ctx, &entry.vault)?;
    let alive = vault.round == entry.round;
    let amount = if alive {
        state::mark(ctx, &entry.vault, &mut vault)?;
        let amount = vault.pool.redeem(entry.shares)?;
        state::put_vault(ctx, &entry.vault, &vault)?;
        state::release(ctx, vault.asset, amount)?;
        amount
    } else {
        Amount::ZERO
    };
    let coin = Coin {
        asset: vault.asset,
        amount,
    };
    let paid_to = match entry.holder {
        Holder::Account { owner, beneficiary } => {
            end_position::<W>(ctx, entry, vault.round, &owner)?;
            beneficiary
        }
        Holder::Buffer => {
            let mut buffer = BUFFERS.or_default(ctx, &entry.vault)?;
            buffer.cash = buffer.cash.checked_add(amount)?;
            if alive {
                buffer.claims = buffer.claims.checked_sub(entry.shares)?;
            }
            state::put_buffer(ctx, &entry.vault, &buffer)?;
            state::buffer_account()
        }
    };
    bank::transfer(ctx, &state::vault_account(), &paid_to, coin)?;
    Ok(ctx.emit(&WithdrawalPaid {
        vault: entry.vault,
        withdrawal: number,
        recipient: paid_to,
        asset: coin.asset,
        amount,
    })?)
}

fn end_position<W: Wiring>(
    ctx: &mut Ctx<'_>,
    entry: &Withdrawal,
    round: u32,
    owner: &AccountId,
) -> Result<(), Error> {
    let key = (entry.vault, *owner);
    let recorded = state::POSITIONS.or_default(ctx, &key)?;
    if recorded.round != round {
        // Its shares of a round that is over are forgotten here: what they had earned is not.
        W::before_shares_change(ctx, &entry.vault, owner)?;
    }
    let mut position = recorded.in_round(round);
    position.open = position.open.checked_sub(1).ok_or(MathError::Underflow)?;
    Ok(state::put_position(ctx, &entry.vault, owner, &position)?)
}
