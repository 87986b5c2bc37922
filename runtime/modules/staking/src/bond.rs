//! [`Bond`].
//!
//! Shall:
//! - refuse a validator that does not exist or whose pool was emptied by a slash;
//! - move the amount from the sender to the bonding account, and give shares at the going price;
//! - settle what the bond has earned before its shares change.

use crate::error::Error;
use crate::event::Bonded;
use crate::msg::Bond;
use crate::state::{self, BONDS, VALIDATORS};
use kernel::Ctx;
use primitives::{AccountId, Amount};

pub(crate) fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: &Bond) -> Result<(), Error> {
    add(ctx, msg.validator, sender, msg.amount)
}

/// Bonds `amount` of `account` behind the validator of `operator`.
pub(crate) fn add(
    ctx: &mut Ctx<'_>,
    operator: AccountId,
    account: AccountId,
    amount: Amount,
) -> Result<(), Error> {
    let mut validator = state::validator(ctx, &operator)?;
    let key = (operator, account);
    let mut bond = BONDS.or_default(ctx, &key)?;
    bond.settle(&validator)?;
    let shares = validator.bonded.deposit(amount)?;
    bond.shares = bond.shares.checked_add(shares)?;

    bank::transfer(ctx, &account, &state::bonding_account(), state::pal(amount))?;
    VALIDATORS.put(ctx, &operator, &validator)?;
    BONDS.put(ctx, &key, &bond)?;
    ctx.emit(&Bonded {
        operator,
        account,
        amount,
    })?;
    Ok(())
}
