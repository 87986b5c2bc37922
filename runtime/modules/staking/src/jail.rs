//! Keeping validators out of sets, and ending an epoch early when too much of its weight is to go.
//!
//! A jailed validator keeps voting until its epoch ends: weights never change inside one.
//!
//! # Source
//! consensus.md, section 1.2, "Epochs"; restaking.md, "Slashing" (5).

use crate::ID;
use crate::event::{EpochCut, Jailed};
use crate::state::{CUT, SETS, VALIDATORS};
use crate::types::Jail;
use kernel::{Ctx, Read, StateError};
use light_palisade::ValidatorSet;
use primitives::{AccountId, Blocks, Height};

/// Epochs are cut at multiples of this.
const CHECKPOINT: u64 = 16;

/// A cut is at least so far ahead that the state which decides the next set knows of the jail.
const AHEAD: Blocks = Blocks::new(2);

/// Keeps a validator out; what keeps it out for longer already stays.
pub(crate) fn jail(ctx: &mut Ctx<'_>, operator: &AccountId, jail: Jail) -> Result<(), StateError> {
    let Some(mut record) = VALIDATORS.get(ctx, operator)? else {
        return Err(ID.broken("whoever is jailed has a validator"));
    };
    let longer = match (record.jail, jail) {
        (Some(Jail::Forever), _) => false,
        (Some(Jail::Until(old)), Jail::Until(new)) => new > old,
        (Some(Jail::Until(_)) | None, _) => true,
    };
    if !longer {
        return Ok(());
    }
    record.jail = Some(jail);
    VALIDATORS.put(ctx, operator, &record)?;
    let until = match jail {
        Jail::Until(until) => Some(until),
        Jail::Forever => None,
    };
    ctx.emit(&Jailed {
        operator: *operator,
        until,
    })?;
    let epoch = ctx.epoch();
    // At an epoch's end it is the next one that may be cut.
    let next = match epoch.next() {
        Ok(next) => SETS.get(ctx, &next)?,
        Err(_) => None,
    };
    let set = match next {
        Some(set) => Some(set),
        None => SETS.get(ctx, &epoch)?,
    };
    set.map_or(Ok(()), |set| cut_epoch(ctx, &set))
}

/// Ends `set`'s epoch early when more than a sixth of its weight is jailed: at the first checkpoint from which the
/// look-back sees that. A set of jailed validators alone has nobody to make way for.
pub(crate) fn cut_epoch(ctx: &mut Ctx<'_>, set: &ValidatorSet) -> Result<(), StateError> {
    if CUT.get(ctx)?.is_some() {
        return Ok(());
    }
    let (mut jailed, mut free) = (0u128, 0u128);
    for member in &set.validators {
        let weight = u128::from(member.weight.get());
        let record = VALIDATORS.get(ctx, &member.operator)?;
        if record.is_some_and(|record| record.is_jailed()) {
            jailed = jailed.saturating_add(weight);
        } else {
            free = free.saturating_add(weight);
        }
    }
    if free == 0 || jailed.saturating_mul(6) <= jailed.saturating_add(free) {
        return Ok(());
    }
    let earliest = ctx.height().get().saturating_add(AHEAD.get());
    let height = Height::new(earliest.checked_next_multiple_of(CHECKPOINT).unwrap_or(u64::MAX));
    CUT.put(ctx, &height)?;
    ctx.emit(&EpochCut {
        epoch: set.epoch,
        height,
    })
}

/// Whether the state ends the epoch at `height`, whatever the clock says.
///
/// # Errors
/// The store is broken.
pub fn is_cut_at(store: &(impl Read + ?Sized), height: Height) -> Result<bool, StateError> {
    Ok(CUT.get(store)?.is_some_and(|cut| height >= cut))
}
