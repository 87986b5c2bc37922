//! What operators do in a round: commit to a value, and show it.

use crate::error::Error;
use crate::event::{Committed, Revealed};
use crate::msg::{Commit, Reveal};
use crate::state::{self, COMMITMENTS, ROUNDS, VALUES};
use crate::types::{Feed, Round};
use crypto::bls::{PublicKey, Signature, SignatureBytes};
use crypto::statement::{Quote, commitment, quote_slots, sign_bytes};
use dss::Seat;
use dss::certificate::{CHECK, KEY, SIGNATURE};
use kernel::Ctx;
use primitives::{AccountId, ChainClock, Digest};

/// An open round as one operator sees it.
struct Asked {
    feed: Feed,
    round: Round,
    position: u8,
    seat: Seat,
}

/// The round, if it is open and what `operator` says in it weighs anything.
fn load(ctx: &Ctx<'_>, operator: &AccountId, feed_id: u64, number: u64) -> Result<Asked, Error> {
    let feed = state::feed(ctx, feed_id)?;
    let round = ROUNDS.get(ctx, &(feed_id, number))?;
    let round = round.filter(|round| round.outcome.is_none());
    let round = round.ok_or(Error::NoSuchRound {
        feed: feed_id,
        round: number,
    })?;
    let found = dss::query::snapshot(ctx, feed.service, round.epoch)?;
    let found = found.ok_or_else(|| crate::ID.broken("an open round's snapshot is kept"))?;
    let (position, seat) = found.seat_of(operator).ok_or(Error::NotAsked)?;
    if round.weight(position) == 0 {
        return Err(Error::NotAsked);
    }
    let seat = seat.clone();
    Ok(Asked {
        feed,
        round,
        position,
        seat,
    })
}

/// Both ends of a window: from `from` on, and before `until`.
fn within(now: ChainClock, from: ChainClock, until: ChainClock) -> Result<(), Error> {
    if from <= now && now < until {
        Ok(())
    } else {
        Err(Error::OutsideWindow { from, until, now })
    }
}

/// Checks the seat's signature over what it says in a slot of the feed.
fn check(
    ctx: &Ctx<'_>,
    asked: &Asked,
    at: (u64, u64),
    said: &Digest,
    signature: &SignatureBytes,
) -> Result<(), Error> {
    for gas in [KEY, SIGNATURE, CHECK] {
        ctx.charge(gas)?;
    }
    let (feed, slot) = at;
    let statement = sign_bytes(&ctx.block().chain_hash, asked.feed.service, feed, slot, said);
    let key = PublicKey::new(&asked.seat.key)?;
    Ok(Signature::new(signature)?.verify(&key, statement.as_bytes())?)
}

/// Shall: only in the commit window; once; signed, so that whoever shows something else can be convicted of it.
pub(crate) fn commit(ctx: &mut Ctx<'_>, operator: AccountId, message: &Commit) -> Result<(), Error> {
    let Commit { feed, round, .. } = *message;
    let asked = load(ctx, &operator, feed, round)?;
    within(ctx.chain_clock(), asked.round.opened_at, asked.round.commit_until)?;
    let key = (feed, round, asked.position);
    if COMMITMENTS.contains(ctx, &key)? {
        return Err(Error::AlreadySaid);
    }
    let slot = quote_slots(round).0;
    check(ctx, &asked, (feed, slot), &message.commitment, &message.signature)?;
    COMMITMENTS.put(ctx, &key, &message.commitment)?;
    Ok(ctx.emit(&Committed {
        feed,
        round,
        operator,
    })?)
}

/// Shall: only in the reveal window; once; what was committed to; within the round's bounds; signed.
pub(crate) fn reveal(ctx: &mut Ctx<'_>, operator: AccountId, message: &Reveal) -> Result<(), Error> {
    let Reveal {
        feed, round, value, ..
    } = *message;
    let asked = load(ctx, &operator, feed, round)?;
    within(
        ctx.chain_clock(),
        asked.round.commit_until,
        asked.round.reveal_until,
    )?;
    let key = (feed, round, asked.position);
    if VALUES.contains(ctx, &key)? {
        return Err(Error::AlreadySaid);
    }
    let hidden = COMMITMENTS.get(ctx, &key)?.ok_or(Error::NotCommitted)?;
    let quote = Quote {
        feed,
        round,
        value,
        salt: message.salt,
    };
    let said = quote.hash();
    if commitment(&operator, feed, &said, &message.salt) != hidden {
        return Err(Error::CommitmentMismatch);
    }
    let bounds = asked.round.bounds;
    if !bounds.contain(value) {
        return Err(Error::OutOfBounds { value, bounds });
    }
    check(
        ctx,
        &asked,
        (feed, quote_slots(round).1),
        &said,
        &message.signature,
    )?;
    VALUES.put(ctx, &key, &value)?;
    Ok(ctx.emit(&Revealed {
        feed,
        round,
        operator,
        value,
    })?)
}
