//! What the registry starts with.

use crate::error::Error;
use crate::params::Params;
use crate::price::{MAX_SOURCES, Source};
use crate::state::{self, ASSETS, PARAMS, REGISTRAR, SOURCES, TERMS};
use crate::types::{Asset, Origin, PAL_DECIMALS, PAL_SYMBOL};
use crate::valuation::{self, Terms};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Read, StateError};
use primitives::{AccountId, AssetId};

/// How many entries are read at once.
const PAGE: usize = 256;

/// The registry as a document.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Genesis {
    /// Who may enter assets later.
    pub registrar: AccountId,
    /// The assets, ascending by number; PAL is the first.
    pub assets: Vec<GenesisAsset>,
    /// Under which terms assets may be restaked, ascending by number.
    pub terms: Vec<GenesisTerms>,
    /// How valuations follow prices.
    pub params: Params,
    /// Where valuations come from, ascending by asset; a new chain has no feeds yet.
    pub sources: Vec<(AssetId, Source)>,
}

/// An asset's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GenesisTerms {
    /// The asset.
    pub asset: AssetId,
    /// Its terms.
    pub terms: Terms,
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
    if !state::exists(ctx, AssetId::PAL)? {
        return Err(Error::NotPal);
    }
    for GenesisTerms { asset, terms } in &genesis.terms {
        valuation::check(ctx, *asset, terms)?;
        TERMS.put(ctx, asset, terms)?;
    }
    genesis.params.validate()?;
    PARAMS.put(ctx, &genesis.params)?;
    if genesis.sources.len() > MAX_SOURCES {
        return Err(Error::TooManySources);
    }
    for (asset, source) in &genesis.sources {
        if *asset == AssetId::PAL || !TERMS.contains(ctx, asset)? {
            return Err(Error::Unvalued { asset: *asset });
        }
        SOURCES.put(ctx, asset, source)?;
    }
    Ok(())
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
                terms: all_terms(store)?,
                params: PARAMS.require(store)?,
                sources: SOURCES.range(store, None, MAX_SOURCES)?,
            });
        }
        assets.extend(page.into_iter().map(|(id, asset)| GenesisAsset { id, asset }));
    }
}

fn all_terms(store: &(impl Read + ?Sized)) -> Result<Vec<GenesisTerms>, StateError> {
    let mut all: Vec<GenesisTerms> = Vec::new();
    loop {
        let after = all.last().map(|last| last.asset);
        let page = TERMS.range(store, after.as_ref(), PAGE)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(
            page.into_iter()
                .map(|(asset, terms)| GenesisTerms { asset, terms }),
        );
    }
}
