//! What others read of the module.

use crate::params::Params;
use crate::state::{
    self, BONDS, CONVICTIONS, DUTIES, KEYS, PARAMS, ROTATIONS, SETS, TIPS, UNBONDINGS, VALIDATORS,
};
use crate::types::{BondRecord, Conviction, Duty, Rotation, Unbonding, ValidatorRecord};
use crypto::bls::KeyBytes;
use kernel::{Read, StateError, View};
use primitives::{AccountId, Amount, ChainClock, Epoch};

/// The parameters.
///
/// # Errors
/// The store is broken.
pub fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    state::params(store)
}

/// The validator of an operator.
///
/// # Errors
/// The store is broken.
pub fn validator(view: &View<'_>, operator: &AccountId) -> Result<Option<ValidatorRecord>, StateError> {
    VALIDATORS.get(view, operator)
}

/// Up to `limit` validators by operator, from the first after `after`.
///
/// # Errors
/// The store is broken.
pub fn validators(
    view: &View<'_>,
    after: Option<&AccountId>,
    limit: usize,
) -> Result<Vec<(AccountId, ValidatorRecord)>, StateError> {
    VALIDATORS.range(view, after, limit)
}

/// An account's bond behind a validator, with its rewards settled as of now.
///
/// # Errors
/// The store is broken.
pub fn bond(
    view: &View<'_>,
    operator: &AccountId,
    account: &AccountId,
) -> Result<Option<(BondRecord, Amount)>, StateError> {
    let (Some(validator), Some(mut bond)) = (
        VALIDATORS.get(view, operator)?,
        BONDS.get(view, &(*operator, *account))?,
    ) else {
        return Ok(None);
    };
    bond.settle(&validator).map_err(state::broken_math)?;
    let worth = validator.bonded.worth(bond.shares).map_err(state::broken_math)?;
    Ok(Some((bond, worth)))
}

/// Up to `limit` payouts with when they are due, soonest first.
///
/// # Errors
/// The store is broken.
pub fn unbondings(view: &View<'_>, limit: usize) -> Result<Vec<(ChainClock, Unbonding)>, StateError> {
    let due = UNBONDINGS.range(view, None, limit)?;
    Ok(due
        .into_iter()
        .map(|((paid_at, _), entry)| (paid_at, entry))
        .collect())
}

/// How a validator contradicted itself in an epoch, if it is convicted of that and the epoch is not forgotten.
///
/// # Errors
/// The store is broken.
pub fn conviction(
    view: &View<'_>,
    epoch: Epoch,
    operator: &AccountId,
) -> Result<Option<Conviction>, StateError> {
    CONVICTIONS.get(view, &(epoch, *operator))
}

/// How a validator does its work.
///
/// # Errors
/// The store is broken.
pub fn duty(view: &View<'_>, operator: &AccountId) -> Result<Duty, StateError> {
    DUTIES.or_default(view, operator)
}

/// Up to `limit` changes of a validator's consensus key, each with the epoch in which it was asked for, oldest first,
/// from the first after `after`.
///
/// # Errors
/// The store is broken.
pub fn rotations(
    view: &View<'_>,
    operator: &AccountId,
    after: Option<Epoch>,
    limit: usize,
) -> Result<Vec<(Epoch, Rotation)>, StateError> {
    let after = after.map(|epoch| (*operator, epoch));
    let page = ROTATIONS.range_of(view, operator, after.as_ref(), limit)?;
    Ok(page
        .into_iter()
        .map(|((_, epoch), rotation)| (epoch, rotation))
        .collect())
}

/// Whose consensus key this is, or was.
///
/// # Errors
/// The store is broken.
pub fn operator_of(
    store: &(impl Read + ?Sized),
    consensus_key: &KeyBytes,
) -> Result<Option<AccountId>, StateError> {
    KEYS.get(store, &state::consensus_key_hash(consensus_key))
}

/// Where a validator's record stands in the state: what a proof is asked for.
#[must_use]
pub fn validator_key(operator: &AccountId) -> Vec<u8> {
    VALIDATORS.raw_key(operator)
}

/// Where an epoch's set stands in the state: its value is a [`ValidatorSet`](light_palisade::ValidatorSet).
#[must_use]
pub fn set_key(epoch: Epoch) -> Vec<u8> {
    SETS.raw_key(&epoch)
}

/// Where the tips stand that an operator's validator has collected in the epoch that goes on, in npal.
#[must_use]
pub fn tips_key(operator: &AccountId) -> Vec<u8> {
    TIPS.raw_key(operator)
}

/// What an operator's validator has collected in tips in the epoch that goes on, in npal: its end shares them out.
///
/// # Errors
/// The store is broken.
pub fn tips(store: &(impl Read + ?Sized), operator: &AccountId) -> Result<Amount, StateError> {
    TIPS.or_default(store, operator)
}

/// Where the parameters stand in the state.
#[must_use]
pub fn params_key() -> Vec<u8> {
    PARAMS.raw_key()
}

/// Where an account's bond behind a validator stands in the state.
#[must_use]
pub fn bond_key(operator: &AccountId, account: &AccountId) -> Vec<u8> {
    BONDS.raw_key(&(*operator, *account))
}
