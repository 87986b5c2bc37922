//! What the module asks of those above it.

use kernel::{StateError, View};
use primitives::{AccountId, Amount};

/// Where a validator's power comes from. The runtime implements it once.
pub trait Wiring: 'static {
    /// What counts for the power of `operator`'s validator, in npal of value; `bonded` is what stands behind it
    /// here. Zero leaves it out of the next set. All of them together must fit 128 bits.
    ///
    /// # Errors
    /// The store is broken.
    fn stake(view: &View<'_>, operator: &AccountId, bonded: Amount) -> Result<Amount, StateError>;
}

/// Power by bonded PAL alone.
impl Wiring for () {
    fn stake(_: &View<'_>, _: &AccountId, bonded: Amount) -> Result<Amount, StateError> {
        Ok(bonded)
    }
}
