//! [`Rebase`].
//!
//! Shall:
//! - be for a vault that has pledged nothing, of which no slash is asked for, and of which nothing that was pledged can
//!   be slashed any more;
//! - set the magnitude to the whole and forget the vault's marks, so that no old proof finds anything;
//! - void shares behind which nothing is left, and no others: a vault whose shares have become too cheap is left by its
//!   owners first.

use crate::error::Error;
use crate::event::Rebased;
use crate::hooks::Wiring;
use crate::msg::Rebase;
use crate::state::{self, BUFFERS};
use crate::types::{Closed, Magnitude};
use kernel::Ctx;
use primitives::{AccountId, MathError, Shares};

pub(crate) fn execute<W: Wiring>(ctx: &mut Ctx<'_>, sender: AccountId, msg: &Rebase) -> Result<(), Error> {
    let mut vault = state::operated(ctx, &msg.vault, &sender)?;
    let slashes = W::open_slashes(ctx, &msg.vault)?;
    if slashes.due || slashes.fraction.get() > 0 {
        return Err(Error::NotRebasable("a slash of it is asked for and not decided"));
    }
    if !W::is_idle(ctx, &msg.vault)? {
        return Err(Error::NotRebasable(
            "it has pledged something, or what it had pledged can still be slashed",
        ));
    }
    vault.pool.magnitude = Magnitude::WHOLE;
    match vault.pool.closed() {
        None | Some(Closed::Coarse) => {}
        Some(Closed::Grown) => {
            return Err(Error::NotRebasable(
                "its shares have become too cheap, and are still worth something: their owners leave first",
            ));
        }
        Some(Closed::Emptied) => {
            vault.round = vault.round.checked_add(1).ok_or(MathError::Overflow)?;
            vault.pool.shares = Shares::ZERO;
            vault.pool.escrowed = Shares::ZERO;
            let mut buffer = BUFFERS.or_default(ctx, &msg.vault)?;
            buffer.claims = Shares::ZERO;
            state::put_buffer(ctx, &msg.vault, &buffer)?;
        }
    }
    state::forget_marks(ctx, &msg.vault)?;
    vault.marked = None;
    state::put_vault(ctx, &msg.vault, &vault)?;
    Ok(ctx.emit(&Rebased {
        vault: msg.vault,
        round: vault.round,
    })?)
}
