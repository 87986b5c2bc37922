//! What leaves: single transactions, and what a finalized block makes obsolete.

use super::lane::Entry;
use super::{Change, Pool};
use crate::{Admission, Dropped, Rejection, Transaction};
use core::ops::Bound;
use primitives::{AccountId, Amount, TxId};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

impl<T: Transaction> Pool<T> {
    /// Takes out the transactions with these ids: those that turned out to be invalid when a block was built, say.
    pub fn remove(&mut self, invalid: &[(TxId, Rejection)]) {
        for (id, rejection) in invalid {
            if let Some((account, sequence)) = self.ids.get(id).copied() {
                self.remove_at(account, sequence, Some(Dropped::Invalid(rejection.clone())));
            }
        }
        self.trim_queue();
    }

    /// Blocks were finalized, `included` are their transactions: takes out those, what they make impossible, what
    /// expired, and what a bounded part of the other accounts can no longer send.
    pub fn finalized<A>(&mut self, included: &[Arc<T>], admission: &A)
    where
        A: Admission<Transaction = T>,
    {
        self.height = admission.height().max(self.height);
        self.base = admission.base_price();
        let ids: HashSet<TxId> = included.iter().map(|transaction| transaction.id()).collect();
        let senders: BTreeSet<AccountId> = included.iter().map(|transaction| transaction.sender()).collect();
        for transaction in included.iter().filter(|transaction| transaction.unordered()) {
            let (lane, place) = transaction.lane();
            self.remove_at(lane, place, None);
        }
        // Order: what is in a block has not expired, and what has expired need not be paid for.
        for account in &senders {
            self.use_up(*account, admission.account(account).next_sequence, Some(&ids));
        }
        self.expire();
        for account in senders {
            self.afford(account, admission.account(&account).balance);
        }
        self.recheck(admission);
        self.trim_queue();
    }

    /// Takes out the sequences that an account has used, by one of `included` or by another transaction; by which one
    /// is not known yet when that is `None`.
    pub(super) fn use_up(&mut self, account: AccountId, next: u64, included: Option<&HashSet<TxId>>) {
        if self.lanes.get(&account).is_none_or(|lane| lane.next >= next) {
            return;
        }
        for (sequence, entry) in self.edit(account, next, |lane| lane.advance(next)) {
            let id = entry.transaction.id();
            let superseded = included.is_some_and(|included| !included.contains(&id));
            self.forget(entry, superseded.then_some(Dropped::Superseded { sequence }));
        }
    }

    /// Takes out the last ones of an account until its balance covers the others.
    fn afford(&mut self, account: AccountId, balance: Amount) {
        while let Some(lane) = self.lanes.get(&account).filter(|lane| lane.cost > balance) {
            let poor = Rejection::insufficient_funds(balance.get(), lane.cost.get());
            let Some(last) = lane.entries.last_key_value().map(|(sequence, _)| *sequence) else {
                break;
            };
            self.remove_at(account, last, Some(Dropped::Invalid(poor)));
        }
    }

    fn expire(&mut self) {
        while let Some((&(at, _), &(account, sequence))) = self.expiry.first_key_value() {
            if at > self.height {
                break;
            }
            self.remove_at(account, sequence, Some(Dropped::Expired { at }));
        }
    }

    /// Checks the next accounts in turn, since any transfer may have changed what they can pay.
    fn recheck<A>(&mut self, admission: &A)
    where
        A: Admission<Transaction = T>,
    {
        let after = self.recheck_after.map_or(Bound::Unbounded, Bound::Excluded);
        let accounts: Vec<AccountId> = self
            .lanes
            .range((after, Bound::Unbounded))
            .take(self.limits.recheck_per_block)
            .map(|(account, _)| *account)
            .collect();
        let round_is_over = accounts.len() < self.limits.recheck_per_block;
        self.recheck_after = accounts.last().copied().filter(|_| !round_is_over);
        for account in accounts {
            self.refresh(account, admission);
            let first = self
                .lanes
                .get(&account)
                .and_then(|lane| lane.entries.first_key_value());
            let verdict = first.map(|(sequence, entry)| (*sequence, admission.check(&entry.transaction)));
            if let Some((sequence, Err(rejection))) = verdict {
                self.remove_at(account, sequence, Some(Dropped::Invalid(rejection)));
            }
        }
    }

    /// Takes out what the account of a lane has used or can no longer pay.
    fn refresh<A>(&mut self, lane: AccountId, admission: &A)
    where
        A: Admission<Transaction = T>,
    {
        let first = self
            .lanes
            .get(&lane)
            .and_then(|lane| lane.entries.first_key_value());
        let owner = first.map(|(_, entry)| (entry.transaction.sender(), entry.transaction.unordered()));
        match owner {
            Some((sender, true)) => self.afford(lane, admission.account(&sender).balance),
            Some((sender, false)) => {
                let now = admission.account(&sender);
                self.use_up(sender, now.next_sequence, None);
                self.afford(sender, now.balance);
            }
            None => {}
        }
    }

    /// Takes one out, if it is there.
    pub(super) fn remove_at(&mut self, account: AccountId, sequence: u64, reason: Option<Dropped>) {
        let lane = self.lanes.get(&account);
        if !lane.is_some_and(|lane| lane.entries.contains_key(&sequence)) {
            return;
        }
        if let Some(entry) = self.edit(account, sequence, |lane| lane.remove(sequence)) {
            self.forget(entry, reason);
        }
    }

    /// One is out of its lane: out of everything else too.
    fn forget(&mut self, entry: Entry<T>, reason: Option<Dropped>) {
        self.ids.remove(&entry.transaction.id());
        self.expiry.remove(&(entry.expires, entry.arrival));
        self.by_arrival.remove(&entry.arrival);
        self.bytes -= entry.transaction.bytes().len();
        if entry.transaction.unordered() {
            self.forget_unordered(&entry.transaction);
        }
        self.left.push(Change {
            transaction: entry.transaction,
            reason,
        });
    }

    fn forget_unordered(&mut self, transaction: &T) {
        let sender = transaction.sender();
        let Some(free) = self.unordered.get_mut(&sender) else {
            return;
        };
        free.count -= 1;
        free.cost = free.cost.saturating_sub(transaction.cost());
        if free.count == 0 {
            self.unordered.remove(&sender);
        }
    }
}
