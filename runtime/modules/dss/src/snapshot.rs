//! The stake of a service's operators in an epoch: who has a seat, with which key, worth how much.
//!
//! It is taken by whatever needs it first in an epoch, and then stands for the whole of it: tasks, certificates and faults
//! of the epoch are judged by it, whatever becomes of stake, keys and class caps meanwhile.
//!
//! Shall:
//! - give a seat to every active member whose stake, own stake and reputation reach the service's minimums;
//! - pin the keys and the class caps of the moment;
//! - be kept as long as faults of its epoch may be shown.

use crate::error::Error;
use crate::hooks::Wiring;
use crate::state::{self, CONVICTIONS, EPOCH_ENDS, PAGE, SNAPSHOTS};
use crate::types::{Class, Phase, Record};
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::KeyBytes;
use delegation::{KeyKind, ServiceKey};
use kernel::{Ctx, Read, StateError, View};
use primitives::{AccountId, Amount, ChainClock, Epoch, ServiceId};

/// One operator's seat.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Seat {
    /// Whose.
    pub operator: AccountId,
    /// The key that counts in this epoch.
    pub key: KeyBytes,
    /// What stands behind it, in value after haircuts.
    pub value: Amount,
}

/// Who has which seat in an epoch.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Snapshot {
    /// When the stake was read, in chain time: what was slashable then is liable for faults of the epoch.
    pub taken_at: ChainClock,
    /// What all seats are worth together.
    pub total: Amount,
    /// At most 128, ascending by operator; a seat is known by its position.
    pub seats: Vec<Seat>,
    /// The fault classes with the caps of the moment.
    pub classes: Vec<Class>,
}

impl Snapshot {
    /// The position and the seat of an operator.
    #[must_use]
    pub fn seat_of(&self, operator: &AccountId) -> Option<(u8, &Seat)> {
        let position = self
            .seats
            .binary_search_by(|seat| seat.operator.cmp(operator))
            .ok()?;
        Some((u8::try_from(position).ok()?, self.seats.get(position)?))
    }

    /// The seat at a position.
    #[must_use]
    pub fn seat(&self, position: u8) -> Option<&Seat> {
        self.seats.get(usize::from(position))
    }

    /// What these seats are worth together.
    ///
    /// # Errors
    /// Never: it is at most the total.
    pub fn value(&self, seats: crate::Seats) -> Result<Amount, primitives::MathError> {
        let members = seats.iter().filter_map(|position| self.seat(position));
        members
            .map(|seat| seat.value)
            .try_fold(Amount::ZERO, Amount::checked_add)
    }
}

/// The snapshot of the present epoch, which is taken if nobody has yet.
///
/// # Errors
/// [`Error::WrongPhase`] unless the service is active, [`Error::TooFewOperators`].
pub fn snapshot<W: Wiring>(ctx: &mut Ctx<'_>, service: ServiceId) -> Result<Snapshot, Error> {
    let record = state::service(ctx, service)?;
    if record.phase != Phase::Active {
        return Err(Error::WrongPhase(record.phase));
    }
    let key = (service, ctx.epoch());
    if let Some(found) = SNAPSHOTS.get(ctx, &key)? {
        return Ok(found);
    }
    let taken = read::<W>(ctx, service, &record)?;
    SNAPSHOTS.put(ctx, &key, &taken)?;
    // What comes after this is no prize of a slash for what the epoch sees.
    for seat in &taken.seats {
        vaults::pin(ctx, &seat.operator)?;
    }
    forget_old(ctx, service)?;
    Ok(taken)
}

/// What a snapshot taken now would be.
pub(crate) fn read<W: Wiring>(ctx: &Ctx<'_>, service: ServiceId, record: &Record) -> Result<Snapshot, Error> {
    let terms = &record.terms;
    let mut seats = Vec::new();
    let mut total = Amount::ZERO;
    let now = ctx.chain_clock();
    for operator in delegation::members(ctx, service, None, PAGE)? {
        let key = delegation::key_at(ctx, &operator, service, KeyKind::Bls, now)?;
        let Some(ServiceKey::Bls(key)) = key else {
            return Err(crate::ID.broken("whoever joins brings a key").into());
        };
        // A vault's backing and its value are some reads each, of up to 32 vaults.
        ctx.charge(STAKE_GAS)?;
        if !eligible::<W>(&ctx.view(), service, record, &operator)? {
            continue;
        }
        let value = W::stake(&ctx.view(), service, terms, &operator)?.total;
        total = total.checked_add(value)?;
        seats.push(Seat { operator, key, value });
    }
    let needed = terms.min_operators;
    if seats.len() < usize::from(needed) || total.is_zero() {
        let found = u16::try_from(seats.len()).unwrap_or(u16::MAX);
        return Err(Error::TooFewOperators { found, needed });
    }
    Ok(Snapshot {
        taken_at: now,
        total,
        seats,
        classes: terms.classes.iter().map(|class| class.at(now)).collect(),
    })
}

/// Reading what stands behind one operator.
const STAKE_GAS: primitives::Gas = primitives::Gas::new(100_000);

/// Whether an operator reaches a service's minimums.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn eligible<W: Wiring>(
    view: &View<'_>,
    service: ServiceId,
    record: &Record,
    operator: &AccountId,
) -> Result<bool, StateError> {
    let terms = &record.terms;
    let stake = W::stake(view, service, terms, operator)?;
    let score = state::score(view, service, operator, view.block().epoch)?;
    Ok(!stake.total.is_zero()
        && stake.total >= terms.min_stake
        && stake.own >= terms.min_self_stake
        && score.reputation() >= terms.min_reputation)
}

/// Whether faults of `epoch` may still be shown at `now`.
pub(crate) fn in_window(
    store: &(impl Read + ?Sized),
    epoch: Epoch,
    current: Epoch,
    now: ChainClock,
) -> Result<bool, StateError> {
    if epoch == current {
        return Ok(true);
    }
    let window = state::evidence_window(store, now)?;
    // Age counts from the epoch's end.
    let ended = EPOCH_ENDS.get(store, &epoch)?;
    Ok(ended.is_some_and(|ended| now <= ended.after(window)))
}

/// Forgets up to two snapshots of a service whose faults are too old, with what was kept about them: as one is added per
/// epoch at most, what lies there stays bounded.
fn forget_old(ctx: &mut Ctx<'_>, service: ServiceId) -> Result<(), StateError> {
    for ((_, epoch), _) in SNAPSHOTS.range_of(ctx, &service, None, 2)? {
        if in_window(ctx, epoch, ctx.epoch(), ctx.chain_clock())? {
            break;
        }
        SNAPSHOTS.remove(ctx, &(service, epoch))?;
        let convictions = CONVICTIONS.range_of(ctx, &(service, epoch), None, 1_024)?;
        for (key, _) in convictions {
            CONVICTIONS.remove(ctx, &key)?;
        }
    }
    Ok(())
}
