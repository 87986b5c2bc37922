//! Voting.

use crate::error::Error;
use crate::event::Voted;
use crate::hooks::Wiring;
use crate::state::{VOTES, proposal, proposals};
use crate::types::{Choice, Phase, Vote};
use kernel::Ctx;
use primitives::{AccountId, Gas};

/// Reading the set, which is done unmetered.
const BALLOT_GAS: Gas = Gas::new(500_000);

/// Shall: count only operators of the set that was in force when the proposal was made, with the power of then; only before
/// it is decided; a later vote replaces an earlier one.
pub(crate) fn execute<W: Wiring>(
    ctx: &mut Ctx<'_>,
    voter: AccountId,
    number: u64,
    choice: Choice,
) -> Result<(), Error> {
    let mut found = proposal::<W::Action>(ctx, number)?;
    let Phase::Voting { until } = found.phase else {
        return Err(Error::NotVoting(found.phase));
    };
    if ctx.chain_clock() >= until {
        return Err(Error::NotVoting(found.phase));
    }
    ctx.charge(BALLOT_GAS)?;
    let ballot = W::ballot(&ctx.view(), found.epoch, &voter)?;
    let power = ballot.map(|ballot| ballot.own).filter(|own| !own.is_zero());
    let power = power.ok_or(Error::NoPower { epoch: found.epoch })?;
    let vote = Vote { choice, power };
    let before = VOTES.get(ctx, &(number, voter))?;
    found.tally = found.tally.count(vote, before)?;
    VOTES.put(ctx, &(number, voter), &vote)?;
    proposals().put(ctx, &number, &found)?;
    Ok(ctx.emit(&Voted {
        proposal: number,
        voter,
        choice,
        power,
    })?)
}
