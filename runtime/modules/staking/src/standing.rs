//! Who led its views and who missed them, and what that is worth in the next epoch's leader schedule.
//!
//! Only blocks count: the proposer of each, and the views that its own justification shows to be skipped. So every
//! node finds the same, whichever certificates it holds, after a restart and after a sync alike. Weight in a quorum
//! is never touched.
//!
//! | standing | share of turns | who |
//! |---|---|---|
//! | active | 100 | led a view, and missed no more than a quarter of its turns, or a single one |
//! | inactive | 10 | new, or had turns and led none of them |
//! | failed | 1 | missed two turns and more than a quarter of all |
//!
//! Whoever had no turn keeps its standing, but a failed validator becomes inactive, so that it has a turn again
//! within a few epochs.
//!
//! # Source
//! consensus.md, section 1.2, "Reputation" (100, 10 and 1; a threshold of 10 to 33 %).

use crate::ID;
use crate::state::{DUTIES, SETS, STANDINGS};
use crate::types::Duty;
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Read, StateError};
use light_palisade::ValidatorSet;
use primitives::{AccountId, Epoch};
use std::collections::BTreeMap;

/// What a validator's turns say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Standing {
    /// It leads when it should.
    Active,
    /// Nothing good is known of it.
    Inactive,
    /// It misses its turns.
    Failed,
}

impl Standing {
    /// By what its weight is multiplied in the leader schedule.
    #[must_use]
    pub const fn share(self) -> u32 {
        match self {
            Self::Active => 100,
            Self::Inactive => 10,
            Self::Failed => 1,
        }
    }
}

impl Duty {
    /// The standing after an epoch of this, which was entered with `before`.
    #[must_use]
    pub fn standing(self, before: Standing) -> Standing {
        let turns = self.led.saturating_add(self.missed);
        if turns == 0 {
            return match before {
                Standing::Failed => Standing::Inactive,
                Standing::Active | Standing::Inactive => before,
            };
        }
        if self.missed >= 2 && u64::from(self.missed).saturating_mul(4) > u64::from(turns) {
            Standing::Failed
        } else if self.led == 0 {
            Standing::Inactive
        } else {
            Standing::Active
        }
    }
}

/// Writes the standings for the epoch of `next`, from the turns of the one that ends, and forgets what is older. Called
/// before the duties of the epoch that ends are.
pub(crate) fn judge(ctx: &mut Ctx<'_>, next: &ValidatorSet) -> Result<(), StateError> {
    let epoch = ctx.epoch();
    let Some(current) = SETS.get(ctx, &epoch)? else {
        return Err(ID.broken("the set in force is missing"));
    };
    let standings = standings(ctx, &current)?;
    let before: BTreeMap<AccountId, Standing> = current
        .validators
        .iter()
        .map(|member| member.operator)
        .zip(standings)
        .collect();
    for member in &next.validators {
        let duty = DUTIES.or_default(ctx, &member.operator)?;
        let known = before.get(&member.operator).copied();
        let standing = duty.standing(known.unwrap_or(Standing::Inactive));
        // Most are active: those are not written.
        if standing != Standing::Active {
            STANDINGS.put(ctx, &(next.epoch, member.operator), &standing)?;
        }
    }
    if let Some(old) = epoch.get().checked_sub(1).map(Epoch::new) {
        let mut keys = Vec::new();
        crate::state::each_of_epoch(ctx, &STANDINGS, old, |operator, _| {
            keys.push((old, operator));
            Ok::<(), StateError>(())
        })?;
        for key in keys {
            STANDINGS.remove(ctx, &key)?;
        }
    }
    Ok(())
}

/// With which standing each member of `set` entered its epoch, in the set's order. Known for the present epoch and,
/// once its set is decided, for the next.
///
/// # Errors
/// The store is broken.
pub fn standings(store: &(impl Read + ?Sized), set: &ValidatorSet) -> Result<Vec<Standing>, StateError> {
    set.validators
        .iter()
        .map(|member| {
            let known = STANDINGS.get(store, &(set.epoch, member.operator))?;
            Ok(known.unwrap_or(Standing::Active))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_follows_from_an_epochs_turns() {
        let after = |led, missed| {
            let duty = Duty {
                led,
                missed,
                ..Duty::default()
            };
            duty.standing(Standing::Inactive)
        };
        assert_eq!(after(1, 0), Standing::Active);
        assert_eq!(after(1, 1), Standing::Active, "one miss is chance");
        assert_eq!(after(6, 2), Standing::Active, "a quarter is borne");
        assert_eq!(after(5, 2), Standing::Failed);
        assert_eq!(after(0, 1), Standing::Inactive);
        assert_eq!(after(0, 2), Standing::Failed);
    }

    #[test]
    fn without_a_turn_a_standing_stays_but_nobody_stays_failed() {
        let none = Duty::default();
        assert_eq!(none.standing(Standing::Active), Standing::Active);
        assert_eq!(none.standing(Standing::Inactive), Standing::Inactive);
        assert_eq!(none.standing(Standing::Failed), Standing::Inactive);
    }
}
