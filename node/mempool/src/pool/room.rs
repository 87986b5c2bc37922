//! Making room: who goes when a limit is reached.

use super::lane::Lane;
use super::{Pool, Slot};
use crate::{Dropped, Rejection, Transaction};
use core::cmp::Reverse;
use primitives::{AccountId, Amount};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How early the last transaction of an account goes: the smallest goes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    ready: bool,
    /// The least price in its chain: one that pays much behind one that pays little is worth little.
    rank: Amount,
    arrival: Reverse<u64>,
    account: AccountId,
}

/// The last transaction of every account, the worst first. Kept up only while the pool is full.
#[derive(Default)]
pub(super) struct Worst {
    /// The base price that the ranks were computed for.
    base: Amount,
    order: BTreeSet<Worth>,
    of: HashMap<AccountId, Worth>,
}

impl Worst {
    fn new<T: Transaction>(lanes: &mut BTreeMap<AccountId, Lane<T>>, base: Amount) -> Self {
        let mut worst = Self {
            base,
            ..Self::default()
        };
        for (account, lane) in lanes {
            worst.update(*account, lane, 0);
        }
        worst
    }

    /// A lane has changed from `sequence` on.
    pub(super) fn update<T: Transaction>(&mut self, account: AccountId, lane: &mut Lane<T>, sequence: u64) {
        lane.rank(sequence, self.base);
        if let Some(old) = self.of.remove(&account) {
            self.order.remove(&old);
        }
        if let Some((_, last)) = lane.entries.last_key_value() {
            let worth = Worth {
                ready: lane.queued() == 0,
                rank: last.worth,
                arrival: Reverse(last.arrival),
                account,
            };
            self.of.insert(account, worth);
            self.order.insert(worth);
        }
    }
}

/// How much over its limits the pool would be.
#[derive(Clone, Copy)]
struct Need {
    count: usize,
    bytes: usize,
    queued: usize,
}

impl Need {
    const fn is_met(&self) -> bool {
        self.count == 0 && self.bytes == 0 && self.queued == 0
    }

    const fn less(self, bytes: usize, ready: bool) -> Self {
        Self {
            count: self.count.saturating_sub(1),
            bytes: self.bytes.saturating_sub(bytes),
            queued: self.queued.saturating_sub(if ready { 0 } else { 1 }),
        }
    }
}

impl<T: Transaction> Pool<T> {
    /// Pushes out whoever is worth less than the newcomer, as far as needed.
    ///
    /// At most one transaction of each other account goes for one newcomer; when that is not enough, none goes.
    pub(super) fn make_room(&mut self, transaction: &T, slot: &Slot) -> Result<(), Rejection> {
        let need = self.need(transaction, slot);
        if need.is_met() {
            // Upkeep is not free: go without until the limits are near again.
            if self.len() < self.limits.max_transactions / 2 && self.bytes < self.limits.max_bytes / 2 {
                self.worst = None;
            }
            return Ok(());
        }
        let (account, sequence) = transaction.lane();
        self.rank_all();
        let below = self
            .lanes
            .get(&account)
            .map_or(Amount::MAX, |lane| lane.worth_below(sequence));
        let rank = transaction.bid().price_at(self.base).min(below);
        let victims = match self.victims(need, (slot.ready, rank), (account, sequence)) {
            Ok(victims) => victims,
            Err(_) if need.queued > 0 => return Err(Rejection::queue_full(slot.expected, sequence)),
            Err(bar) => return Err(Rejection::full(bar.get().saturating_add(1))),
        };
        let reason = Dropped::Evicted { min_fee: rank };
        for (account, sequence) in victims {
            self.remove_at(account, sequence, Some(reason.clone()));
        }
        Ok(())
    }

    /// By how much the limits would be exceeded with the transaction in.
    fn need(&self, transaction: &T, slot: &Slot) -> Need {
        let (account, sequence) = transaction.lane();
        let lane = self.lanes.get(&account);
        let replaced = lane.and_then(|lane| lane.entries.get(&sequence));
        let replaced_bytes = replaced.map_or(0, |entry| entry.transaction.bytes().len());
        let new = usize::from(replaced.is_none());
        let newly_queued = if slot.ready { 0 } else { new };
        Need {
            count: (self.len() + new).saturating_sub(self.limits.max_transactions),
            bytes: (self.bytes + transaction.bytes().len())
                .saturating_sub(replaced_bytes)
                .saturating_sub(self.limits.max_bytes),
            queued: (self.queued + newly_queued).saturating_sub(self.limits.max_queued),
        }
    }

    fn rank_all(&mut self) {
        if self.worst.as_ref().is_none_or(|worst| worst.base != self.base) {
            self.worst = Some(Worst::new(&mut self.lanes, self.base));
        }
    }

    /// Who goes, or the rank that the newcomer would have to exceed.
    fn victims(
        &self,
        mut need: Need,
        newcomer: (bool, Amount),
        place: (AccountId, u64),
    ) -> Result<Vec<(AccountId, u64)>, Amount> {
        let mut victims = Vec::new();
        let mut bar = newcomer.1;
        for worth in self.worst.iter().flat_map(|worst| &worst.order) {
            bar = worth.rank;
            if (worth.ready, worth.rank) >= newcomer {
                break;
            }
            let last = self
                .lanes
                .get(&worth.account)
                .and_then(|lane| lane.entries.last_key_value());
            let Some((sequence, entry)) = last else { continue };
            // What it replaces is counted already, and what it builds on must stay.
            if worth.account == place.0 && *sequence <= place.1 {
                continue;
            }
            victims.push((worth.account, *sequence));
            need = need.less(entry.transaction.bytes().len(), worth.ready);
            if need.is_met() {
                return Ok(victims);
            }
        }
        Err(bar)
    }

    /// Pushes out the worst of those behind a gap until their limit is kept: a removal can have made many of them.
    pub(super) fn trim_queue(&mut self) {
        while self.queued > self.limits.max_queued {
            self.rank_all();
            let first = self.worst.as_ref().and_then(|worst| worst.order.first().copied());
            let Some(worth) = first else { break };
            let last = self
                .lanes
                .get(&worth.account)
                .and_then(|lane| lane.entries.last_key_value());
            let Some(sequence) = last.map(|(sequence, _)| *sequence) else {
                break;
            };
            let reason = Dropped::Evicted {
                min_fee: worth.rank.saturating_add(Amount::new(1)),
            };
            self.remove_at(worth.account, sequence, Some(reason));
        }
    }
}
