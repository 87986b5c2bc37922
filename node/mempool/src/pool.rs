//! The pool as a pure data structure.

mod lane;
mod removal;
mod room;
mod select;

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

pub use select::{Reserved, Selection};

use crate::{Account, Config, Dropped, Rejection, Transaction};
use lane::{Entry, Lane};
use primitives::{AccountId, Amount, Height, TxId};
use room::Worst;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Transactions that wait, by account and sequence.
///
/// Of an account, those that follow each other from its next sequence on are *ready*; those behind a gap are
/// *queued*. When there is no room, the worst goes: queued before ready, then by the price that its whole
/// chain of predecessors is worth, the last of its account first, so that no gap is ever torn.
pub struct Pool<T> {
    limits: Config,
    height: Height,
    base: Amount,
    lanes: BTreeMap<AccountId, Lane<T>>,
    ids: HashMap<TxId, (AccountId, u64)>,
    /// The unordered ones of each account.
    unordered: HashMap<AccountId, Unordered>,
    /// (last height, arrival) -> where it is.
    expiry: BTreeMap<(Height, u64), (AccountId, u64)>,
    /// Arrival -> where it is.
    by_arrival: BTreeMap<u64, (AccountId, u64)>,
    queued: usize,
    bytes: usize,
    arrivals: u64,
    /// Kept only while the pool is full: which account's last transaction would go first.
    worst: Option<Worst>,
    /// Where the rotating check goes on.
    recheck_after: Option<AccountId>,
    /// Who left since the owner last asked.
    left: Vec<Change<T>>,
}

/// How many unordered transactions of an account wait, and what they can cost together.
#[derive(Clone, Copy, Debug, Default)]
struct Unordered {
    count: u64,
    cost: Amount,
}

/// Where a transaction of the pool stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All before it are here or final: it can be selected.
    Ready,
    /// It waits for an earlier one of its account.
    Queued,
}

/// A transaction left the pool.
#[derive(Debug)]
pub struct Change<T> {
    /// Which.
    pub transaction: Arc<T>,
    /// Why; `None` when it is in a finalized block, or its sequence is used and the block was not seen yet.
    pub reason: Option<Dropped>,
}

impl<T> Clone for Change<T> {
    fn clone(&self) -> Self {
        Self {
            transaction: Arc::clone(&self.transaction),
            reason: self.reason.clone(),
        }
    }
}

/// What an insertion did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// A transaction with this id waits already.
    AlreadyPending,
    /// It is in, and stands there.
    Added(Place),
}

/// A place to be taken: what an insertion has found to be in order.
struct Slot {
    /// Whether all before it are there.
    ready: bool,
    /// The first sequence of its account that is missing.
    expected: u64,
}

impl<T: Transaction> Pool<T> {
    /// An empty pool above the finalized block at `height`, with the base price of the block after it.
    #[must_use]
    pub fn new(limits: Config, height: Height, base: Amount) -> Self {
        Self {
            limits,
            height,
            base,
            lanes: BTreeMap::new(),
            ids: HashMap::new(),
            unordered: HashMap::new(),
            expiry: BTreeMap::new(),
            by_arrival: BTreeMap::new(),
            queued: 0,
            bytes: 0,
            arrivals: 0,
            worst: None,
            recheck_after: None,
            left: Vec::new(),
        }
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Bytes of those that wait.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many wait for an earlier one of their account.
    #[must_use]
    pub const fn queued(&self) -> usize {
        self.queued
    }

    /// The transaction with this id, if it waits.
    #[must_use]
    pub fn find(&self, id: &TxId) -> Option<(&Arc<T>, Place)> {
        let (account, sequence) = self.ids.get(id)?;
        let lane = self.lanes.get(account)?;
        let entry = lane.entries.get(sequence)?;
        let place = if lane.is_ready(*sequence) {
            Place::Ready
        } else {
            Place::Queued
        };
        Some((&entry.transaction, place))
    }

    /// Up to `limit` that came after the `after`-th, in the order in which they came, each with its number.
    #[must_use]
    pub fn waiting(&self, after: u64, limit: usize) -> Vec<(u64, Arc<T>)> {
        let later = self.by_arrival.range(after.saturating_add(1)..).take(limit);
        let found = later.filter_map(|(arrival, (account, sequence))| {
            let entry = self.lanes.get(account)?.entries.get(sequence)?;
            Some((*arrival, Arc::clone(&entry.transaction)))
        });
        found.collect()
    }

    /// The sequence that the account's next transaction should have, when at least one waits that is ready.
    #[must_use]
    pub fn pending_sequence(&self, account: &AccountId) -> Option<u64> {
        let lane = self.lanes.get(account)?;
        (lane.ready > 0).then(|| lane.ready_end())
    }

    /// Everyone who left since this was last asked for: ask after every call that changes the pool.
    pub fn take_left(&mut self) -> Vec<Change<T>> {
        core::mem::take(&mut self.left)
    }

    /// Takes a transaction in. `account` is where its sender stands in the latest finalized state; what it has used
    /// already leaves by the way, and so does whoever has to make room.
    ///
    /// # Errors
    /// The [`Rejection`] that its sender is to see.
    pub fn insert(&mut self, transaction: Arc<T>, mut account: Account) -> Result<Inserted, Rejection> {
        let id = transaction.id();
        let (sender, sequence) = transaction.lane();
        if transaction.unordered() {
            account.next_sequence = 0;
        }
        if self
            .lanes
            .get(&sender)
            .is_some_and(|lane| lane.next < account.next_sequence)
        {
            self.use_up(sender, account.next_sequence, None);
            self.trim_queue();
        }
        if self.ids.contains_key(&id) {
            return Ok(Inserted::AlreadyPending);
        }
        let slot = self
            .find_slot(&transaction, account)
            .map_err(|rejection| rejection.about(id))?;
        self.make_room(&transaction, &slot)
            .map_err(|rejection| rejection.about(id))?;
        self.remove_at(sender, sequence, Some(Dropped::Replaced { by: id }));
        self.put(transaction, account.next_sequence);
        let place = if slot.ready { Place::Ready } else { Place::Queued };
        Ok(Inserted::Added(place))
    }

    /// Checks a transaction against everything but room.
    fn find_slot(&self, transaction: &T, account: Account) -> Result<Slot, Rejection> {
        let (key, sequence) = transaction.lane();
        let size = transaction.bytes().len();
        let timeout = transaction.timeout_height();
        if size > self.limits.max_transaction_bytes {
            return Err(Rejection::too_large(size, self.limits.max_transaction_bytes));
        }
        if timeout <= self.height {
            return Err(Rejection::expired(timeout.get(), self.height.get()));
        }
        let lane = self.lanes.get(&key);
        let next = lane.map_or(account.next_sequence, |lane| lane.next);
        let limit = self.limits.max_per_account;
        if sequence < next {
            return Err(Rejection::sequence_used(next, sequence));
        }
        if sequence - next >= limit {
            return Err(Rejection::too_far_ahead(next, sequence, limit));
        }
        let waiting = lane.and_then(|lane| lane.entries.get(&sequence));
        if let Some(entry) = waiting {
            let least = entry.transaction.bid().to_replace();
            let bid = transaction.bid();
            if bid.max_price < least.max_price || bid.tip < least.tip {
                return Err(Rejection::underpriced_replacement(
                    least.max_price.get(),
                    least.tip.get(),
                ));
            }
        }
        let free = self
            .unordered
            .get(&transaction.sender())
            .copied()
            .unwrap_or_default();
        if transaction.unordered() && free.count >= limit {
            return Err(Rejection::too_many_unordered(limit));
        }
        let ordered = self.lanes.get(&transaction.sender());
        let others = ordered
            .map_or(Amount::ZERO, |lane| lane.cost)
            .saturating_add(free.cost)
            .saturating_sub(waiting.map_or(Amount::ZERO, |entry| entry.transaction.cost()));
        match others.checked_add(transaction.cost()) {
            Ok(total) if total <= account.balance => {}
            sum => {
                let need = sum.unwrap_or(Amount::MAX);
                return Err(Rejection::insufficient_funds(account.balance.get(), need.get()));
            }
        }
        let expected = lane.map_or(next, Lane::ready_end);
        Ok(Slot {
            ready: sequence <= expected,
            expected,
        })
    }

    /// Puts a transaction for which there is room.
    fn put(&mut self, transaction: Arc<T>, next: u64) {
        let (account, sequence) = transaction.lane();
        self.arrivals += 1;
        if transaction.unordered() {
            let free = self.unordered.entry(transaction.sender()).or_default();
            free.count += 1;
            free.cost = free.cost.saturating_add(transaction.cost());
        }
        let expires = transaction
            .timeout_height()
            .min(self.height.saturating_add(Height::new(self.limits.ttl_blocks)));
        self.bytes += transaction.bytes().len();
        self.ids.insert(transaction.id(), (account, sequence));
        self.expiry.insert((expires, self.arrivals), (account, sequence));
        self.by_arrival.insert(self.arrivals, (account, sequence));
        let entry = Entry {
            transaction,
            arrival: self.arrivals,
            expires,
            worth: Amount::ZERO,
        };
        self.edit(account, sequence, |lane| {
            if lane.entries.is_empty() {
                lane.next = lane.next.max(next);
            }
            lane.insert(sequence, entry);
        });
    }

    /// Changes a lane from `sequence` on, creating it where there is none and dropping it when it is empty, and keeps
    /// the totals.
    fn edit<R>(&mut self, account: AccountId, sequence: u64, change: impl FnOnce(&mut Lane<T>) -> R) -> R {
        let lane = self.lanes.entry(account).or_default();
        let before = lane.queued();
        let result = change(lane);
        self.queued = self.queued - before + lane.queued();
        if let Some(worst) = &mut self.worst {
            worst.update(account, lane, sequence);
        }
        if lane.entries.is_empty() {
            self.lanes.remove(&account);
        }
        result
    }
}
