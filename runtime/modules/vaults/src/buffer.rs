//! [`FundBuffer`] and [`LeaveBuffer`].
//!
//! Shall:
//! - give and take shares of the buffer at its price: cash and what its claims are worth, with the same virtual shares
//!   as a vault;
//! - pay whoever leaves out of cash alone, and nobody while a slash of the vault is open: it may make the claims worth
//!   less.

use crate::error::Error;
use crate::event::{BufferFunded, BufferLeft};
use crate::hooks::Wiring;
use crate::msg::{FundBuffer, LeaveBuffer};
use crate::state::{self, BUFFERS, FUNDERS};
use crate::types::Custody;
use kernel::Ctx;
use primitives::{AccountId, Coin};

pub(crate) fn fund(ctx: &mut Ctx<'_>, sender: AccountId, msg: &FundBuffer) -> Result<(), Error> {
    let vault = state::known(ctx, &msg.vault)?;
    if vault.custody == Custody::Beacon {
        return Err(Error::NotForSale("beacon ether is each owner's own"));
    }
    let mut buffer = BUFFERS.or_default(ctx, &msg.vault)?;
    let mut pool = buffer.pool(vault.pool.worth(buffer.claims)?)?;
    if let Some(closed) = pool.closed() {
        return Err(Error::Closed(closed));
    }
    let coin = Coin {
        asset: vault.asset,
        amount: msg.amount,
    };
    bank::transfer(ctx, &sender, &state::buffer_account(), coin)?;
    let shares = pool.deposit(msg.amount)?;
    if shares.is_zero() || shares < msg.min_shares {
        return Err(Error::TooFewShares {
            shares,
            least: msg.min_shares,
        });
    }
    buffer.cash = buffer.cash.checked_add(msg.amount)?;
    buffer.shares = pool.shares;
    state::put_buffer(ctx, &msg.vault, &buffer)?;
    let owned = FUNDERS
        .or_default(ctx, &(msg.vault, sender))?
        .checked_add(shares)?;
    FUNDERS.put(ctx, &(msg.vault, sender), &owned)?;
    Ok(ctx.emit(&BufferFunded {
        vault: msg.vault,
        owner: sender,
        asset: vault.asset,
        amount: msg.amount,
        shares,
    })?)
}

pub(crate) fn leave<W: Wiring>(ctx: &mut Ctx<'_>, sender: AccountId, msg: &LeaveBuffer) -> Result<(), Error> {
    let vault = state::known(ctx, &msg.vault)?;
    let key = (msg.vault, sender);
    let have = FUNDERS.or_default(ctx, &key)?;
    let left = have.checked_sub(msg.shares).map_err(|_| Error::NotOwned {
        have,
        asked: msg.shares,
    })?;
    let mut buffer = BUFFERS.or_default(ctx, &msg.vault)?;
    let open = W::open_slashes(ctx, &msg.vault)?;
    if !buffer.claims.is_zero() && (open.due || open.fraction.get() > 0) {
        return Err(Error::NotForSale(
            "a slash of the vault is asked for and not decided",
        ));
    }
    let pool = buffer.pool(vault.pool.worth(buffer.claims)?)?;
    let amount = pool.worth(msg.shares)?;
    if amount < msg.min_assets {
        return Err(Error::TooLittle {
            shares: msg.shares,
            worth: amount,
            least: msg.min_assets,
        });
    }
    buffer.cash = buffer.cash.checked_sub(amount).map_err(|_| Error::BufferShort {
        cash: buffer.cash,
        need: amount,
    })?;
    buffer.shares = buffer.shares.checked_sub(msg.shares)?;
    state::put_buffer(ctx, &msg.vault, &buffer)?;
    if left.is_zero() {
        FUNDERS.remove(ctx, &key)?;
    } else {
        FUNDERS.put(ctx, &key, &left)?;
    }
    let coin = Coin {
        asset: vault.asset,
        amount,
    };
    bank::transfer(ctx, &state::buffer_account(), &sender, coin)?;
    Ok(ctx.emit(&BufferLeft {
        vault: msg.vault,
        owner: sender,
        asset: vault.asset,
        amount,
        shares: msg.shares,
    })?)
}
