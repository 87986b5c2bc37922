//! The tables.

use crate::ID;
use crate::error::Error;
use crate::hooks::Wiring;
use crate::id::VaultId;
use crate::params::Params;
use crate::types::{Buffer, Holder, Mark, Position, Vault, Withdrawal};
use kernel::{Ctx, Item, Key, Map, Read, StateError};
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, Amount, AssetId, ChainClock, MathError, Shares};

/// The module's parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(ID.table(0));
/// Every vault; never removed.
pub(crate) const VAULTS: Map<VaultId, Vault> = Map::new(ID.table(1));
/// How many vaults there ever were: the next one's number.
pub(crate) const VAULT_COUNT: Item<u64> = Item::new(ID.table(2));
/// Which vaults an operator has, at most [`crate::MAX_VAULTS_PER_OPERATOR`].
pub(crate) const OPERATED: Map<(AccountId, VaultId), ()> = Map::new(ID.table(3));
/// (vault, owner) → its shares; no entry for nothing to remember.
pub(crate) const POSITIONS: Map<(VaultId, AccountId), Position> = Map::new(ID.table(4));
/// Withdrawals under way, by number.
pub(crate) const WITHDRAWALS: Map<u64, Withdrawal> = Map::new(ID.table(5));
/// How many withdrawals there ever were: the next one's number.
pub(crate) const WITHDRAWAL_COUNT: Item<u64> = Item::new(ID.table(6));
/// (when it is due, number) of each withdrawal. Walked in order, a bounded number per block.
pub(crate) const QUEUE: Map<(ChainClock, u64), ()> = Map::new(ID.table(7));
/// (vault, owner, number) of each withdrawal of an account.
pub(crate) const OWNED: Map<(VaultId, AccountId, u64), ()> = Map::new(ID.table(8));
/// Where in the queue the walk goes on; no entry for its start.
pub(crate) const CURSOR: Item<(ChainClock, u64)> = Item::new(ID.table(9));
/// (vault, when) → how it stood before the first change of an epoch, for as long as stake of that time is liable.
pub(crate) const MARKS: Map<(VaultId, ChainClock), Mark> = Map::new(ID.table(10));
/// Who may deposit into a vault that asks for it.
pub(crate) const ALLOWED: Map<(VaultId, AccountId), ()> = Map::new(ID.table(11));
/// What all vaults hold of an asset, in base units, above zero.
pub(crate) const HELD: Map<AssetId, Amount> = Map::new(ID.table(12));
/// Vault → its buffer; no entry for an empty one.
pub(crate) const BUFFERS: Map<VaultId, Buffer> = Map::new(ID.table(13));
/// (vault, account) → its shares of the vault's buffer, above zero.
pub(crate) const FUNDERS: Map<(VaultId, AccountId), Shares> = Map::new(ID.table(14));
/// (vault, owner) → what a loss on the beacon chain would have burned beyond the owner's shares, in base units.
pub(crate) const DEFICITS: Map<(VaultId, AccountId), Amount> = Map::new(ID.table(15));

/// Operator → when a service last read what stands behind it, and in which block before that one: the next change of a
/// vault of its in a later block is marked, though its epoch has a mark.
pub(crate) const PINS: Map<AccountId, Pins> = Map::new(ID.table(16));
/// The last time, and the one before.
pub(crate) type Pins = (ChainClock, Option<ChainClock>);

/// Entries read at once where a table is walked whole.
const PAGE: usize = 256;
/// Marks forgotten when one is made, at most: one more than comes, so that a shorter delay is caught up with.
const FORGOTTEN_MARKS: usize = 2;
/// The most marks that are read of one vault: per epoch that is remembered one, and one for each of its operator's
/// services, which read its stake once an epoch.
const MOST_MARKS: usize = 512;

/// Holds what is in all vaults.
#[must_use]
pub const fn vault_account() -> AccountId {
    bank::module_account(ID, 0)
}

/// Holds the cash of all buffers.
#[must_use]
pub const fn buffer_account() -> AccountId {
    bank::module_account(ID, 1)
}

/// Sets the parameters, whose rules the caller has checked. What is queued keeps the longer of its delay and the new one.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn set_params(ctx: &mut Ctx<'_>, params: &Params) -> Result<(), StateError> {
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

pub(crate) fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    PARAMS.require(store)
}

/// The vault of this name.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn vault(store: &(impl Read + ?Sized), id: &VaultId) -> Result<Option<Vault>, StateError> {
    VAULTS.get(store, id)
}

pub(crate) fn known(store: &(impl Read + ?Sized), id: &VaultId) -> Result<Vault, Error> {
    VAULTS.get(store, id)?.ok_or(Error::UnknownVault(*id))
}

/// The vault, for its operator alone.
pub(crate) fn operated(ctx: &Ctx<'_>, id: &VaultId, sender: &AccountId) -> Result<Vault, Error> {
    let vault = known(ctx, id)?;
    if vault.operator == *sender {
        Ok(vault)
    } else {
        Err(Error::NotOperator(vault.operator))
    }
}

pub(crate) fn put_vault(ctx: &mut Ctx<'_>, id: &VaultId, vault: &Vault) -> Result<(), StateError> {
    VAULTS.put(ctx, id, vault)
}

/// What `owner` has of a vault in its present round.
pub(crate) fn position(
    store: &(impl Read + ?Sized),
    id: &VaultId,
    vault: &Vault,
    owner: &AccountId,
) -> Result<Position, StateError> {
    Ok(POSITIONS.or_default(store, &(*id, *owner))?.in_round(vault.round))
}

/// Writes a position, or forgets it when nothing is left of it.
pub(crate) fn put_position(
    ctx: &mut Ctx<'_>,
    id: &VaultId,
    owner: &AccountId,
    position: &Position,
) -> Result<(), StateError> {
    if position.is_over() {
        POSITIONS.remove(ctx, &(*id, *owner))
    } else {
        POSITIONS.put(ctx, &(*id, *owner), position)
    }
}

/// Writes a buffer, or forgets it when nothing is left of it.
pub(crate) fn put_buffer(ctx: &mut Ctx<'_>, id: &VaultId, buffer: &Buffer) -> Result<(), StateError> {
    if *buffer == Buffer::default() {
        BUFFERS.remove(ctx, id)
    } else {
        BUFFERS.put(ctx, id, buffer)
    }
}

/// Notes that all vaults hold `more` of an asset.
pub(crate) fn hold(ctx: &mut Ctx<'_>, asset: AssetId, more: Amount) -> Result<Amount, Error> {
    let held = HELD.or_default(ctx, &asset)?.checked_add(more)?;
    HELD.put(ctx, &asset, &held)?;
    Ok(held)
}

/// Notes that all vaults hold `less` of an asset.
pub(crate) fn release(ctx: &mut Ctx<'_>, asset: AssetId, less: Amount) -> Result<(), StateError> {
    let held = HELD
        .or_default(ctx, &asset)?
        .checked_sub(less)
        .map_err(broken_math)?;
    if held.is_zero() {
        HELD.remove(ctx, &asset)
    } else {
        HELD.put(ctx, &asset, &held)
    }
}

/// Notes that what stands behind an operator was read: by how its vaults stand when this block ends, offences are judged
/// that its services see from now on.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn pin(ctx: &mut Ctx<'_>, operator: &AccountId) -> Result<(), StateError> {
    let now = ctx.chain_clock();
    let last = PINS.get(ctx, operator)?.map(|(last, _)| last);
    if last == Some(now) {
        return Ok(());
    }
    PINS.put(ctx, operator, &(now, last))
}

/// Whether a vault was read in an earlier block than this and has no mark since.
fn is_pinned(ctx: &Ctx<'_>, id: &VaultId, vault: &Vault) -> Result<bool, StateError> {
    let Some((last, before)) = PINS.get(ctx, &vault.operator)? else {
        return Ok(false);
    };
    // Read in this very block, it counts as it is when the block ends.
    let read = if last < ctx.chain_clock() {
        Some(last)
    } else {
        before
    };
    let Some(read) = read else {
        return Ok(false);
    };
    let marks = MARKS.range_back_of(ctx, id, None, 1)?;
    Ok(marks.first().is_none_or(|((_, when), _)| *when <= read))
}

/// Remembers how a vault stands before its first change in this epoch, and before its first change since its operator's
/// stake was last read. Called before every change of assets or magnitude; the caller writes the vault.
pub(crate) fn mark(ctx: &mut Ctx<'_>, id: &VaultId, vault: &mut Vault) -> Result<(), StateError> {
    let epoch = ctx.epoch();
    if vault.marked == Some(epoch) && !is_pinned(ctx, id, vault)? {
        return Ok(());
    }
    vault.marked = Some(epoch);
    let now = ctx.chain_clock();
    if !MARKS.contains(ctx, &(*id, now))? {
        let mark = Mark {
            assets: vault.pool.assets,
            magnitude: vault.pool.magnitude,
        };
        MARKS.put(ctx, &(*id, now), &mark)?;
    }
    let kept = params(ctx)?.kept();
    for (key, _) in MARKS.range_of(ctx, id, None, FORGOTTEN_MARKS)? {
        if key.1.after(kept) < now {
            MARKS.remove(ctx, &key)?;
        }
    }
    Ok(())
}

/// Forgets every mark of a vault that starts anew.
pub(crate) fn forget_marks(ctx: &mut Ctx<'_>, id: &VaultId) -> Result<(), StateError> {
    for (key, _) in MARKS.range_of(ctx, id, None, MOST_MARKS)? {
        MARKS.remove(ctx, &key)?;
    }
    Ok(())
}

/// Every mark of a vault, oldest first.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn marks(store: &(impl Read + ?Sized), id: &VaultId) -> Result<Vec<(ChainClock, Mark)>, StateError> {
    let found = MARKS.range_of(store, id, None, MOST_MARKS)?;
    Ok(found.into_iter().map(|((_, when), mark)| (when, mark)).collect())
}

/// Remembers how a vault stands, if nothing of it has changed yet in this epoch or since it was last read: for the module
/// above, before what a vault pledges changes.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn touch(ctx: &mut Ctx<'_>, id: &VaultId) -> Result<(), StateError> {
    let Some(mut vault) = VAULTS.get(ctx, id)? else {
        return Ok(());
    };
    let before = vault.marked;
    mark(ctx, id, &mut vault)?;
    if vault.marked == before {
        return Ok(());
    }
    put_vault(ctx, id, &vault)
}

/// How a vault stood at the end of the block at `when`, with which an epoch began or in which its operator was [`pin`]ned:
/// between two such moments, as at the later of them.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn mark_at(
    store: &(impl Read + ?Sized),
    id: &VaultId,
    vault: &Vault,
    when: ChainClock,
) -> Result<Mark, StateError> {
    let found = MARKS.range_of(store, id, Some(&(*id, when)), 1)?;
    Ok(found.first().map_or(
        Mark {
            assets: vault.pool.assets,
            magnitude: vault.pool.magnitude,
        },
        |(_, mark)| *mark,
    ))
}

/// Queues escrowed shares, and says under which number and when they are due. The pool and the position are the
/// caller's.
pub(crate) fn queue(ctx: &mut Ctx<'_>, mut entry: Withdrawal) -> Result<u64, Error> {
    entry.since = ctx.chain_clock();
    entry.due = entry.since.after(params(ctx)?.withdrawal_delay);
    let number = WITHDRAWAL_COUNT.require(ctx)?;
    WITHDRAWAL_COUNT.put(ctx, &number.checked_add(1).ok_or(MathError::Overflow)?)?;
    WITHDRAWALS.put(ctx, &number, &entry)?;
    QUEUE.put(ctx, &(entry.due, number), &())?;
    if let Holder::Account { owner, .. } = entry.holder {
        OWNED.put(ctx, &(entry.vault, owner, number), &())?;
    }
    Ok(number)
}

/// Takes a withdrawal out of every table.
pub(crate) fn unqueue(ctx: &mut Ctx<'_>, number: u64, entry: &Withdrawal) -> Result<(), StateError> {
    WITHDRAWALS.remove(ctx, &number)?;
    QUEUE.remove(ctx, &(entry.due, number))?;
    if let Holder::Account { owner, .. } = entry.holder {
        OWNED.remove(ctx, &(entry.vault, owner, number))?;
    }
    Ok(())
}

/// Gives `owner` more shares, or takes some, after what they earned is settled.
pub(crate) fn change_shares<W: Wiring>(
    ctx: &mut Ctx<'_>,
    id: &VaultId,
    vault: &Vault,
    owner: &AccountId,
    change: impl FnOnce(&mut Position) -> Result<(), Error>,
) -> Result<(), Error> {
    W::before_shares_change(ctx, id, owner)?;
    let mut position = position(ctx, id, vault, owner)?;
    change(&mut position)?;
    Ok(put_position(ctx, id, owner, &position)?)
}

/// Walks a whole table in key order, a page at a time.
pub(crate) fn each<K: Key + Clone, V: Encode + Decode, E: From<StateError>>(
    store: &(impl Read + ?Sized),
    table: &Map<K, V>,
    mut visit: impl FnMut(K, V) -> Result<(), E>,
) -> Result<(), E> {
    let mut after: Option<K> = None;
    loop {
        let page = table.range(store, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        for (key, value) in page {
            visit(key, value)?;
        }
    }
}
