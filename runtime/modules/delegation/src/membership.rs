//! Serving: driven by the module of services.
//!
//! Shall:
//! - let an operator serve at most [`MAX_SERVICES`] at a time, those that it leaves among them;
//! - refuse to let one in again that is liable still;
//! - let it leave at any time: every pledge to the service is taken back, what was on its way is cancelled, and it is
//!   liable for `leave_delay`.

use crate::allocate::ask;
use crate::error::Error;
use crate::event::{Joined, Leaving};
use crate::params::MAX_SERVICES;
use crate::state::{self, LEAVES, MEMBERS, MEMBERSHIPS};
use crate::types::{Membership, Status};
use kernel::Ctx;
use primitives::AccountId;
use vaults::ServiceId;

/// How many memberships of one operator are read at most to count those that it has.
const MOST_MEMBERSHIPS: usize = 1_024;

/// Lets an operator serve. What the service asks of it is the caller's to check.
///
/// # Errors
/// [`Error::UnknownOperator`], [`Error::AlreadyServing`], [`Error::StillLiable`], [`Error::TooManyServices`].
pub fn join(ctx: &mut Ctx<'_>, operator: &AccountId, service: ServiceId) -> Result<(), Error> {
    state::operator(ctx, operator)?;
    let key = (*operator, service);
    match MEMBERSHIPS.get(ctx, &key)?.map(|membership| membership.status) {
        Some(Status::Active) => return Err(Error::AlreadyServing(service)),
        Some(Status::Leaving { until }) => return Err(Error::StillLiable { service, until }),
        Some(Status::Left) | None => {}
    }
    let all = MEMBERSHIPS.range_of(ctx, operator, None, MOST_MEMBERSHIPS)?;
    let counted = all.iter().filter(|(_, membership)| membership.counts()).count();
    if counted >= MAX_SERVICES || all.len() >= MOST_MEMBERSHIPS {
        return Err(Error::TooManyServices);
    }
    let membership = Membership {
        status: Status::Active,
        since: ctx.chain_clock(),
    };
    MEMBERSHIPS.put(ctx, &key, &membership)?;
    MEMBERS.put(ctx, &(service, *operator), &())?;
    Ok(ctx.emit(&Joined {
        operator: *operator,
        service,
    })?)
}

/// Lets an operator leave: it serves no more from now on, and is liable for `leave_delay`.
///
/// # Errors
/// [`Error::NotServing`].
pub fn leave(ctx: &mut Ctx<'_>, operator: &AccountId, service: ServiceId) -> Result<(), Error> {
    let key = (*operator, service);
    let membership = MEMBERSHIPS
        .get(ctx, &key)?
        .filter(|membership| membership.status == Status::Active)
        .ok_or(Error::NotServing(service))?;
    let params = state::params(ctx)?;
    let until = ctx.chain_clock().after(params.leave_delay);
    let status = Status::Leaving { until };
    MEMBERSHIPS.put(ctx, &key, &Membership { status, ..membership })?;
    MEMBERS.remove(ctx, &(service, *operator))?;
    LEAVES.put(ctx, &(until, *operator, service), &())?;
    for vault in vaults::query::vaults_of(ctx, operator)? {
        let mut allocation = state::allocation(ctx, &vault, service)?;
        if !allocation.is_over() {
            let all = allocation.current;
            ask(
                ctx,
                &vault,
                service,
                &mut allocation,
                (false, all, params.deallocation_delay),
            )?;
        }
    }
    Ok(ctx.emit(&Leaving {
        operator: *operator,
        service,
        until,
    })?)
}
