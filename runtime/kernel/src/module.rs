//! What a module is.

use crate::{Ctx, Fault, Invariant, Meaning, ModuleId, StateError};
use primitives::AccountId;

/// A part of the state machine, as a type without values: the runtime composes modules when it is compiled.
pub trait Module {
    /// Its storage prefix, error space and event namespace; never given to another.
    const ID: ModuleId;
    /// What users ask of it.
    type Msg;
    /// What it starts with.
    type Genesis;
    /// What may go wrong.
    type Error: Fault;
    /// What each code of its errors says, ascending by number: all that a receipt can hold.
    const MEANINGS: &'static [Meaning];

    /// Writes the state that the chain starts with.
    ///
    /// # Errors
    /// The genesis is wrong: the chain does not start.
    fn init_genesis(ctx: &mut Ctx<'_>, genesis: Self::Genesis) -> Result<(), Self::Error>;

    /// Carries out `msg` for `sender`, whose signature and fee are checked.
    ///
    /// # Errors
    /// With a code: the transaction is rejected. Without: the node halts. See [`Fault::code`].
    fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: Self::Msg) -> Result<(), Self::Error>;

    /// Runs before the block's transactions.
    ///
    /// # Errors
    /// The store or the code is broken: the node halts.
    fn begin_block(_: &mut Ctx<'_>) -> Result<(), StateError> {
        Ok(())
    }

    /// Runs after the block's transactions.
    ///
    /// # Errors
    /// As [`Module::begin_block`].
    fn end_block(_: &mut Ctx<'_>) -> Result<(), StateError> {
        Ok(())
    }

    /// Runs after `end_block` in the last block of an epoch.
    ///
    /// # Errors
    /// As [`Module::begin_block`].
    fn end_epoch(_: &mut Ctx<'_>) -> Result<(), StateError> {
        Ok(())
    }

    /// What must hold between transactions.
    fn invariants() -> &'static [Invariant] {
        &[]
    }
}
