//! What subscribers put down, and take back.

use crate::error::Error;
use crate::event::{Funded, Withdrawn};
use crate::state::{self, DEPOSITS, FEEDS, account};
use crate::types::{Deposit, Feed};
use kernel::{Ctx, StateError};
use primitives::{AccountId, Amount, Coin};

/// Shall: take it at once; at least what one round pays, so that no round draws on more than two deposits.
pub(crate) fn fund(ctx: &mut Ctx<'_>, sender: AccountId, id: u64, amount: Amount) -> Result<(), Error> {
    let mut feed = state::feed(ctx, id)?;
    if feed.ended {
        return Err(Error::Ended(id));
    }
    let fee = feed.rules.fee;
    if fee.amount.is_zero() {
        return Err(Error::NothingToFund(id));
    }
    if amount < fee.amount {
        return Err(Error::TooLittle { least: fee.amount });
    }
    let coin = Coin {
        asset: fee.asset,
        amount,
    };
    let number = feed.deposits;
    let taken = bank::take(ctx, &sender, coin)?;
    bank::give(ctx, &account(), taken)?;
    let deposit = Deposit {
        from: sender,
        left: amount,
    };
    DEPOSITS.put(ctx, &(id, number), &deposit)?;
    feed.deposits = number.saturating_add(1);
    FEEDS.put(ctx, &id, &feed)?;
    Ok(ctx.emit(&Funded {
        feed: id,
        deposit: number,
        from: sender,
        coin,
    })?)
}

/// Shall: at any time, what no round has used; only whose it is.
pub(crate) fn withdraw(ctx: &mut Ctx<'_>, sender: AccountId, id: u64, number: u64) -> Result<(), Error> {
    let feed = state::feed(ctx, id)?;
    let deposit = DEPOSITS.get(ctx, &(id, number))?;
    let deposit = deposit.ok_or(Error::UnknownDeposit(number))?;
    if deposit.from != sender {
        return Err(Error::NotDepositor(deposit.from));
    }
    let coin = Coin {
        asset: feed.rules.fee.asset,
        amount: deposit.left,
    };
    DEPOSITS.remove(ctx, &(id, number))?;
    let back = bank::take(ctx, &account(), coin)?;
    bank::give(ctx, &sender, back)?;
    Ok(ctx.emit(&Withdrawn {
        feed: id,
        deposit: number,
        to: sender,
        coin,
    })?)
}

/// Sets a round's fee aside, from the oldest deposits: all of it, or nothing. Gives who pays, at most two: a deposit is at
/// least a round's fee when it is made.
pub(crate) fn draw(ctx: &mut Ctx<'_>, id: u64, feed: &Feed) -> Result<Vec<(AccountId, Amount)>, StateError> {
    let mut need = feed.rules.fee.amount;
    if need.is_zero() {
        return Ok(Vec::new());
    }
    let mut drawn = Vec::new();
    for (key, deposit) in DEPOSITS.range_of(ctx, &id, None, 2)? {
        let part = deposit.left.min(need);
        need = need.saturating_sub(part);
        drawn.push((key, deposit, part));
        if need.is_zero() {
            break;
        }
    }
    if !need.is_zero() {
        return Ok(Vec::new());
    }
    let mut payers = Vec::new();
    for (key, mut deposit, part) in drawn {
        deposit.left = deposit.left.saturating_sub(part);
        if deposit.left.is_zero() {
            DEPOSITS.remove(ctx, &key)?;
        } else {
            DEPOSITS.put(ctx, &key, &deposit)?;
        }
        payers.push((deposit.from, part));
    }
    Ok(payers)
}
