//! What is at stake, and what counts.

use crate::history;
use crate::state;
use kernel::{Read, StateError};
use primitives::{AccountId, Amount, ChainClock};
use vaults::{Mark, ServiceId, Vault, VaultId};

/// What a service can take of a vault now: `floor(A · min(m, M) / M)`, in base units of the vault's asset.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn slashable(
    store: &(impl Read + ?Sized),
    vault: &VaultId,
    service: ServiceId,
) -> Result<Amount, StateError> {
    let Some(found) = vaults::vault(store, vault)? else {
        return Ok(Amount::ZERO);
    };
    let pledged = state::allocation(store, vault, service)?.current;
    found
        .pool
        .stake(found.pool.assets, pledged)
        .map_err(state::broken_math)
}

/// What a service could take of a vault at `when`, the start of an epoch, in base units; what was slashed since for
/// that time is taken off.
///
/// # Errors
/// As [`slashable`].
pub fn slashable_at(
    store: &(impl Read + ?Sized),
    vault: &VaultId,
    service: ServiceId,
    when: ChainClock,
) -> Result<Amount, StateError> {
    let Some(found) = vaults::vault(store, vault)? else {
        return Ok(Amount::ZERO);
    };
    let Mark { assets, magnitude } = vaults::mark_at(store, vault, &found, when)?;
    let (pledged, _) = history::since(store, vault, service, when)?;
    let pool = vaults::Pool {
        magnitude,
        ..found.pool
    };
    pool.stake(assets, pledged).map_err(state::broken_math)
}

/// What of a vault counts for a service's power, quorums and minimums: as [`slashable`], but without what is leaving and
/// without what is about to be taken back.
///
/// # Errors
/// As [`slashable`].
pub fn backing(
    store: &(impl Read + ?Sized),
    vault: &VaultId,
    service: ServiceId,
) -> Result<Amount, StateError> {
    match vaults::vault(store, vault)? {
        Some(found) => backing_of(store, vault, &found, service),
        None => Ok(Amount::ZERO),
    }
}

/// As [`backing`], of a vault that the caller has read.
///
/// # Errors
/// As [`slashable`].
pub fn backing_of(
    store: &(impl Read + ?Sized),
    vault: &VaultId,
    found: &Vault,
    service: ServiceId,
) -> Result<Amount, StateError> {
    let pledged = state::allocation(store, vault, service)?.backing();
    if pledged.is_zero() {
        return Ok(Amount::ZERO);
    }
    let staying = found.pool.staying().map_err(state::broken_math)?;
    found.pool.stake(staying, pledged).map_err(state::broken_math)
}

/// What of a vault is its operator's own and not leaving, in base units.
///
/// # Errors
/// As [`slashable`].
pub fn self_stake(store: &(impl Read + ?Sized), vault: &VaultId) -> Result<Amount, StateError> {
    let Some(found) = vaults::vault(store, vault)? else {
        return Ok(Amount::ZERO);
    };
    let operator: AccountId = found.operator;
    let own = vaults::query::position(store, vault, &operator)?;
    Ok(own.map_or(Amount::ZERO, |(_, worth)| worth))
}

/// Whether an offence at `when` may still be reported at `now`.
///
/// # Errors
/// As [`slashable`].
pub fn reportable(
    store: &(impl Read + ?Sized),
    when: ChainClock,
    now: ChainClock,
) -> Result<bool, StateError> {
    let window = state::params(store)?.slashing_window;
    Ok(when <= now && now <= when.after(window))
}
