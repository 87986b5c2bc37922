//! The tables.

use crate::params::Params;
use crate::price::Source;
use crate::text::MAX_SYMBOL_BYTES;
use crate::types::Asset;
use crate::valuation::Terms;
use crate::{Error, ID};
use kernel::{Ctx, Item, Map, Read, StateError, Write};
use primitives::{AccountId, AssetId};

/// Every asset by number.
pub(crate) const ASSETS: Map<AssetId, Asset> = Map::new(ID.table(0));
/// Who has a symbol: upper case, padded with zeros.
pub(crate) const SYMBOLS: Map<[u8; MAX_SYMBOL_BYTES], AssetId> = Map::new(ID.table(1));
/// Who may enter assets.
pub(crate) const REGISTRAR: Item<AccountId> = Item::new(ID.table(2));
/// Under which terms an asset may be restaked; no entry for one that may not.
pub(crate) const TERMS: Map<AssetId, Terms> = Map::new(ID.table(3));
/// Where valuations come from; no entry for one that stays as it is.
pub(crate) const SOURCES: Map<AssetId, Source> = Map::new(ID.table(4));
/// How valuations follow prices.
pub(crate) const PARAMS: Item<Params> = Item::new(ID.table(5));

/// Sets how valuations follow prices, by rules that the caller has checked: from the end of this epoch on.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn set_params(ctx: &mut Ctx<'_>, params: &Params) -> Result<(), StateError> {
    PARAMS.put(ctx, params)
}

/// Enters `asset` under a free number and a free symbol.
pub(crate) fn enter(store: &mut (impl Write + ?Sized), id: AssetId, asset: &Asset) -> Result<(), Error> {
    if ASSETS.contains(store, &id)? {
        return Err(Error::NumberTaken { asset: id });
    }
    let key = asset.symbol.key();
    if let Some(asset) = SYMBOLS.get(store, &key)? {
        return Err(Error::SymbolTaken { asset });
    }
    SYMBOLS.put(store, &key, &id)?;
    Ok(ASSETS.put(store, &id, asset)?)
}

/// The asset with this number.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn asset(store: &(impl Read + ?Sized), id: AssetId) -> Result<Option<Asset>, StateError> {
    ASSETS.get(store, &id)
}

/// Whether an asset has this number.
///
/// # Errors
/// As [`asset`].
pub fn exists(store: &(impl Read + ?Sized), id: AssetId) -> Result<bool, StateError> {
    ASSETS.contains(store, &id)
}

/// Who may enter assets.
///
/// # Errors
/// As [`asset`].
pub fn registrar(store: &(impl Read + ?Sized)) -> Result<AccountId, StateError> {
    REGISTRAR.require(store)
}
