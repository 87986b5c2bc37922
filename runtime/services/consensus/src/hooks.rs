//! What the module asks of those above it.

use crate::types::{Holding, Valuation};
use dss::Refusal;
use kernel::{Ctx, StateError, View};
use primitives::{AccountId, AssetId};

/// Implemented once, by the runtime, which knows vaults, pledges and prices.
pub trait Wiring: 'static {
    /// What an operator's vaults back the chain with, each vault once; none when the operator does not serve it.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken.
    fn backing(view: &View<'_>, operator: &AccountId) -> Result<Option<Vec<Holding>>, StateError>;

    /// By what an asset counts.
    ///
    /// # Errors
    /// As above.
    fn valuation(view: &View<'_>, asset: AssetId) -> Result<Valuation, StateError>;

    /// Lets an operator serve the chain again.
    ///
    /// # Errors
    /// [`Refusal`].
    fn join(ctx: &mut Ctx<'_>, operator: &AccountId) -> Result<(), Refusal>;

    /// Lets an operator leave: its pledges are taken back, and it is liable until that is done.
    ///
    /// # Errors
    /// [`Refusal`].
    fn leave(ctx: &mut Ctx<'_>, operator: &AccountId) -> Result<(), Refusal>;
}
