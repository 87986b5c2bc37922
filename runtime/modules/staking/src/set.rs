//! Which validators an epoch has, with what weight.
//!
//! What each validator counts for is the service of consensus's to say, from bonds and vaults; [`set_from`] makes a set of
//! it. Where there are bonds alone, as when a chain is made, [`candidate_set`] says it.
//!
//! # Source
//! restaking.md, "Power": caps are `floor(cap · V)` of the uncapped total, one pass; values below the larger of the
//! minimum and V/1000 are left out; an empty result keeps the previous set. V is the total of those who are chosen.

use crate::ID;
use crate::params::Params;
use crate::state::{self, SETS, VALIDATORS};
use kernel::{Ctx, StateError, View};
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

/// The set that the bonds in `view` alone give `epoch`, which will end at `ends_at`; the validators of `previous` where
/// they give none.
///
/// # Errors
/// The store is broken.
pub fn candidate_set(
    view: &View<'_>,
    epoch: Epoch,
    ends_at: ChainClock,
    previous: &ValidatorSet,
) -> Result<ValidatorSet, StateError> {
    let params = state::params(view)?;
    let chosen = choose(view, &params)?;
    let (whole, powers) = cap(chosen, params.validator_cap).map_err(state::broken_math)?;
    set_from(view, (epoch, ends_at), (whole, &powers), previous)
}

/// The set of `epoch`, which will end at `ends_at`, of validators that count for so much of a `whole`, with the keys that
/// they have in `view`; the validators of `previous` where there is none.
///
/// # Errors
/// The store is broken, or one of them has no validator.
pub fn set_from(
    view: &View<'_>,
    (epoch, ends_at): (Epoch, ChainClock),
    (whole, powers): (Amount, &[(AccountId, Amount)]),
    previous: &ValidatorSet,
) -> Result<ValidatorSet, StateError> {
    // What falls with prices is held up for a while: then all together may be more than the whole.
    let total = powers
        .iter()
        .fold(Amount::ZERO, |sum, (_, power)| sum.saturating_add(*power))
        .max(whole);
    let mut validators = Vec::with_capacity(powers.len());
    for (operator, power) in powers {
        let weight = weight(*power, total).map_err(state::broken_math)?;
        if weight.is_zero() {
            continue;
        }
        let Some(record) = VALIDATORS.get(view, operator)? else {
            return Err(ID.broken("whoever counts has a validator"));
        };
        validators.push(Validator {
            key: record.consensus_key,
            weight,
            operator: *operator,
            p2p_key: record.p2p_key,
        });
    }
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

/// Those with the largest stakes, at least the minimum, largest first; equal ones by account, so that the order is
/// everybody's.
///
/// The table is walked whole, once per epoch, and no more than a page and the chosen are held at a time. Nobody is ever
/// removed from it, so that evidence always finds its validator; it grows by one for each minimum bond that is locked
/// for at least the unbonding delay.
fn choose(view: &View<'_>, params: &Params) -> Result<Vec<(AccountId, Amount)>, StateError> {
    let most = usize::from(params.max_validators);
    let mut chosen: Vec<(AccountId, Amount)> = Vec::new();
    let keep_largest = |chosen: &mut Vec<(AccountId, Amount)>| {
        chosen.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        chosen.truncate(most);
    };
    state::each(view, &VALIDATORS, |operator, record| {
        let stake = record.bonded.assets;
        if !record.is_jailed() && stake >= params.min_bond {
            chosen.push((operator, stake));
        }
        if chosen.len() >= most.saturating_mul(2) {
            keep_largest(&mut chosen);
        }
        Ok::<(), StateError>(())
    })?;
    keep_largest(&mut chosen);
    Ok(chosen)
}

/// What stakes count for, cut at `cap` of the whole, without those below a thousandth of it; and the whole.
fn cap(
    chosen: Vec<(AccountId, Amount)>,
    cap: primitives::Bps,
) -> Result<(Amount, Vec<(AccountId, Amount)>), MathError> {
    let total = chosen
        .iter()
        .try_fold(Amount::ZERO, |sum, (_, stake)| sum.checked_add(*stake))?;
    // At least one unit: a cap of a small total leaves nobody without weight.
    let most = Amount::new(cap.of(total.get(), Rounding::Down)?.max(1));
    let least = Amount::new(mul_div(total.get(), 1, 1_000, Rounding::Up)?);
    let mut powers = chosen;
    powers.retain(|(_, stake)| *stake >= least);
    for (_, stake) in &mut powers {
        *stake = (*stake).min(most);
    }
    Ok((total, powers))
}

/// A part of the whole as a weight.
fn weight(power: Amount, whole: Amount) -> Result<Power, MathError> {
    if power.is_zero() {
        return Ok(Power::ZERO);
    }
    let weight = mul_div(power.get(), TOTAL_WEIGHT, whole.get(), Rounding::Down)?;
    u64::try_from(weight)
        .map(Power::new)
        .map_err(|_| MathError::Overflow)
}

/// Puts another set into the first epoch's place: bonds are not all that a genesis may put behind validators.
///
/// # Errors
/// The store is broken.
pub fn begin_with(ctx: &mut Ctx<'_>, set: &ValidatorSet) -> Result<(), StateError> {
    SETS.put(ctx, &set.epoch, set)?;
    crate::convict::note_liable(ctx, set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::Bps;

    fn weights(stakes: &[u128], most: u16) -> Vec<u64> {
        let chosen = (0u8..)
            .zip(stakes)
            .map(|(n, stake)| (AccountId::new([n; 32]), Amount::new(*stake)));
        let (whole, powers) = cap(chosen.collect(), Bps::new(most).unwrap()).unwrap();
        powers
            .into_iter()
            .map(|(_, power)| weight(power, whole).unwrap().get())
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
        assert_eq!(weights(&[100_000, 99], 10_000).len(), 1);
        assert_eq!(weights(&[100_000, 101], 10_000)[1], 1_008_980);
    }
}
