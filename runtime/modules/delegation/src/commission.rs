//! [`SetCommission`].
//!
//! Shall: let less be kept at once, and more after `commission_delay`; let the wait of what is asked for again not start
//! anew.

use crate::error::Error;
use crate::event::CommissionSet;
use crate::msg::SetCommission;
use crate::state::{self, COMMISSIONS};
use crate::types::Commission;
use kernel::Ctx;
use primitives::AccountId;

pub(crate) fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: &SetCommission) -> Result<(), Error> {
    state::operator(ctx, &sender)?;
    let key = (sender, msg.service);
    let now = ctx.chain_clock();
    let known = COMMISSIONS.or_default(ctx, &key)?;
    let rate = known.at(now);
    let waiting = known.next.filter(|(from, _)| *from > now);
    let (from, next) = if waiting.is_some_and(|(_, next)| next == msg.rate) {
        return Err(Error::SameCommission);
    } else if msg.rate <= rate {
        if msg.rate == rate && waiting.is_none() {
            return Err(Error::SameCommission);
        }
        (
            now,
            Commission {
                rate: msg.rate,
                next: None,
            },
        )
    } else {
        let from = now.after(state::params(ctx)?.commission_delay);
        let next = Some((from, msg.rate));
        (from, Commission { rate, next })
    };
    COMMISSIONS.put(ctx, &key, &next)?;
    Ok(ctx.emit(&CommissionSet {
        operator: sender,
        service: msg.service,
        rate: msg.rate,
        from,
    })?)
}
