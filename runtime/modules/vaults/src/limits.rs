//! [`SetLimits`] and [`Allow`].
//!
//! Shall: only for the vault's operator; they bind deposits to come and touch no exit.

use crate::error::Error;
use crate::event::{Allowed, LimitsSet};
use crate::msg::{Allow, SetLimits};
use crate::state::{self, ALLOWED};
use kernel::Ctx;
use primitives::AccountId;

pub(crate) fn set(ctx: &mut Ctx<'_>, sender: AccountId, msg: &SetLimits) -> Result<(), Error> {
    let mut vault = state::operated(ctx, &msg.vault, &sender)?;
    vault.limits = msg.limits;
    state::put_vault(ctx, &msg.vault, &vault)?;
    Ok(ctx.emit(&LimitsSet { vault: msg.vault })?)
}

pub(crate) fn allow(ctx: &mut Ctx<'_>, sender: AccountId, msg: &Allow) -> Result<(), Error> {
    state::operated(ctx, &msg.vault, &sender)?;
    let key = (msg.vault, msg.account);
    if msg.allowed {
        ALLOWED.put(ctx, &key, &())?;
    } else {
        ALLOWED.remove(ctx, &key)?;
    }
    Ok(ctx.emit(&Allowed {
        vault: msg.vault,
        account: msg.account,
        allowed: msg.allowed,
    })?)
}
