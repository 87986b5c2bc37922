//! Funding a service's pools.

use crate::error::Error;
use crate::event::Funded;
use crate::msg::Fund;
use crate::state::{POOLS, pool_account};
use dss::Phase;
use kernel::{Ctx, StateError};
use primitives::{AccountId, Amount, AssetId, Coin, Epoch, ServiceId};

/// Shall: take all of it at once; only for a service that still asks for work; evenly, the rest to the first epoch.
pub(crate) fn execute(ctx: &mut Ctx<'_>, sender: AccountId, message: &Fund) -> Result<(), Error> {
    let Fund {
        service,
        coin,
        epochs,
    } = *message;
    let phase = dss::service(ctx, service)?.phase;
    if !matches!(phase, Phase::Draft | Phase::Active) {
        return Err(dss::Error::WrongPhase(phase).into());
    }
    let count = u128::from(epochs);
    let each = coin.amount.get().checked_div(count).ok_or(Error::BadEpochs)?;
    let first = coin
        .amount
        .get()
        .checked_sub(each.saturating_mul(count.saturating_sub(1)))
        .ok_or(Error::BadEpochs)?;
    bank::transfer(ctx, &sender, &pool_account(), coin)?;
    let mut epoch = ctx.epoch();
    for turn in 0..epochs {
        let part = if turn == 0 { first } else { each };
        put_in(ctx, epoch, service, coin.asset, Amount::new(part))?;
        epoch = epoch.next()?;
    }
    Ok(ctx.emit(&Funded {
        service,
        sender,
        coin,
        epochs,
    })?)
}

/// Puts an amount, which the module holds already, into a pool.
pub(crate) fn put_in(
    ctx: &mut Ctx<'_>,
    epoch: Epoch,
    service: ServiceId,
    asset: AssetId,
    amount: Amount,
) -> Result<(), StateError> {
    if amount.is_zero() {
        return Ok(());
    }
    let key = (epoch, service, asset);
    let held = POOLS.or_default(ctx, &key)?;
    let sum: Coin = Coin {
        asset,
        amount: held.checked_add(amount).map_err(crate::state::broken_math)?,
    };
    POOLS.put(ctx, &key, &sum.amount)
}
