//! Slashes that are asked for: bonded, delayed, open to a veto.
//!
//! Shall:
//! - be asked for by the service's slasher alone, for a subjective class, within its cap and outside its cooldown, for an
//!   epoch in which the accused had a seat and which is not too long ago: the window is checked here, so that what was
//!   asked for in time is carried out however long it waits;
//! - fix everything now: vaults, fraction, cap, dates;
//! - be stopped by a vetoer before it is due, and by nobody else and not later.

use crate::cost;
use crate::error::Error;
use crate::event::{Requested, Vetoed};
use crate::hooks::Wiring;
use crate::msg::RequestSlash;
use crate::prove::next;
use crate::state::{
    MAX_OPEN, MAX_VAULTS, OPEN, PARAMS, QUEUE, REQUESTS, broken_bank, broken_math, held_account,
};
use crate::types::{Ending, Request};
use dss::Nature;
use kernel::{Ctx, StateError};
use primitives::{AccountId, Amount, AssetId, Bps, ChainClock, Coin, Millis};
use vaults::VaultId;

const fn pal(amount: Amount) -> Coin {
    Coin {
        asset: AssetId::PAL,
        amount,
    }
}

/// What binds a request.
struct Bounds {
    cap: Bps,
    cooldown: Millis,
    liable_since: ChainClock,
}

/// Checks who asks, of what, and when it was.
fn admit(ctx: &Ctx<'_>, slasher: AccountId, message: &RequestSlash) -> Result<Bounds, Error> {
    let terms = dss::service(ctx, message.service)?.terms;
    if terms.slasher != Some(slasher) {
        return Err(Error::NotSlasher);
    }
    let (now, epoch) = (ctx.chain_clock(), message.epoch);
    let known = dss::query::snapshot(ctx, message.service, epoch)?;
    let current = dss::query::in_evidence_window(ctx, epoch, ctx.epoch(), now)?;
    let snapshot = known
        .filter(|_| current)
        .ok_or(dss::Error::EvidenceExpired(epoch))?;
    if snapshot.seat_of(&message.operator).is_none() {
        return Err(dss::Error::NotSeated.into());
    }
    let place = usize::from(message.class);
    let unknown = || Error::Dss(dss::Error::UnknownClass(message.class));
    let pinned = snapshot.classes.get(place).ok_or_else(unknown)?;
    let today = terms.classes.get(place).ok_or_else(unknown)?;
    if pinned.nature != Nature::Subjective {
        return Err(unknown());
    }
    let (cap, asked) = (pinned.most.min(today.most), message.fraction);
    if asked > cap {
        return Err(Error::AboveCap { asked, cap });
    }
    Ok(Bounds {
        cap,
        cooldown: today.cooldown,
        liable_since: snapshot.taken_at,
    })
}

/// Asks for a slash.
pub(crate) fn ask(ctx: &mut Ctx<'_>, slasher: AccountId, message: &RequestSlash) -> Result<(), Error> {
    let bounds = admit(ctx, slasher, message)?;
    let key = (message.service, message.operator, message.class);
    cost::refuse(ctx, &key)?;
    cost::start(ctx, &key, bounds.cooldown)?;
    let vaults = pledged(ctx, message, &message.operator)?;
    let bond = PARAMS.require(ctx)?.request_bond;
    bank::transfer(ctx, &slasher, &held_account(), pal(bond))?;
    let now = ctx.chain_clock();
    let due_at = now.after(delegation::query::params(ctx)?.veto_window);
    let number = next(ctx)?;
    for vault in &vaults {
        OPEN.put(ctx, &(*vault, number), &())?;
    }
    QUEUE.put(ctx, &(due_at, number), &())?;
    let request = Request {
        service: message.service,
        operator: message.operator,
        class: message.class,
        epoch: message.epoch,
        fraction: message.fraction,
        cap: bounds.cap,
        liable_since: bounds.liable_since,
        vaults,
        reason: message.reason,
        slasher,
        bond,
        asked_at: now,
        due_at,
        ending: Ending::Open,
    };
    REQUESTS.put(ctx, &number, &request)?;
    Ok(ctx.emit(&Requested {
        request: number,
        service: message.service,
        operator: message.operator,
        class: message.class,
        fraction: message.fraction,
        reason: message.reason,
        due_at,
    })?)
}

/// The vaults that pledged something to the service, now or at the offence, and may be named once more.
fn pledged(ctx: &Ctx<'_>, message: &RequestSlash, operator: &AccountId) -> Result<Vec<VaultId>, Error> {
    let mut all = vaults::query::vaults_of(ctx, operator)?;
    all.truncate(MAX_VAULTS);
    all.sort_unstable();
    let mut named = Vec::new();
    for vault in all {
        if delegation::allocation(ctx, &vault, message.service)?.is_over() {
            continue;
        }
        if OPEN.range_of(ctx, &vault, None, MAX_OPEN)?.len() >= MAX_OPEN {
            return Err(Error::TooManyOpen);
        }
        named.push(vault);
    }
    if named.is_empty() {
        return Err(Error::NothingPledged);
    }
    Ok(named)
}

/// Stops a request; its bond goes to those whom it was to hurt.
pub(crate) fn veto<W: Wiring>(ctx: &mut Ctx<'_>, vetoer: AccountId, number: u64) -> Result<(), Error> {
    let request = REQUESTS.get(ctx, &number)?.ok_or(Error::UnknownRequest(number))?;
    let vetoers = dss::service(ctx, request.service)?.terms.vetoers;
    let governance = PARAMS.require(ctx)?.governance;
    if !vetoers.contains(&vetoer) && governance != Some(vetoer) {
        return Err(Error::NotVetoer);
    }
    if request.ending != Ending::Open {
        return Err(Error::Ended(request.ending));
    }
    if ctx.chain_clock() >= request.due_at {
        return Err(Error::TooLate {
            due_at: request.due_at,
        });
    }
    let bond = bank::take(ctx, &held_account(), pal(request.bond))?;
    forfeit::<W>(ctx, &request, bond)?;
    end(ctx, number, request, Ending::Vetoed)?;
    Ok(ctx.emit(&Vetoed {
        request: number,
        vetoer,
    })?)
}

/// Splits a bond evenly among the vaults that were named.
fn forfeit<W: Wiring>(
    ctx: &mut Ctx<'_>,
    request: &Request,
    mut bond: bank::InTransit,
) -> Result<(), StateError> {
    let count = u128::try_from(request.vaults.len()).unwrap_or(1);
    let each = bond.coin().amount.get().checked_div(count).unwrap_or(0);
    for vault in request.vaults.iter().skip(1) {
        let part = bond.split(Amount::new(each)).map_err(broken_math)?;
        W::compensate(ctx, vault, part)?;
    }
    // The first gets what does not divide.
    match request.vaults.first() {
        Some(first) => W::compensate(ctx, first, bond),
        None => bank::destroy(ctx, bond),
    }
}

/// Ends a request, once: nothing is open against its vaults any more.
pub(crate) fn end(
    ctx: &mut Ctx<'_>,
    number: u64,
    mut request: Request,
    ending: Ending,
) -> Result<(), StateError> {
    for vault in &request.vaults {
        OPEN.remove(ctx, &(*vault, number))?;
    }
    QUEUE.remove(ctx, &(request.due_at, number))?;
    request.ending = ending;
    REQUESTS.put(ctx, &number, &request)
}

/// Gives a bond back.
pub(crate) fn refund(ctx: &mut Ctx<'_>, request: &Request) -> Result<(), StateError> {
    let bond = bank::take(ctx, &held_account(), pal(request.bond)).map_err(broken_bank)?;
    bank::give(ctx, &request.slasher, bond)
}
