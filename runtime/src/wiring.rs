//! What modules need from modules that they cannot name.

use crypto::bls::KeyBytes;
use delegation::{Charter, ServiceId, Terms, Timing, VaultId};
use kernel::{Ctx, Read, StateError};
use primitives::{AccountId, AssetId};
use vaults::OpenSlashes;

mod consensus;
mod decisions;
mod prices;
mod services;

pub(crate) use decisions::replace;

/// Implements every module's `Wiring`.
#[derive(Clone, Copy, Debug)]
pub enum Wire {}

impl bank::Wiring for Wire {
    fn asset_exists(store: &dyn Read, asset: AssetId) -> Result<bool, StateError> {
        assets::exists(store, asset)
    }
}

impl vaults::Wiring for Wire {
    fn before_shares_change(ctx: &mut Ctx<'_>, vault: &VaultId, owner: &AccountId) -> Result<(), StateError> {
        rewards::settle(ctx, vault, owner)
    }

    fn open_slashes(ctx: &Ctx<'_>, vault: &VaultId) -> Result<OpenSlashes, StateError> {
        let open = slashing::open_of(ctx, vault, ctx.chain_clock())?;
        Ok(OpenSlashes {
            fraction: open.fraction,
            due: open.due,
        })
    }

    fn charter_fits(ctx: &Ctx<'_>, vault: &VaultId, charter: &Charter) -> Result<bool, StateError> {
        delegation::charter_fits::<Self>(ctx, vault, charter)
    }

    fn is_idle(ctx: &Ctx<'_>, vault: &VaultId) -> Result<bool, StateError> {
        Ok(delegation::is_idle(ctx, vault)?
            && slashing::open_of(ctx, vault, ctx.chain_clock())?.requests == 0)
    }

    fn is_operator(store: &dyn Read, account: &AccountId) -> Result<bool, StateError> {
        delegation::is_operator(store, account)
    }
}

impl delegation::Wiring for Wire {
    fn terms(ctx: &Ctx<'_>, service: ServiceId, asset: AssetId) -> Result<Option<Terms>, StateError> {
        if service == ServiceId::CONSENSUS {
            return Ok(Some(Terms::CONSENSUS));
        }
        services::pledge_terms(ctx, service, asset)
    }

    fn slash_is_due(ctx: &Ctx<'_>, vault: &VaultId) -> Result<bool, StateError> {
        slashing::is_due(ctx, vault, ctx.chain_clock())
    }

    fn timing(store: &dyn Read) -> Result<Timing, StateError> {
        let staking = staking::query::params(store)?;
        Ok(Timing {
            epoch: staking.epoch_length,
            // That of services is checked where theirs is set.
            evidence: staking.evidence_window,
        })
    }

    fn is_consensus_key(store: &dyn Read, key: &KeyBytes) -> Result<bool, StateError> {
        Ok(staking::query::operator_of(store, key)?.is_some())
    }
}
