//! [`Unbond`].
//!
//! Shall:
//! - refuse more than the sender's bond is worth, and more than so many at a time;
//! - move shares from the bonded to the unbonding pool: liable still, counting for nothing from this moment;
//! - queue the payout for `unbonding_delay` from now, in chain time.

use crate::error::Error;
use crate::event::Unbonded;
use crate::msg::Unbond;
use crate::state::{self, BONDS, UNBONDING_COUNT, UNBONDINGS, VALIDATORS};
use crate::types::Unbonding;
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
    let leaving = validator.bonded.shares_for(msg.amount)?.min(bond.shares);
    let amount = validator.bonded.redeem(leaving)?;
    bond.shares = bond.shares.checked_sub(leaving)?;
    bond.unbondings = bond.unbondings.checked_add(1).ok_or(MathError::Overflow)?;
    let shares = validator.unbonding.deposit(amount)?;

    let since = ctx.chain_clock();
    let paid_at = since.after(params.unbonding_delay);
    let number = UNBONDING_COUNT.or_default(ctx)?;
    UNBONDING_COUNT.put(ctx, &number.checked_add(1).ok_or(MathError::Overflow)?)?;
    let entry = Unbonding {
        validator: msg.validator,
        account,
        shares,
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
