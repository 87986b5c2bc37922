//! Faults that the chain verifies: taken at once.
//!
//! Shall:
//! - convict by `dss` alone, once, and take in the same transaction: nobody vetoes;
//! - refuse during the class's cooldown, without using the proof up;
//! - owe the reporter at most a small part of what was the offender's own, capped in value, paid after a delay; nothing
//!   to the offender himself.

use crate::cost;
use crate::error::Error;
use crate::hooks::Wiring;
use crate::state::{COUNT, DUE, MAX_VAULTS, PARAMS, held_account};
use crate::take::{Sentence, take};
use crate::types::Due;
use bank::InTransit;
use dss::{Destination, Evidence};
use kernel::{Ctx, StateError};
use primitives::{AccountId, Amount, Bps, Rounding};

/// Carries out what a proof costs.
pub(crate) fn execute<W: Wiring>(
    ctx: &mut Ctx<'_>,
    reporter: AccountId,
    evidence: &Evidence,
) -> Result<(), Error> {
    let (class, conviction) = dss::convict::<W>(ctx, evidence)?;
    let record = dss::service(ctx, evidence.service)?;
    let key = (evidence.service, evidence.operator, class);
    cost::refuse(ctx, &key)?;
    let known = record.terms.classes.get(usize::from(class));
    let known = known.ok_or(dss::Error::UnknownClass(class))?;
    cost::start(ctx, &key, known.cooldown)?;
    let params = PARAMS.require(ctx)?;
    let rewarded = reporter != evidence.operator && record.terms.destination == Destination::Burn;
    let sentence = Sentence {
        service: evidence.service,
        operator: evidence.operator,
        class,
        fraction: conviction.fraction,
        cap: conviction.fraction,
        taken: Bps::ZERO,
        at: conviction.liable_since,
        destination: record.terms.destination,
        reporter: if rewarded { params.reporter_part } else { Bps::ZERO },
    };
    let mut vaults = vaults::query::vaults_of(ctx, &evidence.operator)?;
    vaults.truncate(MAX_VAULTS);
    let held = take(ctx, &sentence, &vaults)?;
    let mut room = params.reporter_most;
    for part in held {
        room = owe::<W>(ctx, reporter, part, room)?;
    }
    Ok(())
}

/// Notes what a reporter is to get of one vault, up to `room` in value; destroys the rest, and gives the room that is left.
fn owe<W: Wiring>(
    ctx: &mut Ctx<'_>,
    reporter: AccountId,
    mut part: InTransit,
    room: Amount,
) -> Result<Amount, Error> {
    let coin = part.coin();
    if coin.amount.is_zero() {
        bank::destroy(ctx, part)?;
        return Ok(room);
    }
    let worth = W::worth(ctx, coin)?;
    let paid = if worth.is_zero() {
        Amount::ZERO
    } else if worth <= room {
        coin.amount
    } else {
        // Rounding: the protocol pays Down.
        coin.amount.mul_div(room.get(), worth.get(), Rounding::Down)?
    };
    let kept = part.split(paid)?;
    bank::destroy(ctx, part)?;
    let due = Due {
        reporter,
        coin: kept.coin(),
    };
    bank::give(ctx, &held_account(), kept)?;
    if !paid.is_zero() {
        let number = next(ctx)?;
        let when = ctx.chain_clock().after(PARAMS.require(ctx)?.reporter_delay);
        DUE.put(ctx, &(when, number), &due)?;
    }
    Ok(room.saturating_sub(worth))
}

/// The next number.
pub(crate) fn next(ctx: &mut Ctx<'_>) -> Result<u64, StateError> {
    let number = COUNT.or_default(ctx)?;
    COUNT.put(ctx, &number.saturating_add(1))?;
    Ok(number)
}
