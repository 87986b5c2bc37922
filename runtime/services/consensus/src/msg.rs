//! What users ask of the module. Registering a validator joins the chain's service; these leave it, and join it again.

use crate::error::Error;
use crate::hooks::Wiring;
use kernel::Ctx;
use primitives::AccountId;

/// A message to this module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Msg {
    /// The sender's validator serves the chain again, once it is free of its last time.
    Join,
    /// The sender's validator serves the chain no more: it is in no later set, and liable for `leave_delay`.
    Leave,
}

impl Msg {
    /// Checks all that needs no state: nothing.
    ///
    /// # Errors
    /// Never.
    pub const fn validate(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// Shall: only for who operates a validator, and is not liable for a former time.
pub(crate) fn join<W: Wiring>(ctx: &mut Ctx<'_>, operator: &AccountId) -> Result<(), Error> {
    known(ctx, operator)?;
    Ok(W::join(ctx, operator)?)
}

/// Shall: at any time; the bond stays where it is until it is unbonded.
pub(crate) fn leave<W: Wiring>(ctx: &mut Ctx<'_>, operator: &AccountId) -> Result<(), Error> {
    known(ctx, operator)?;
    Ok(W::leave(ctx, operator)?)
}

fn known(ctx: &Ctx<'_>, operator: &AccountId) -> Result<(), Error> {
    if staking::query::validator(&ctx.view(), operator)?.is_none() {
        return Err(Error::NotValidator);
    }
    Ok(())
}
