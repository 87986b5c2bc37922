//! What the module asks of those above it.

use kernel::{Read, StateError, View};
use primitives::{AssetId, ChainClock};

/// What a feed says of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// How much PAL one whole of the asset costs, times 10^`decimals`: the feed's last price.
    pub value: u128,
    /// The lowest price that the feed came to of late, in the same units.
    pub lowest: u128,
    /// How many digits of both stand after the decimal point.
    pub decimals: u8,
    /// When the last price was agreed on, in chain time.
    pub at: ChainClock,
}

/// Implemented once, by the runtime, which knows feeds.
pub trait Wiring: 'static {
    /// Whether a feed states what `asset` costs in PAL, weighed by the chain's power of old, so that no price weighs itself.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn prices(store: &dyn Read, feed: u64, asset: AssetId) -> Result<bool, StateError>;

    /// What a feed says now; none when it has not come to a price of late.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn quote(view: &View<'_>, feed: u64) -> Result<Option<Quote>, StateError>;
}

/// Nobody states a price.
impl Wiring for () {
    fn prices(_: &dyn Read, _: u64, _: AssetId) -> Result<bool, StateError> {
        Ok(false)
    }

    fn quote(_: &View<'_>, _: u64) -> Result<Option<Quote>, StateError> {
        Ok(None)
    }
}
