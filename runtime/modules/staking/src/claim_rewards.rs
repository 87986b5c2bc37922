//! [`ClaimRewards`].
//!
//! Shall:
//! - pay everything that the sender's bond has earned, from the reward account;
//! - refuse when that is nothing.

use crate::error::Error;
use crate::event::RewardsClaimed;
use crate::msg::ClaimRewards;
use crate::state::{self, BONDS};
use kernel::Ctx;
use primitives::{AccountId, Amount};

pub(crate) fn execute(ctx: &mut Ctx<'_>, account: AccountId, msg: &ClaimRewards) -> Result<(), Error> {
    let validator = state::validator(ctx, &msg.validator)?;
    let key = (msg.validator, account);
    let mut bond = BONDS.or_default(ctx, &key)?;
    bond.settle(&validator)?;
    let amount = core::mem::replace(&mut bond.owed, Amount::ZERO);
    if amount.is_zero() {
        return Err(Error::NothingToClaim);
    }
    bank::transfer(ctx, &state::reward_account(), &account, state::pal(amount))?;
    state::put_bond(ctx, &key, &bond)?;
    ctx.emit(&RewardsClaimed {
        operator: msg.validator,
        account,
        amount,
    })?;
    Ok(())
}
