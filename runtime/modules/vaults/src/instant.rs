//! [`InstantWithdraw`].
//!
//! Shall:
//! - sell to the buffer all but the retained part, at the shares' worth less the fee; the shares stay escrowed and
//!   liable, now the buffer's;
//! - queue the retained part as the seller's own withdrawal: a slash for what came before reaches that too;
//! - be barred for the vault's operator, who knows first; while a slash is open; and for beacon ether.

use crate::error::Error;
use crate::event::SoldAtOnce;
use crate::hooks::Wiring;
use crate::msg::InstantWithdraw;
use crate::state::{self, BUFFERS};
use crate::types::{Custody, Holder};
use crate::withdraw;
use kernel::Ctx;
use primitives::{AccountId, Amount, Coin, Rounding, Shares};

pub(crate) fn execute<W: Wiring>(
    ctx: &mut Ctx<'_>,
    sender: AccountId,
    msg: &InstantWithdraw,
) -> Result<(), Error> {
    let mut vault = state::known(ctx, &msg.vault)?;
    if vault.custody == Custody::Beacon {
        return Err(Error::NotForSale("beacon ether is each owner's own"));
    }
    if vault.operator == sender {
        return Err(Error::NotForSale(
            "the operator knows of slashes before anybody else",
        ));
    }
    let open = W::open_slashes(ctx, &msg.vault)?;
    if open.due || open.fraction.get() > 0 {
        return Err(Error::NotForSale(
            "a slash of the vault is asked for and not decided",
        ));
    }
    let params = state::params(ctx)?;
    // Rounding: what is kept back counts Up.
    let retained = Shares::new(params.buffer_retained.of(msg.shares.get(), Rounding::Up)?);
    let sold = msg.shares.checked_sub(retained)?;
    // Order: whether the shares are the sender's is said before what they are worth.
    withdraw::take_shares::<W>(ctx, &msg.vault, &mut vault, &sender, sold)?;
    if !retained.is_zero() {
        withdraw::start::<W>(ctx, msg.vault, &mut vault, (sender, sender), retained)?;
    }
    let worth = vault.pool.worth(sold)?;
    let mut buffer = BUFFERS.or_default(ctx, &msg.vault)?;
    let before = vault.pool.worth(buffer.claims)?;
    let fee = buffer.fee((params.buffer_fee_least, params.buffer_fee_most), before, worth)?;
    // Rounding: the protocol charges Up.
    let price = worth.checked_sub(Amount::new(fee.of(worth.get(), Rounding::Up)?))?;
    if price < msg.min_assets || price.is_zero() {
        return Err(Error::TooLittle {
            shares: sold,
            worth: price,
            least: msg.min_assets,
        });
    }
    buffer.cash = buffer.cash.checked_sub(price).map_err(|_| Error::BufferShort {
        cash: buffer.cash,
        need: price,
    })?;
    buffer.claims = buffer.claims.checked_add(sold)?;
    state::put_buffer(ctx, &msg.vault, &buffer)?;
    state::queue(ctx, withdraw::entry(msg.vault, &vault, Holder::Buffer, sold))?;
    state::put_vault(ctx, &msg.vault, &vault)?;
    let coin = Coin {
        asset: vault.asset,
        amount: price,
    };
    bank::transfer(ctx, &state::buffer_account(), &sender, coin)?;
    Ok(ctx.emit(&SoldAtOnce {
        vault: msg.vault,
        owner: sender,
        asset: vault.asset,
        amount: price,
        shares: sold,
        fee,
    })?)
}
