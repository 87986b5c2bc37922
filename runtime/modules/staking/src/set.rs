//! Which validators an epoch has, with what weight.
//!
//! # Source
//! restaking.md, "Power": caps are `floor(cap · V)` of the uncapped total, one pass; values below the larger of the
//! minimum and V/1000 are left out; an empty result keeps the previous set. V is the total of those who are chosen.

use crate::ID;
use crate::hooks::Wiring;
use crate::params::Params;
use crate::state::{self, SETS, VALIDATORS};
use crate::types::ValidatorRecord;
use kernel::{StateError, View};
use light_palisade::{Validator, ValidatorSet};
use primitives::{AccountId, Amount, ChainClock, Epoch, MathError, Power, Rounding, mul_div};

/// All weights together, before what rounding leaves over.
const TOTAL_WEIGHT: u128 = 1_000_000_000;

/// The set of the epoch that `view` stands in.
///
/// # Errors
/// The store is broken.
pub fn set_in_force(view: &View<'_>) -> Result<ValidatorSet, StateError> {
    set_of(view, view.block().epoch)?.ok_or_else(|| ID.broken("the set in force is missing"))
}

/// The set of `epoch`; `None` for one that has not begun or that was long ago.
///
/// # Errors
/// The store is broken.
pub fn set_of(view: &View<'_>, epoch: Epoch) -> Result<Option<ValidatorSet>, StateError> {
    SETS.get(view, &epoch)
}

/// The set that the stakes in `view` give `epoch`, which will end at `ends_at`; the validators of `previous` where
/// they give none.
///
/// # Errors
/// The store is broken.
pub fn candidate_set<W: Wiring>(
    view: &View<'_>,
    epoch: Epoch,
    ends_at: ChainClock,
    previous: &ValidatorSet,
) -> Result<ValidatorSet, StateError> {
    let params = state::params(view)?;
    let chosen = choose::<W>(view, &params)?;
    let stakes: Vec<Amount> = chosen.iter().map(|candidate| candidate.stake).collect();
    let weights = weigh(&stakes, params.validator_cap).map_err(state::broken_math)?;
    let mut validators: Vec<Validator> = chosen
        .into_iter()
        .zip(weights)
        .filter(|(_, weight)| !weight.is_zero())
        .map(|(candidate, weight)| Validator {
            key: candidate.record.consensus_key,
            weight,
            operator: candidate.operator,
            p2p_key: candidate.record.p2p_key,
        })
        .collect();
    if validators.is_empty() {
        validators.clone_from(&previous.validators);
    }
    validators.sort_by_key(|validator| validator.key);
    Ok(ValidatorSet {
        epoch,
        ends_at,
        validators,
    })
}

/// Whether one validator alone can stop the chain: it has a third of the weight or more. The rules allow it, since a
/// chain of few validators has no other choice; whoever relies on the chain should know (restaking.md, "Power").
#[must_use]
pub fn is_concentrated(set: &ValidatorSet) -> bool {
    let total = u128::from(set.total_weight());
    set.validators
        .iter()
        .any(|validator| u128::from(validator.weight.get()).saturating_mul(3) >= total)
}

struct Candidate {
    stake: Amount,
    operator: AccountId,
    record: ValidatorRecord,
}

/// Those with the largest stakes, at least the minimum, largest first; equal ones by account, so that the order is
/// everybody's.
///
/// The table is walked whole, once per epoch, and no more than a page and the chosen are held at a time. Nobody is ever
/// removed from it, so that evidence always finds its validator; it grows by one for each minimum bond that is locked
/// for at least the unbonding delay.
fn choose<W: Wiring>(view: &View<'_>, params: &Params) -> Result<Vec<Candidate>, StateError> {
    let most = usize::from(params.max_validators);
    let mut chosen: Vec<Candidate> = Vec::new();
    let keep_largest = |chosen: &mut Vec<Candidate>| {
        chosen.sort_by(|a, b| b.stake.cmp(&a.stake).then(a.operator.cmp(&b.operator)));
        chosen.truncate(most);
    };
    state::each(view, &VALIDATORS, |operator, record| {
        let stake = W::stake(view, &operator, record.bonded.assets)?;
        if !record.is_jailed() && stake >= params.min_bond {
            chosen.push(Candidate {
                stake,
                operator,
                record,
            });
        }
        if chosen.len() >= most.saturating_mul(2) {
            keep_largest(&mut chosen);
        }
        Ok::<(), StateError>(())
    })?;
    keep_largest(&mut chosen);
    Ok(chosen)
}

/// Weights in proportion to `stakes`, cut at `cap` of the whole; zero for what is below a thousandth.
fn weigh(stakes: &[Amount], cap: primitives::Bps) -> Result<Vec<Power>, MathError> {
    let total = stakes
        .iter()
        .try_fold(Amount::ZERO, |sum, stake| sum.checked_add(*stake))?;
    // At least one unit: a cap of a small total leaves nobody without weight.
    let most = Amount::new(cap.of(total.get(), Rounding::Down)?.max(1));
    let least = Amount::new(mul_div(total.get(), 1, 1_000, Rounding::Up)?);
    stakes
        .iter()
        .map(|stake| {
            if *stake < least {
                return Ok(Power::ZERO);
            }
            let counted = (*stake).min(most);
            let weight = mul_div(counted.get(), TOTAL_WEIGHT, total.get(), Rounding::Down)?;
            u64::try_from(weight)
                .map(Power::new)
                .map_err(|_| MathError::Overflow)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::Bps;

    fn weights(stakes: &[u128], cap: u16) -> Vec<u64> {
        let stakes: Vec<Amount> = stakes.iter().copied().map(Amount::new).collect();
        weigh(&stakes, Bps::new(cap).unwrap())
            .unwrap()
            .into_iter()
            .map(Power::get)
            .collect()
    }

    #[test]
    fn weights_follow_stakes_up_to_the_cap() {
        assert_eq!(weights(&[5, 5, 5, 5], 10_000), [250_000_000; 4]);
        assert_eq!(
            weights(&[70, 10, 10, 10], 2_000),
            [200_000_000, 100_000_000, 100_000_000, 100_000_000]
        );
        assert_eq!(weights(&[u128::MAX >> 8; 2], 10_000), [500_000_000; 2]);
        assert!(weights(&[], 10_000).is_empty());
    }

    #[test]
    fn dust_is_left_out() {
        assert_eq!(weights(&[100_000, 99], 10_000)[1], 0);
        assert_eq!(weights(&[100_000, 101], 10_000)[1], 1_008_980);
    }
}
