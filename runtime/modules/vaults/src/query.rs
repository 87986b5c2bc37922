//! What others read of the module.

use crate::id::VaultId;
use crate::params::Params;
use crate::state::{
    self, BUFFERS, DEFICITS, FUNDERS, OPERATED, OWNED, PARAMS, POSITIONS, QUEUE, VAULTS, WITHDRAWALS,
};
use crate::types::{Buffer, Position, Vault, Withdrawal};
use kernel::{Read, StateError};
use primitives::{AccountId, Amount, ChainClock, Shares};

/// The parameters.
///
/// # Errors
/// The store is broken.
pub fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    state::params(store)
}

/// Up to `limit` vaults by name, from the first after `after`.
///
/// # Errors
/// The store is broken.
pub fn vaults(
    store: &(impl Read + ?Sized),
    after: Option<&VaultId>,
    limit: usize,
) -> Result<Vec<(VaultId, Vault)>, StateError> {
    VAULTS.range(store, after, limit)
}

/// The names of all vaults of an operator: at most [`crate::MAX_VAULTS_PER_OPERATOR`].
///
/// # Errors
/// The store is broken.
pub fn vaults_of(store: &(impl Read + ?Sized), operator: &AccountId) -> Result<Vec<VaultId>, StateError> {
    let own = OPERATED.range_of(store, operator, None, crate::MAX_VAULTS_PER_OPERATOR)?;
    Ok(own.into_iter().map(|((_, vault), ())| vault).collect())
}

/// What an account owns of a vault in its present round, and what its free shares are worth.
///
/// # Errors
/// The store is broken.
pub fn position(
    store: &(impl Read + ?Sized),
    id: &VaultId,
    owner: &AccountId,
) -> Result<Option<(Position, Amount)>, StateError> {
    let Some(vault) = VAULTS.get(store, id)? else {
        return Ok(None);
    };
    let position = state::position(store, id, &vault, owner)?;
    let worth = vault.pool.worth(position.shares).map_err(state::broken_math)?;
    Ok(Some((position, worth)))
}

/// What is recorded of an account in a vault, be it of a round that is over, and the vault's present round.
///
/// # Errors
/// The store is broken.
pub fn recorded(
    store: &(impl Read + ?Sized),
    id: &VaultId,
    owner: &AccountId,
) -> Result<Option<(Position, u32)>, StateError> {
    let Some(vault) = VAULTS.get(store, id)? else {
        return Ok(None);
    };
    let position = POSITIONS.or_default(store, &(*id, *owner))?;
    Ok(Some((position, vault.round)))
}

/// Up to `limit` owners of a vault by account, from the first after `after`.
///
/// # Errors
/// The store is broken.
pub fn owners(
    store: &(impl Read + ?Sized),
    id: &VaultId,
    after: Option<&AccountId>,
    limit: usize,
) -> Result<Vec<(AccountId, Position)>, StateError> {
    let after = after.map(|owner| (*id, *owner));
    let page = POSITIONS.range_of(store, id, after.as_ref(), limit)?;
    Ok(page
        .into_iter()
        .map(|((_, owner), position)| (owner, position))
        .collect())
}

/// A withdrawal under way.
///
/// # Errors
/// The store is broken.
pub fn withdrawal(store: &(impl Read + ?Sized), number: u64) -> Result<Option<Withdrawal>, StateError> {
    WITHDRAWALS.get(store, &number)
}

/// Up to `limit` withdrawals of an account from a vault, oldest first, from the first after `after`.
///
/// # Errors
/// The store is broken.
pub fn withdrawals_of(
    store: &(impl Read + ?Sized),
    id: &VaultId,
    owner: &AccountId,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, Withdrawal)>, StateError> {
    let after = after.map(|number| (*id, *owner, number));
    let mut found = Vec::new();
    for ((_, _, number), ()) in OWNED.range_of(store, &(*id, *owner), after.as_ref(), limit)? {
        found.extend(WITHDRAWALS.get(store, &number)?.map(|entry| (number, entry)));
    }
    Ok(found)
}

/// Up to `limit` withdrawals of all vaults by when they are due and by number, the next first, from the first after
/// `after`.
///
/// # Errors
/// The store is broken.
pub fn due(
    store: &(impl Read + ?Sized),
    after: Option<(ChainClock, u64)>,
    limit: usize,
) -> Result<Vec<(ChainClock, u64)>, StateError> {
    let found = QUEUE.range(store, after.as_ref(), limit)?;
    Ok(found.into_iter().map(|(place, ())| place).collect())
}

/// A vault's buffer.
///
/// # Errors
/// The store is broken.
pub fn buffer(store: &(impl Read + ?Sized), id: &VaultId) -> Result<Buffer, StateError> {
    BUFFERS.or_default(store, id)
}

/// What an account owns of a vault's buffer.
///
/// # Errors
/// The store is broken.
pub fn funded(store: &(impl Read + ?Sized), id: &VaultId, owner: &AccountId) -> Result<Shares, StateError> {
    FUNDERS.or_default(store, &(*id, *owner))
}

/// What a loss on the beacon chain has left an owner owing, in base units.
///
/// # Errors
/// The store is broken.
pub fn deficit(store: &(impl Read + ?Sized), id: &VaultId, owner: &AccountId) -> Result<Amount, StateError> {
    DEFICITS.or_default(store, &(*id, *owner))
}

/// Where a vault stands in the state: what a proof is asked for.
#[must_use]
pub fn vault_key(id: &VaultId) -> Vec<u8> {
    VAULTS.raw_key(id)
}

/// Where an account's position in a vault stands in the state.
#[must_use]
pub fn position_key(id: &VaultId, owner: &AccountId) -> Vec<u8> {
    POSITIONS.raw_key(&(*id, *owner))
}

/// Where the parameters stand in the state.
#[must_use]
pub fn params_key() -> Vec<u8> {
    PARAMS.raw_key()
}
