//! What must hold after every message.

use crate::state::{self, BONDS, UNBONDINGS, VALIDATORS};
use crate::types::BondRecord;
use kernel::{Invariant, View, Violation};
use primitives::{AccountId, Amount, AssetId, MathError, Shares};

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
        name: "rewards_are_funded",
        check: rewards_are_funded,
    },
];

const PAGE: usize = 256;

fn math(error: MathError) -> Violation {
    Violation::new(error.to_string())
}

fn each_validator(
    view: &View<'_>,
    mut visit: impl FnMut(AccountId, crate::ValidatorRecord) -> Result<(), Violation>,
) -> Result<(), Violation> {
    let mut after: Option<AccountId> = None;
    loop {
        let page = VALIDATORS.range(view, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(*last);
        for (operator, validator) in page {
            visit(operator, validator)?;
        }
    }
}

fn each_bond(
    view: &View<'_>,
    operator: &AccountId,
    mut visit: impl FnMut(BondRecord) -> Result<(), Violation>,
) -> Result<(), Violation> {
    let mut after = None;
    loop {
        let page = BONDS.range_of(view, operator, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(*last);
        for (_, bond) in page {
            visit(bond)?;
        }
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
    if held == pools {
        Ok(())
    } else {
        Err(Violation::new(format!(
            "the bonding account holds {held}, the pools say {pools}"
        )))
    }
}

/// A pool's shares are those of its owners.
fn shares_add_up(view: &View<'_>) -> Result<(), Violation> {
    let mut unbonding = Shares::ZERO;
    each_validator(view, |operator, validator| {
        let mut bonded = Shares::ZERO;
        each_bond(view, &operator, |bond| {
            bonded = bonded.checked_add(bond.shares).map_err(math)?;
            Ok(())
        })?;
        unbonding = unbonding.checked_add(validator.unbonding.shares).map_err(math)?;
        if bonded == validator.bonded.shares {
            Ok(())
        } else {
            let all = validator.bonded.shares;
            Err(Violation::new(format!(
                "{operator}: bonds of {bonded} shares where the pool has {all}"
            )))
        }
    })?;
    let mut queued = Shares::ZERO;
    let mut after = None;
    loop {
        let page = UNBONDINGS.range(view, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (_, entry) in page {
            queued = queued.checked_add(entry.shares).map_err(math)?;
        }
    }
    if queued == unbonding {
        Ok(())
    } else {
        Err(Violation::new(format!(
            "unbondings of {queued} shares where the pools have {unbonding}"
        )))
    }
}

/// The reward account can pay everything that is owed.
fn rewards_are_funded(view: &View<'_>) -> Result<(), Violation> {
    let mut owed = Amount::ZERO;
    each_validator(view, |operator, validator| {
        owed = owed.checked_add(validator.undivided).map_err(math)?;
        each_bond(view, &operator, |mut bond| {
            bond.settle(&validator).map_err(math)?;
            owed = owed.checked_add(bond.owed).map_err(math)?;
            Ok(())
        })
    })?;
    let held = bank::balance(view, &state::reward_account(), AssetId::PAL)?;
    if held >= owed {
        Ok(())
    } else {
        Err(Violation::new(format!(
            "the reward account holds {held} where {owed} are owed"
        )))
    }
}
