//! What the bank needs from the modules beside it.

use kernel::{Read, StateError};
use primitives::AssetId;

/// Implemented once, by the runtime.
pub trait Wiring: 'static {
    /// Whether an asset has this number.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn asset_exists(store: &dyn Read, asset: AssetId) -> Result<bool, StateError>;
}

/// For tests of the bank alone: every asset exists.
impl Wiring for () {
    fn asset_exists(_: &dyn Read, _: AssetId) -> Result<bool, StateError> {
        Ok(true)
    }
}
