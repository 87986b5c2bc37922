//! Proposing.

use crate::error::Error;
use crate::event::Proposed;
use crate::hooks::{Urgency, Wiring};
use crate::msg::Propose;
use crate::params::Params;
use crate::state::{COUNT, OPEN, PARAMS, QUEUE, deposit_account, pal, proposals};
use crate::types::{Phase, Proposal, Tally};
use kernel::Ctx;
use primitives::{AccountId, ChainClock, Gas};

/// Reading every module's parameters and the set, which the check does unmetered.
const CHECK_GAS: Gas = Gas::new(2_000_000);

/// How long an accepted proposal waits.
#[must_use]
pub fn wait(params: &Params, urgency: Urgency) -> primitives::Millis {
    match urgency {
        Urgency::Now => primitives::Millis::ZERO,
        Urgency::Usual => params.timelock,
        Urgency::AtLeast(least) => params.timelock.max(least),
    }
}

/// Shall: be anybody's to do, for a deposit that is taken at once; refuse what is not possible, as it would stand by the time
/// of its execution, now and not after a vote; fix the set that votes, the quorum, the threshold and what the action
/// starts from.
pub(crate) fn execute<W: Wiring>(
    ctx: &mut Ctx<'_>,
    proposer: AccountId,
    message: Propose<W::Action>,
) -> Result<(), Error> {
    let params = PARAMS.require(ctx)?;
    let open = OPEN.or_default(ctx)?;
    if open >= params.max_open {
        return Err(Error::TooManyOpen {
            limit: params.max_open,
        });
    }
    ctx.charge(CHECK_GAS)?;
    let now = ctx.chain_clock();
    let until = now.after(params.voting_period);
    let urgency = W::check(&ctx.view(), &message.action, ChainClock::MAX)?;
    let wait = wait(&params, urgency);
    // What other decisions have begun to shorten may have come into force by the time of execution.
    W::check(&ctx.view(), &message.action, until.after(wait))?;
    let ballot = W::ballot(&ctx.view(), ctx.epoch(), &proposer)?;
    let total = ballot
        .ok_or_else(|| crate::ID.broken("the set in force is known"))?
        .total;
    bank::transfer(ctx, &proposer, &deposit_account(), pal(params.deposit))?;
    let number = COUNT.or_default(ctx)?;
    let proposal = Proposal {
        proposer,
        summary: message.summary,
        basis: W::basis(ctx, &message.action)?,
        action: message.action,
        deposit: params.deposit,
        made_at: now,
        epoch: ctx.epoch(),
        total,
        quorum: params.quorum,
        threshold: params.threshold,
        tally: Tally::default(),
        phase: Phase::Voting { until },
    };
    proposals().put(ctx, &number, &proposal)?;
    COUNT.put(ctx, &number.saturating_add(1))?;
    OPEN.put(ctx, &open.saturating_add(1))?;
    QUEUE.put(ctx, &(until, number), &())?;
    Ok(ctx.emit(&Proposed {
        proposal: number,
        proposer,
        deposit: params.deposit,
        until,
        wait,
    })?)
}
