//! What must hold between transactions.

use crate::genesis::all;
use crate::state::{QUEUE, SERVICES, SNAPSHOTS, TASKS, bond_account, fee_account};
use crate::types::Phase;
use delegation::KeyKind;
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
        name: "members_fit_their_services",
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

/// Who serves has a key; a service has no more members than it admits, and a closed one none.
fn members(view: &View<'_>) -> Result<(), Violation> {
    let now = view.block().chain_clock;
    for (service, record) in all(view, &SERVICES)? {
        let members = delegation::members(view, service, None, usize::MAX)?;
        for operator in &members {
            let key = delegation::key_at(view, operator, service, KeyKind::Bls, now)?;
            if key.is_none() {
                return Err(Violation::new(format!("{operator} has no key for {service}")));
            }
        }
        let count = members.len();
        if count > usize::from(record.terms.max_operators) || (record.phase == Phase::Closed && count > 0) {
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
