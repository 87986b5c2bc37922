//! What the module asks of those above it.

use bank::InTransit;
use kernel::{Ctx, Read, StateError};
use primitives::{Amount, Coin};
use vaults::VaultId;

/// Implemented once, by the runtime.
pub trait Wiring: dss::Wiring {
    /// What an amount is worth, in units of value, before any haircut; zero for what has no price.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn worth(store: &dyn Read, coin: Coin) -> Result<Amount, StateError>;

    /// Gives an amount to those who own a vault's shares.
    ///
    /// # Errors
    /// As above.
    fn compensate(ctx: &mut Ctx<'_>, vault: &VaultId, amount: InTransit) -> Result<(), StateError>;
}
