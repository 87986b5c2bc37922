//! What may be asked, and under which raw keys the answers stand.

use crate::state::{EPOCHS, RECORDS};
use crate::types::{EpochPower, Record};
use kernel::{Read, StateError, View};
use primitives::{AccountId, Epoch, Power};

/// Where a validator's power in an epoch comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What is the same for all.
    pub epoch: EpochPower,
    /// What the validator gave, and what was cut from it; none for one that had no stake at all.
    pub record: Option<Record>,
    /// Its weight in the epoch's set; zero outside.
    pub weight: Power,
}

/// What an epoch's power was made of; none for one that is not decided, or that is forgotten.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn epoch(store: &(impl Read + ?Sized), epoch: Epoch) -> Result<Option<EpochPower>, StateError> {
    EPOCHS.get(store, &epoch)
}

/// Up to `limit` validators with stake by operator, from the first after `after`, with what each gave in an epoch: of the
/// last eight epochs.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn records(
    store: &(impl Read + ?Sized),
    epoch: Epoch,
    after: Option<&AccountId>,
    limit: usize,
) -> Result<Vec<(AccountId, Record)>, StateError> {
    let after = after.map(|operator| (epoch, *operator));
    let page = RECORDS.range_of(store, &epoch, after.as_ref(), limit)?;
    Ok(page
        .into_iter()
        .map(|((_, operator), record)| (operator, record))
        .collect())
}

/// Which vault of a validator gave how much in an epoch, and what capped it; none for an epoch that is not decided, or of
/// which the records are forgotten: eight are kept.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn explain(
    view: &View<'_>,
    operator: &AccountId,
    epoch: Epoch,
) -> Result<Option<Explanation>, StateError> {
    let Some(power) = EPOCHS.get(view, &epoch)? else {
        return Ok(None);
    };
    // Every set has members, and every member a record.
    if RECORDS.range_of(view, &epoch, None, 1)?.is_empty() {
        return Ok(None);
    }
    let set = staking::set_of(view, epoch)?;
    let member = set.and_then(|set| set.validators.into_iter().find(|one| one.operator == *operator));
    Ok(Some(Explanation {
        epoch: power,
        record: RECORDS.get(view, &(epoch, *operator))?,
        weight: member.map_or(Power::ZERO, |member| member.weight),
    }))
}

/// The raw key of an epoch's power, whose value is an [`EpochPower`].
#[must_use]
pub fn epoch_key(epoch: Epoch) -> Vec<u8> {
    EPOCHS.raw_key(&epoch)
}

/// The raw key of what a validator gave in an epoch, whose value is a [`Record`].
#[must_use]
pub fn record_key(epoch: Epoch, operator: &AccountId) -> Vec<u8> {
    RECORDS.raw_key(&(epoch, *operator))
}
