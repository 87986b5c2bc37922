//! What happens by itself.

use super::services::Worth;
use super::{EFFECTS, EPOCH, ITEMS, PAYOUTS, Paper, Past};

/// Tasks settled per block.
const TASKS: usize = 64;

impl Paper {
    /// The present block ends, perhaps with its epoch, and the next begins `ms` later.
    pub(crate) fn block(&mut self, ms: u64, epoch_ends: bool, worth: Worth<'_>) {
        if epoch_ends {
            self.ends.insert(self.epoch, self.now);
            self.epoch += 1;
            self.epoch_start = self.now;
            self.starts.push(self.now);
            self.pinned = true;
        }
        if core::mem::take(&mut self.pinned) {
            let at = self.now;
            for vault in &mut self.vaults {
                let pledged = vault.pledged();
                vault.past.push(Past {
                    at,
                    assets: vault.assets,
                    whole: vault.whole,
                    pledged,
                });
            }
        }
        self.now += ms;
        self.payouts();
        self.effects();
        self.memberships();
        self.settle_tasks();
        self.slashes(worth);
        self.pay_out(worth);
    }

    /// Whether the epoch is over for a block whose parent was at `parent`.
    pub(crate) const fn is_over(&self, parent: u64) -> bool {
        parent >= self.epoch_start + EPOCH
    }

    fn payouts(&mut self) {
        let now = self.now;
        if self.exit_queue.first().is_none_or(|(due, _)| *due > now) {
            return;
        }
        let cursor = self.exit_cursor;
        let behind = self
            .exit_queue
            .iter()
            .filter(|place| cursor.is_none_or(|cursor| **place > cursor));
        let due: Vec<_> = behind
            .take(PAYOUTS)
            .take_while(|(due, _)| *due <= now)
            .copied()
            .collect();
        for (_, number) in &due {
            if !self.open(self.exits[number].vault).1 {
                self.settle(*number);
            }
        }
        self.exit_cursor = due.last().copied().filter(|_| due.len() == PAYOUTS);
    }

    fn effects(&mut self) {
        let now = self.now;
        if self.effect_queue.first().is_none_or(|(due, ..)| *due > now) {
            return;
        }
        let cursor = self.effect_cursor;
        let behind = self
            .effect_queue
            .iter()
            .filter(|place| cursor.is_none_or(|cursor| **place > cursor));
        let due: Vec<_> = behind
            .take(EFFECTS)
            .take_while(|(due, ..)| *due <= now)
            .copied()
            .collect();
        for (due, vault, service) in &due {
            self.effect(*due, *vault, *service);
        }
        self.effect_cursor = due.last().copied().filter(|_| due.len() == EFFECTS);
    }

    fn memberships(&mut self) {
        let now = self.now;
        let first: Vec<_> = self.leaves.iter().take(EFFECTS).copied().collect();
        for place in first.into_iter().filter(|(due, ..)| *due <= now) {
            self.leaves.remove(&place);
            self.ends(place.1, place.2);
        }
    }

    fn settle_tasks(&mut self) {
        let now = self.now;
        let first: Vec<_> = self.task_queue.iter().take(TASKS).copied().collect();
        for place in first.into_iter().filter(|(due, _)| *due <= now) {
            self.task_queue.remove(&place);
            self.settle_task(place.1);
        }
    }

    fn slashes(&mut self, worth: Worth<'_>) {
        let now = self.now;
        let first: Vec<_> = self.request_queue.iter().take(ITEMS).copied().collect();
        for (_, number) in first.into_iter().filter(|(due, _)| *due <= now) {
            self.carry_out(number, worth);
        }
        let first: Vec<_> = self.owed.keys().take(ITEMS).copied().collect();
        for place in first.into_iter().filter(|(due, _)| *due <= now) {
            if let Some((who, asset, amount)) = self.owed.remove(&place) {
                self.pay(who, asset, amount);
            }
        }
    }
}
