//! What must hold between transactions.

use crate::genesis::all;
use crate::state::{
    ACTIVE, BY_OPERATOR, KEYS, MEMBERS, QUEUE, SERVICES, SNAPSHOTS, TASKS, bond_account, fee_account,
    key_hash,
};
use crate::types::Phase;
use kernel::{Invariant, View, Violation};
use primitives::{Amount, AssetId, ServiceId};
use std::collections::{BTreeMap, BTreeSet};

/// All of them.
pub(crate) const ALL: &[Invariant] = &[
    Invariant {
        name: "fees_and_bonds_are_held",
        check: held,
    },
    Invariant {
        name: "members_and_keys_match",
        check: members,
    },
    Invariant {
        name: "tasks_are_queued_once",
        check: tasks,
    },
    Invariant {
        name: "snapshots_add_up",
        check: snapshots,
    },
];

/// Checks all of them.
pub(crate) fn check_all(view: &View<'_>) -> Result<(), Violation> {
    ALL.iter().try_for_each(|one| (one.check)(view))
}

/// What the module holds is the fees of open tasks and the bonds of services.
fn held(view: &View<'_>) -> Result<(), Violation> {
    let mut fees: BTreeMap<AssetId, Amount> = BTreeMap::new();
    for (_, task) in all(view, &TASKS)?.into_iter().filter(|(_, task)| !task.settled) {
        let sum = fees.entry(task.fee.asset).or_default();
        *sum = sum.saturating_add(task.fee.amount);
    }
    fees.retain(|_, sum| !sum.is_zero());
    let held = bank::query::balances(view, &fee_account(), None, usize::MAX)?;
    let held: BTreeMap<AssetId, Amount> = held.into_iter().map(|coin| (coin.asset, coin.amount)).collect();
    if held != fees {
        return Err(Violation::new(format!(
            "fees of open tasks are {fees:?}, held is {held:?}"
        )));
    }
    let bonds = all(view, &SERVICES)?
        .into_iter()
        .fold(Amount::ZERO, |sum, (_, record)| sum.saturating_add(record.bond));
    let held = bank::balance(view, &bond_account(), AssetId::PAL)?;
    if held == bonds {
        Ok(())
    } else {
        Err(Violation::new(format!(
            "services' bonds are {bonds}, held is {held}"
        )))
    }
}

/// Active members are members, known by operator, and their keys are theirs; a service has no more than it admits; an
/// operator serves 32 at most.
fn members(view: &View<'_>) -> Result<(), Violation> {
    let active: BTreeSet<_> = all(view, &ACTIVE)?.into_iter().map(|(key, ())| key).collect();
    let mut per_service: BTreeMap<ServiceId, u16> = BTreeMap::new();
    let mut per_operator: BTreeMap<primitives::AccountId, u16> = BTreeMap::new();
    for ((_, _), member) in all(view, &MEMBERS)?
        .into_iter()
        .map(|(key, member)| (key, (key, member)))
    {
        let ((service, operator), member) = member;
        let is_active = active.contains(&(service, operator));
        if is_active != member.leaving_until.is_none() {
            return Err(Violation::new(format!(
                "{operator} of service {service} is half in"
            )));
        }
        if KEYS.get(view, &key_hash(&member.key))? != Some((service, operator)) {
            return Err(Violation::new(format!(
                "the key of {operator} for {service} is another's"
            )));
        }
        if is_active {
            let count = per_service.entry(service).or_default();
            *count = count.saturating_add(1);
            if !BY_OPERATOR.contains(view, &(operator, service))? {
                return Err(Violation::new(format!(
                    "{operator} does not know of service {service}"
                )));
            }
        }
    }
    for ((operator, _), ()) in all(view, &BY_OPERATOR)? {
        let count = per_operator.entry(operator).or_default();
        *count = count.saturating_add(1);
        if *count > 32 {
            return Err(Violation::new(format!("{operator} serves more than 32 services")));
        }
    }
    for (service, record) in all(view, &SERVICES)? {
        let count = per_service.remove(&service).unwrap_or(0);
        if count > record.terms.max_operators || (record.phase == Phase::Closed && count > 0) {
            return Err(Violation::new(format!("service {service} has {count} members")));
        }
    }
    Ok(())
}

/// Every task stands in the queue once; a service knows how many are open.
fn tasks(view: &View<'_>) -> Result<(), Violation> {
    let mut queued = BTreeSet::new();
    for ((_, task), ()) in all(view, &QUEUE)? {
        if !queued.insert(task) {
            return Err(Violation::new(format!("task {task} is queued twice")));
        }
    }
    let mut open: BTreeMap<ServiceId, u64> = BTreeMap::new();
    for (id, task) in all(view, &TASKS)? {
        if !queued.remove(&id) {
            return Err(Violation::new(format!("task {id} is not queued")));
        }
        if !task.settled {
            let count = open.entry(task.service).or_default();
            *count = count.saturating_add(1);
        }
        let asked = task.answered.union(task.late).union(task.abstained);
        if !asked.without(task.assigned).is_empty() || !task.answered.common(task.late).is_empty() {
            return Err(Violation::new(format!(
                "task {id} was answered by who was not asked, or twice"
            )));
        }
    }
    for (service, record) in all(view, &SERVICES)? {
        if record.open_tasks != open.remove(&service).unwrap_or(0) {
            return Err(Violation::new(format!(
                "service {service} miscounts its open tasks"
            )));
        }
    }
    match queued.first() {
        Some(task) => Err(Violation::new(format!("task {task} is queued and not there"))),
        None => Ok(()),
    }
}

/// Seats are ascending and add up to the total.
fn snapshots(view: &View<'_>) -> Result<(), Violation> {
    for ((service, epoch), found) in all(view, &SNAPSHOTS)? {
        let sum = found
            .seats
            .iter()
            .fold(Amount::ZERO, |sum, seat| sum.saturating_add(seat.value));
        if sum != found.total || !found.seats.is_sorted_by(|a, b| a.operator < b.operator) {
            return Err(Violation::new(format!(
                "the snapshot of {service} in {epoch} does not add up"
            )));
        }
    }
    Ok(())
}
