//! What may be asked.

use crate::params::Params;
use crate::state::{COOLDOWNS, DUE, MAX_OPEN, OPEN, PARAMS, QUEUE, REQUESTS};
use crate::types::{Due, Request};
use kernel::{Read, StateError};
use primitives::{AccountId, Bps, ChainClock, ServiceId};
use vaults::VaultId;

/// What is asked for against a vault and not decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// The most that it takes together, capped at the whole.
    pub fraction: Bps,
    /// Whether some of it is due: it goes before every claim and every decrease.
    pub due: bool,
    /// How many requests there are.
    pub requests: u32,
}

/// The parameters.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    PARAMS.require(store)
}

/// When the last request that waits is due, in chain time.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn last_due(store: &(impl Read + ?Sized)) -> Result<Option<ChainClock>, StateError> {
    Ok(QUEUE.last(store)?.map(|((due, _), ())| due))
}

/// The raw key of the parameters, whose value is [`Params`].
#[must_use]
pub fn params_key() -> Vec<u8> {
    PARAMS.raw_key()
}

/// What is open against a vault at `now`.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn open_of(store: &(impl Read + ?Sized), vault: &VaultId, now: ChainClock) -> Result<Open, StateError> {
    let mut open = Open::default();
    for ((_, number), ()) in OPEN.range_of(store, vault, None, MAX_OPEN)? {
        let Some(request) = REQUESTS.get(store, &number)? else {
            continue;
        };
        let sum = open.fraction.get().saturating_add(request.fraction.get());
        open.fraction = Bps::new(sum).unwrap_or(Bps::ONE);
        open.due |= request.due_at <= now;
        open.requests = open.requests.saturating_add(1);
    }
    Ok(open)
}

/// Whether a slash of a vault is due at `now`.
///
/// # Errors
/// As [`open_of`].
pub fn is_due(store: &(impl Read + ?Sized), vault: &VaultId, now: ChainClock) -> Result<bool, StateError> {
    Ok(open_of(store, vault, now)?.due)
}

/// A request.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn request(store: &(impl Read + ?Sized), number: u64) -> Result<Option<Request>, StateError> {
    REQUESTS.get(store, &number)
}

/// Up to `limit` requests by number, from the first after `after`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn requests(
    store: &(impl Read + ?Sized),
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, Request)>, StateError> {
    REQUESTS.range(store, after.as_ref(), limit)
}

/// Up to `limit` open requests by when they are due and by number, the next first, from the first after `after`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn waiting(
    store: &(impl Read + ?Sized),
    after: Option<(ChainClock, u64)>,
    limit: usize,
) -> Result<Vec<(ChainClock, u64)>, StateError> {
    let found = QUEUE.range(store, after.as_ref(), limit)?;
    Ok(found.into_iter().map(|(place, ())| place).collect())
}

/// The raw key of a request, whose value is a [`Request`].
#[must_use]
pub fn request_key(number: u64) -> Vec<u8> {
    REQUESTS.raw_key(&number)
}

/// Until when an operator is safe from another slash of a class.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn cooldown(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    operator: &AccountId,
    class: u8,
) -> Result<Option<ChainClock>, StateError> {
    COOLDOWNS.get(store, &(service, *operator, class))
}

/// Up to `limit` rewards of reporters that are not paid yet, the next first.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn due(store: &(impl Read + ?Sized), limit: usize) -> Result<Vec<(ChainClock, Due)>, StateError> {
    let found = DUE.range(store, None, limit)?;
    Ok(found.into_iter().map(|((when, _), due)| (when, due)).collect())
}
