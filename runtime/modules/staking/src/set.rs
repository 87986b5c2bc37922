//! Which validators an epoch has, with what weight.
//!
//! # Source
//! restaking.md, "Power": caps are `floor(cap · V)` of the uncapped total, one pass; values below the larger of the
//! minimum and V/1000 are left out; an empty result keeps the previous set.

use crate::ID;
use crate::hooks::Wiring;
use crate::state::{self, SETS, VALIDATORS};
use kernel::{StateError, View};
use light_palisade::{Validator, ValidatorSet};
use primitives::{AccountId, Amount, ChainClock, Epoch, MathError, Power, Rounding, mul_div};

/// All weights together, before what rounding leaves over.
const TOTAL_WEIGHT: u128 = 1_000_000_000;

/// Validators read per page; the table is walked whole, once per epoch.
const PAGE: usize = 256;

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
    let mut stakes = Vec::new();
    let mut after: Option<AccountId> = None;
    loop {
        let page = VALIDATORS.range(view, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (operator, validator) in page {
            let stake = W::stake(view, &operator, validator.bonded.assets)?;
            if !validator.jailed && stake >= params.min_bond {
                stakes.push((stake, operator, validator));
            }
        }
    }
    // The largest first; equal ones by account, so that the order is everybody's.
    stakes.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    stakes.truncate(usize::from(params.max_validators));

    let amounts: Vec<Amount> = stakes.iter().map(|(stake, _, _)| *stake).collect();
    let weights = weigh(&amounts, params.validator_cap).map_err(state::broken_math)?;
    let mut validators: Vec<Validator> = stakes
        .into_iter()
        .zip(weights)
        .filter(|(_, weight)| !weight.is_zero())
        .map(|((_, operator, record), weight)| Validator {
            key: record.consensus_key,
            weight,
            operator,
            p2p_key: record.p2p_key,
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

/// Weights in proportion to `stakes`, cut at `cap` of the whole; zero for what is below a thousandth.
fn weigh(stakes: &[Amount], cap: primitives::Bps) -> Result<Vec<Power>, MathError> {
    let total = stakes
        .iter()
        .try_fold(Amount::ZERO, |sum, stake| sum.checked_add(*stake))?;
    let most = Amount::new(cap.of(total.get(), Rounding::Down)?);
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
