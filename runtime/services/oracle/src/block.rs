//! What happens by itself: rounds open and close.
//!
//! Shall:
//! - open a feed's round when it is due, and fix everything that it is judged by: bounds, weights, windows, fee;
//! - skip a round that cannot open, with an event that says why, and try again when the next one is due;
//! - close a round once, whatever was shown: median, scorecard, pay;
//! - take a bounded number of steps per block; the schedule's order is the cursor.

use crate::error::{Error, halting};
use crate::event::{RoundClosed, RoundOpened, RoundSkipped};
use crate::feed::finish;
use crate::fund::draw;
use crate::hooks::Wiring;
use crate::pay::pay;
use crate::price;
use crate::state::{COMMITMENTS, FEEDS, PARAMS, ROUNDS, SCHEDULE, VALUES, broken_math};
use crate::tally::{self, Vote};
use crate::types::{Feed, Outcome, Price, Round, Weighing};
use dss::{Phase, Seats, Snapshot, Work};
use kernel::{Ctx, Fault as _, StateError};
use primitives::{Amount, Epoch};

/// Epochs that lie between a round and the power that it is weighed by.
const LOOK_BACK: u64 = 2;

/// Takes the steps that are due.
pub(crate) fn begin<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let now = ctx.chain_clock();
    match SCHEDULE.first(ctx)? {
        Some(((due, _), ())) if due <= now => {}
        Some(_) | None => return Ok(()),
    }
    let most = usize::from(PARAMS.require(ctx)?.rounds_per_block);
    for ((due, id), ()) in SCHEDULE.range(ctx, None, most)? {
        if due > now {
            break;
        }
        SCHEDULE.remove(ctx, &(due, id))?;
        let feed = FEEDS.get(ctx, &id)?;
        let feed = feed.ok_or_else(|| crate::ID.broken("what is scheduled is a feed"))?;
        if feed.open {
            close::<W>(ctx, id, feed)?;
        } else {
            turn::<W>(ctx, id, feed)?;
        }
    }
    Ok(())
}

/// Opens the next round, or says why not. A service that opens no more tasks has no more rounds.
fn turn<W: Wiring>(ctx: &mut Ctx<'_>, id: u64, mut feed: Feed) -> Result<(), StateError> {
    let record = dss::query::service(ctx, feed.service)?;
    let over = record.is_none_or(|record| matches!(record.phase, Phase::WindingDown { .. } | Phase::Closed));
    if over {
        return finish(ctx, id, &mut feed);
    }
    match ctx.atomically(|ctx| open::<W>(ctx, id, feed)) {
        Ok(()) => Ok(()),
        Err(error) => {
            let Some(code) = error.code() else {
                return Err(halting(error));
            };
            feed.due = ctx.chain_clock().after(feed.rules.every);
            FEEDS.put(ctx, &id, &feed)?;
            SCHEDULE.put(ctx, &(feed.due, id), &())?;
            ctx.emit(&RoundSkipped { feed: id, code })
        }
    }
}

fn open<W: Wiring>(ctx: &mut Ctx<'_>, id: u64, mut feed: Feed) -> Result<(), Error> {
    let found = dss::snapshot::<W>(ctx, feed.service)?;
    let (weights, total) = weigh::<W>(ctx, &feed, &found)?;
    if weights.iter().all(|weight| *weight == 0) {
        return Err(Error::NobodyWeighs);
    }
    forget_old(ctx, id)?;
    let payers = draw(ctx, id, &feed)?;
    let fee = payers.iter().map(|(_, part)| *part);
    let fee = fee.fold(Amount::ZERO, Amount::saturating_add);
    let now = ctx.chain_clock();
    let number = feed.rounds;
    let round = Round {
        epoch: ctx.epoch(),
        opened_at: now,
        commit_until: now.after(feed.rules.commit),
        reveal_until: now.after(feed.rules.commit).after(feed.rules.reveal),
        bounds: feed.rules.bounds,
        fee,
        payers,
        weights,
        total,
        outcome: None,
    };
    feed.rounds = number.saturating_add(1);
    feed.open = true;
    feed.due = round.reveal_until;
    FEEDS.put(ctx, &id, &feed)?;
    ROUNDS.put(ctx, &(id, number), &round)?;
    SCHEDULE.put(ctx, &(feed.due, id), &())?;
    Ok(ctx.emit(&RoundOpened {
        feed: id,
        round: number,
        service: feed.service,
        decimals: feed.rules.decimals,
        bounds: round.bounds,
        commit_until: round.commit_until,
        reveal_until: round.reveal_until,
        fee,
    })?)
}

/// What each seat's value weighs, and what two thirds are counted of: all stake of the snapshot, or all power there was,
/// whoever of it serves this service. So nobody prices stake without two thirds of the chain.
fn weigh<W: Wiring>(ctx: &Ctx<'_>, feed: &Feed, found: &Snapshot) -> Result<(Vec<u128>, u128), StateError> {
    let seats = found.seats.iter();
    match feed.rules.weighing {
        Weighing::Stake => {
            let weights = seats.map(|seat| seat.value.get()).collect();
            Ok((weights, found.total.get()))
        }
        Weighing::Power => {
            let epoch = Epoch::new(ctx.epoch().get().saturating_sub(LOOK_BACK));
            let power = W::power(&ctx.view(), epoch)?;
            let total = power
                .iter()
                .fold(0u128, |sum, (_, weight)| sum.saturating_add(u128::from(*weight)));
            let of = |operator| {
                let mine = power.iter().filter(|(account, _)| account == operator);
                mine.fold(0u128, |sum, (_, weight)| sum.saturating_add(u128::from(*weight)))
            };
            Ok((seats.map(|seat| of(&seat.operator)).collect(), total))
        }
    }
}

/// Forgets up to two rounds whose faults are too old: as one opens, what lies there stays bounded.
fn forget_old(ctx: &mut Ctx<'_>, id: u64) -> Result<(), StateError> {
    for (key, round) in ROUNDS.range_of(ctx, &id, None, 2)? {
        let kept = dss::query::in_evidence_window(ctx, round.epoch, ctx.epoch(), ctx.chain_clock())?;
        if kept || round.outcome.is_none() {
            break;
        }
        ROUNDS.remove(ctx, &key)?;
    }
    Ok(())
}

fn close<W: Wiring>(ctx: &mut Ctx<'_>, id: u64, mut feed: Feed) -> Result<(), StateError> {
    let number = feed.rounds.saturating_sub(1);
    let round = ROUNDS.get(ctx, &(id, number))?;
    let mut round = round.ok_or_else(|| crate::ID.broken("an open round is there"))?;
    let found = dss::query::snapshot(ctx, feed.service, round.epoch)?;
    let found = found.ok_or_else(|| crate::ID.broken("an open round's snapshot is kept"))?;
    let votes = votes(ctx, id, number, &round)?;
    let mut outcome = count(&feed, &round, &votes).map_err(broken_math)?;
    judge(ctx, &feed, &round, &found, &outcome)?;
    outcome.paid = pay::<W>(ctx, &feed, &round, &found, outcome.near)?;
    if let Some(value) = outcome.price {
        let price = Price {
            value,
            decimals: feed.rules.decimals,
            round: number,
            epoch: round.epoch,
            at: ctx.chain_clock(),
        };
        price::note(ctx, id, &price)?;
    }
    round.weights.clear();
    round.outcome = Some(outcome);
    ROUNDS.put(ctx, &(id, number), &round)?;
    feed.open = false;
    if !feed.ended {
        feed.due = round.opened_at.after(feed.rules.every).max(ctx.chain_clock());
        SCHEDULE.put(ctx, &(feed.due, id), &())?;
    }
    FEEDS.put(ctx, &id, &feed)?;
    ctx.emit(&RoundClosed {
        feed: id,
        round: number,
        service: feed.service,
        outcome,
    })
}

/// What was shown, which is then forgotten with what was committed to.
fn votes(ctx: &mut Ctx<'_>, id: u64, number: u64, round: &Round) -> Result<Vec<Vote>, StateError> {
    let most = usize::from(Seats::MOST);
    for (key, _) in COMMITMENTS.range_of(ctx, &(id, number), None, most)? {
        COMMITMENTS.remove(ctx, &key)?;
    }
    let mut votes = Vec::new();
    for (key, value) in VALUES.range_of(ctx, &(id, number), None, most)? {
        VALUES.remove(ctx, &key)?;
        let (_, _, seat) = key;
        let weight = round.weight(seat);
        votes.push(Vote { seat, value, weight });
    }
    Ok(votes)
}

/// The median, when two thirds were shown, and who is near it.
fn count(feed: &Feed, round: &Round, votes: &[Vote]) -> Result<Outcome, primitives::MathError> {
    let revealed = tally::weight(votes);
    let enough = revealed >= tally::quorum(round.total)?;
    let price = tally::median(votes).filter(|_| enough);
    let shown = votes.iter().fold(Seats::NONE, |all, vote| all.with(vote.seat));
    let mut near = Seats::NONE;
    if let Some(median) = price {
        for vote in votes {
            if tally::is_near(vote.value, median, feed.rules.tolerance)? {
                near = near.with(vote.seat);
            }
        }
    }
    Ok(Outcome {
        price,
        revealed,
        shown,
        near,
        paid: Amount::ZERO,
    })
}

/// Counts what each operator that was asked did. Without a price nobody knows what is right: a value is not held against
/// anybody then.
fn judge(
    ctx: &mut Ctx<'_>,
    feed: &Feed,
    round: &Round,
    found: &Snapshot,
    outcome: &Outcome,
) -> Result<(), StateError> {
    for (position, seat) in (0..Seats::MOST).zip(&found.seats) {
        if round.weight(position) == 0 {
            continue;
        }
        let work = if !outcome.shown.contains(position) {
            Work::Missed
        } else if outcome.price.is_none() || outcome.near.contains(position) {
            Work::Correct
        } else {
            Work::Wrong
        };
        dss::note_work(ctx, feed.service, &seat.operator, work)?;
    }
    Ok(())
}
