//! What the module asks of those above it.

use bank::InTransit;
use kernel::{Ctx, StateError, View};
use primitives::{AccountId, Amount};

/// Where a validator's power comes from. The runtime implements it once.
pub trait Wiring: 'static {
    /// What counts for the power of `operator`'s validator, in npal of value; `bonded` is what stands behind it
    /// here. Zero leaves it out of the next set. All of them together must fit 128 bits.
    ///
    /// # Errors
    /// The store is broken.
    fn stake(view: &View<'_>, operator: &AccountId, bonded: Amount) -> Result<Amount, StateError>;

    /// Takes out of what `operator`'s validator has earned in an epoch what is its operator's commission and what is for
    /// others who stand behind it, and gives back what is for those who are bonded. `bonded` is what is bonded; where
    /// that is nothing and others stand behind it, nothing comes back.
    ///
    /// # Errors
    /// The store is broken.
    fn share(
        ctx: &mut Ctx<'_>,
        operator: &AccountId,
        bonded: Amount,
        earned: InTransit,
    ) -> Result<InTransit, StateError>;
}

/// Power by bonded PAL alone.
impl Wiring for () {
    fn stake(_: &View<'_>, _: &AccountId, bonded: Amount) -> Result<Amount, StateError> {
        Ok(bonded)
    }

    fn share(_: &mut Ctx<'_>, _: &AccountId, _: Amount, earned: InTransit) -> Result<InTransit, StateError> {
        Ok(earned)
    }
}
