//! What others read of the module.

use crate::params::Params;
use crate::state::{
    self, ALLOCATIONS, COMMISSIONS, EFFECTS, LEAVES, MEMBERSHIPS, OPERATORS, PARAMS, SERVICE_KEYS,
};
use crate::types::{Commission, KeyKind, Membership, Operator, ServiceKey};
use kernel::{Read, StateError};
use primitives::{AccountId, Bps, ChainClock};
use vaults::{ServiceId, VaultId};

/// The parameters.
///
/// # Errors
/// The store is broken.
pub fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    state::params(store)
}

/// An operator.
///
/// # Errors
/// The store is broken.
pub fn operator(store: &(impl Read + ?Sized), account: &AccountId) -> Result<Option<Operator>, StateError> {
    OPERATORS.get(store, account)
}

/// Up to `limit` operators by account, from the first after `after`.
///
/// # Errors
/// The store is broken.
pub fn operators(
    store: &(impl Read + ?Sized),
    after: Option<&AccountId>,
    limit: usize,
) -> Result<Vec<(AccountId, Operator)>, StateError> {
    OPERATORS.range(store, after, limit)
}

/// Up to `limit` services that an operator serves, or did, by number, from the first after `after`.
///
/// # Errors
/// The store is broken.
pub fn memberships(
    store: &(impl Read + ?Sized),
    operator: &AccountId,
    after: Option<ServiceId>,
    limit: usize,
) -> Result<Vec<(ServiceId, Membership)>, StateError> {
    let after = after.map(|service| (*operator, service));
    let page = MEMBERSHIPS.range_of(store, operator, after.as_ref(), limit)?;
    Ok(page
        .into_iter()
        .map(|((_, service), membership)| (service, membership))
        .collect())
}

/// What an operator keeps at `now` of what its vaults earn with a service.
///
/// # Errors
/// The store is broken.
pub fn commission(
    store: &(impl Read + ?Sized),
    operator: &AccountId,
    service: ServiceId,
    now: ChainClock,
) -> Result<Bps, StateError> {
    Ok(COMMISSIONS.or_default(store, &(*operator, service))?.at(now))
}

/// What an operator keeps of what its vaults earn with a service, and what it will.
///
/// # Errors
/// The store is broken.
pub fn commission_terms(
    store: &(impl Read + ?Sized),
    operator: &AccountId,
    service: ServiceId,
) -> Result<Commission, StateError> {
    COMMISSIONS.or_default(store, &(*operator, service))
}

/// Up to `limit` keys of one kind with which an operator works for a service, or did, each with the moment from which it
/// counts, newest first, from the first before `before`.
///
/// # Errors
/// The store is broken.
pub fn keys(
    store: &(impl Read + ?Sized),
    operator: &AccountId,
    service: ServiceId,
    kind: KeyKind,
    before: Option<ChainClock>,
    limit: usize,
) -> Result<Vec<(ChainClock, ServiceKey)>, StateError> {
    let kind = kind.number();
    let before = before.map(|when| (*operator, service, kind, when));
    let page = SERVICE_KEYS.range_back_of(store, &(*operator, service, kind), before.as_ref(), limit)?;
    Ok(page.into_iter().map(|((.., since), key)| (since, key)).collect())
}

/// A pledge that changes, or a membership that ends: when, whose, and for which service.
pub type Due<K> = (ChainClock, K, ServiceId);

/// Up to `limit` changes of pledges that are on their way by when they bind, the next first, from the first after
/// `after`.
///
/// # Errors
/// The store is broken.
pub fn changes(
    store: &(impl Read + ?Sized),
    after: Option<Due<VaultId>>,
    limit: usize,
) -> Result<Vec<Due<VaultId>>, StateError> {
    let found = EFFECTS.range(store, after.as_ref(), limit)?;
    Ok(found.into_iter().map(|(place, ())| place).collect())
}

/// Up to `limit` memberships that end by when they do, the next first, from the first after `after`.
///
/// # Errors
/// The store is broken.
pub fn leaving(
    store: &(impl Read + ?Sized),
    after: Option<Due<AccountId>>,
    limit: usize,
) -> Result<Vec<Due<AccountId>>, StateError> {
    let found = LEAVES.range(store, after.as_ref(), limit)?;
    Ok(found.into_iter().map(|(place, ())| place).collect())
}

/// Where an operator stands in the state: what a proof is asked for.
#[must_use]
pub fn operator_key(account: &AccountId) -> Vec<u8> {
    OPERATORS.raw_key(account)
}

/// Where what a vault pledges to a service stands in the state.
#[must_use]
pub fn allocation_key(vault: &VaultId, service: ServiceId) -> Vec<u8> {
    ALLOCATIONS.raw_key(&(*vault, service))
}

/// Where the parameters stand in the state.
#[must_use]
pub fn params_key() -> Vec<u8> {
    PARAMS.raw_key()
}
