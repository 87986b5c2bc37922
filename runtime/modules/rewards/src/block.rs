//! Sharing out the pools of epochs that are over.

use crate::accrue::credit_operator;
use crate::event::SharedOut;
use crate::fund::put_in;
use crate::hooks::Wiring;
use crate::state::{PARAMS, POOLS, broken_bank, broken_math, pool_account};
use dss::Phase;
use kernel::{Ctx, StateError};
use primitives::{AccountId, Amount, AssetId, Coin, Epoch, Rounding, ServiceId};

/// Shares out pools of epochs that are over, a bounded number; the table's order is the queue and the cursor.
pub(crate) fn begin<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let Some(((epoch, _, _), _)) = POOLS.first(ctx)? else {
        return Ok(());
    };
    if epoch >= ctx.epoch() {
        return Ok(());
    }
    let most = usize::from(PARAMS.require(ctx)?.pools_per_block);
    for (key, amount) in POOLS.range(ctx, None, most)? {
        if key.0 >= ctx.epoch() {
            break;
        }
        POOLS.remove(ctx, &key)?;
        share_out::<W>(ctx, key, amount)?;
    }
    Ok(())
}

/// Shares one pool out among the seats of its epoch: by stake times the part of its tasks that each answered rightly, and
/// nothing to who is convicted of the epoch. What does not divide, or was earned by nobody, waits for the next epoch; of a
/// service that is ending it goes to its owner.
fn share_out<W: Wiring>(
    ctx: &mut Ctx<'_>,
    (epoch, service, asset): (Epoch, ServiceId, AssetId),
    amount: Amount,
) -> Result<(), StateError> {
    let coin = Coin { asset, amount };
    let weights = weights(ctx, epoch, service)?;
    let total = weights
        .iter()
        .try_fold(Amount::ZERO, |sum, (_, weight)| sum.checked_add(*weight));
    let total = total.map_err(broken_math)?;
    let mut rest = bank::take(ctx, &pool_account(), coin).map_err(broken_bank)?;
    for (operator, weight) in weights {
        // Rounding: the protocol pays Down.
        let part = amount
            .mul_div(weight.get(), total.get(), Rounding::Down)
            .map_err(broken_math)?;
        let part = rest.split(part).map_err(broken_math)?;
        credit_operator::<W>(ctx, service, &operator, part)?;
    }
    let left = rest.coin().amount;
    let record = dss::query::service(ctx, service)?;
    let record = record.ok_or_else(|| crate::ID.broken("a funded service is known"))?;
    match record.phase {
        Phase::Draft | Phase::Active => {
            bank::give(ctx, &pool_account(), rest)?;
            put_in(ctx, ctx.epoch(), service, asset, left)?;
        }
        Phase::WindingDown { .. } | Phase::Closed => bank::give(ctx, &record.owner, rest)?,
    }
    ctx.emit(&SharedOut {
        service,
        epoch,
        coin,
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
