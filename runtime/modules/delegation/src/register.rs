//! [`Register`] and [`SetMetadata`].
//!
//! Shall: one operator per account, for good; nobody's account is made one but by itself.

use crate::error::Error;
use crate::event::{MetadataSet, Registered};
use crate::msg::{Register, SetMetadata};
use crate::state::{self, OPERATORS};
use crate::types::Operator;
use kernel::Ctx;
use primitives::AccountId;

pub(crate) fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: Register) -> Result<(), Error> {
    if state::is_operator(ctx, &sender)? {
        return Err(Error::AlreadyOperator);
    }
    let operator = Operator {
        metadata: msg.metadata,
        since: ctx.chain_clock(),
    };
    OPERATORS.put(ctx, &sender, &operator)?;
    Ok(ctx.emit(&Registered { operator: sender })?)
}

pub(crate) fn set_metadata(ctx: &mut Ctx<'_>, sender: AccountId, msg: SetMetadata) -> Result<(), Error> {
    let mut operator = state::operator(ctx, &sender)?;
    operator.metadata = msg.metadata;
    OPERATORS.put(ctx, &sender, &operator)?;
    Ok(ctx.emit(&MetadataSet { operator: sender })?)
}
