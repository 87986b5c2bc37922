//! [`Unbond`].
//!
//! Shall:
//! - refuse more than the sender's bond is worth, and more than so many at a time;
//! - move shares from the bonded to the unbonding pool: liable still, counting for nothing from this moment; all of
//!   them when all that they are worth is asked for;
//! - never refuse an exit because of what befell those before it: a pool that a slash emptied is followed by another;
//! - queue the payout for `unbonding_delay` from now, in chain time.

use crate::error::Error;
use crate::event::Unbonded;
use crate::msg::Unbond;
use crate::state::{self, BONDS, ROUNDS, UNBONDING_COUNT, UNBONDINGS, VALIDATORS};
use crate::types::{Pool, Unbonding, ValidatorRecord};
use kernel::Ctx;
use primitives::{AccountId, MathError};

pub(crate) fn execute(ctx: &mut Ctx<'_>, account: AccountId, msg: &Unbond) -> Result<(), Error> {
    let params = state::params(ctx)?;
    let mut validator = state::validator(ctx, &msg.validator)?;
    let key = (msg.validator, account);
    let mut bond = BONDS.or_default(ctx, &key)?;
    let have = validator.bonded.worth(bond.shares)?;
    if msg.amount > have {
        return Err(Error::NotBonded {
            have,
            asked: msg.amount,
        });
    }
    if bond.unbondings >= params.max_unbondings {
        return Err(Error::TooManyUnbondings(params.max_unbondings));
    }
    bond.settle(&validator)?;
    let leaving = if msg.amount == have {
        bond.shares
    } else {
        validator.bonded.shares_for(msg.amount)?.min(bond.shares)
    };
    let amount = validator.bonded.redeem(leaving)?;
    bond.shares = bond.shares.checked_sub(leaving)?;
    bond.unbondings = bond.unbondings.checked_add(1).ok_or(MathError::Overflow)?;
    let round = round(ctx, &msg.validator, &mut validator)?;
    let shares = validator.unbonding.deposit(amount)?;

    let since = ctx.chain_clock();
    let paid_at = since.after(params.unbonding_delay);
    let number = UNBONDING_COUNT.require(ctx)?;
    UNBONDING_COUNT.put(ctx, &number.checked_add(1).ok_or(MathError::Overflow)?)?;
    let entry = Unbonding {
        validator: msg.validator,
        account,
        shares,
        round,
        since,
    };
    UNBONDINGS.put(ctx, &(paid_at, number), &entry)?;
    VALIDATORS.put(ctx, &msg.validator, &validator)?;
    BONDS.put(ctx, &key, &bond)?;
    ctx.emit(&Unbonded {
        operator: msg.validator,
        account,
        amount,
        paid_at,
    })?;
    Ok(())
}

/// Which of the validator's unbonding pools takes what leaves now: a new one when a slash has emptied the last, whose
/// shares are worth nothing and must not share in what comes after.
fn round(ctx: &mut Ctx<'_>, operator: &AccountId, validator: &mut ValidatorRecord) -> Result<u32, Error> {
    let round = ROUNDS.or_default(ctx, operator)?;
    if !validator.unbonding.is_emptied() {
        return Ok(round);
    }
    validator.unbonding = Pool::default();
    let next = round.checked_add(1).ok_or(MathError::Overflow)?;
    ROUNDS.put(ctx, operator, &next)?;
    Ok(next)
}
