//! What must hold after every message.

use crate::ValidatorRecord;
use crate::set::set_in_force;
use crate::state::{self, BONDS, KEYS, ROUNDS, TIPS, UNBONDINGS, VALIDATORS};
use kernel::{Invariant, View, Violation};
use primitives::{AccountId, Amount, AssetId, MathError, Shares};
use std::collections::BTreeMap;

/// Every invariant of the module.
pub(crate) const ALL: &[Invariant] = &[
    Invariant {
        name: "bonds_are_backed",
        check: bonds_are_backed,
    },
    Invariant {
        name: "shares_add_up",
        check: shares_add_up,
    },
    Invariant {
        name: "unbondings_are_counted",
        check: unbondings_are_counted,
    },
    Invariant {
        name: "no_pool_is_inflated",
        check: no_pool_is_inflated,
    },
    Invariant {
        name: "rewards_are_funded",
        check: rewards_are_funded,
    },
    Invariant {
        name: "keys_are_claimed",
        check: keys_are_claimed,
    },
    Invariant {
        name: "members_are_validators",
        check: members_are_validators,
    },
];

fn math(error: MathError) -> Violation {
    Violation::new(error.to_string())
}

fn each_validator(
    view: &View<'_>,
    visit: impl FnMut(AccountId, ValidatorRecord) -> Result<(), Violation>,
) -> Result<(), Violation> {
    state::each(view, &VALIDATORS, visit)
}

/// Fails with `what` unless it `holds`.
fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation::new(what()))
    }
}

/// The bonding account holds exactly what the pools say.
fn bonds_are_backed(view: &View<'_>) -> Result<(), Violation> {
    let mut pools = Amount::ZERO;
    each_validator(view, |_, validator| {
        for pool in [validator.bonded, validator.unbonding] {
            pools = pools.checked_add(pool.assets).map_err(math)?;
        }
        Ok(())
    })?;
    let held = bank::balance(view, &state::bonding_account(), AssetId::PAL)?;
    ensure(held == pools, || {
        format!("the bonding account holds {held}, the pools say {pools}")
    })
}

/// A pool's shares are those of its owners.
fn shares_add_up(view: &View<'_>) -> Result<(), Violation> {
    let mut queued: BTreeMap<AccountId, Shares> = BTreeMap::new();
    state::each(view, &UNBONDINGS, |_, entry| {
        if ROUNDS.or_default(view, &entry.validator)? == entry.round {
            let sum = queued.entry(entry.validator).or_default();
            *sum = sum.checked_add(entry.shares).map_err(math)?;
        }
        Ok::<(), Violation>(())
    })?;
    each_validator(view, |operator, validator| {
        let mut bonded = Shares::ZERO;
        state::each_bond(view, &operator, |_, bond| {
            bonded = bonded.checked_add(bond.shares).map_err(math)?;
            Ok::<(), Violation>(())
        })?;
        let all = validator.bonded.shares;
        ensure(bonded == all, || {
            format!("{operator}: bonds of {bonded} shares where the pool has {all}")
        })?;
        let (leaving, all) = (
            queued.remove(&operator).unwrap_or_default(),
            validator.unbonding.shares,
        );
        ensure(leaving == all, || {
            format!("{operator}: unbondings of {leaving} shares where the pool has {all}")
        })
    })?;
    ensure(queued.is_empty(), || {
        "an unbonding of no validator's is queued".to_owned()
    })
}

/// Every bond knows how many unbondings of it are under way.
fn unbondings_are_counted(view: &View<'_>) -> Result<(), Violation> {
    let mut queued: BTreeMap<(AccountId, AccountId), u32> = BTreeMap::new();
    state::each(view, &UNBONDINGS, |_, entry| {
        let count = queued.entry((entry.validator, entry.account)).or_default();
        *count = count.saturating_add(1);
        Ok::<(), Violation>(())
    })?;
    state::each(view, &BONDS, |key, bond| {
        let (found, counted) = (queued.remove(&key).unwrap_or_default(), bond.unbondings);
        ensure(found == counted, || {
            format!(
                "{found} unbondings of a bond behind {} that counts {counted}",
                key.0
            )
        })
    })?;
    ensure(queued.is_empty(), || {
        "an unbonding of no bond's is queued".to_owned()
    })
}

/// A share is worth at most one unit, so nobody can make shares too dear for those who come after.
fn no_pool_is_inflated(view: &View<'_>) -> Result<(), Violation> {
    each_validator(view, |operator, validator| {
        let sound = [validator.bonded, validator.unbonding]
            .iter()
            .all(|pool| pool.assets.get() <= pool.shares.get());
        ensure(sound, || {
            format!("{operator}: a share is worth more than one unit")
        })
    })
}

/// The reward account can pay everything that is owed.
fn rewards_are_funded(view: &View<'_>) -> Result<(), Violation> {
    let mut owed = Amount::ZERO;
    state::each(view, &TIPS, |_, tips| {
        owed = owed.checked_add(tips).map_err(math)?;
        Ok::<(), Violation>(())
    })?;
    each_validator(view, |operator, validator| {
        owed = owed.checked_add(validator.undivided).map_err(math)?;
        state::each_bond(view, &operator, |_, mut bond| {
            bond.settle(&validator).map_err(math)?;
            owed = owed.checked_add(bond.owed).map_err(math)?;
            Ok::<(), Violation>(())
        })
    })?;
    let held = bank::balance(view, &state::reward_account(), AssetId::PAL)?;
    ensure(held >= owed, || {
        format!("the reward account holds {held} where {owed} are owed")
    })
}

/// Each validator's keys are claimed by its operator, so no two validators have one key.
fn keys_are_claimed(view: &View<'_>) -> Result<(), Violation> {
    each_validator(view, |operator, validator| {
        for key in [
            state::consensus_key_hash(&validator.consensus_key),
            state::p2p_key_hash(&validator.p2p_key),
        ] {
            let owner = KEYS.get(view, &key)?;
            ensure(owner == Some(operator), || {
                format!("{operator}: one of its keys is not its own")
            })?;
        }
        Ok(())
    })
}

/// Whoever votes has a validator, and its key is, or was, that validator's.
fn members_are_validators(view: &View<'_>) -> Result<(), Violation> {
    for member in set_in_force(view)?.validators {
        let owner = KEYS.get(view, &state::consensus_key_hash(&member.key))?;
        let known = owner == Some(member.operator) && VALIDATORS.contains(view, &member.operator)?;
        let operator = member.operator;
        ensure(known, || {
            format!("{operator} votes with a key that is not its validator's")
        })?;
    }
    Ok(())
}
