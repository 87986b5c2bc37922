//! [`Allocate`], and what pledges mean to a vault's charter.
//!
//! Shall:
//! - let a larger pledge bind after `allocation_delay`; refuse it beyond the vault, beyond the charter's leverage with
//!   all that is on its way, to a service that the charter or the operator does not serve, and of a closed vault;
//! - let a smaller one be one after `deallocation_delay`, slashable until then, whatever befell service or charter;
//! - have one change of a pledge on its way at a time.

use crate::error::Error;
use crate::event::AllocationAsked;
use crate::hooks::{Terms, Wiring};
use crate::msg::Allocate;
use crate::params::MAX_SERVICES;
use crate::state::{self, EFFECTS, LIABLE_UNTIL, MEMBERSHIPS};
use crate::types::{Allocation, Change, Status};
use kernel::{Ctx, StateError};
use primitives::{AccountId, Ratio, Rounding};
use vaults::{Charter, Magnitude, ServiceId, Vault, VaultId};

pub(crate) fn execute<W: Wiring>(ctx: &mut Ctx<'_>, sender: AccountId, msg: &Allocate) -> Result<(), Error> {
    let vault = state::vault(ctx, &msg.vault)?;
    if vault.operator != sender {
        return Err(Error::NotOperator(vault.operator));
    }
    let mut allocation = state::allocation(ctx, &msg.vault, msg.service)?;
    if allocation.pending.is_some() {
        return Err(Error::ChangeUnderWay);
    }
    let up = msg.magnitude.saturating_sub(allocation.current);
    let down = allocation.current.saturating_sub(msg.magnitude);
    let params = state::params(ctx)?;
    let change = if !up.is_zero() {
        check_up::<W>(ctx, msg, &vault)?;
        (true, up, params.allocation_delay)
    } else if !down.is_zero() {
        (false, down, params.deallocation_delay)
    } else {
        return Err(Error::SameMagnitude);
    };
    ask(ctx, &msg.vault, msg.service, &mut allocation, change)
}

/// Puts a change on its way, in place of any that is.
pub(crate) fn ask(
    ctx: &mut Ctx<'_>,
    vault: &VaultId,
    service: ServiceId,
    allocation: &mut Allocation,
    (up, by, delay): (bool, Magnitude, primitives::Millis),
) -> Result<(), Error> {
    let since = ctx.chain_clock();
    if let Some(replaced) = allocation.pending.take() {
        EFFECTS.remove(ctx, &(replaced.due, *vault, service))?;
    }
    let change = Change {
        up,
        by,
        since,
        due: since.after(delay),
    };
    if !by.is_zero() {
        allocation.pending = Some(change);
        EFFECTS.put(ctx, &(change.due, *vault, service), &())?;
    }
    state::put_allocation(ctx, vault, service, allocation)?;
    Ok(ctx.emit(&AllocationAsked {
        vault: *vault,
        service,
        up,
        by,
        due: change.due,
    })?)
}

fn check_up<W: Wiring>(ctx: &Ctx<'_>, msg: &Allocate, vault: &Vault) -> Result<(), Error> {
    let membership = MEMBERSHIPS.get(ctx, &(vault.operator, msg.service))?;
    if membership.is_none_or(|membership| membership.status != Status::Active) {
        return Err(Error::NotServing(msg.service));
    }
    let terms = W::terms(ctx, msg.service, vault.asset)?.ok_or(Error::UnknownService(msg.service))?;
    let charter = vault.charter_at(ctx.chain_clock());
    check_terms(charter, msg.service, &terms)?;
    if let Some(closed) = vault.pool.closed() {
        return Err(Error::VaultClosed(closed));
    }
    if msg.magnitude > vault.pool.magnitude {
        return Err(Error::BeyondVault {
            asked: msg.magnitude,
            most: vault.pool.magnitude,
        });
    }
    let all = state::allocations(ctx, &msg.vault)?;
    let known = all.iter().any(|(service, _)| *service == msg.service);
    if !known && all.len() >= MAX_SERVICES {
        return Err(Error::TooManyServices);
    }
    let claimed = state::claimed(&all, Some(msg.service)).saturating_add(msg.magnitude);
    let limit = leverage(charter, vault.pool.magnitude)?;
    if claimed > limit {
        return Err(Error::BeyondLeverage { claimed, limit });
    }
    Ok(())
}

/// Whether a charter lets a vault pledge to a service with these terms.
fn check_terms(charter: &Charter, service: ServiceId, terms: &Terms) -> Result<(), Error> {
    if !terms.open {
        return Err(Error::ServiceClosed(service));
    }
    if !terms.accepts {
        return Err(Error::AssetNotAccepted(service));
    }
    let admitted = charter.admits(service, terms.objective, terms.subjective);
    // Who receives what is slashed must not slash himself ahead of others.
    let alone = terms.burns || charter.leverage_limit <= Ratio::ONE;
    if admitted && alone {
        Ok(())
    } else {
        Err(Error::NotInCharter(service))
    }
}

/// What a vault of this magnitude may pledge in all.
pub(crate) fn leverage(charter: &Charter, magnitude: Magnitude) -> Result<Magnitude, StateError> {
    // Rounding: what is allowed counts Down.
    let limit = charter.leverage_limit.apply(magnitude.get(), Rounding::Down);
    limit.map(Magnitude::new).map_err(state::broken_math)
}

/// Whether everything that a vault has pledged, or is about to, fits `charter`. For the runtime to answer the vaults
/// module with.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn charter_fits<W: Wiring>(ctx: &Ctx<'_>, id: &VaultId, charter: &Charter) -> Result<bool, StateError> {
    let Some(vault) = vaults::vault(ctx, id)? else {
        return Ok(true);
    };
    let all = state::allocations(ctx, id)?;
    if state::claimed(&all, None) > leverage(charter, vault.pool.magnitude)? {
        return Ok(false);
    }
    for (service, _) in all {
        let Some(terms) = W::terms(ctx, service, vault.asset)? else {
            continue;
        };
        let admitted = charter.admits(service, terms.objective, terms.subjective);
        if !admitted || !(terms.burns || charter.leverage_limit <= Ratio::ONE) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a vault pledges nothing, and nothing that it had pledged can be slashed any more. For the runtime to answer
/// the vaults module with.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn is_idle(ctx: &Ctx<'_>, vault: &VaultId) -> Result<bool, StateError> {
    let until = LIABLE_UNTIL.get(ctx, vault)?;
    let over = until.is_none_or(|until| until < ctx.chain_clock());
    Ok(over && state::allocations(ctx, vault)?.is_empty())
}
