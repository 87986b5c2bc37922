//! [`Register`] and [`SetMetadata`].
//!
//! Shall: one operator per account, for good; nobody's account is made one but by itself.

use crate::error::Error;
use crate::event::{MetadataSet, Registered};
use crate::msg::{Metadata, Register, SetMetadata};
use crate::state::{self, OPERATORS};
use crate::types::Operator;
use kernel::{Ctx, StateError};
use primitives::AccountId;

pub(crate) fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: Register) -> Result<(), Error> {
    if state::is_operator(ctx, &sender)? {
        return Err(Error::AlreadyOperator);
    }
    Ok(write(ctx, sender, msg.metadata)?)
}

fn write(ctx: &mut Ctx<'_>, account: AccountId, metadata: Metadata) -> Result<(), StateError> {
    let operator = Operator {
        metadata,
        since: ctx.chain_clock(),
    };
    OPERATORS.put(ctx, &account, &operator)?;
    ctx.emit(&Registered { operator: account })
}

/// Makes an account an operator that has just shown, by registering a validator, that it is to be one. One that is stays
/// as it is.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn enrol(ctx: &mut Ctx<'_>, account: &AccountId, metadata: Metadata) -> Result<(), StateError> {
    if state::is_operator(ctx, account)? {
        return Ok(());
    }
    write(ctx, *account, metadata)
}

pub(crate) fn set_metadata(ctx: &mut Ctx<'_>, sender: AccountId, msg: SetMetadata) -> Result<(), Error> {
    let mut operator = state::operator(ctx, &sender)?;
    operator.metadata = msg.metadata;
    OPERATORS.put(ctx, &sender, &operator)?;
    Ok(ctx.emit(&MetadataSet { operator: sender })?)
}
