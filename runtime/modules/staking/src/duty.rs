//! Who is there: views led and missed, heartbeats, and what an absent validator gets.
//!
//! Shall:
//! - count views by the blocks' own justifications, never by who is in a certificate: leaders stop at a quorum;
//! - take a heartbeat of a member that was not seen in this epoch yet, and refuse any other;
//! - jail a member that was idle for so many epochs in a row, and take a little of what stands behind it.
//!
//! # Source
//! consensus.md, section 0, "Jailed"; restaking.md, "Power".

use crate::ID;
use crate::convict::slash;
use crate::error::Error;
use crate::jail::jail;
use crate::state::{self, DUTIES, SETS, VALIDATORS};
use crate::types::{Duty, Jail};
use kernel::{Ctx, StateError};
use primitives::{AccountId, Amount, Rounding};

/// Counts the block's proposer, and those whose views were skipped before it.
pub(crate) fn count(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let proposer = ctx.proposer();
    if VALIDATORS.contains(ctx, &proposer)? {
        change(ctx, &proposer, |duty| duty.led = duty.led.saturating_add(1))?;
    }
    for operator in &ctx.block().missed {
        change(ctx, operator, |duty| duty.missed = duty.missed.saturating_add(1))?;
    }
    Ok(())
}

fn change(ctx: &mut Ctx<'_>, operator: &AccountId, change: impl FnOnce(&mut Duty)) -> Result<(), StateError> {
    let mut duty = DUTIES.or_default(ctx, operator)?;
    change(&mut duty);
    DUTIES.put(ctx, operator, &duty)
}

/// [`Heartbeat`](crate::Heartbeat).
pub(crate) fn heartbeat(ctx: &mut Ctx<'_>, operator: AccountId) -> Result<(), Error> {
    let epoch = ctx.epoch();
    let set = SETS.get(ctx, &epoch)?;
    let member = set.is_some_and(|set| set.validators.iter().any(|v| v.operator == operator));
    if !member {
        return Err(Error::NotInSet);
    }
    let duty = DUTIES.or_default(ctx, &operator)?;
    if duty.heard || duty.led > 0 {
        return Err(Error::HeartbeatNotNeeded);
    }
    Ok(DUTIES.put(ctx, &operator, &Duty { heard: true, ..duty })?)
}

/// Judges the epoch that ends, and starts counting anew.
pub(crate) fn end_epoch(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let params = state::params(ctx)?;
    let epoch = ctx.epoch();
    let Some(set) = SETS.get(ctx, &epoch)? else {
        return Err(ID.broken("the set in force is missing").into());
    };
    for member in &set.validators {
        let operator = member.operator;
        let duty = DUTIES.or_default(ctx, &operator)?;
        let record = state::validator(ctx, &operator)?;
        let mut idle = if duty.is_idle(params.missed_views) && !record.is_jailed() {
            duty.idle.saturating_add(1)
        } else {
            0
        };
        if idle >= params.idle_epochs {
            idle = 0;
            let part = params.downtime_slash;
            // Rounding: the protocol charges Up.
            let due = Amount::new(part.of(record.liable()?.get(), Rounding::Up)?);
            slash(ctx, &operator, epoch, part, due)?;
            let until = ctx.chain_clock().after(params.jail_time);
            jail(ctx, &operator, Jail::Until(until))?;
        }
        let next = Duty {
            idle,
            ..Duty::default()
        };
        if next == Duty::default() {
            DUTIES.remove(ctx, &operator)?;
        } else {
            DUTIES.put(ctx, &operator, &next)?;
        }
    }
    Ok(())
}
