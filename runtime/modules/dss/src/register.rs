//! A service's life: registered, active, winding down, closed.

use crate::error::Error;
use crate::event::{ClassChanged, Registered, Turned};
use crate::hooks::Wiring;
use crate::msg::ChangeClass;
use crate::snapshot;
use crate::state::{self, PAGE, PARAMS, SERVICE_COUNT, SERVICES, bond_account};
use crate::types::{Phase, Record, Rise, Terms};
use kernel::{Ctx, StateError};
use primitives::{AccountId, Amount, AssetId, Coin, MathError, ServiceId};

const fn pal(amount: Amount) -> Coin {
    Coin {
        asset: AssetId::PAL,
        amount,
    }
}

/// Shall: take the bond; give the next number; start as a draft, in which nobody can be asked or slashed for anything.
pub(crate) fn register(ctx: &mut Ctx<'_>, owner: AccountId, terms: Terms) -> Result<(), Error> {
    let params = PARAMS.require(ctx)?;
    terms.validate_under(&params)?;
    // 0 is the chain itself.
    let number = SERVICE_COUNT.or_default(ctx)?.checked_add(1);
    let number = number.ok_or(MathError::Overflow)?;
    let service = ServiceId::new(number);
    bank::transfer(ctx, &owner, &bond_account(), pal(params.service_bond))?;
    SERVICE_COUNT.put(ctx, &number)?;
    let kind = terms.kind;
    let record = Record {
        owner,
        terms,
        phase: Phase::Draft,
        bond: params.service_bond,
        joined: 0,
        open_tasks: 0,
    };
    SERVICES.put(ctx, &service, &record)?;
    Ok(ctx.emit(&Registered {
        service,
        owner,
        kind,
        bond: record.bond,
    })?)
}

/// Loads a service for its owner alone.
pub(crate) fn owned(ctx: &Ctx<'_>, sender: &AccountId, service: ServiceId) -> Result<Record, Error> {
    let record = state::service(ctx, service)?;
    if record.owner == *sender {
        Ok(record)
    } else {
        Err(Error::NotOwner(service))
    }
}

fn turn(ctx: &mut Ctx<'_>, service: ServiceId, mut record: Record, phase: Phase) -> Result<(), StateError> {
    record.phase = phase;
    SERVICES.put(ctx, &service, &record)?;
    ctx.emit(&Turned { service, phase })
}

/// Shall: only by the owner, only from a draft, only once as many operators as it asks for reach its minimums.
pub(crate) fn activate<W: Wiring>(
    ctx: &mut Ctx<'_>,
    sender: AccountId,
    service: ServiceId,
) -> Result<(), Error> {
    let record = owned(ctx, &sender, service)?;
    if record.phase != Phase::Draft {
        return Err(Error::WrongPhase(record.phase));
    }
    snapshot::read::<W>(ctx, service, &record)?;
    Ok(turn(ctx, service, record, Phase::Active)?)
}

/// Shall: lower at once; raise only after the delay, in which whoever disagrees can leave, and for later snapshots alone.
pub(crate) fn change_class(ctx: &mut Ctx<'_>, sender: AccountId, message: &ChangeClass) -> Result<(), Error> {
    let ChangeClass { service, class, most } = *message;
    let mut record = owned(ctx, &sender, service)?;
    if matches!(record.phase, Phase::WindingDown { .. } | Phase::Closed) {
        return Err(Error::WrongPhase(record.phase));
    }
    let now = ctx.chain_clock();
    let rise_delay = PARAMS.require(ctx)?.rise_delay;
    let joined = record.joined;
    let place = record.terms.classes.get_mut(usize::from(class));
    let place = place.ok_or(Error::UnknownClass(class))?;
    let mut changed = place.at(now);
    let from = if most <= changed.most || joined == 0 {
        changed.most = most;
        changed.least = changed.least.min(most);
        changed.rise = None;
        now
    } else {
        // The same rise asked for again keeps its date; another one waits anew.
        let same = changed.rise.filter(|rise| rise.most == most);
        let rise = same.unwrap_or(Rise {
            most,
            from: now.after(rise_delay),
        });
        changed.rise = Some(rise);
        rise.from
    };
    *place = changed;
    SERVICES.put(ctx, &service, &record)?;
    Ok(ctx.emit(&ClassChanged {
        service,
        class,
        most,
        from,
    })?)
}

/// Shall: only by the owner; every member is liable as long as if it had left now.
pub(crate) fn unwind(ctx: &mut Ctx<'_>, sender: AccountId, service: ServiceId) -> Result<(), Error> {
    let record = owned(ctx, &sender, service)?;
    if matches!(record.phase, Phase::WindingDown { .. } | Phase::Closed) {
        return Err(Error::WrongPhase(record.phase));
    }
    let leave_delay = delegation::query::params(ctx)?.leave_delay;
    let until = ctx.chain_clock().after(leave_delay);
    Ok(turn(ctx, service, record, Phase::WindingDown { until })?)
}

/// Shall: only once liability has run out and no task is open; the bond goes back to the owner, once. Members still there
/// are let go: nothing can be asked of them any more.
pub(crate) fn close(ctx: &mut Ctx<'_>, service: ServiceId) -> Result<(), Error> {
    let mut record = state::service(ctx, service)?;
    let Phase::WindingDown { until } = record.phase else {
        return Err(Error::WrongPhase(record.phase));
    };
    if ctx.chain_clock() < until || record.open_tasks > 0 {
        return Err(Error::StillOpen {
            until,
            tasks: record.open_tasks,
        });
    }
    for operator in delegation::members(ctx, service, None, PAGE)? {
        delegation::leave(ctx, &operator, service)?;
    }
    bank::transfer(ctx, &bond_account(), &record.owner, pal(record.bond))?;
    record.bond = Amount::ZERO;
    Ok(turn(ctx, service, record, Phase::Closed)?)
}
