//! Making and destroying amounts.

use crate::error::Error;
use crate::event::{Burned, Minted};
use crate::hooks::Wiring;
use crate::msg::Burn;
use crate::state::{add, after_giving, put_balance, put_supply, shrink_supply, supply};
use crate::transfer::explain;
use kernel::Ctx;
use primitives::{AccountId, Coin};

/// Makes `coin` and gives it to `to`; nothing happens when it is zero. The caller answers for the asset's existence
/// and for what backs it.
///
/// # Errors
/// [`Error::SupplyOverflow`].
pub fn mint(ctx: &mut Ctx<'_>, to: &AccountId, coin: Coin) -> Result<(), Error> {
    let Coin { asset, amount } = coin;
    if amount.is_zero() {
        return Ok(());
    }
    let grown = supply(ctx, asset)?
        .checked_add(amount)
        .map_err(|_| Error::SupplyOverflow { asset })?;
    put_supply(ctx, asset, grown)?;
    add(ctx, to, coin)?;
    Ok(ctx.emit(&Minted { recipient: *to, coin })?)
}

/// Destroys `coin` of what `from` holds; nothing happens when it is zero.
///
/// # Errors
/// [`Error::InsufficientFunds`].
pub fn burn(ctx: &mut Ctx<'_>, from: &AccountId, coin: Coin) -> Result<(), Error> {
    if coin.amount.is_zero() {
        return Ok(());
    }
    let rest = after_giving(ctx, from, coin)?;
    put_balance(ctx, from, coin.asset, rest)?;
    shrink_supply(ctx, coin)?;
    Ok(ctx.emit(&Burned { holder: *from, coin })?)
}

/// Shall: above zero; never more than the sender holds; the supply shrinks by exactly as much.
pub(crate) fn execute<W: Wiring>(ctx: &mut Ctx<'_>, sender: AccountId, message: Burn) -> Result<(), Error> {
    burn(ctx, &sender, message.coin).or_else(|error| explain::<W>(ctx, error))
}
