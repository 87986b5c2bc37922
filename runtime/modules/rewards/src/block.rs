//! Sharing out what was earned in epochs that are over.

use crate::accrue::{credit_operator, note};
use crate::event::{Forfeited, SharedOut};
use crate::fund::put_in;
use crate::hooks::Wiring;
use crate::state::{EARNED, PARAMS, POOLS, broken_bank, broken_math, pool_account};
use dss::Phase;
use kernel::{Ctx, StateError};
use primitives::{AccountId, Amount, AssetId, Coin, Epoch, Rounding, ServiceId};

/// Shares out pools, and then what operators have earned, of epochs that are over: a bounded number of each; the tables'
/// orders are the queues and the cursors.
pub(crate) fn begin<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let now = ctx.epoch();
    if POOLS.first(ctx)?.is_some_and(|((epoch, ..), _)| epoch < now) {
        let most = usize::from(PARAMS.require(ctx)?.pools_per_block);
        for (key, amount) in POOLS.range(ctx, None, most)? {
            if key.0 >= now {
                break;
            }
            POOLS.remove(ctx, &key)?;
            share_out(ctx, key, amount)?;
        }
    }
    if EARNED.first(ctx)?.is_some_and(|((epoch, ..), _)| epoch < now) {
        let most = usize::from(PARAMS.require(ctx)?.operators_per_block);
        for (key, amount) in EARNED.range(ctx, None, most)? {
            if key.0 >= now {
                break;
            }
            EARNED.remove(ctx, &key)?;
            credit::<W>(ctx, key, amount)?;
        }
    }
    Ok(())
}

/// Gives what an operator has earned in an epoch to those behind it; what is convicted of that epoch earns nothing, and
/// what it would have earned goes to those who work on.
fn credit<W: Wiring>(
    ctx: &mut Ctx<'_>,
    (epoch, service, operator, asset): (Epoch, ServiceId, AccountId, AssetId),
    amount: Amount,
) -> Result<(), StateError> {
    let coin = Coin { asset, amount };
    let earned = bank::take(ctx, &pool_account(), coin).map_err(broken_bank)?;
    // Of the chain as a service, staking has seen to it.
    if service == ServiceId::CONSENSUS || !dss::is_guilty(ctx, service, epoch, &operator)? {
        return credit_operator::<W>(ctx, service, &operator, earned);
    }
    keep_or_return(ctx, service, earned)?;
    ctx.emit(&Forfeited {
        service,
        operator,
        epoch,
        coin,
    })
}

/// Puts what nobody earned into the present epoch's pool; of a service that is ending it goes to its owner.
fn keep_or_return(ctx: &mut Ctx<'_>, service: ServiceId, left: bank::InTransit) -> Result<(), StateError> {
    let record = dss::query::service(ctx, service)?;
    let record = record.ok_or_else(|| crate::ID.broken("a service that is paid for is known"))?;
    let Coin { asset, amount } = left.coin();
    match record.phase {
        Phase::Draft | Phase::Active => {
            bank::give(ctx, &pool_account(), left)?;
            put_in(ctx, ctx.epoch(), service, asset, amount)
        }
        Phase::WindingDown { .. } | Phase::Closed => bank::give(ctx, &record.owner, left),
    }
}

/// Shares one pool out among the seats of its epoch: by stake times the part of its tasks that each answered rightly, and
/// nothing to who is convicted of the epoch. What does not divide, or was earned by nobody, waits for the next epoch; of a
/// service that is ending it goes to its owner.
fn share_out(
    ctx: &mut Ctx<'_>,
    (epoch, service, asset): (Epoch, ServiceId, AssetId),
    amount: Amount,
) -> Result<(), StateError> {
    let weights = weights(ctx, epoch, service)?;
    let total = weights
        .iter()
        .try_fold(Amount::ZERO, |sum, (_, weight)| sum.checked_add(*weight));
    let total = total.map_err(broken_math)?;
    let mut left = amount;
    for (operator, weight) in weights {
        // Rounding: the protocol pays Down.
        let part = amount
            .mul_div(weight.get(), total.get(), Rounding::Down)
            .map_err(broken_math)?;
        left = left.checked_sub(part).map_err(broken_math)?;
        note(ctx, (epoch, service, operator, asset), part)?;
    }
    let rest = Coin { asset, amount: left };
    let rest = bank::take(ctx, &pool_account(), rest).map_err(broken_bank)?;
    keep_or_return(ctx, service, rest)?;
    ctx.emit(&SharedOut {
        service,
        epoch,
        coin: Coin { asset, amount },
        left,
    })
}

/// Who earns in an epoch, and by which weight, above zero.
fn weights(ctx: &Ctx<'_>, epoch: Epoch, service: ServiceId) -> Result<Vec<(AccountId, Amount)>, StateError> {
    let Some(snapshot) = dss::query::snapshot(ctx, service, epoch)? else {
        return Ok(Vec::new());
    };
    let mut weights = Vec::new();
    for seat in snapshot.seats {
        if dss::is_guilty(ctx, service, epoch, &seat.operator)? {
            continue;
        }
        let score = dss::query::score(ctx, service, &seat.operator, ctx.epoch())?;
        // Rounding: what is not earned wholly goes Down.
        let weight = score
            .reputation()
            .of(seat.value.get(), Rounding::Down)
            .map_err(broken_math)?;
        if weight > 0 {
            weights.push((seat.operator, Amount::new(weight)));
        }
    }
    Ok(weights)
}
