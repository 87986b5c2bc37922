//! Answers: committed to, shown, abstained from, certified.

use crate::certificate::{self, CHECK, KEY, holding};
use crate::error::Error;
use crate::event::TaskCertified;
use crate::msg::{Respond, SubmitCertificate};
use crate::seats::Seats;
use crate::snapshot::Snapshot;
use crate::state::{self, ANSWERS, COMMITMENTS, SNAPSHOTS, TASKS};
use crate::statement::{commitment, sign_bytes};
use crate::types::{Certificate, Task};
use crypto::bls::{PublicKey, Signature};
use kernel::Ctx;
use primitives::{AccountId, Amount, ChainClock, Digest, Rounding};
use std::collections::BTreeMap;

/// A task with the snapshot that it is judged by.
fn load(ctx: &Ctx<'_>, id: u64) -> Result<(Task, Snapshot), Error> {
    let task = state::task(ctx, id)?;
    let found = SNAPSHOTS.get(ctx, &(task.service, task.epoch))?;
    let found = found.ok_or_else(|| crate::ID.broken("a task's snapshot is kept"))?;
    Ok((task, found))
}

/// The position of an operator that is to answer.
fn assigned(task: &Task, found: &Snapshot, operator: &AccountId) -> Result<u8, Error> {
    match found.seat_of(operator) {
        Some((position, _)) if task.assigned.contains(position) => Ok(position),
        Some(_) | None => Err(Error::NotAssigned),
    }
}

/// Both ends of a window: from `from` on, and before `until`.
fn within(now: ChainClock, from: ChainClock, until: ChainClock) -> Result<(), Error> {
    if from <= now && now < until {
        Ok(())
    } else {
        Err(Error::OutsideWindow { from, until, now })
    }
}

/// Shall: only in the commit window; once; only somebody who is to answer.
pub(crate) fn commit(ctx: &mut Ctx<'_>, operator: AccountId, id: u64, hidden: Digest) -> Result<(), Error> {
    let (task, found) = load(ctx, id)?;
    let position = assigned(&task, &found, &operator)?;
    within(ctx.chain_clock(), task.posted_at, task.windows.commit_until)?;
    if COMMITMENTS.contains(ctx, &(id, position))? {
        return Err(Error::AlreadyAnswered);
    }
    Ok(COMMITMENTS.put(ctx, &(id, position), &hidden)?)
}

/// Shall: once; after the commit window, and as committed to where there was one; signed with the key of the epoch's
/// snapshot; after the respond window it is late, and earns nothing. Enough equal answers certify.
pub(crate) fn respond(ctx: &mut Ctx<'_>, operator: AccountId, message: &Respond) -> Result<(), Error> {
    let id = message.task;
    let (mut task, found) = load(ctx, id)?;
    let position = assigned(&task, &found, &operator)?;
    let now = ctx.chain_clock();
    within(now, task.windows.commit_until, task.windows.settle_at)?;
    if ANSWERS.contains(ctx, &(id, position))? || task.abstained.contains(position) {
        return Err(Error::AlreadyAnswered);
    }
    if task.posted_at < task.windows.commit_until {
        let hidden = COMMITMENTS
            .get(ctx, &(id, position))?
            .ok_or(Error::NotCommitted)?;
        if commitment(&operator, id, &message.answer, &message.salt) != hidden {
            return Err(Error::CommitmentMismatch);
        }
    }
    let seat = found.seat(position).ok_or(Error::NotAssigned)?;
    ctx.charge(KEY)?;
    ctx.charge(CHECK)?;
    let statement = sign_bytes(&ctx.block().chain_hash, task.service, id, 0, &message.answer);
    let key = PublicKey::new(&seat.key)?;
    Signature::new(&message.signature)?.verify(&key, statement.as_bytes())?;
    ANSWERS.put(ctx, &(id, position), &message.answer)?;
    if now < task.windows.respond_until {
        task.answered = task.answered.with(position);
        tally(ctx, id, &mut task, &found, message.answer)?;
    } else {
        task.late = task.late.with(position);
    }
    Ok(TASKS.put(ctx, &id, &task)?)
}

/// Counts the answers that were shown in time, and certifies one that a quorum gave.
fn tally(ctx: &mut Ctx<'_>, id: u64, task: &mut Task, found: &Snapshot, answer: Digest) -> Result<(), Error> {
    let given = ANSWERS.range_of(ctx, &id, None, usize::from(Seats::MOST))?;
    let agreeing = given
        .into_iter()
        .filter(|((_, position), given)| *given == answer && task.answered.contains(*position));
    let signers = agreeing.fold(Seats::NONE, |all, ((_, position), _)| all.with(position));
    match task.certificate {
        // Whoever still says the same in time joins in.
        Some(one) if one.answer == answer => {
            certified(ctx, id, task, found, answer, one.signers.union(signers))
        }
        Some(_) => Ok(()),
        None => match certified(ctx, id, task, found, answer, signers) {
            Err(Error::NoQuorum { .. }) => Ok(()),
            outcome => outcome,
        },
    }
}

/// Shall: not after an answer; it is no fault, and pays nothing.
pub(crate) fn abstain(ctx: &mut Ctx<'_>, operator: AccountId, id: u64) -> Result<(), Error> {
    let (mut task, found) = load(ctx, id)?;
    let position = assigned(&task, &found, &operator)?;
    within(ctx.chain_clock(), task.posted_at, task.windows.respond_until)?;
    if ANSWERS.contains(ctx, &(id, position))? || task.abstained.contains(position) {
        return Err(Error::AlreadyAnswered);
    }
    task.abstained = task.abstained.with(position);
    Ok(TASKS.put(ctx, &id, &task)?)
}

/// Shall: by anybody, in the respond window; each seat counted once, whatever it is sent in; what does not hold is left out;
/// a quorum of the whole snapshot's value, never of those who showed up; the first answer with a quorum stands.
pub(crate) fn certify(ctx: &mut Ctx<'_>, message: &SubmitCertificate) -> Result<(), Error> {
    let id = message.task;
    let (mut task, found) = load(ctx, id)?;
    within(
        ctx.chain_clock(),
        task.windows.commit_until,
        task.windows.respond_until,
    )?;
    if task.certificate.is_some() {
        return Err(Error::AlreadyCertified);
    }
    let named = message
        .parts
        .iter()
        .fold(Seats::NONE, |all, part| all.union(part.signers));
    if !named.without(task.assigned).is_empty() {
        return Err(Error::NotAssigned);
    }
    let mut keys = BTreeMap::new();
    for position in named.iter() {
        let seat = found.seat(position).ok_or(Error::NotAssigned)?;
        ctx.charge(KEY)?;
        keys.insert(position, PublicKey::new(&seat.key)?);
    }
    let statement = sign_bytes(&ctx.block().chain_hash, task.service, id, 0, &message.answer);
    let charge = |gas| ctx.charge(gas).map_err(Error::State);
    let signers = holding(&keys, &message.parts, statement.as_bytes(), &charge)?;
    certified(ctx, id, &mut task, &found, message.answer, signers)?;
    Ok(TASKS.put(ctx, &id, &task)?)
}

/// Notes the certificate when its signers are worth the quorum.
fn certified(
    ctx: &mut Ctx<'_>,
    id: u64,
    task: &mut Task,
    found: &Snapshot,
    answer: Digest,
    signers: Seats,
) -> Result<(), Error> {
    let have = found.value(signers)?;
    let need = needed(ctx, task, found)?;
    if signers.is_empty() || have < need {
        return Err(Error::NoQuorum { have, need });
    }
    let fresh = task.certificate.is_none();
    task.certificate = Some(Certificate {
        answer,
        signers,
        value: have,
        height: ctx.height(),
    });
    if fresh {
        ctx.emit(&TaskCertified {
            task: id,
            service: task.service,
            answer,
            value: have,
            signers: u64::from(signers.len()),
        })?;
    }
    Ok(())
}

/// The value that a certificate needs: the quorum of all who are to answer; never nothing.
fn needed(ctx: &Ctx<'_>, task: &Task, found: &Snapshot) -> Result<Amount, Error> {
    let quorum = state::service(ctx, task.service)?.terms.quorum;
    let whole = found.value(task.assigned)?;
    // Rounding: the protocol asks Up.
    Ok(Amount::new(quorum.of(whole.get(), Rounding::Up)?.max(1)))
}

/// What checking a certificate costs at most, for who estimates it: keys, signatures, and twice as many sums as parts.
#[must_use]
pub(crate) fn most_gas(parts: u64, signers: u64) -> primitives::Gas {
    let each = |gas: primitives::Gas, count: u64| gas.get().saturating_mul(count);
    let sums = each(CHECK, parts.saturating_mul(2));
    let keys = each(KEY, signers);
    let signatures = each(certificate::SIGNATURE, parts);
    primitives::Gas::new(sums.saturating_add(keys).saturating_add(signatures))
}
