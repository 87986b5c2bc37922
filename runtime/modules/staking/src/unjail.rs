//! [`Unjail`](crate::Unjail).
//!
//! Shall:
//! - refuse an operator whose validator is not jailed, or whose time is not over;
//! - refuse one that contradicted itself, for good;
//! - let the validator into the next set that its stake is enough for.

use crate::error::Error;
use crate::event::Unjailed;
use crate::state::{self, VALIDATORS};
use crate::types::Jail;
use kernel::Ctx;
use primitives::AccountId;

pub(crate) fn execute(ctx: &mut Ctx<'_>, operator: AccountId) -> Result<(), Error> {
    let mut record = state::validator(ctx, &operator)?;
    match record.jail {
        None => return Err(Error::NotJailed),
        Some(Jail::Forever) => return Err(Error::Tombstoned),
        Some(Jail::Until(until)) if until > ctx.chain_clock() => return Err(Error::StillJailed(until)),
        Some(Jail::Until(_)) => {}
    }
    record.jail = None;
    VALIDATORS.put(ctx, &operator, &record)?;
    Ok(ctx.emit(&Unjailed { operator })?)
}
