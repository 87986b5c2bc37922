//! Paying a round.

use crate::state::{account, broken_bank, broken_math};
use crate::types::{Feed, Round};
use dss::{Seats, Snapshot};
use kernel::{Ctx, StateError};
use primitives::{AccountId, Amount, Coin, Rounding};

/// Pays those who are near the median, by what they weigh, but nobody who is convicted of the epoch; what is left goes back
/// to who put it down, the last one first. Gives what was paid.
pub(crate) fn pay<W: dss::Wiring>(
    ctx: &mut Ctx<'_>,
    feed: &Feed,
    round: &Round,
    found: &Snapshot,
    near: Seats,
) -> Result<Amount, StateError> {
    let fee = Coin {
        asset: feed.rules.fee.asset,
        amount: round.fee,
    };
    if fee.amount.is_zero() {
        return Ok(Amount::ZERO);
    }
    let mut honest: Vec<(AccountId, u128)> = Vec::new();
    for position in near.iter() {
        if let Some(seat) = found.seat(position)
            && !dss::is_guilty(ctx, feed.service, round.epoch, &seat.operator)?
        {
            honest.push((seat.operator, round.weight(position)));
        }
    }
    let total = honest
        .iter()
        .fold(0u128, |sum, (_, weight)| sum.saturating_add(*weight));
    let mut rest = bank::take(ctx, &account(), fee).map_err(broken_bank)?;
    let mut paid = Amount::ZERO;
    for (operator, weight) in honest {
        // Rounding: the protocol pays Down.
        let part = fee
            .amount
            .mul_div(weight, total, Rounding::Down)
            .map_err(broken_math)?;
        let share = rest.split(part).map_err(broken_math)?;
        paid = paid.checked_add(part).map_err(broken_math)?;
        if !part.is_zero() {
            W::pay(ctx, feed.service, &operator, share)?;
        }
    }
    for (payer, put_down) in round.payers.iter().rev() {
        let back = rest.coin().amount.min(*put_down);
        let back = rest.split(back).map_err(broken_math)?;
        bank::give(ctx, payer, back)?;
    }
    // Order: nothing is left by now; a purse that is not empty may not be dropped.
    bank::give(ctx, &account(), rest)?;
    Ok(paid)
}
