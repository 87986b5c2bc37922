//! What happens by itself: proposals are decided and carried out, halts end, votes of what is over are forgotten. Each is
//! bounded per block; the tables' orders are the queues and the cursors.

use crate::error::{Error, stale};
use crate::event::{Accepted, Ended, HaltEnded};
use crate::halt::Subject;
use crate::hooks::{Refusal, Wiring};
use crate::propose::wait;
use crate::state::{
    HALT_ENDS, HALTS, OPEN, PARAMS, QUEUE, SWEEP, VOTES, broken_math, deposit_account, pal, proposals,
};
use crate::types::{Ending, Phase, Proposal};
use kernel::{Code, Ctx, Fault, StateError};
use primitives::{Amount, ChainClock};

pub(crate) fn begin<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let now = ctx.chain_clock();
    // Most blocks have nothing to do: those read three entries.
    if QUEUE.first(ctx)?.is_some_and(|((due, _), ())| due <= now) {
        for ((due, number), ()) in QUEUE.range(ctx, None, most(ctx)?)? {
            if due > now {
                break;
            }
            QUEUE.remove(ctx, &(due, number))?;
            step::<W>(ctx, number)?;
        }
    }
    if HALT_ENDS.first(ctx)?.is_some_and(|((due, _), ())| due <= now) {
        for ((due, key), ()) in HALT_ENDS.range(ctx, None, most(ctx)?)? {
            if due > now {
                break;
            }
            HALT_ENDS.remove(ctx, &(due, key))?;
            HALTS.remove(ctx, &key)?;
            let subject = Subject::of_key(key);
            ctx.emit(&HaltEnded { subject })?;
        }
    }
    match SWEEP.first(ctx)? {
        Some((number, ())) => sweep(ctx, number),
        None => Ok(()),
    }
}

fn most(ctx: &Ctx<'_>) -> Result<usize, StateError> {
    Ok(usize::from(PARAMS.require(ctx)?.items_per_block))
}

/// Forgets some of the votes of a proposal that is over.
fn sweep(ctx: &mut Ctx<'_>, number: u64) -> Result<(), StateError> {
    let most = most(ctx)?;
    let votes = VOTES.range_of(ctx, &number, None, most)?;
    let last = votes.len() < most;
    for (key, _) in votes {
        VOTES.remove(ctx, &key)?;
    }
    if last { SWEEP.remove(ctx, &number) } else { Ok(()) }
}

/// Takes a proposal that is due one step on.
fn step<W: Wiring>(ctx: &mut Ctx<'_>, number: u64) -> Result<(), StateError> {
    let found: Option<Proposal<W::Action>> = proposals().get(ctx, &number)?;
    let found = found.ok_or_else(|| crate::ID.broken("what is queued is a proposal"))?;
    match found.phase {
        Phase::Voting { .. } if !found.tally.reaches(found.quorum, found.total) => {
            end(ctx, number, found, Ending::Ignored)
        }
        Phase::Voting { .. } if !found.tally.accepts(found.threshold) => {
            end(ctx, number, found, Ending::Rejected)
        }
        Phase::Voting { .. } => accept::<W>(ctx, number, found),
        Phase::Waiting { .. } => {
            let ending = match carry_out::<W>(ctx, &found)? {
                Ok(()) => Ending::Executed,
                Err(code) => Ending::Failed(code),
            };
            end(ctx, number, found, ending)
        }
        Phase::Ended(_) => Err(crate::ID.broken("what is over is not queued")),
    }
}

/// Lets an accepted proposal wait for as long as its action asks for now.
fn accept<W: Wiring>(
    ctx: &mut Ctx<'_>,
    number: u64,
    mut found: Proposal<W::Action>,
) -> Result<(), StateError> {
    let now = ctx.chain_clock();
    let urgency = match settled(W::check(&ctx.view(), &found.action, ChainClock::MAX))? {
        Ok(urgency) => urgency,
        Err(code) => return end(ctx, number, found, Ending::Failed(code)),
    };
    let until = now.after(wait(&PARAMS.require(ctx)?, urgency));
    found.phase = Phase::Waiting { until };
    proposals().put(ctx, &number, &found)?;
    QUEUE.put(ctx, &(until, number), &())?;
    ctx.emit(&Accepted {
        proposal: number,
        tally: found.tally,
        until,
    })
}

/// Carries a proposal out, if what it starts from is what was voted on, and it is still possible. What fails writes nothing.
fn carry_out<W: Wiring>(
    ctx: &mut Ctx<'_>,
    found: &Proposal<W::Action>,
) -> Result<Result<(), Code>, StateError> {
    if W::basis(ctx, &found.action)? != found.basis {
        return Ok(Err(stale()));
    }
    let now = ctx.chain_clock();
    if let Err(code) = settled(W::check(&ctx.view(), &found.action, now))? {
        return Ok(Err(code));
    }
    settled(ctx.atomically(|ctx| W::execute(ctx, found.action.clone())))
}

/// A refusal as its code; a broken store as an error.
fn settled<T>(outcome: Result<T, Refusal>) -> Result<Result<T, Code>, StateError> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(Refusal::State(error)) => error.code().map_or(Err(error), |code| Ok(Err(code))),
        Err(refusal) => {
            let code = Error::from(refusal).code();
            code.map_or_else(
                || Err(crate::ID.broken("a refusal has a code")),
                |code| Ok(Err(code)),
            )
        }
    }
}

/// Ends a proposal, once: its deposit goes back, or is destroyed where too few voted.
fn end<A: primitives::codec::Encode + primitives::codec::Decode>(
    ctx: &mut Ctx<'_>,
    number: u64,
    mut found: Proposal<A>,
    ending: Ending,
) -> Result<(), StateError> {
    let deposit = core::mem::replace(&mut found.deposit, Amount::ZERO);
    let held = bank::take(ctx, &deposit_account(), pal(deposit)).map_err(|error| match error {
        bank::Error::State(inner) => inner,
        bank::Error::InsufficientFunds { .. }
        | bank::Error::UnknownAsset { .. }
        | bank::Error::ZeroAmount
        | bank::Error::LockedAccount { .. }
        | bank::Error::SupplyOverflow { .. }
        | bank::Error::SupplyMismatch { .. }
        | bank::Error::DuplicateBalance { .. } => crate::ID.broken("deposits are held"),
    })?;
    if ending == Ending::Ignored {
        bank::destroy(ctx, held)?;
    } else {
        bank::give(ctx, &found.proposer, held)?;
    }
    found.phase = Phase::Ended(ending);
    proposals().put(ctx, &number, &found)?;
    SWEEP.put(ctx, &number, &())?;
    let open = OPEN.or_default(ctx)?.checked_sub(1);
    let open = open.ok_or_else(|| broken_math(primitives::MathError::Underflow))?;
    if open == 0 {
        OPEN.remove(ctx)?;
    } else {
        OPEN.put(ctx, &open)?;
    }
    ctx.emit(&Ended {
        proposal: number,
        ending,
        tally: found.tally,
        deposit,
    })
}
