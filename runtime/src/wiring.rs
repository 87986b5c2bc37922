//! What modules need from modules that they cannot name.

use kernel::{Read, StateError, View};
use primitives::{AccountId, Amount, AssetId};

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
