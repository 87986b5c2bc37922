//! What services and validators pay: pools, earnings, commissions, and what shares have earned.

use super::services::Worth;
use super::{ALL, ASSETS, CLIENT, Done, Paper, WHOLE, Wide, floor};
use std::collections::BTreeMap;

/// Pools that are shared out, and operators' earnings that are passed on, per block.
pub(crate) const POOLS: usize = 8;
pub(crate) const EARNERS: usize = 8;
/// How long a higher commission waits.
const COMMISSION: u64 = 120_000;
/// What a task is worth in a score.
const TASK: u64 = 1_000_000;

/// What a vault's shares have earned in an asset: by owner, each time anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sum {
    /// Whether there ever was anything.
    pub(crate) known: bool,
    /// By share since the beginning, in parts of [`WHOLE`].
    pub(crate) sum: u128,
    pub(crate) undivided: u128,
    /// Since each owner was last settled, in parts of [`WHOLE`].
    since: BTreeMap<u8, Wide>,
    /// What each has to get.
    owed: BTreeMap<u8, u128>,
}

impl Sum {
    /// What an owner could claim.
    pub(crate) fn due(&self, who: u8) -> u128 {
        let since = self.since.get(&who).copied().unwrap_or_default() / Wide::from(WHOLE);
        self.owed.get(&who).copied().unwrap_or(0) + u128::try_from(since).unwrap()
    }

    fn settle(&mut self, who: u8) {
        let due = self.due(who);
        self.since.remove(&who);
        self.owed.insert(who, due);
    }

    /// All that anybody could claim, with what waits to be divided.
    pub(crate) fn all(&self) -> u128 {
        let mut owners: Vec<u8> = self.since.keys().chain(self.owed.keys()).copied().collect();
        owners.sort_unstable();
        owners.dedup();
        owners
            .iter()
            .fold(self.undivided, |sum, who| sum + self.due(*who))
    }
}

/// A commission, and the next one with its time.
type Rate = (u128, Option<(u64, u128)>);

#[derive(Clone, Debug, Default)]
pub(crate) struct Rewards {
    /// What the module has of each asset, and what was ever put in and claimed.
    pub(crate) held: [u128; ASSETS],
    pub(crate) funded: [u128; ASSETS],
    pub(crate) claimed: [u128; ASSETS],
    /// By epoch, service and asset.
    pub(crate) pools: BTreeMap<(u64, u32, usize), u128>,
    /// By epoch, service, operator and asset.
    pub(crate) earned: BTreeMap<(u64, u32, u8, usize), u128>,
    /// By vault and asset.
    pub(crate) sums: BTreeMap<(usize, usize), Sum>,
    rates: BTreeMap<(u8, u32), Rate>,
    /// What an operator was to do for a service in each epoch, and what of it was right.
    work: BTreeMap<(u32, u8), BTreeMap<u64, (u64, u64)>>,
}

impl Rewards {
    fn put_in(&mut self, asset: usize, amount: u128) {
        self.held[asset] += amount;
        self.funded[asset] += amount;
    }

    fn rate(&self, operator: u8, service: u32, now: u64) -> u128 {
        let (rate, next) = self.rates.get(&(operator, service)).copied().unwrap_or((0, None));
        next.filter(|(from, _)| *from <= now)
            .map_or(rate, |(_, next)| next)
    }

    fn note(&mut self, key: (u64, u32, u8, usize), amount: u128) {
        if amount > 0 {
            *self.earned.entry(key).or_default() += amount;
        }
    }

    fn pool(&mut self, key: (u64, u32, usize), amount: u128) {
        if amount > 0 {
            *self.pools.entry(key).or_default() += amount;
        }
    }

    /// The part of its tasks that an operator did rightly, looked through from the first one on: a sixteenth fades per
    /// epoch.
    fn reputation(&self, service: u32, operator: u8, now: u64) -> u128 {
        let Some(work) = self.work.get(&(service, operator)) else {
            return ALL;
        };
        let (mut assigned, mut correct) = (0u64, 0u64);
        for epoch in work.keys().next().copied().unwrap_or(now)..=now {
            assigned -= assigned.div_ceil(16);
            correct -= correct.div_ceil(16);
            if let Some((all, right)) = work.get(&epoch) {
                assigned += all * TASK;
                correct += right * TASK;
            }
        }
        if assigned < TASK {
            return ALL;
        }
        u128::from(correct) * ALL / u128::from(assigned)
    }
}

impl Paper {
    pub(crate) fn fund(
        &mut self,
        who: u8,
        (service, asset): (u32, usize),
        amount: u128,
        epochs: u16,
    ) -> Done {
        if amount == 0 {
            return Err("ZERO_AMOUNT");
        }
        if epochs == 0 || epochs > 64 {
            return Err("BAD_EPOCHS");
        }
        self.take(who, asset, amount)?;
        self.rewards.put_in(asset, amount);
        let each = amount / u128::from(epochs);
        let mut left = amount;
        for later in (1..epochs).rev() {
            self.rewards
                .pool((self.epoch + u64::from(later), service, asset), each);
            left -= each;
        }
        self.rewards.pool((self.epoch, service, asset), left);
        Ok(())
    }

    /// What somebody pays an operator for its work at once.
    pub(crate) fn earn(&mut self, from: u8, (operator, service, asset): (u8, u32, usize), amount: u128) {
        if self.take(from, asset, amount).is_ok() {
            self.rewards.put_in(asset, amount);
            self.rewards.note((self.epoch, service, operator, asset), amount);
        }
    }

    pub(crate) fn commission(&mut self, operator: u8, service: u32, rate: u128) -> Done {
        let now = self.now;
        let known = self.rewards.rates.get(&(operator, service)).copied();
        let waiting = known.and_then(|(_, next)| next).filter(|(from, _)| *from > now);
        let present = self.rewards.rate(operator, service, now);
        if waiting.is_some_and(|(_, next)| next == rate) || (rate == present && waiting.is_none()) {
            return Err("SAME_COMMISSION");
        }
        let next = if rate <= present {
            (rate, None)
        } else {
            (present, Some((now + COMMISSION, rate)))
        };
        self.rewards.rates.insert((operator, service), next);
        Ok(())
    }

    pub(crate) fn works(&mut self, service: u32, operator: u8, right: bool) {
        let epochs = self.rewards.work.entry((service, operator)).or_default();
        let (all, done) = epochs.entry(self.epoch).or_default();
        *all += 1;
        *done += u64::from(right);
    }

    /// What a validator has earned, without its bonds' part, which is given back to who pays.
    pub(crate) fn wage(&mut self, operator: u8, bonded: u128, amount: u128, worth: Worth<'_>) -> u128 {
        if self.take(CLIENT, 0, amount).is_err() {
            return 0;
        }
        let kept = floor(amount, self.rewards.rate(operator, 0, self.now), ALL);
        self.pay(operator, 0, kept);
        let rest = amount - kept;
        let counted = self.counted(0, operator, worth);
        let total = counted
            .iter()
            .fold(0u128, |sum, (_, value)| sum.saturating_add(*value));
        let part = if total == 0 {
            0
        } else {
            floor(rest, total, total.saturating_add(bonded))
        };
        self.rewards.put_in(0, part);
        self.rewards.note((self.epoch, 0, operator, 0), part);
        self.pay(CLIENT, 0, rest - part);
        rest - part
    }

    /// An operator's vaults that count for a service, and for how much.
    fn counted(&self, service: u32, operator: u8, worth: Worth<'_>) -> Vec<(usize, u128)> {
        let own = self.vaults.iter().enumerate();
        let own = own.filter(|(_, vault)| vault.operator == operator);
        own.map(|(at, vault)| (at, worth(service, vault.asset, vault.backing(service))))
            .filter(|(_, value)| *value > 0)
            .collect()
    }

    pub(crate) fn collect(&mut self, who: u8, at: usize) -> Done {
        let due: Vec<u128> = (0..ASSETS)
            .map(|asset| self.rewards.sums.get(&(at, asset)).map_or(0, |sum| sum.due(who)))
            .collect();
        if due.iter().all(|amount| *amount == 0) {
            return Err("NOTHING_TO_CLAIM");
        }
        self.settle_owner(at, who);
        for (asset, amount) in due.into_iter().enumerate() {
            if let Some(sum) = self.rewards.sums.get_mut(&(at, asset)) {
                sum.owed.insert(who, 0);
            }
            self.rewards.held[asset] -= amount;
            self.rewards.claimed[asset] += amount;
            self.pay(who, asset, amount);
        }
        Ok(())
    }

    /// Before how many shares somebody has changes.
    pub(super) fn settle_owner(&mut self, at: usize, who: u8) {
        for asset in 0..ASSETS {
            if let Some(sum) = self.rewards.sums.get_mut(&(at, asset)) {
                sum.settle(who);
            }
        }
    }

    /// Before all shares of a vault are void: what they had earned is their owners'.
    pub(super) fn settle_all(&mut self, at: usize) {
        let owners: Vec<u8> = self.vaults[at].owners.keys().copied().collect();
        for who in owners {
            self.settle_owner(at, who);
        }
    }

    /// Gives an amount to those who own a vault; gives back what it does not take.
    pub(super) fn credit_vault(&mut self, at: usize, asset: usize, amount: u128) -> u128 {
        if amount == 0 || (self.vaults[at].asset == asset && self.compound(at, amount) == 0) {
            return 0;
        }
        let vault = &self.vaults[at];
        let staying = vault.supply() - vault.leaving;
        let sum = self.rewards.sums.entry((at, asset)).or_default();
        let whole = sum.undivided.checked_add(amount);
        let Some(whole) = whole.filter(|_| staying > 0) else {
            return amount;
        };
        let each = Wide::from(whole) * Wide::from(WHOLE) / Wide::from(staying);
        let Ok(each) = u128::try_from(each) else {
            return amount;
        };
        let Some(total) = sum.sum.checked_add(each) else {
            return amount;
        };
        let given = Wide::from(each) * Wide::from(staying);
        let (given, more) = given.div_rem(Wide::from(WHOLE));
        let given = u128::try_from(given).unwrap() + u128::from(!more.is_zero());
        (sum.known, sum.sum, sum.undivided) = (true, total, whole - given);
        for (who, shares) in &vault.owners {
            *sum.since.entry(*who).or_default() += Wide::from(each) * Wide::from(*shares);
        }
        self.rewards.held[asset] += amount;
        0
    }

    /// Shares out pools, and then what operators have earned, of epochs that are over.
    pub(super) fn pay_out(&mut self, worth: Worth<'_>) {
        let now = self.epoch;
        let over: Vec<_> = self.rewards.pools.keys().take(POOLS).copied().collect();
        for key in over.into_iter().filter(|(epoch, ..)| *epoch < now) {
            self.share_out(key);
        }
        let over: Vec<_> = self.rewards.earned.keys().take(EARNERS).copied().collect();
        for key in over.into_iter().filter(|(epoch, ..)| *epoch < now) {
            let amount = self.rewards.earned.remove(&key).unwrap_or(0);
            let (epoch, service, operator, asset) = key;
            if service > 0 && self.guilty.contains_key(&(service, epoch, operator)) {
                self.rewards.pool((now, service, asset), amount);
            } else {
                self.pass_on((service, operator, asset), amount, worth);
            }
        }
    }

    fn share_out(&mut self, key: (u64, u32, usize)) {
        let (epoch, service, asset) = key;
        let amount = self.rewards.pools.remove(&key).unwrap_or(0);
        let mut weights = Vec::new();
        if let Some(snap) = self.snaps.get(&(service, epoch)) {
            for (operator, value) in &snap.seats {
                let guilty = self.guilty.contains_key(&(service, epoch, *operator));
                let reputation = self.rewards.reputation(service, *operator, self.epoch);
                weights.push((*operator, if guilty { 0 } else { floor(*value, reputation, ALL) }));
            }
        }
        let total = weights.iter().fold(0, |sum, (_, weight)| sum + weight);
        let mut left = amount;
        for (operator, weight) in weights {
            let part = floor(amount, weight, total);
            left -= part;
            self.rewards.note((epoch, service, operator, asset), part);
        }
        self.rewards.pool((self.epoch, service, asset), left);
    }

    /// Gives what an operator has earned to those behind it.
    fn pass_on(&mut self, (service, operator, asset): (u32, u8, usize), amount: u128, worth: Worth<'_>) {
        self.rewards.held[asset] -= amount;
        let rate = if service == 0 {
            0
        } else {
            self.rewards.rate(operator, service, self.now)
        };
        let kept = floor(amount, rate, ALL);
        let rest = amount - kept;
        let counted = self.counted(service, operator, worth);
        let total = counted
            .iter()
            .fold(0u128, |sum, (_, value)| sum.saturating_add(*value));
        let mut own = amount;
        for (at, value) in counted {
            let part = floor(rest, value, total).min(own - kept);
            own -= part - self.credit_vault(at, asset, part);
        }
        self.pay(operator, asset, own);
    }

    /// 9: what is held covers pools, earnings and what shares have earned; nobody claims what was not put in.
    pub(crate) fn owing(&self, asset: usize) -> u128 {
        let pools = self.rewards.pools.iter().filter(|((.., of), _)| *of == asset);
        let pools = pools.fold(0, |sum, (_, amount)| sum + amount);
        let earned = self.rewards.earned.iter().filter(|((.., of), _)| *of == asset);
        let earned = earned.fold(pools, |sum, (_, amount)| sum + amount);
        let sums = self.rewards.sums.iter().filter(|((_, of), _)| *of == asset);
        sums.fold(earned, |all, (_, sum)| all + sum.all())
    }
}
