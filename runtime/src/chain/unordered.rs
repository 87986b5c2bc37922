//! Unordered transactions: those without a sequence, kept from being included twice by a set of their ids.
//!
//! An id stands in the set from its block to its timeout height; above that the timeout itself keeps it out. Since no
//! timeout is further ahead than [`UNORDERED_WINDOW`], the set holds at most the unordered transactions of that many
//! blocks, and since a block forgets as many as a block can hold, it never falls behind.
//!
//! The keys start with the timeout height, so what is to be forgotten stands at the start of the table: the table is
//! its own cursor. An exported genesis leaves the set out: a new genesis is a new chain hash, under which every
//! transaction has another id.

use crate::chain::ID;
use kernel::price::{READ, WRITE, WRITE_BYTE};
use kernel::{Map, Read, StateError, Write};
use light_palisade::limits::MAX_TRANSACTIONS;
use primitives::{Gas, Height, TxId};

/// How many blocks ahead the timeout of an unordered transaction may be, at most.
pub const UNORDERED_WINDOW: u64 = 2_400;

/// Gas of an unordered transaction besides what every transaction costs: a look, an entry of 50 bytes, its removal.
pub const UNORDERED_GAS: Gas = Gas::new(READ.get() + 2 * WRITE.get() + 92 * WRITE_BYTE.get());

/// Entries looked at together.
const PAGE: usize = 64;

/// Unordered transactions that may still be in time, by the last height that may hold them: the height that does.
const INCLUDED: Map<(Height, TxId), Height> = Map::new(ID.table(3));

/// The height of the block that holds an unordered transaction with this timeout, as long as that has not passed.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn included(
    store: &(impl Read + ?Sized),
    timeout: Height,
    id: TxId,
) -> Result<Option<Height>, StateError> {
    INCLUDED.get(store, &(timeout, id))
}

/// The last timeout height that an unordered transaction may have in the block at `height`.
#[must_use]
pub const fn latest_timeout(height: Height) -> Height {
    height.saturating_add(Height::new(UNORDERED_WINDOW))
}

/// Remembers that the block at `height` holds an unordered transaction.
pub(crate) fn remember(
    store: &mut (impl Write + ?Sized),
    timeout: Height,
    id: TxId,
    height: Height,
) -> Result<(), StateError> {
    INCLUDED.put(store, &(timeout, id), &height)
}

/// Forgets what can be in no block above `height` by its timeout, as many as a block can hold.
pub(crate) fn forget(store: &mut (impl Write + ?Sized), height: Height) -> Result<(), StateError> {
    let mut forgotten = 0usize;
    while forgotten < MAX_TRANSACTIONS {
        let page = INCLUDED.range(store, None, PAGE)?;
        let over = page.iter().filter(|((timeout, _), _)| *timeout <= height);
        let keys: Vec<_> = over.map(|(key, _)| *key).collect();
        for key in &keys {
            INCLUDED.remove(store, key)?;
        }
        forgotten = forgotten.saturating_add(keys.len());
        if keys.len() < PAGE {
            break;
        }
    }
    Ok(())
}
