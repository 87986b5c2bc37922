//! What may be asked about the registry, and under which raw keys the answers stand.

use crate::state::ASSETS;
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
