//! What the module asks of those above it.

use crate::error::Error;
use crate::msg::Moniker;
use bank::InTransit;
use crypto::bls::KeyBytes;
use kernel::{Ctx, Read, StateError, View};
use primitives::{AccountId, Amount, Bps, Epoch};

/// What an offence against the chain takes of what was pledged to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Penalty {
    /// The epoch that was wronged: what was pledged when it began is liable.
    pub epoch: Epoch,
    /// The part of it that the offence costs in all.
    pub fraction: Bps,
    /// The part of it that the same offence has cost already: it may cost more once others turn out to be guilty.
    pub taken: Bps,
}

/// Implemented once, by the runtime.
pub trait Wiring: 'static {
    /// A validator was registered: its account is an operator, and serves the chain, from now on.
    ///
    /// # Errors
    /// [`Error::Operator`] when it may not; [`Error::State`].
    fn registered(ctx: &mut Ctx<'_>, operator: &AccountId, moniker: &Moniker) -> Result<(), Error>;

    /// Whether somebody works for a service with this key, or did: keys are used once.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn is_service_key(store: &dyn Read, key: &KeyBytes) -> Result<bool, StateError>;

    /// Takes from the vaults that a validator's operator had pledged to the chain what an offence costs, and destroys it.
    ///
    /// # Errors
    /// As above.
    fn slash_vaults(ctx: &mut Ctx<'_>, operator: &AccountId, penalty: &Penalty) -> Result<(), StateError>;

    /// What stands behind `operator`'s validator now, in npal of value, before any cap; `bonded` is what of it is here.
    ///
    /// # Errors
    /// As above.
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

/// Bonds alone: nobody has vaults, and no services.
impl Wiring for () {
    fn registered(_: &mut Ctx<'_>, _: &AccountId, _: &Moniker) -> Result<(), Error> {
        Ok(())
    }
    fn is_service_key(_: &dyn Read, _: &KeyBytes) -> Result<bool, StateError> {
        Ok(false)
    }
    fn slash_vaults(_: &mut Ctx<'_>, _: &AccountId, _: &Penalty) -> Result<(), StateError> {
        Ok(())
    }

    fn stake(_: &View<'_>, _: &AccountId, bonded: Amount) -> Result<Amount, StateError> {
        Ok(bonded)
    }
    fn share(_: &mut Ctx<'_>, _: &AccountId, _: Amount, earned: InTransit) -> Result<InTransit, StateError> {
        Ok(earned)
    }
}
