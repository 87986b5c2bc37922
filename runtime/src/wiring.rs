//! What modules need from modules that they cannot name.

use crypto::bls::KeyBytes;
use delegation::{Charter, ServiceId, Terms, Timing, VaultId};
use kernel::{Ctx, Read, StateError, View};
use primitives::{AccountId, Amount, AssetId};
use vaults::OpenSlashes;

/// Implements every module's `Wiring`.
#[derive(Clone, Copy, Debug)]
pub enum Wire {}

impl bank::Wiring for Wire {
    fn asset_exists(store: &dyn Read, asset: AssetId) -> Result<bool, StateError> {
        assets::exists(store, asset)
    }
}

impl staking::Wiring for Wire {
    fn stake(_: &View<'_>, _: &AccountId, bonded: Amount) -> Result<Amount, StateError> {
        Ok(bonded)
    }
}

impl vaults::Wiring for Wire {
    fn before_shares_change(_: &mut Ctx<'_>, _: &VaultId, _: &AccountId) -> Result<(), StateError> {
        Ok(())
    }

    fn open_slashes(_: &Ctx<'_>, _: &VaultId) -> Result<OpenSlashes, StateError> {
        // Every slash of this chain is proven, and takes effect when it is.
        Ok(OpenSlashes::default())
    }

    fn charter_fits(ctx: &Ctx<'_>, vault: &VaultId, charter: &Charter) -> Result<bool, StateError> {
        delegation::charter_fits::<Self>(ctx, vault, charter)
    }

    fn is_idle(ctx: &Ctx<'_>, vault: &VaultId) -> Result<bool, StateError> {
        delegation::is_idle(ctx, vault)
    }

    fn is_operator(store: &dyn Read, account: &AccountId) -> Result<bool, StateError> {
        delegation::is_operator(store, account)
    }
}

impl delegation::Wiring for Wire {
    fn terms(_: &Ctx<'_>, service: ServiceId, _: AssetId) -> Result<Option<Terms>, StateError> {
        Ok((service == ServiceId::CONSENSUS).then_some(Terms::CONSENSUS))
    }

    fn slash_is_due(_: &Ctx<'_>, _: &VaultId) -> Result<bool, StateError> {
        // As above: none waits.
        Ok(false)
    }

    fn timing(store: &dyn Read) -> Result<Timing, StateError> {
        let staking = staking::query::params(store)?;
        Ok(Timing {
            epoch: staking.epoch_length,
            evidence: staking.evidence_window,
        })
    }

    fn is_consensus_key(store: &dyn Read, key: &KeyBytes) -> Result<bool, StateError> {
        Ok(staking::query::operator_of(store, key)?.is_some())
    }
}
