//! The waiting transactions of one account.

use crate::Transaction;
use primitives::{Amount, Height};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One waiting transaction.
pub(super) struct Entry<T> {
    pub(super) transaction: Arc<T>,
    /// How many came before it, ever: ties go to the first.
    pub(super) arrival: u64,
    /// The last height at which it waits.
    pub(super) expires: Height,
    /// The least price among it and those before it: what it is worth. As of the last [`Lane::rank`].
    pub(super) worth: Amount,
}

/// The waiting transactions of one account, by sequence.
pub(super) struct Lane<T> {
    /// The account's sequence in the finalized state.
    pub(super) next: u64,
    pub(super) entries: BTreeMap<u64, Entry<T>>,
    /// How many follow each other from `next` on.
    pub(super) ready: u64,
    /// What all of them can cost together: exact, since it is at most the balance when one comes in.
    pub(super) cost: Amount,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self {
            next: 0,
            entries: BTreeMap::new(),
            ready: 0,
            cost: Amount::ZERO,
        }
    }
}

impl<T: Transaction> Lane<T> {
    /// The first sequence that is missing.
    pub(super) const fn ready_end(&self) -> u64 {
        self.next + self.ready
    }

    pub(super) const fn is_ready(&self, sequence: u64) -> bool {
        sequence < self.ready_end()
    }

    /// How many wait for an earlier one.
    pub(super) fn queued(&self) -> usize {
        self.entries
            .len()
            .saturating_sub(usize::try_from(self.ready).unwrap_or(usize::MAX))
    }

    /// The least price among those before `sequence`. Ranks must be up to date.
    pub(super) fn worth_below(&self, sequence: u64) -> Amount {
        let before = self.entries.range(..sequence).next_back();
        before.map_or(Amount::MAX, |(_, entry)| entry.worth)
    }

    /// Brings what those from `sequence` on are worth up to date.
    pub(super) fn rank(&mut self, sequence: u64, base: Amount) {
        let mut least = self.worth_below(sequence);
        for (_, entry) in self.entries.range_mut(sequence..) {
            least = least.min(entry.transaction.bid().price_at(base));
            entry.worth = least;
        }
    }

    /// Adds one at a sequence where none is.
    pub(super) fn insert(&mut self, sequence: u64, entry: Entry<T>) {
        self.cost = self.cost.saturating_add(entry.transaction.cost());
        self.entries.insert(sequence, entry);
        self.extend();
    }

    /// Takes one out; those behind it wait for it from then on.
    pub(super) fn remove(&mut self, sequence: u64) -> Option<Entry<T>> {
        let entry = self.entries.remove(&sequence)?;
        self.ready = self.ready.min(sequence.saturating_sub(self.next));
        self.cost = self.cost.saturating_sub(entry.transaction.cost());
        Some(entry)
    }

    /// The account is at `next` now: takes out those below.
    pub(super) fn advance(&mut self, next: u64) -> BTreeMap<u64, Entry<T>> {
        let end = self.ready_end();
        let rest = self.entries.split_off(&next);
        let used = core::mem::replace(&mut self.entries, rest);
        for entry in used.values() {
            self.cost = self.cost.saturating_sub(entry.transaction.cost());
        }
        self.next = next;
        self.ready = end.saturating_sub(next);
        self.extend();
        used
    }

    fn extend(&mut self) {
        while self.entries.contains_key(&self.ready_end()) {
            self.ready += 1;
        }
    }
}
