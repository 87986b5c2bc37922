//! Joining, leaving, and changing keys.

use crate::error::Error;
use crate::event::{HookFailed, Joined, KeyRotated, Leaving};
use crate::hooks::{MemberChange, Refusal, Wiring};
use crate::msg::Join;
use crate::snapshot;
use crate::state::{self, ACTIVE, BY_OPERATOR, KEYS, MEMBERS, PARAMS, SERVICES, key_hash};
use crate::types::{Membership, Phase};
use crypto::bls::PublicKey;
use kernel::{Ctx, Fault, Read, StateError};
use primitives::{AccountId, ChainClock, Gas, ServiceId};

/// A pairing check and two subgroup checks.
const POSSESSION_GAS: Gas = Gas::new(1_200_000);

/// Shall: only a service that is a draft or active, and not full; only an operator that is neither in nor still liable for a
/// former membership; a key that nobody ever had, proven to be held; the service may refuse.
pub(crate) fn join<W: Wiring>(ctx: &mut Ctx<'_>, operator: AccountId, message: &Join) -> Result<(), Error> {
    let service = message.service;
    let mut record = state::service(ctx, service)?;
    if !matches!(record.phase, Phase::Draft | Phase::Active) {
        return Err(Error::WrongPhase(record.phase));
    }
    let now = ctx.chain_clock();
    if let Some(member) = MEMBERS.get(ctx, &(service, operator))? {
        match member.leaving_until {
            None => return Err(Error::AlreadyMember(service)),
            Some(until) if now <= until => return Err(Error::StillLiable { until }),
            Some(_) => {}
        }
    }
    let limit = usize::from(record.terms.max_operators);
    if ACTIVE.range_of(ctx, &service, None, limit)?.len() == limit {
        return Err(Error::ServiceFull(service));
    }
    tidy(ctx, &operator)?;
    let most = PARAMS.require(ctx)?.services_per_operator;
    if BY_OPERATOR
        .range_of(ctx, &operator, None, usize::from(most))?
        .len()
        >= usize::from(most)
    {
        return Err(Error::TooManyServices { limit: most });
    }
    claim_key(ctx, operator, message)?;
    delegation::join(ctx, &operator, service)?;
    call::<W>(ctx, service, &operator, MemberChange::Joins)?.map_err(Error::RefusedByService)?;
    let member = Membership {
        key: message.key,
        joined_at: now,
        leaving_until: None,
    };
    MEMBERS.put(ctx, &(service, operator), &member)?;
    ACTIVE.put(ctx, &(service, operator), &())?;
    BY_OPERATOR.put(ctx, &(operator, service), &())?;
    record.joined = record.joined.saturating_add(1);
    SERVICES.put(ctx, &service, &record)?;
    Ok(ctx.emit(&Joined {
        service,
        operator,
        key: key_hash(&message.key),
    })?)
}

/// Forgets which services an operator is no longer liable for: at most as many as it may serve.
fn tidy(ctx: &mut Ctx<'_>, operator: &AccountId) -> Result<(), StateError> {
    let now = ctx.chain_clock();
    for ((_, service), ()) in BY_OPERATOR.range_of(ctx, operator, None, 32)? {
        let member = MEMBERS.get(ctx, &(service, *operator))?;
        let over = member
            .and_then(|member| member.leaving_until)
            .is_some_and(|until| until < now);
        if over {
            BY_OPERATOR.remove(ctx, &(*operator, service))?;
        }
    }
    Ok(())
}

/// Checks that the sender holds a key that nobody ever had, and notes it as its own.
fn claim_key(ctx: &mut Ctx<'_>, operator: AccountId, message: &Join) -> Result<(), Error> {
    let hash = key_hash(&message.key);
    if KEYS.contains(ctx, &hash)? {
        return Err(Error::KeyTaken(hash));
    }
    ctx.charge(POSSESSION_GAS)?;
    let key = PublicKey::new(&message.key)?;
    key.verify_possession(&operator, &message.possession)?;
    Ok(KEYS.put(ctx, &hash, &(message.service, operator))?)
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
    let member = MEMBERS.get(ctx, &(service, operator))?;
    let mut member = member.ok_or(Error::NotMember(service))?;
    if member.leaving_until.is_some() {
        return Err(Error::NotMember(service));
    }
    let until = ctx.chain_clock().after(PARAMS.require(ctx)?.leave_delay);
    member.leaving_until = Some(until);
    MEMBERS.put(ctx, &(service, operator), &member)?;
    ACTIVE.remove(ctx, &(service, operator))?;
    delegation::leave(ctx, &operator, service)?;
    if let Err(code) = call::<W>(ctx, service, &operator, MemberChange::Leaves)? {
        ctx.emit(&HookFailed {
            service,
            operator,
            code,
        })?;
    }
    Ok(ctx.emit(&Leaving {
        service,
        operator,
        until,
    })?)
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

/// Shall: the old key counts in the snapshots that have it, and its holder answers for it there.
pub(crate) fn rotate(ctx: &mut Ctx<'_>, operator: AccountId, message: &Join) -> Result<(), Error> {
    let service = message.service;
    let member = MEMBERS.get(ctx, &(service, operator))?;
    let mut member = member.ok_or(Error::NotMember(service))?;
    if member.leaving_until.is_some() {
        return Err(Error::NotMember(service));
    }
    claim_key(ctx, operator, message)?;
    member.key = message.key;
    MEMBERS.put(ctx, &(service, operator), &member)?;
    Ok(ctx.emit(&KeyRotated {
        service,
        operator,
        key: key_hash(&message.key),
    })?)
}

/// Whether an operator answers for what it did for a service until now: as a member, or as one that left not long ago.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn is_liable(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    operator: &AccountId,
    now: ChainClock,
) -> Result<bool, StateError> {
    let member = MEMBERS.get(store, &(service, *operator))?;
    Ok(member.is_some_and(|member| member.leaving_until.is_none_or(|until| now <= until)))
}
