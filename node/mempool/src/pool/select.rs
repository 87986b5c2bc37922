//! Choosing what goes into a block.

use super::Pool;
use super::lane::Entry;
use crate::Transaction;
use core::cmp::{Ordering, Reverse};
use primitives::{AccountId, Amount, Gas, Height};
use std::collections::btree_map::Range;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

/// How many accounts in a row may have a transaction that does not fit before the block counts as full.
const MISFITS: usize = 128;

/// What a block has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Its height: what timed out below it is left out.
    pub height: Height,
    /// Its base price per gas: what offers less is left out.
    pub base_price: Amount,
    /// Bytes of its transactions together.
    pub max_bytes: usize,
    /// Their gas limits together.
    pub max_gas: Gas,
    /// How many they are.
    pub max_transactions: usize,
}

/// What the block's ancestors use that are not finalized yet: their transactions still wait in the pool.
#[derive(Clone, Debug, Default)]
pub struct Reserved {
    next: HashMap<AccountId, u64>,
}

impl Reserved {
    /// One transaction of an unfinalized ancestor.
    pub fn add(&mut self, sender: AccountId, sequence: u64) {
        let next = self.next.entry(sender).or_default();
        *next = sequence.saturating_add(1).max(*next);
    }

    /// All transactions of an unfinalized ancestor.
    pub fn add_all<'a, T: Transaction>(&mut self, transactions: impl IntoIterator<Item = &'a Arc<T>>) {
        for transaction in transactions {
            let (lane, place) = transaction.lane();
            self.add(lane, place);
        }
    }

    /// The sequence from which `account` can go on, when an ancestor holds one of its transactions.
    #[must_use]
    pub fn next(&self, account: &AccountId) -> Option<u64> {
        self.next.get(account).copied()
    }
}

/// The next transaction of one account.
struct Head<'a, T> {
    price: Amount,
    sequence: u64,
    entry: &'a Entry<T>,
    rest: Range<'a, u64, Entry<T>>,
}

impl<T> Head<'_, T> {
    /// The account does not matter: no two transactions arrive as the same.
    const fn rank(&self) -> (Amount, Reverse<u64>) {
        (self.price, Reverse(self.entry.arrival))
    }
}

impl<T> PartialEq for Head<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}
impl<T> Eq for Head<'_, T> {}
impl<T> PartialOrd for Head<'_, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Head<'_, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl<T: Transaction> Pool<T> {
    /// The best transactions that fit, in the order in which they are to be executed: of the accounts' next ones
    /// always the one that pays most per gas, among equals the one that came first. Nothing leaves the pool.
    #[must_use]
    pub fn select(&self, room: &Selection, reserved: &Reserved) -> Vec<Arc<T>> {
        let first = self.lanes.iter().filter_map(|(account, lane)| {
            let start = reserved
                .next(account)
                .map_or(lane.next, |next| next.max(lane.next));
            next_head(start, lane.entries.range(start..), room)
        });
        let mut heads: BinaryHeap<Head<'_, T>> = first.collect();
        let mut chosen = Vec::new();
        let (mut bytes, mut gas, mut misfits) = (0usize, 0u64, 0usize);
        while let Some(head) = heads.pop() {
            if chosen.len() >= room.max_transactions || misfits >= MISFITS {
                break;
            }
            let transaction = &head.entry.transaction;
            let new_bytes = bytes.saturating_add(transaction.bytes().len());
            let new_gas = gas.saturating_add(transaction.gas_limit().get());
            if new_bytes > room.max_bytes || new_gas > room.max_gas.get() {
                // Those behind it depend on it: this account has nothing more for this block.
                misfits += 1;
                continue;
            }
            (bytes, gas, misfits) = (new_bytes, new_gas, 0);
            chosen.push(Arc::clone(transaction));
            heads.extend(next_head(head.sequence.saturating_add(1), head.rest, room));
        }
        chosen
    }
}

/// The first of `rest`, if it has the sequence `expected` and may stand in the block.
fn next_head<'a, T: Transaction>(
    expected: u64,
    mut rest: Range<'a, u64, Entry<T>>,
    room: &Selection,
) -> Option<Head<'a, T>> {
    let (&sequence, entry) = rest.next()?;
    let bid = entry.transaction.bid();
    let fits = sequence == expected
        && entry.transaction.timeout_height() >= room.height
        && bid.max_price >= room.base_price;
    fits.then(|| Head {
        price: bid.price_at(room.base_price),
        sequence,
        entry,
        rest,
    })
}
