//! Faults of an oracle that can be proven.
//!
//! An operator signs two things per round: its commitment, in the even slot, and its quote, in the odd one. Two of either for
//! one slot are the frame's `Equivocation`. The frame has checked the signature over the quote that is judged here.
//!
//! Shall:
//! - find a quote out of the round's bounds guilty of [`OUT_OF_BOUNDS`];
//! - find one that is not what the accused committed to guilty of [`MISMATCH`]: the accuser adds the commitment and the
//!   signature over it, which is checked by the key of the accused's seat in the round's epoch;
//! - find nothing else.

use crate::error::{Error, halting};
use crate::state::{self, ROUNDS};
use crypto::bls::{PublicKey, Signature, SignatureBytes};
use crypto::statement::{Quote, commitment, quote_slots, sign_bytes};
use dss::certificate::{CHECK, KEY, SIGNATURE};
use dss::{Accusation, Refusal};
use kernel::{Ctx, Fault as _, Read, StateError};
use primitives::codec::decode;
use primitives::{Digest, Epoch, ServiceId};

/// The class of showing something else than was committed to.
pub const MISMATCH: u8 = 1;
/// The class of stating a value out of the round's bounds.
pub const OUT_OF_BOUNDS: u8 = 2;

/// The epoch of the round that a slot is of.
pub(crate) fn epoch_of(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    feed: u64,
    slot: u64,
) -> Result<Option<Epoch>, StateError> {
    let of = state::FEEDS.get(store, &feed)?;
    if of.is_none_or(|of| of.service != service) {
        return Ok(None);
    }
    let round = ROUNDS.get(store, &(feed, slot >> 1))?;
    Ok(round.map(|round| round.epoch))
}

/// The class that a quote is of.
pub(crate) fn verify(ctx: &mut Ctx<'_>, accusation: &Accusation<'_>) -> Result<u8, Refusal> {
    judge(ctx, accusation).map_err(|error| match error.code() {
        Some(code) => Refusal::Code(code),
        None => Refusal::State(halting(error)),
    })
}

fn judge(ctx: &Ctx<'_>, accusation: &Accusation<'_>) -> Result<u8, Error> {
    let Accusation {
        service,
        operator,
        task: feed,
        slot,
        ..
    } = *accusation;
    let number = slot >> 1;
    let (committed, shown) = quote_slots(number);
    let [said] = accusation.said else {
        return Err(Error::ShowsNothing("one quote is judged at a time"));
    };
    if slot != shown {
        return Err(Error::ShowsNothing("quotes stand in odd slots"));
    }
    let quote: Quote =
        decode(&said.answer).map_err(|_| Error::ShowsNothing("what was signed is no quote"))?;
    if (quote.feed, quote.round) != (feed, number) {
        return Err(Error::ShowsNothing("the quote is of another round"));
    }
    let round = ROUNDS.get(ctx, &(feed, number))?;
    let round = round.ok_or(Error::NoSuchRound { feed, round: number })?;
    if !round.bounds.contain(quote.value) {
        return Ok(OUT_OF_BOUNDS);
    }
    let (hidden, signature): (Digest, SignatureBytes) = decode(accusation.extra)
        .map_err(|_| Error::ShowsNothing("beside the quote stands a commitment with its signature"))?;
    let found = dss::query::snapshot(ctx, service, accusation.epoch)?;
    let seat = found.as_ref().and_then(|found| found.seat_of(operator));
    let (_, seat) = seat.ok_or(dss::Error::NotSeated)?;
    for gas in [KEY, SIGNATURE, CHECK] {
        ctx.charge(gas)?;
    }
    let statement = sign_bytes(&ctx.block().chain_hash, service, feed, committed, &hidden);
    let key = PublicKey::new(&seat.key)?;
    Signature::new(&signature)?.verify(&key, statement.as_bytes())?;
    if commitment(operator, feed, &quote.hash(), &quote.salt) == hidden {
        return Err(Error::ShowsNothing("the quote is what was committed to"));
    }
    Ok(MISMATCH)
}
