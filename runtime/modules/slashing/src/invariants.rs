//! What must hold between transactions.

use crate::genesis::all;
use crate::state::{DUE, OPEN, QUEUE, REQUESTS, held_account};
use crate::types::Ending;
use kernel::{Invariant, View, Violation};
use primitives::{Amount, AssetId};
use std::collections::{BTreeMap, BTreeSet};

/// All of them.
pub(crate) const ALL: &[Invariant] = &[
    Invariant {
        name: "bonds_and_rewards_are_held",
        check: held,
    },
    Invariant {
        name: "open_requests_are_counted",
        check: counted,
    },
];

/// What the module holds is the bonds of open requests and what reporters are to get.
fn held(view: &View<'_>) -> Result<(), Violation> {
    let mut owed: BTreeMap<AssetId, Amount> = BTreeMap::new();
    let mut add = |asset, amount| {
        let sum: &mut Amount = owed.entry(asset).or_default();
        *sum = sum.saturating_add(amount);
    };
    for (_, request) in all(view, &REQUESTS)? {
        if request.ending == Ending::Open {
            add(AssetId::PAL, request.bond);
        }
    }
    for (_, due) in all(view, &DUE)? {
        add(due.coin.asset, due.coin.amount);
    }
    owed.retain(|_, sum| !sum.is_zero());
    let held = bank::query::balances(view, &held_account(), None, usize::MAX)?;
    let held: BTreeMap<AssetId, Amount> = held.into_iter().map(|coin| (coin.asset, coin.amount)).collect();
    if held == owed {
        Ok(())
    } else {
        Err(Violation::new(format!("owed is {owed:?}, held is {held:?}")))
    }
}

/// What is open against a vault is what open requests name, and those alone are queued, once.
fn counted(view: &View<'_>) -> Result<(), Violation> {
    let mut open = BTreeSet::new();
    let mut queued = BTreeSet::new();
    for (number, request) in all(view, &REQUESTS)? {
        if request.ending != Ending::Open {
            continue;
        }
        queued.insert((request.due_at, number));
        open.extend(request.vaults.iter().map(|vault| (*vault, number)));
        if request.vaults.len() > 32 || request.fraction > request.cap {
            return Err(Violation::new(format!("request {number} asks for too much")));
        }
    }
    let known: BTreeSet<_> = all(view, &OPEN)?.into_iter().map(|(key, ())| key).collect();
    let waiting: BTreeSet<_> = all(view, &QUEUE)?.into_iter().map(|(key, ())| key).collect();
    if known == open && waiting == queued {
        Ok(())
    } else {
        Err(Violation::new(
            "what is open against vaults is not what requests say",
        ))
    }
}
