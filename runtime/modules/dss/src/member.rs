//! Joining and leaving. Who serves what, with which key, the delegation module keeps; here stands what a service asks.

use crate::error::Error;
use crate::event::HookFailed;
use crate::hooks::{MemberChange, Refusal, Wiring};
use crate::msg::Join;
use crate::snapshot;
use crate::state::{self, PARAMS, SERVICES};
use crate::types::Phase;
use delegation::{ServiceKey, SetKey};
use kernel::{Ctx, Fault};
use primitives::{AccountId, ServiceId};

/// Shall: only a service that is a draft or active, and not full; only an operator that is neither in nor still liable for a
/// former membership; a key that nobody ever had, proven to be held; the service may refuse.
pub(crate) fn join<W: Wiring>(ctx: &mut Ctx<'_>, operator: AccountId, message: &Join) -> Result<(), Error> {
    let service = message.service;
    let mut record = state::service(ctx, service)?;
    if !matches!(record.phase, Phase::Draft | Phase::Active) {
        return Err(Error::WrongPhase(record.phase));
    }
    let limit = usize::from(record.terms.max_operators);
    if delegation::members(ctx, service, None, limit)?.len() == limit {
        return Err(Error::ServiceFull(service));
    }
    delegation::join(ctx, &operator, service)?;
    let key = SetKey {
        service,
        key: ServiceKey::Bls(message.key),
        proof: message.possession.0.to_vec(),
    };
    delegation::set_key::<W>(ctx, operator, &key)?;
    call::<W>(ctx, service, &operator, MemberChange::Joins)?.map_err(Error::RefusedByService)?;
    record.joined = record.joined.saturating_add(1);
    Ok(SERVICES.put(ctx, &service, &record)?)
}

/// Asks the service, with gas of its own. What it refuses with is inside.
fn call<W: Wiring>(
    ctx: &mut Ctx<'_>,
    service: ServiceId,
    operator: &AccountId,
    change: MemberChange,
) -> Result<Result<(), kernel::Code>, Error> {
    let kind = state::service(ctx, service)?.terms.kind;
    let gas = PARAMS.require(ctx)?.hook_gas;
    let outcome = ctx.metered(gas, |ctx| W::member_changed(ctx, kind, service, operator, change))?;
    match outcome {
        Ok(()) => Ok(Ok(())),
        Err(Refusal::Code(code)) => Ok(Err(code)),
        // What runs out of the gas that it was given has failed; a broken store has not.
        Err(Refusal::State(error)) => error
            .code()
            .map_or(Err(Error::State(error)), |code| Ok(Err(code))),
    }
}

/// Shall: always succeed for a member; stop counting at once; stay liable for the whole delay; the service's own hook may
/// fail, which is recorded, and nothing else.
pub(crate) fn leave<W: Wiring>(
    ctx: &mut Ctx<'_>,
    operator: AccountId,
    service: ServiceId,
) -> Result<(), Error> {
    state::service(ctx, service)?;
    delegation::leave(ctx, &operator, service)?;
    if let Err(code) = call::<W>(ctx, service, &operator, MemberChange::Leaves)? {
        ctx.emit(&HookFailed {
            service,
            operator,
            code,
        })?;
    }
    Ok(())
}

/// Shall: the owner may let anybody go; everybody may who falls short of the minimums, so that nobody sits on a seat
/// without stake. Whoever is let go stays liable as if it had left.
pub(crate) fn eject<W: Wiring>(
    ctx: &mut Ctx<'_>,
    sender: AccountId,
    service: ServiceId,
    operator: AccountId,
) -> Result<(), Error> {
    let record = state::service(ctx, service)?;
    if record.owner != sender && snapshot::eligible::<W>(&ctx.view(), service, &record, &operator)? {
        return Err(Error::NotOwner(service));
    }
    leave::<W>(ctx, operator, service)
}
