//! Tables: services, snapshots, tasks, convictions, scores.

use crate::ID;
use crate::error::Error;
use crate::params::Params;
use crate::score::Score;
use crate::snapshot::Snapshot;
use crate::types::{Conviction, Record, Task};
use kernel::{Ctx, Item, Map, Read, StateError};
use primitives::{AccountId, ChainClock, Digest, Epoch, Longer, MathError, Millis, ServiceId};

/// The module's parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(ID.table(0));
/// Service → what it is; never removed.
pub(crate) const SERVICES: Map<ServiceId, Record> = Map::new(ID.table(1));
/// The last service's number.
pub(crate) const SERVICE_COUNT: Item<u32> = Item::new(ID.table(2));
/// (service, epoch) → who had which seat. As long as the epoch's faults may be shown.
pub(crate) const SNAPSHOTS: Map<(ServiceId, Epoch), Snapshot> = Map::new(ID.table(3));
/// Epoch → when it ended, in chain time. As long as its faults may be shown.
pub(crate) const EPOCH_ENDS: Map<Epoch, ChainClock> = Map::new(ID.table(4));
/// Task → what it is. As long as its epoch's faults may be shown.
pub(crate) const TASKS: Map<u64, Task> = Map::new(ID.table(5));
/// How many tasks there ever were: the next one's number.
pub(crate) const TASK_COUNT: Item<u64> = Item::new(ID.table(6));
/// (when, task): to be settled, or, when that is done, forgotten.
pub(crate) const QUEUE: Map<(ChainClock, u64), ()> = Map::new(ID.table(7));
/// (task, seat) → what it committed to.
pub(crate) const COMMITMENTS: Map<(u64, u8), Digest> = Map::new(ID.table(8));
/// (task, seat) → the hash of what it answered.
pub(crate) const ANSWERS: Map<(u64, u8), Digest> = Map::new(ID.table(9));
/// (service, epoch, operator, class) → the conviction. As long as the epoch's snapshot.
pub(crate) const CONVICTIONS: Map<(ServiceId, Epoch, AccountId, u8), Conviction> = Map::new(ID.table(10));
/// (service, operator) → what the chain has seen of its work.
pub(crate) const SCORES: Map<(ServiceId, AccountId), Score> = Map::new(ID.table(11));
/// The evidence window before it was shortened; no entry where it never was.
pub(crate) const LONGER: Item<Longer> = Item::new(ID.table(12));

/// Entries read at once where a table is walked whole.
pub(crate) const PAGE: usize = 256;

/// Holds the fees of tasks that are not settled.
#[must_use]
pub const fn fee_account() -> AccountId {
    bank::module_account(ID, 0)
}

/// Holds what services' owners put down.
#[must_use]
pub const fn bond_account() -> AccountId {
    bank::module_account(ID, 1)
}

/// How long after an epoch's end faults of it may be shown at `now`: what began before the window was shortened keeps the
/// longer one.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn evidence_window(store: &(impl Read + ?Sized), now: ChainClock) -> Result<Millis, StateError> {
    let set = PARAMS.require(store)?.evidence_window;
    Ok(LONGER.or_default(store)?.or(set, now))
}

/// Sets the parameters, whose rules the caller has checked; `epoch` is the longest epoch. What is due keeps its moment, and
/// what happened before a shorter evidence window keeps the longer.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn set_params(ctx: &mut Ctx<'_>, params: &Params, epoch: Millis) -> Result<(), StateError> {
    let before = PARAMS.require(ctx)?;
    // Age counts from the end of an epoch, which may have begun just now.
    let lag = epoch.saturating_add(ChainClock::MAX_OVERTIME);
    let known = LONGER.or_default(ctx)?;
    let longer = known.shortened(
        before.evidence_window,
        params.evidence_window,
        lag,
        ctx.chain_clock(),
    );
    if longer != known {
        LONGER.put(ctx, &longer)?;
    }
    PARAMS.put(ctx, params)
}

/// Arithmetic on what the tables say cannot fail on a sound store.
pub(crate) const fn broken_math(source: MathError) -> StateError {
    StateError::Math {
        module: ID.number(),
        what: "what the tables say adds up",
        source,
    }
}

/// What the module holds is there: its own records say so.
pub(crate) fn broken_bank(error: bank::Error) -> StateError {
    match error {
        bank::Error::State(inner) => inner,
        bank::Error::InsufficientFunds { .. }
        | bank::Error::UnknownAsset { .. }
        | bank::Error::ZeroAmount
        | bank::Error::LockedAccount { .. }
        | bank::Error::SupplyOverflow { .. }
        | bank::Error::SupplyMismatch { .. }
        | bank::Error::DuplicateBalance { .. } => ID.broken("the module holds what its records say"),
    }
}

/// A service.
///
/// # Errors
/// [`Error::UnknownService`].
pub fn service(store: &(impl Read + ?Sized), id: ServiceId) -> Result<Record, Error> {
    SERVICES.get(store, &id)?.ok_or(Error::UnknownService(id))
}

pub(crate) fn task(store: &(impl Read + ?Sized), id: u64) -> Result<Task, Error> {
    TASKS.get(store, &id)?.ok_or(Error::UnknownTask(id))
}

/// The score of an operator as it stands in `epoch`.
pub(crate) fn score(
    store: &(impl Read + ?Sized),
    service: ServiceId,
    operator: &AccountId,
    epoch: Epoch,
) -> Result<Score, StateError> {
    Ok(SCORES.or_default(store, &(service, *operator))?.faded(epoch))
}
