//! Evidence: who did what it must not, by what it signed.
//!
//! Shall:
//! - refuse slots that have not begun, and those of an epoch that ended longer ago than the window;
//! - name only who had a seat in the slot's epoch, by the key of that seat, over what it signed for this chain, service, task
//!   and slot: no rule and no program can name somebody who signed nothing;
//! - convict once per service, epoch, operator and class, so that a double run of ten minutes is one offence;
//! - cap by the class as it was when the slot's snapshot was taken, or as it is now if that is less.
//!
//! # Source
//! restaking.md, "Slashing" (1).

use crate::certificate::{CHECK, KEY, SIGNATURE};
use crate::error::Error;
use crate::event::Convicted;
use crate::hooks::{Accusation, Refusal, Wiring};
use crate::msg::{Evidence, Proof};
use crate::snapshot::{Snapshot, in_window};
use crate::state::{self, CONVICTIONS, SCORES, SNAPSHOTS};
use crate::statement::sign_bytes;
use crate::types::{Class, Conviction, Nature, Record};
use crypto::bls::{PublicKey, Signature, SignatureBytes};
use crypto::hash::sha256;
use kernel::{Ctx, Read, StateError};
use primitives::{AccountId, Amount, Bps, Digest, Epoch, Gas, MathError, ServiceId};

/// Hashing one byte.
const HASH_BYTE: u64 = 3;

/// Convicts the accused, or says why not. Gives the class and the conviction; `slashing` takes what that says.
///
/// # Errors
/// [`Error`]: as this file's head says.
pub fn convict<W: Wiring>(ctx: &mut Ctx<'_>, evidence: &Evidence) -> Result<(u8, Conviction), Error> {
    evidence.validate()?;
    let service = evidence.service;
    let record = state::service(ctx, service)?;
    let kind = record.terms.kind;
    let epoch = W::slot(&ctx.view(), kind, service, evidence.task, evidence.slot)?;
    let epoch = epoch.ok_or(Error::UnknownSlot)?;
    if epoch > ctx.epoch() {
        return Err(Error::UnknownSlot);
    }
    let snapshot = SNAPSHOTS.get(ctx, &(service, epoch))?;
    let current = in_window(ctx, epoch, ctx.epoch(), ctx.chain_clock())?;
    let snapshot = snapshot
        .filter(|_| current)
        .ok_or(Error::EvidenceExpired(epoch))?;
    let class = match &evidence.proof {
        Proof::Equivocation { .. } => {
            let class = record.terms.equivocation.ok_or(Error::NoSuchFault)?;
            // Order: what is known already is refused before signatures are checked.
            refuse_twice(ctx, evidence, epoch, class)?;
            check_signatures(ctx, evidence, &snapshot)?;
            class
        }
        Proof::Answers { said, extra } => {
            check_signatures(ctx, evidence, &snapshot)?;
            let accusation = Accusation {
                service,
                operator: &evidence.operator,
                task: evidence.task,
                slot: evidence.slot,
                epoch,
                said,
                extra,
            };
            let class = W::verify(ctx, kind, &accusation).map_err(|refusal| match refusal {
                Refusal::Code(code) => Error::ShowsNothing(code),
                Refusal::State(error) => Error::State(error),
            })?;
            refuse_twice(ctx, evidence, epoch, class)?;
            class
        }
    };
    let conviction = enter(ctx, evidence, epoch, class, &record, &snapshot)?;
    Ok((class, conviction))
}

fn refuse_twice(ctx: &Ctx<'_>, evidence: &Evidence, epoch: Epoch, class: u8) -> Result<(), Error> {
    let key = (evidence.service, epoch, evidence.operator, class);
    if CONVICTIONS.contains(ctx, &key)? {
        return Err(Error::AlreadyConvicted { epoch });
    }
    Ok(())
}

/// Checks that the accused signed every answer that is shown, by the key of its seat in the slot's epoch.
fn check_signatures(ctx: &Ctx<'_>, evidence: &Evidence, snapshot: &Snapshot) -> Result<(), Error> {
    let (_, seat) = snapshot.seat_of(&evidence.operator).ok_or(Error::NotSeated)?;
    ctx.charge(KEY)?;
    let key = PublicKey::new(&seat.key)?;
    let chain = ctx.block().chain_hash;
    let check = |answer: &Digest, signature: &SignatureBytes| -> Result<(), Error> {
        ctx.charge(SIGNATURE)?;
        ctx.charge(CHECK)?;
        let statement = sign_bytes(&chain, evidence.service, evidence.task, evidence.slot, answer);
        Ok(Signature::new(signature)?.verify(&key, statement.as_bytes())?)
    };
    match &evidence.proof {
        Proof::Equivocation { first, second } => {
            check(&first.0, &first.1)?;
            check(&second.0, &second.1)
        }
        Proof::Answers { said, .. } => said.iter().try_for_each(|said| {
            let bytes = u64::try_from(said.answer.len()).unwrap_or(u64::MAX);
            ctx.charge(Gas::new(bytes.saturating_mul(HASH_BYTE)))?;
            check(&Digest::new(sha256(&[&said.answer])), &said.signature)
        }),
    }
}

/// The class as it binds the slot's epoch: as pinned, and lower where it was lowered since.
pub(crate) fn binding(record: &Record, snapshot: &Snapshot, class: u8) -> Result<Class, Error> {
    let place = usize::from(class);
    let pinned = snapshot.classes.get(place).ok_or(Error::UnknownClass(class))?;
    let now = record
        .terms
        .classes
        .get(place)
        .ok_or(Error::UnknownClass(class))?;
    Ok(Class {
        least: pinned.least.min(now.least),
        most: pinned.most.min(now.most),
        ..*pinned
    })
}

fn enter(
    ctx: &mut Ctx<'_>,
    evidence: &Evidence,
    epoch: Epoch,
    class: u8,
    record: &Record,
    snapshot: &Snapshot,
) -> Result<Conviction, Error> {
    let (service, operator) = (evidence.service, evidence.operator);
    let (_, seat) = snapshot.seat_of(&operator).ok_or(Error::NotSeated)?;
    let binding = binding(record, snapshot, class)?;
    if binding.nature != Nature::Objective {
        return Err(Error::UnknownClass(class));
    }
    let others = guilty(ctx, service, epoch, class)?;
    let together = others.checked_add(seat.value)?;
    let alone = others.is_zero();
    let conviction = Conviction {
        task: evidence.task,
        slot: evidence.slot,
        height: ctx.height(),
        value: seat.value,
        fraction: fraction(&binding, alone, together, snapshot.total)?,
        liable_since: snapshot.taken_at,
    };
    CONVICTIONS.put(ctx, &(service, epoch, operator, class), &conviction)?;
    let mut score = state::score(ctx, service, &operator, ctx.epoch())?;
    score.convictions = score.convictions.saturating_add(1);
    SCORES.put(ctx, &(service, operator), &score)?;
    ctx.emit(&Convicted {
        service,
        operator,
        class,
        epoch,
        task: evidence.task,
        slot: evidence.slot,
        fraction: conviction.fraction,
    })?;
    Ok(conviction)
}

/// What the seats of all who are convicted of a class in an epoch are worth.
fn guilty(ctx: &Ctx<'_>, service: ServiceId, epoch: Epoch, class: u8) -> Result<Amount, Error> {
    let known = CONVICTIONS.range_of(ctx, &(service, epoch), None, 1_024)?;
    let same = known.into_iter().filter(|((_, _, _, of), _)| *of == class);
    Ok(same
        .map(|(_, one)| one.value)
        .try_fold(Amount::ZERO, Amount::checked_add)?)
}

/// The least for one who is guilty alone; with others it grows in proportion to what they are worth together, up to the
/// most at a third of the epoch's value.
fn fraction(class: &Class, alone: bool, together: Amount, total: Amount) -> Result<Bps, MathError> {
    if alone {
        return Ok(class.least);
    }
    let span = class.most.get().saturating_sub(class.least.get());
    let thrice = together.get().saturating_mul(3).min(total.get());
    // Rounding: the protocol charges Up.
    let more = primitives::mul_div(u128::from(span), thrice, total.get(), primitives::Rounding::Up)?;
    let more = u16::try_from(more).unwrap_or(span).min(span);
    Ok(Bps::new(class.least.get().saturating_add(more)).unwrap_or(class.most))
}

/// Whether an operator is convicted of anything in an epoch: such stake earns nothing for it.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn is_guilty(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    epoch: Epoch,
    operator: &AccountId,
) -> Result<bool, StateError> {
    let found = CONVICTIONS.range_of(store, &(service, epoch, *operator), None, 1)?;
    Ok(!found.is_empty())
}
