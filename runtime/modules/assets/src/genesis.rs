//! What the registry starts with.

use crate::error::Error;
use crate::state::{self, ASSETS, REGISTRAR};
use crate::types::{Asset, Origin, PAL_DECIMALS, PAL_SYMBOL};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Read, StateError};
use primitives::{AccountId, AssetId};

/// How many entries are read at once.
const PAGE: usize = 256;

/// The registry as a document.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Who may enter assets later.
    pub registrar: AccountId,
    /// The assets, ascending by number; PAL is the first.
    pub assets: Vec<GenesisAsset>,
}

/// An asset with its number.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct GenesisAsset {
    /// Its number.
    pub id: AssetId,
    /// Its entry.
    pub asset: Asset,
}

/// Writes the registry.
pub(crate) fn init(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
    REGISTRAR.put(ctx, &genesis.registrar)?;
    for GenesisAsset { id, asset } in &genesis.assets {
        asset.validate()?;
        check_native(*id, asset)?;
        state::enter(ctx, *id, asset)?;
    }
    if state::exists(ctx, AssetId::PAL)? {
        Ok(())
    } else {
        Err(Error::NotPal)
    }
}

/// Checks that `asset` is native exactly when it is PAL, and PAL is what it must be.
pub(crate) fn check_native(id: AssetId, asset: &Asset) -> Result<(), Error> {
    let native = asset.origin == Origin::Native;
    let sound = id != AssetId::PAL || (asset.symbol.as_str() == PAL_SYMBOL && asset.decimals == PAL_DECIMALS);
    if native == (id == AssetId::PAL) && sound {
        Ok(())
    } else {
        Err(Error::NotPal)
    }
}

/// The registry as it is in `store`: `init` of it writes the same entries.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn as_genesis(store: &(impl Read + ?Sized)) -> Result<Genesis, StateError> {
    let mut assets: Vec<GenesisAsset> = Vec::new();
    loop {
        let after = assets.last().map(|last| last.id);
        let page = ASSETS.range(store, after.as_ref(), PAGE)?;
        if page.is_empty() {
            return Ok(Genesis {
                registrar: state::registrar(store)?,
                assets,
            });
        }
        assets.extend(page.into_iter().map(|(id, asset)| GenesisAsset { id, asset }));
    }
}
