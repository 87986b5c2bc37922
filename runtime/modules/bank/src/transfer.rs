//! Moving an amount from one account to another.

use crate::error::Error;
use crate::event::Transferred;
use crate::hooks::Wiring;
use crate::msg::Transfer;
use crate::state::{add, after_giving, put_balance};
use kernel::Ctx;
use primitives::{AccountId, Coin};

/// Moves `coin`; nothing happens when it is zero. A transfer to oneself moves nothing, but what is not there is
/// refused all the same.
///
/// # Errors
/// [`Error::InsufficientFunds`].
pub fn transfer(ctx: &mut Ctx<'_>, from: &AccountId, to: &AccountId, coin: Coin) -> Result<(), Error> {
    if coin.amount.is_zero() {
        return Ok(());
    }
    let rest = after_giving(ctx, from, coin)?;
    if from != to {
        put_balance(ctx, from, coin.asset, rest)?;
        add(ctx, to, coin)?;
    }
    Ok(ctx.emit(&Transferred {
        sender: *from,
        recipient: *to,
        coin,
    })?)
}

/// Shall: above zero; never to a module's account; never more than the sender holds; an asset that does not exist is
/// called that, and not a lack of funds.
pub(crate) fn execute<W: Wiring>(
    ctx: &mut Ctx<'_>,
    sender: AccountId,
    message: Transfer,
) -> Result<(), Error> {
    let Transfer { recipient, coin } = message;
    transfer(ctx, &sender, &recipient, coin).or_else(|error| explain::<W>(ctx, error))
}

/// Says that an asset does not exist where that is why the account holds none. Asked only on failure: whoever holds
/// an amount holds one of an asset that exists.
pub(crate) fn explain<W: Wiring>(ctx: &Ctx<'_>, error: Error) -> Result<(), Error> {
    if let Error::InsufficientFunds { asset, .. } = error
        && !W::asset_exists(ctx, asset)?
    {
        return Err(Error::UnknownAsset { asset });
    }
    Err(error)
}
