//! What the module asks of those above it.

use crate::charter::Charter;
use crate::id::VaultId;
use kernel::{Ctx, Read, StateError};
use primitives::{AccountId, Bps};

/// Slashes of a vault that are asked for and not decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenSlashes {
    /// The most that they take together, capped at the whole.
    pub fraction: Bps,
    /// Whether one of them is due: it goes before every claim.
    pub due: bool,
}

/// Implemented once, by the runtime.
pub trait Wiring: 'static {
    /// Settles what an account's shares have earned, before how many it has changes.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn before_shares_change(ctx: &mut Ctx<'_>, vault: &VaultId, owner: &AccountId) -> Result<(), StateError>;

    /// What is asked for and not decided against a vault at the chain time of the store's block.
    ///
    /// # Errors
    /// As above.
    fn open_slashes(ctx: &Ctx<'_>, vault: &VaultId) -> Result<OpenSlashes, StateError>;

    /// Whether everything that the vault has pledged, or is about to, fits `charter`.
    ///
    /// # Errors
    /// As above.
    fn charter_fits(ctx: &Ctx<'_>, vault: &VaultId, charter: &Charter) -> Result<bool, StateError>;

    /// Whether nothing is pledged, nothing is asked for, and everything that was is too long ago to be slashed.
    ///
    /// # Errors
    /// As above.
    fn is_idle(ctx: &Ctx<'_>, vault: &VaultId) -> Result<bool, StateError>;

    /// Whether an account is an operator.
    ///
    /// # Errors
    /// As above.
    fn is_operator(store: &dyn Read, account: &AccountId) -> Result<bool, StateError>;
}

/// For tests of this module alone: nothing is pledged, and everybody is an operator.
impl Wiring for () {
    fn before_shares_change(_: &mut Ctx<'_>, _: &VaultId, _: &AccountId) -> Result<(), StateError> {
        Ok(())
    }
    fn open_slashes(_: &Ctx<'_>, _: &VaultId) -> Result<OpenSlashes, StateError> {
        Ok(OpenSlashes::default())
    }
    fn charter_fits(_: &Ctx<'_>, _: &VaultId, _: &Charter) -> Result<bool, StateError> {
        Ok(true)
    }
    fn is_idle(_: &Ctx<'_>, _: &VaultId) -> Result<bool, StateError> {
        Ok(true)
    }
    fn is_operator(_: &dyn Read, _: &AccountId) -> Result<bool, StateError> {
        Ok(true)
    }
}
