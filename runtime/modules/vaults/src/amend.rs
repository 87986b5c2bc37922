//! [`AmendCharter`].
//!
//! Shall:
//! - let a narrower charter bind at once, if what is pledged fits it, and end any wait for a wider one;
//! - let a wider one bind after `charter_delay`, so that those who disagree are gone before;
//! - refuse one that is both, and let the wait of one that is asked for again not start anew.

use crate::error::Error;
use crate::event::CharterAmended;
use crate::hooks::Wiring;
use crate::msg::AmendCharter;
use crate::state;
use kernel::Ctx;
use primitives::AccountId;

pub(crate) fn execute<W: Wiring>(
    ctx: &mut Ctx<'_>,
    sender: AccountId,
    msg: AmendCharter,
) -> Result<(), Error> {
    let mut vault = state::operated(ctx, &msg.vault, &sender)?;
    let now = ctx.chain_clock();
    vault.charter = vault.charter_at(now).clone();
    let waiting = vault.amendment.take().filter(|(from, _)| *from > now);
    let AmendCharter { vault: id, charter } = msg;
    if waiting.as_ref().is_some_and(|(_, wider)| *wider == charter) {
        return Err(Error::SameCharter);
    }
    let from = if charter.is_within(&vault.charter) {
        if charter == vault.charter && waiting.is_none() {
            return Err(Error::SameCharter);
        }
        if !W::charter_fits(ctx, &id, &charter)? {
            return Err(Error::CharterTooNarrow);
        }
        vault.charter = charter;
        now
    } else if vault.charter.is_within(&charter) {
        let from = now.after(state::params(ctx)?.charter_delay);
        vault.amendment = Some((from, charter));
        from
    } else {
        return Err(Error::MixedCharter);
    };
    state::put_vault(ctx, &id, &vault)?;
    Ok(ctx.emit(&CharterAmended { vault: id, from })?)
}
