//! What must hold between transactions.

use crate::accrue::settled;
use crate::genesis::all;
use crate::state::{ACCOUNTS, EARNED, POOLS, SUMS, pool_account};
use kernel::{Invariant, View, Violation};
use primitives::{Amount, AssetId};
use std::collections::{BTreeMap, BTreeSet};

/// All of them.
pub(crate) const ALL: &[Invariant] = &[Invariant {
    name: "rewards_are_funded",
    check: funded,
}];

/// What the module holds covers pools, what operators have earned, what waits to be divided, what is owed, and what was earned and not settled.
fn funded(view: &View<'_>) -> Result<(), Violation> {
    let mut need: BTreeMap<AssetId, Amount> = BTreeMap::new();
    let mut add = |asset: AssetId, amount: Amount| {
        let sum = need.entry(asset).or_default();
        *sum = sum.saturating_add(amount);
    };
    for ((_, _, asset), amount) in all(view, &POOLS)? {
        add(asset, amount);
    }
    for ((.., asset), amount) in all(view, &EARNED)? {
        add(asset, amount);
    }
    let mut seen = BTreeSet::new();
    let sums: BTreeMap<_, _> = all(view, &SUMS)?.into_iter().collect();
    for ((vault, owner, asset), account) in all(view, &ACCOUNTS)? {
        let Some(sum) = sums.get(&(vault, asset)) else {
            add(asset, account.owed);
            continue;
        };
        if sum.sum < account.settled {
            return Err(Violation::new(format!(
                "the sum per share of {vault} in {asset} has fallen"
            )));
        }
        add(asset, settled(view, (vault, owner, asset), sum)?.1.owed);
        seen.insert((vault, owner, asset));
    }
    for ((vault, asset), sum) in &sums {
        add(*asset, sum.undivided);
        let mut after = None;
        loop {
            let page = vaults::query::owners(view, vault, after.as_ref(), 256)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for (owner, _) in page {
                if seen.contains(&(*vault, owner, *asset)) {
                    continue;
                }
                add(*asset, settled(view, (*vault, owner, *asset), sum)?.1.owed);
            }
        }
    }
    for (asset, need) in need {
        let held = bank::balance(view, &pool_account(), asset)?;
        if held < need {
            return Err(Violation::new(format!(
                "{need} of asset {asset} are owed, {held} are held"
            )));
        }
    }
    Ok(())
}
