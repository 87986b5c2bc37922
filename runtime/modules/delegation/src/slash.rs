//! Slashing a vault for an offence against a service.
//!
//! Shall:
//! - take what [`taking`](crate::taking) says of what was pledged at the offence and ever since;
//! - lower the pledge and the vault's magnitude by the same, and a decrease on its way in proportion;
//! - leave every other service's pledge as it is, until the vault itself is smaller than that;
//! - reach what is remembered of vault and pledge, so that a second proof of that time finds what the first has left;
//! - skip a vault with nothing to take, never fail because of it.

use crate::error::Error;
use crate::event::Slashed;
use crate::history;
use crate::state;
use crate::types::{self, Fraction, Taking, part, taking};
use kernel::{Ctx, StateError};
use primitives::{Bps, ChainClock};
use vaults::{Cut, Magnitude, Mark, ServiceId, Taken, VaultId};

/// What is slashed, and why. Whether it is due, and was reported in time, is the caller's to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offence {
    /// The vault.
    pub vault: VaultId,
    /// The service that was wronged.
    pub service: ServiceId,
    /// What part of its stake is to be taken.
    pub fraction: Bps,
    /// The most that its fault class takes per incident.
    pub class_cap: Bps,
    /// When: the start of the offence's epoch.
    pub at: ChainClock,
}

/// Why nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// The vault is empty.
    Empty,
    /// Nothing was pledged at the offence and ever since.
    NotPledged,
    /// Nothing was in the vault at the offence, or slashes for that time have taken it: what came later is no prize.
    NothingThen,
}

/// What became of it.
#[derive(Debug)]
#[must_use = "what was taken is on its way: burn it or give it to whom it is due"]
pub struct Outcome {
    /// What was taken.
    pub taken: Taken,
    /// By how much the pledge and the vault's magnitude fell.
    pub magnitude: Magnitude,
    /// Why nothing was taken, if nothing was.
    pub skipped: Option<Skipped>,
}

/// Slashes a vault.
///
/// # Errors
/// [`Error::UnknownVault`]; [`Error::State`].
pub fn slash(ctx: &mut Ctx<'_>, offence: &Offence) -> Result<Outcome, Error> {
    slash_more(ctx, offence, Bps::ZERO)
}

/// Slashes a vault for an offence that has cost `taken` of what was at stake already, so that it has cost the offence's
/// fraction in the end.
///
/// # Errors
/// As [`slash`].
pub fn slash_more(ctx: &mut Ctx<'_>, offence: &Offence, taken: Bps) -> Result<Outcome, Error> {
    let Offence {
        vault: id,
        service,
        at,
        ..
    } = *offence;
    let whole = offence.fraction.min(offence.class_cap);
    let fraction = Fraction::rest(whole, taken);
    let vault = state::vault(ctx, &id)?;
    let skip = |why| Outcome {
        taken: Taken::nothing(vault.asset),
        magnitude: Magnitude::ZERO,
        skipped: Some(why),
    };
    if vault.pool.assets.is_zero() || vault.pool.magnitude.is_zero() {
        return Ok(skip(Skipped::Empty));
    }
    let current = state::allocation(ctx, &id, service)?.current;
    let (pledged_then, least) = history::since(ctx, &id, service, at)?;
    let at_stake = least.min(current).min(vault.pool.magnitude);
    if at_stake.is_zero() || fraction.is_zero() {
        return Ok(skip(Skipped::NotPledged));
    }
    vaults::touch(ctx, &id)?;
    let now = Mark {
        assets: vault.pool.assets,
        magnitude: vault.pool.magnitude,
    };
    let then = vaults::mark_at(ctx, &id, &vault, at)?;
    let taking = taking(now, at_stake, (then, pledged_then), fraction)?;
    if taking == Taking::default() {
        return Ok(skip(Skipped::NothingThen));
    }
    let cut = Cut {
        magnitude: taking.magnitude,
        amount: taking.amount,
        marks: marks(ctx, &id, service, (at_stake, fraction))?,
    };
    let taken = vaults::slash(ctx, &id, &cut)?;
    history::cut(ctx, &id, service, at_stake, fraction)?;
    let left = vault.pool.magnitude.saturating_sub(taking.magnitude);
    stretch(ctx, &id, (service, taking.magnitude), left)?;
    ctx.emit(&Slashed {
        vault: id,
        service,
        operator: vault.operator,
        fraction: whole,
        asset: vault.asset,
        amount: taking.amount,
    })?;
    Ok(Outcome {
        taken,
        magnitude: taking.magnitude,
        skipped: None,
    })
}

/// The slash as it would have been at each mark of the vault.
fn marks(
    ctx: &Ctx<'_>,
    id: &VaultId,
    service: ServiceId,
    (at_stake, fraction): (Magnitude, Fraction),
) -> Result<Vec<(ChainClock, Magnitude)>, StateError> {
    let mut all = Vec::new();
    for (when, mark) in vaults::marks(ctx, id)? {
        // A mark is how it stood before what happened at its moment.
        let before = when.saturating_sub(ChainClock::new(1));
        let (pledged, _) = history::since(ctx, id, service, before)?;
        let pledged = pledged.min(at_stake).min(mark.magnitude);
        all.push((when, part(pledged, fraction).map_err(state::broken_math)?));
    }
    Ok(all)
}

/// Lowers the pledge to `service`, and every other one to what is left of the vault.
fn stretch(
    ctx: &mut Ctx<'_>,
    id: &VaultId,
    (service, by): (ServiceId, Magnitude),
    left: Magnitude,
) -> Result<(), StateError> {
    for (one, mut allocation) in state::allocations(ctx, id)? {
        let before: types::Allocation = allocation;
        if one == service {
            allocation.shrink(by).map_err(state::broken_math)?;
        }
        let beyond = allocation.current.saturating_sub(left);
        allocation.shrink(beyond).map_err(state::broken_math)?;
        if allocation != before {
            state::put_allocation(ctx, id, one, &allocation)?;
            history::note(ctx, id, one, allocation.current)?;
        }
    }
    Ok(())
}
