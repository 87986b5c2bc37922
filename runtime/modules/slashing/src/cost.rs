//! Cooldowns: how often a class may cost an operator something.

use crate::error::Error;
use crate::state::COOLDOWNS;
use kernel::{Ctx, StateError};
use primitives::{AccountId, Millis, ServiceId};

/// Whose cooldown, and of what.
pub(crate) type Key = (ServiceId, AccountId, u8);

/// Refuses what comes within the cooldown of the class. A proof is refused then, and not used up: it counts again once the
/// cooldown is over, which is at most half of the window in which it may be shown.
pub(crate) fn refuse(ctx: &Ctx<'_>, key: &Key) -> Result<(), Error> {
    match COOLDOWNS.get(ctx, key)? {
        Some(until) if ctx.chain_clock() < until => Err(Error::CoolingDown { until }),
        Some(_) | None => Ok(()),
    }
}

/// Starts the cooldown of the class. A veto does not end it.
pub(crate) fn start(ctx: &mut Ctx<'_>, key: &Key, cooldown: Millis) -> Result<(), StateError> {
    if cooldown.is_zero() {
        return Ok(());
    }
    let until = ctx.chain_clock().after(cooldown);
    COOLDOWNS.put(ctx, key, &until)
}
