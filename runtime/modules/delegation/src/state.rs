//! The tables.

use crate::ID;
use crate::error::Error;
use crate::params::{MAX_SERVICES, Params};
use crate::types::{Allocation, Commission, Level, Membership, Operator, ServiceKey};
use kernel::{Ctx, Item, Key, Map, Read, StateError};
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, ChainClock, Digest, MathError};
use vaults::{Magnitude, ServiceId, Vault, VaultId};

/// The module's parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(ID.table(0));
/// Every operator; never removed.
pub(crate) const OPERATORS: Map<AccountId, Operator> = Map::new(ID.table(1));
/// Hash of a key → the operator it belongs to, forever.
pub(crate) const KEYS: Map<Digest, AccountId> = Map::new(ID.table(2));
/// (operator, service, kind of key, from when) → its key; never removed, so that every offence finds the key of its time.
pub(crate) const SERVICE_KEYS: Map<KeyPlace, ServiceKey> = Map::new(ID.table(3));
/// (operator, service) → its commission; no entry for none.
pub(crate) const COMMISSIONS: Map<(AccountId, ServiceId), Commission> = Map::new(ID.table(4));
/// (operator, service) → whether it serves, or did.
pub(crate) const MEMBERSHIPS: Map<(AccountId, ServiceId), Membership> = Map::new(ID.table(5));
/// (vault, service) → what it pledges; no entry for nothing.
pub(crate) const ALLOCATIONS: Map<(VaultId, ServiceId), Allocation> = Map::new(ID.table(6));
/// (vault, service, from when) → what it pledged, for as long as that can be slashed for; the last entry always.
pub(crate) const HISTORY: Map<(VaultId, ServiceId, ChainClock), Level> = Map::new(ID.table(7));
/// (when it binds, vault, service) of each change that is on its way. Walked in order, a bounded number per block.
pub(crate) const EFFECTS: Map<(ChainClock, VaultId, ServiceId), ()> = Map::new(ID.table(8));
/// Where in the queue of changes the walk goes on; no entry for its start.
pub(crate) const EFFECT_CURSOR: Item<(ChainClock, VaultId, ServiceId)> = Item::new(ID.table(9));
/// (when it ends, operator, service) of each membership that does. Walked in order, a bounded number per block.
pub(crate) const LEAVES: Map<(ChainClock, AccountId, ServiceId), ()> = Map::new(ID.table(10));
/// Vault → until when something that it had pledged can be slashed.
pub(crate) const LIABLE_UNTIL: Map<VaultId, ChainClock> = Map::new(ID.table(11));

/// (service, operator) of those who serve: neither leaving nor gone.
pub(crate) const MEMBERS: Map<(ServiceId, AccountId), ()> = Map::new(ID.table(12));

/// Operator, service, kind of key, from when: where a key stands.
pub(crate) type KeyPlace = (AccountId, ServiceId, u8, ChainClock);

/// Entries read at once where a table is walked whole.
const PAGE: usize = 256;

/// Sets the parameters, whose rules the caller has checked. What is under way keeps its moment.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn set_params(ctx: &mut Ctx<'_>, params: &Params) -> Result<(), StateError> {
    PARAMS.put(ctx, params)
}

/// Arithmetic on what the tables say cannot fail on a sound store.
pub(crate) const fn broken_math(source: MathError) -> StateError {
    StateError::Math {
        module: ID.number(),
        what: "what the tables say adds up",
        source,
    }
}

pub(crate) fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    PARAMS.require(store)
}

/// Whether an account is an operator.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn is_operator(store: &(impl Read + ?Sized), account: &AccountId) -> Result<bool, StateError> {
    OPERATORS.contains(store, account)
}

pub(crate) fn operator(store: &(impl Read + ?Sized), account: &AccountId) -> Result<Operator, Error> {
    OPERATORS
        .get(store, account)?
        .ok_or(Error::UnknownOperator(*account))
}

/// Whether an operator serves now: what it pledges counts.
///
/// # Errors
/// As [`allocation`].
pub fn serves(
    store: &(impl Read + ?Sized),
    operator: &AccountId,
    service: ServiceId,
) -> Result<bool, StateError> {
    MEMBERS.contains(store, &(service, *operator))
}

/// Up to `limit` operators that serve, by account, from the first after `after`.
///
/// # Errors
/// As [`allocation`].
pub fn members(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    after: Option<&AccountId>,
    limit: usize,
) -> Result<Vec<AccountId>, StateError> {
    let after = after.map(|operator| (service, *operator));
    let page = MEMBERS.range_of(store, &service, after.as_ref(), limit)?;
    Ok(page.into_iter().map(|((_, operator), ())| operator).collect())
}

pub(crate) fn vault(store: &(impl Read + ?Sized), id: &VaultId) -> Result<Vault, Error> {
    vaults::vault(store, id)?.ok_or(Error::UnknownVault(*id))
}

/// What a vault pledges to a service.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn allocation(
    store: &(impl Read + ?Sized),
    vault: &VaultId,
    service: ServiceId,
) -> Result<Allocation, StateError> {
    ALLOCATIONS.or_default(store, &(*vault, service))
}

/// All that a vault pledges, by service: at most [`MAX_SERVICES`].
///
/// # Errors
/// As [`allocation`].
pub fn allocations(
    store: &(impl Read + ?Sized),
    vault: &VaultId,
) -> Result<Vec<(ServiceId, Allocation)>, StateError> {
    let all = ALLOCATIONS.range_of(store, vault, None, MAX_SERVICES)?;
    Ok(all
        .into_iter()
        .map(|((_, service), allocation)| (service, allocation))
        .collect())
}

/// Whether an operator serves, or did.
///
/// # Errors
/// As [`allocation`].
pub fn membership(
    store: &(impl Read + ?Sized),
    operator: &AccountId,
    service: ServiceId,
) -> Result<Option<Membership>, StateError> {
    MEMBERSHIPS.get(store, &(*operator, service))
}

/// Writes an allocation, or forgets it when nothing is left of it; what it was stays liable.
pub(crate) fn put_allocation(
    ctx: &mut Ctx<'_>,
    vault: &VaultId,
    service: ServiceId,
    allocation: &Allocation,
) -> Result<(), StateError> {
    if allocation.is_over() {
        ALLOCATIONS.remove(ctx, &(*vault, service))
    } else {
        ALLOCATIONS.put(ctx, &(*vault, service), allocation)
    }
}

/// What a vault's services claim together, but for one.
pub(crate) fn claimed(allocations: &[(ServiceId, Allocation)], except: Option<ServiceId>) -> Magnitude {
    allocations
        .iter()
        .filter(|(service, _)| Some(*service) != except)
        .fold(Magnitude::ZERO, |sum, (_, one)| sum.saturating_add(one.claimed()))
}

/// Walks a whole table in key order, a page at a time.
pub(crate) fn each<K: Key + Clone, V: Encode + Decode, E: From<StateError>>(
    store: &(impl Read + ?Sized),
    table: &Map<K, V>,
    mut visit: impl FnMut(K, V) -> Result<(), E>,
) -> Result<(), E> {
    let mut after: Option<K> = None;
    loop {
        let page = table.range(store, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        for (key, value) in page {
            visit(key, value)?;
        }
    }
}
