//! What may be asked about the registry, and under which raw keys the answers stand.

use crate::params::Params;
use crate::price::{MAX_SOURCES, Source};
use crate::state::{ASSETS, PARAMS, SOURCES, TERMS};
use crate::types::Asset;
use kernel::{Read, StateError};
use primitives::AssetId;

/// Up to `limit` assets by number, from the first after `after`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn assets(
    store: &(impl Read + ?Sized),
    after: Option<AssetId>,
    limit: usize,
) -> Result<Vec<(AssetId, Asset)>, StateError> {
    ASSETS.range(store, after.as_ref(), limit)
}

/// The raw key of an asset's entry, whose value is an [`Asset`].
#[must_use]
pub fn asset_key(id: AssetId) -> Vec<u8> {
    ASSETS.raw_key(&id)
}

/// How valuations follow prices.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    PARAMS.require(store)
}

/// The raw key of the parameters.
#[must_use]
pub fn params_key() -> Vec<u8> {
    PARAMS.raw_key()
}

/// The raw key of an asset's terms and valuation, whose value is [`crate::Terms`].
#[must_use]
pub fn terms_key(id: AssetId) -> Vec<u8> {
    TERMS.raw_key(&id)
}

/// Where valuations come from, by asset: at most [`MAX_SOURCES`].
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn sources(store: &(impl Read + ?Sized)) -> Result<Vec<(AssetId, Source)>, StateError> {
    SOURCES.range(store, None, MAX_SOURCES)
}
