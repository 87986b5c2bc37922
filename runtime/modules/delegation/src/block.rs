//! What happens by itself: pledges change, memberships end.

use crate::allocate::leverage;
use crate::event::{AllocationChanged, Left};
use crate::history;
use crate::hooks::Wiring;
use crate::state::{self, ALLOCATIONS, EFFECT_CURSOR, EFFECTS, LEAVES, MEMBERSHIPS};
use crate::types::{Allocation, Change, Status};
use kernel::{Ctx, StateError};
use primitives::{AccountId, ChainClock, Millis};
use vaults::{ServiceId, Vault, VaultId};

pub(crate) fn begin<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    effects::<W>(ctx)?;
    leaves(ctx)
}

/// Lets changes bind that are due, a bounded number per block, and goes on where the last block stopped. One of a vault
/// of which a slash is due waits, and holds up none behind it.
fn effects<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let now = ctx.chain_clock();
    // Most blocks change nothing: those read one entry.
    if EFFECTS.first(ctx)?.is_none_or(|((due, ..), ())| due > now) {
        return Ok(());
    }
    let limit = usize::from(state::params(ctx)?.effects_per_block);
    let page = EFFECTS.range(ctx, EFFECT_CURSOR.get(ctx)?.as_ref(), limit)?;
    let due: Vec<_> = page
        .into_iter()
        .take_while(|((due, ..), ())| *due <= now)
        .collect();
    for (place, ()) in &due {
        effect::<W>(ctx, *place)?;
    }
    // Fewer than might be: everything behind the cursor was seen, and the next block starts from the front.
    match due.last() {
        Some((place, ())) if due.len() == limit => EFFECT_CURSOR.put(ctx, place),
        Some(_) | None => EFFECT_CURSOR.remove(ctx),
    }
}

fn effect<W: Wiring>(ctx: &mut Ctx<'_>, place: (ChainClock, VaultId, ServiceId)) -> Result<(), StateError> {
    let (_, id, service) = place;
    let found = ALLOCATIONS.get(ctx, &(id, service))?;
    let (Some(mut allocation), Some(vault)) = (found, vaults::vault(ctx, &id)?) else {
        return Err(crate::ID.broken("a change that is due is a pledge's"));
    };
    let Some(change) = allocation.pending else {
        return Err(crate::ID.broken("a change that is due is on its way"));
    };
    if let Some(later) = postponed(ctx, change)? {
        EFFECTS.remove(ctx, &place)?;
        allocation.pending = Some(Change { due: later, ..change });
        EFFECTS.put(ctx, &(later, id, service), &())?;
        return ALLOCATIONS.put(ctx, &(id, service), &allocation);
    }
    if !change.up && W::slash_is_due(ctx, &id)? {
        return Ok(());
    }
    bind(ctx, place, (allocation, &vault))
}

/// Lets every change that is on its way bind at once. For a genesis alone: nobody is there yet whom a delay protects.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn bind_all(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    while let Some((place, ())) = EFFECTS.first(ctx)? {
        let (_, id, service) = place;
        let found = ALLOCATIONS.get(ctx, &(id, service))?;
        let (Some(allocation), Some(vault)) = (found, vaults::vault(ctx, &id)?) else {
            return Err(crate::ID.broken("a change that is on its way is a pledge's"));
        };
        bind(ctx, place, (allocation, &vault))?;
    }
    Ok(())
}

fn bind(
    ctx: &mut Ctx<'_>,
    place: (ChainClock, VaultId, ServiceId),
    (mut allocation, vault): (Allocation, &Vault),
) -> Result<(), StateError> {
    let (_, id, service) = place;
    EFFECTS.remove(ctx, &place)?;
    vaults::touch(ctx, &id)?;
    let others = state::claimed(&state::allocations(ctx, &id)?, Some(service));
    let limit = leverage(vault.charter_at(ctx.chain_clock()), vault.pool.magnitude)?;
    allocation.current = allocation.after(vault.pool.magnitude, limit.saturating_sub(others));
    allocation.pending = None;
    state::put_allocation(ctx, &id, service, &allocation)?;
    history::note(ctx, &id, service, allocation.current)?;
    ctx.emit(&AllocationChanged {
        vault: id,
        service,
        magnitude: allocation.current,
    })
}

/// When a change that is due now binds instead, where its delay has become longer since it was asked for.
fn postponed(ctx: &Ctx<'_>, change: Change) -> Result<Option<ChainClock>, StateError> {
    let params = state::params(ctx)?;
    let delay: Millis = if change.up {
        params.allocation_delay
    } else {
        params.deallocation_delay
    };
    let due = change.since.after(delay);
    Ok((due > ctx.chain_clock()).then_some(due))
}

/// Ends memberships that are due, a bounded number per block; one with a pledge that still waits is asked again later.
fn leaves(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let now = ctx.chain_clock();
    if LEAVES.first(ctx)?.is_none_or(|((due, ..), ())| due > now) {
        return Ok(());
    }
    let limit = usize::from(state::params(ctx)?.effects_per_block);
    for (place, ()) in LEAVES.range(ctx, None, limit)? {
        let (due, operator, service) = place;
        if due > now {
            break;
        }
        LEAVES.remove(ctx, &place)?;
        let key = (operator, service);
        let Some(mut membership) = MEMBERSHIPS.get(ctx, &key)? else {
            return Err(crate::ID.broken("who leaves is a member"));
        };
        if pledges(ctx, &operator, service)? {
            let later = now.after(ChainClock::MAX_STEP);
            membership.status = Status::Leaving { until: later };
            LEAVES.put(ctx, &(later, operator, service), &())?;
            MEMBERSHIPS.put(ctx, &key, &membership)?;
        } else {
            membership.status = Status::Left;
            MEMBERSHIPS.put(ctx, &key, &membership)?;
            ctx.emit(&Left { operator, service })?;
        }
    }
    Ok(())
}

/// Whether a vault of the operator pledges something to the service.
fn pledges(ctx: &Ctx<'_>, operator: &AccountId, service: ServiceId) -> Result<bool, StateError> {
    for vault in vaults::query::vaults_of(ctx, operator)? {
        if ALLOCATIONS.contains(ctx, &(vault, service))? {
            return Ok(true);
        }
    }
    Ok(false)
}
