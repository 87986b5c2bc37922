//! What may be asked, and under which raw keys the answers stand. Who serves, and with which key, the delegation module
//! answers.

use crate::params::Params;
use crate::score::Score;
use crate::snapshot::Snapshot;
use crate::state::{self, CONVICTIONS, EPOCH_ENDS, PARAMS, SERVICES, SNAPSHOTS, TASKS};
use crate::types::{Conviction, Record, Task};
use kernel::{Read, StateError};
use primitives::{AccountId, ChainClock, Epoch, Gas, ServiceId};

/// The parameters.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    PARAMS.require(store)
}

/// The raw key of the parameters, whose value is [`Params`].
#[must_use]
pub fn params_key() -> Vec<u8> {
    PARAMS.raw_key()
}

/// Up to `limit` services by number, from the first after `after`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn services(
    store: &(impl Read + ?Sized),
    after: Option<ServiceId>,
    limit: usize,
) -> Result<Vec<(ServiceId, Record)>, StateError> {
    SERVICES.range(store, after.as_ref(), limit)
}

/// A service, if there is one with this number.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn service(store: &(impl Read + ?Sized), service: ServiceId) -> Result<Option<Record>, StateError> {
    SERVICES.get(store, &service)
}

/// The raw key of a service, whose value is a [`Record`].
#[must_use]
pub fn service_key(service: ServiceId) -> Vec<u8> {
    SERVICES.raw_key(&service)
}

/// A task; `None` for one that is forgotten or never was.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn task(store: &(impl Read + ?Sized), task: u64) -> Result<Option<Task>, StateError> {
    TASKS.get(store, &task)
}

/// The raw key of a task, whose value is a [`Task`].
#[must_use]
pub fn task_key(task: u64) -> Vec<u8> {
    TASKS.raw_key(&task)
}

/// The epoch that a task of the frame began in: what [`crate::Service::slot`] gives for slot 0 of it.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn task_epoch(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    task: u64,
    slot: u64,
) -> Result<Option<Epoch>, StateError> {
    let found = TASKS.get(store, &task)?;
    let found = found.filter(|task| task.service == service && slot == 0);
    Ok(found.map(|task| task.epoch))
}

/// A service's snapshot of an epoch, when one was taken and is not forgotten.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn snapshot(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    epoch: Epoch,
) -> Result<Option<Snapshot>, StateError> {
    SNAPSHOTS.get(store, &(service, epoch))
}

/// Up to `limit` snapshots of a service by epoch, from the first after `after`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn snapshots(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    after: Option<Epoch>,
    limit: usize,
) -> Result<Vec<(Epoch, Snapshot)>, StateError> {
    let after = after.map(|epoch| (service, epoch));
    let found = SNAPSHOTS.range_of(store, &service, after.as_ref(), limit)?;
    Ok(found
        .into_iter()
        .map(|((_, epoch), snapshot)| (epoch, snapshot))
        .collect())
}

/// A service's last snapshot, when one is not forgotten.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn last_snapshot(
    store: &(impl Read + ?Sized),
    service: ServiceId,
) -> Result<Option<(Epoch, Snapshot)>, StateError> {
    let found = SNAPSHOTS.range_back_of(store, &service, None, 1)?;
    Ok(found
        .into_iter()
        .next()
        .map(|((_, epoch), snapshot)| (epoch, snapshot)))
}

/// Up to `limit` tasks that are not forgotten by number, from the first after `after`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn tasks(
    store: &(impl Read + ?Sized),
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, Task)>, StateError> {
    TASKS.range(store, after.as_ref(), limit)
}

/// When an epoch ended, in chain time; `None` for one that has not, or that is too old for any fault.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn epoch_end(store: &(impl Read + ?Sized), epoch: Epoch) -> Result<Option<ChainClock>, StateError> {
    EPOCH_ENDS.get(store, &epoch)
}

/// Whether a fault of an epoch may still be shown at `now`, in the epoch `current`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn in_evidence_window(
    store: &(impl Read + ?Sized),
    epoch: Epoch,
    current: Epoch,
    now: ChainClock,
) -> Result<bool, StateError> {
    crate::snapshot::in_window(store, epoch, current, now)
}

/// What the chain has seen of an operator's work, as it stands in `epoch`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn score(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    operator: &AccountId,
    epoch: Epoch,
) -> Result<Score, StateError> {
    state::score(store, service, operator, epoch)
}

/// Who is convicted of what in an epoch, by operator and class.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn convictions(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    epoch: Epoch,
) -> Result<Vec<(AccountId, u8, Conviction)>, StateError> {
    let found = CONVICTIONS.range_of(store, &(service, epoch), None, 1_024)?;
    Ok(found
        .into_iter()
        .map(|((_, _, operator, class), one)| (operator, class, one))
        .collect())
}

/// The most gas that checking a certificate takes.
#[must_use]
pub fn certificate_gas(parts: u64, signers: u64) -> Gas {
    crate::respond::most_gas(parts, signers)
}
