//! What must hold after every message.

use crate::history;
use crate::key;
use crate::params::MAX_SERVICES;
use crate::state::{self, ALLOCATIONS, EFFECTS, KEYS, LEAVES, MEMBERS, MEMBERSHIPS, OPERATORS, SERVICE_KEYS};
use crate::types::Status;
use kernel::{Invariant, View, Violation};
use primitives::{AccountId, Ratio};
use std::collections::BTreeMap;
use vaults::{Magnitude, VaultId};

/// Every invariant of the module.
pub(crate) const ALL: &[Invariant] = &[
    Invariant {
        name: "pledges_fit_their_vaults",
        check: pledges_fit_their_vaults,
    },
    Invariant {
        name: "changes_are_queued_once",
        check: changes_are_queued_once,
    },
    Invariant {
        name: "memberships_match_pledges",
        check: memberships_match_pledges,
    },
    Invariant {
        name: "keys_are_claimed",
        check: keys_are_claimed,
    },
];

/// Fails with `what` unless it `holds`.
fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation::new(what()))
    }
}

/// No pledge is larger than its vault; a vault that may pledge each unit once does; the history ends with the present.
fn pledges_fit_their_vaults(view: &View<'_>) -> Result<(), Violation> {
    let mut sums: BTreeMap<VaultId, (usize, Magnitude)> = BTreeMap::new();
    state::each(view, &ALLOCATIONS, |(id, service), allocation| {
        let magnitude = vaults::vault(view, &id)?.map_or(Magnitude::ZERO, |vault| vault.pool.magnitude);
        ensure(allocation.current <= magnitude && !allocation.is_over(), || {
            format!(
                "{id} pledges {} to {service}, and is {magnitude}",
                allocation.current
            )
        })?;
        let (then, least) = history::since(view, &id, service, view.block().chain_clock)?;
        ensure(then <= allocation.current && least <= allocation.current, || {
            format!(
                "{id} pledges {} to {service}, its history says {then}",
                allocation.current
            )
        })?;
        let (count, sum) = sums.entry(id).or_default();
        *count = count.saturating_add(1);
        *sum = sum.saturating_add(allocation.current);
        Ok::<(), Violation>(())
    })?;
    for (id, (count, sum)) in sums {
        let vault = vaults::vault(view, &id)?;
        let once = vault.is_some_and(|vault| {
            let charter = vault.charter_at(view.block().chain_clock);
            charter.leverage_limit > Ratio::ONE || sum <= vault.pool.magnitude
        });
        ensure(once && count <= MAX_SERVICES, || {
            format!("{id} pledges {sum} to {count} services")
        })?;
    }
    Ok(())
}

/// Each change that is on its way stands in the queue once, and nothing else does.
fn changes_are_queued_once(view: &View<'_>) -> Result<(), Violation> {
    let mut changes = 0usize;
    state::each(view, &ALLOCATIONS, |(vault, service), allocation| {
        if let Some(change) = allocation.pending {
            changes = changes.saturating_add(1);
            ensure(EFFECTS.contains(view, &(change.due, vault, service))?, || {
                format!("a change of what {vault} pledges to {service} is not in the queue")
            })?;
        }
        Ok::<(), Violation>(())
    })?;
    let queued = EFFECTS.range(view, None, changes.saturating_add(1))?.len();
    ensure(queued == changes, || {
        format!("{changes} changes, {queued} in the queue")
    })
}

/// Whoever pledges serves, or is leaving; whoever leaves is in the queue; nobody serves too many.
fn memberships_match_pledges(view: &View<'_>) -> Result<(), Violation> {
    let mut served: BTreeMap<AccountId, usize> = BTreeMap::new();
    let (mut leaving, mut active) = (0usize, 0usize);
    state::each(view, &MEMBERSHIPS, |(operator, service), membership| {
        ensure(OPERATORS.contains(view, &operator)?, || {
            format!("{operator} serves and is no operator")
        })?;
        if let Status::Leaving { until } = membership.status {
            leaving = leaving.saturating_add(1);
            ensure(LEAVES.contains(view, &(until, operator, service))?, || {
                format!("{operator} leaves {service} and is not in the queue")
            })?;
        }
        let serves = membership.status == Status::Active;
        active = active.saturating_add(usize::from(serves));
        ensure(MEMBERS.contains(view, &(service, operator))? == serves, || {
            format!("{operator} of service {service} is half in")
        })?;
        if membership.counts() {
            let count = served.entry(operator).or_default();
            *count = count.saturating_add(1);
        }
        Ok::<(), Violation>(())
    })?;
    let listed = MEMBERS.range(view, None, active.saturating_add(1))?.len();
    ensure(listed == active, || {
        format!("{active} serve, {listed} are listed")
    })?;
    let queued = LEAVES.range(view, None, leaving.saturating_add(1))?.len();
    ensure(queued == leaving, || {
        format!("{leaving} leave, {queued} are in the queue")
    })?;
    ensure(served.values().all(|count| *count <= MAX_SERVICES), || {
        "an operator serves too many".to_owned()
    })?;
    state::each(view, &ALLOCATIONS, |(id, service), _| {
        let Some(vault) = vaults::vault(view, &id)? else {
            return Err(Violation::new(format!("{id} pledges and is no vault")));
        };
        let member = state::membership(view, &vault.operator, service)?;
        ensure(member.is_some_and(|member| member.counts()), || {
            format!("{id} pledges to {service}, which its operator does not serve")
        })
    })
}

/// Each key is its operator's.
fn keys_are_claimed(view: &View<'_>) -> Result<(), Violation> {
    let mut keys = 0usize;
    state::each(
        view,
        &SERVICE_KEYS,
        |(operator, service, kind, _), service_key| {
            keys = keys.saturating_add(1);
            let owner = KEYS.get(view, &key::hash(&service_key))?;
            ensure(
                owner == Some(operator) && kind == service_key.kind().number(),
                || format!("{operator}: its key for {service} is not its own"),
            )
        },
    )?;
    let claimed = KEYS.range(view, None, keys.saturating_add(1))?.len();
    ensure(claimed == keys, || format!("{keys} keys, {claimed} claimed"))
}
