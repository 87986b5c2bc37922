//! The rules on paper, in whole numbers of 512 bits: everything that ever was is kept, and searched each time. Shares no
//! code with the modules.

use std::collections::{BTreeMap, BTreeSet};

type Z = ruint::Uint<512, 8>;

fn z(n: u128) -> Z {
    Z::from(n)
}

fn floor(a: Z, b: Z, c: Z) -> Z {
    if c.is_zero() { Z::ZERO } else { a * b / c }
}

fn ceil(a: Z, b: Z, c: Z) -> Z {
    if c.is_zero() {
        Z::ZERO
    } else {
        (a * b + c - z(1)) / c
    }
}

/// The largest magnitude up to `d` that takes no more than `most`, by halving.
fn largest(assets: Z, d: Z, of: Z, most: Z) -> Z {
    if floor(assets, d, of) <= most {
        return d;
    }
    let (mut low, mut high) = (Z::ZERO, d);
    while high - low > z(1) {
        let middle = (low + high) / z(2);
        if floor(assets, middle, of) > most {
            high = middle;
        } else {
            low = middle;
        }
    }
    low
}

fn minus(a: Z, b: Z) -> Z {
    a.saturating_sub(b)
}

#[derive(Clone, Default)]
pub(crate) struct Pledge {
    pub(crate) now: Z,
    /// Up or down, how much, and when it binds.
    pub(crate) change: Option<(bool, Z, u64)>,
    /// Every value that it ever had, in order.
    log: Vec<(u64, Z)>,
    /// The same, as far as slashes have left it liable.
    liable: Vec<(u64, Z)>,
}

#[derive(Clone)]
struct Snapshot {
    at: u64,
    assets: Z,
    whole: Z,
    pledged: BTreeMap<u32, Z>,
}

#[derive(Clone, Default)]
pub(crate) struct Vault {
    leverage: u128,
    pub(crate) assets: Z,
    pub(crate) whole: Z,
    pub(crate) owners: BTreeMap<u8, Z>,
    pub(crate) pledges: BTreeMap<u32, Pledge>,
    held: bool,
    /// When the last pledge became nothing.
    ended: Option<u64>,
    /// How it stood when each epoch began.
    past: Vec<Snapshot>,
}

#[derive(Clone)]
struct Exit {
    due: u64,
    number: u64,
    vault: usize,
    who: u8,
    shares: Z,
    void: bool,
}

pub(crate) struct Naive {
    pub(crate) now: u64,
    epoch_start: u64,
    pub(crate) vaults: Vec<Vault>,
    pub(crate) free: BTreeMap<u8, Z>,
    exits: BTreeMap<(u64, u64), Exit>,
    exit_count: u64,
    cursor: Option<(u64, u64)>,
    pub(crate) burned: Z,
}

type Done = Result<(), &'static str>;

const WHOLE: u128 = 1_000_000_000_000_000_000;

impl Vault {
    pub(crate) fn supply(&self, exits: &[Z]) -> Z {
        let owned = self.owners.values().fold(Z::ZERO, |sum, x| sum + x);
        exits.iter().fold(owned, |sum, x| sum + x)
    }

    fn claimed(&self, but: Option<u32>) -> Z {
        self.pledges
            .iter()
            .filter(|(service, _)| Some(**service) != but)
            .fold(Z::ZERO, |sum, (_, pledge)| {
                let up = pledge
                    .change
                    .filter(|(up, ..)| *up)
                    .map_or(Z::ZERO, |(_, by, _)| by);
                sum + pledge.now + up
            })
    }

    fn limit(&self) -> Z {
        z(self.leverage) * self.whole
    }

    fn set(&mut self, service: u32, value: Z, now: u64) {
        let pledge = self.pledges.entry(service).or_default();
        pledge.now = value;
        pledge.log.push((now, value));
        pledge.liable.push((now, value));
        if value.is_zero() {
            self.ended = Some(now);
        }
    }

    /// The least from `at` on, and what is liable of what it was then.
    fn since(&self, service: u32, at: u64) -> (Z, Z) {
        let Some(pledge) = self.pledges.get(&service) else {
            return (Z::ZERO, Z::ZERO);
        };
        let last = |log: &[(u64, Z)]| {
            log.iter()
                .rev()
                .find(|(when, _)| *when <= at)
                .map_or(Z::ZERO, |(_, value)| *value)
        };
        let least = pledge
            .log
            .iter()
            .filter(|(when, _)| *when > at)
            .map(|(_, value)| *value)
            .fold(last(&pledge.log), Z::min);
        (least, last(&pledge.liable))
    }
}

impl Naive {
    pub(crate) fn new(now: u64, leverages: &[u128], funds: u128) -> Self {
        let vault = |leverage: &u128| Vault {
            leverage: *leverage,
            whole: z(WHOLE),
            ..Vault::default()
        };
        Self {
            now,
            epoch_start: 0,
            vaults: leverages.iter().map(vault).collect(),
            free: (1..=9).map(|who| (who, z(funds))).collect(),
            exits: BTreeMap::new(),
            exit_count: 0,
            cursor: None,
            burned: Z::ZERO,
        }
    }

    pub(crate) fn exits_of(&self, vault: usize) -> Vec<Z> {
        self.exits
            .values()
            .filter(|exit| exit.vault == vault && !exit.void)
            .map(|exit| exit.shares)
            .collect()
    }

    pub(crate) fn supply(&self, vault: usize) -> Z {
        self.vaults[vault].supply(&self.exits_of(vault))
    }

    fn worth(&self, vault: usize, shares: Z) -> Z {
        floor(
            shares,
            self.vaults[vault].assets + z(1),
            self.supply(vault) + z(1_000),
        )
    }

    fn closed(&self, vault: usize) -> bool {
        let (supply, one) = (self.supply(vault), &self.vaults[vault]);
        let grown = !supply.is_zero() && supply >= one.assets * z(1_000_000_000);
        grown || one.whole < z(1_000_000_000_000)
    }

    pub(crate) fn deposit(&mut self, who: u8, vault: usize, amount: u128) -> Done {
        if amount == 0 {
            return Err("ZERO_AMOUNT");
        }
        if self.closed(vault) {
            return Err("VAULT_CLOSED");
        }
        let supply = self.supply(vault);
        let one = &mut self.vaults[vault];
        let shares = floor(z(amount), supply + z(1_000), one.assets + z(1));
        if shares.is_zero() {
            return Err("TOO_FEW_SHARES");
        }
        one.assets += z(amount);
        *one.owners.entry(who).or_default() += shares;
        *self.free.entry(who).or_default() -= z(amount);
        Ok(())
    }

    pub(crate) fn withdraw(&mut self, who: u8, vault: usize, shares: u128, delay: u64) -> Done {
        if shares == 0 {
            return Err("ZERO_AMOUNT");
        }
        let open = self
            .exits
            .values()
            .filter(|exit| (exit.vault, exit.who) == (vault, who))
            .count();
        let owned = self.vaults[vault].owners.entry(who).or_default();
        if z(shares) > *owned {
            return Err("NOT_OWNED");
        }
        if open >= 3 {
            return Err("TOO_MANY_WITHDRAWALS");
        }
        *owned -= z(shares);
        let (due, number) = (self.now + delay, self.exit_count);
        self.exit_count += 1;
        let exit = Exit {
            due,
            number,
            vault,
            who,
            shares: z(shares),
            void: false,
        };
        self.exits.insert((due, number), exit);
        Ok(())
    }

    pub(crate) fn allocate(&mut self, vault: usize, service: u32, target: u128, delays: (u64, u64)) -> Done {
        if target > WHOLE {
            return Err("BEYOND_VAULT");
        }
        let closed = self.closed(vault);
        let now = self.now;
        let one = &mut self.vaults[vault];
        let pledge = one.pledges.get(&service).cloned().unwrap_or_default();
        if pledge.change.is_some() {
            return Err("CHANGE_UNDER_WAY");
        }
        let target = z(target);
        let change = if target > pledge.now {
            if closed {
                return Err("VAULT_CLOSED");
            }
            if target > one.whole {
                return Err("BEYOND_VAULT");
            }
            if one.claimed(Some(service)) + target > one.limit() {
                return Err("BEYOND_LEVERAGE");
            }
            (true, target - pledge.now, now + delays.0)
        } else if target < pledge.now {
            (false, pledge.now - target, now + delays.1)
        } else {
            return Err("SAME_MAGNITUDE");
        };
        one.pledges.entry(service).or_default().change = Some(change);
        Ok(())
    }

    pub(crate) fn hold(&mut self, vault: usize, held: bool) {
        self.vaults[vault].held = held;
    }

    pub(crate) fn rebase(&mut self, vault: usize, kept: u64) -> Done {
        let supply = self.supply(vault);
        let one = &mut self.vaults[vault];
        let pledged = one
            .pledges
            .values()
            .any(|p| !p.now.is_zero() || p.change.is_some());
        let open = one.ended.is_some_and(|ended| ended + kept >= self.now);
        if one.held || pledged || open {
            return Err("NOT_REBASABLE");
        }
        if !supply.is_zero() && one.assets.is_zero() {
            one.owners.clear();
            for exit in self.exits.values_mut().filter(|exit| exit.vault == vault) {
                exit.void = true;
            }
        } else if !supply.is_zero() && supply >= one.assets * z(1_000_000_000) {
            return Err("NOT_REBASABLE");
        }
        one.whole = z(WHOLE);
        one.past.clear();
        Ok(())
    }

    /// Gives what is taken.
    pub(crate) fn slash(&mut self, vault: usize, service: u32, bps: u128, at: u64) -> Z {
        let now = self.now;
        let one = &mut self.vaults[vault];
        let pledge = one.pledges.get(&service).cloned().unwrap_or_default();
        let (least, then) = one.since(service, at);
        let stake = least.min(pledge.now).min(one.whole);
        if one.assets.is_zero() || one.whole.is_zero() || stake.is_zero() || bps == 0 {
            return Z::ZERO;
        }
        let whole = z(10_000);
        let past = one.past.iter().find(|past| past.at >= at);
        let (old_assets, old_whole) = past.map_or((one.assets, one.whole), |past| (past.assets, past.whole));
        // p · A · m / M, in one rational, rounded up; now, and then.
        let exact = |assets: Z, m: Z, of: Z| ceil(assets * m.min(of), z(bps), of * whole);
        let most = exact(one.assets, stake, one.whole).min(exact(old_assets, then, old_whole));
        if most.is_zero() {
            return Z::ZERO;
        }
        let mut d = ceil(stake, z(bps), whole);
        d = largest(one.assets, d, one.whole, most);
        let left = ceil(one.assets, one.whole - d, one.whole);
        let taken = if d.is_zero() { most } else { one.assets - left };
        for past in &mut one.past {
            let m = past.pledged.get(&service).copied().unwrap_or_default();
            let cut = ceil(m.min(stake).min(past.whole), z(bps), whole);
            let rest = past.whole - cut;
            if !past.whole.is_zero() {
                past.assets = ceil(past.assets, rest, past.whole);
            }
            past.whole = rest;
            past.pledged
                .insert(service, minus(m, ceil(m.min(stake), z(bps), whole)));
        }
        if let Some(pledge) = one.pledges.get_mut(&service) {
            for (_, liable) in &mut pledge.liable {
                *liable = minus(*liable, ceil((*liable).min(stake), z(bps), whole));
            }
        }
        one.assets -= taken;
        one.whole -= d;
        let services: BTreeSet<u32> = one.pledges.keys().copied().collect();
        for other in services {
            let before = one.pledges[&other].now;
            let mut after = if other == service { before - d } else { before };
            after = after.min(one.whole);
            if after == before {
                continue;
            }
            // What a decrease on its way loses: once for the slash, once more where the vault is smaller still.
            if let Some((false, by, _)) = &mut one.pledges.get_mut(&other).unwrap().change {
                let lost = ceil(*by, before - after, before);
                *by = minus(*by, lost);
            }
            one.set(other, after, now);
        }
        self.burned += taken;
        taken
    }

    pub(crate) fn block(&mut self, ms: u64, epoch: u64, per_block: usize) {
        if self.now >= self.epoch_start + epoch {
            self.epoch_start = self.now;
            for one in &mut self.vaults {
                let pledged = one
                    .pledges
                    .iter()
                    .map(|(service, p)| (*service, p.liable.last().map_or(Z::ZERO, |(_, v)| *v)));
                let snapshot = Snapshot {
                    at: self.now,
                    assets: one.assets,
                    whole: one.whole,
                    pledged: pledged.collect(),
                };
                one.past.push(snapshot);
            }
        }
        self.now += ms;
        self.pay(per_block);
        self.change();
    }

    fn pay(&mut self, per_block: usize) {
        let first_due = self.exits.keys().next().is_some_and(|(due, _)| *due <= self.now);
        if !first_due {
            return;
        }
        let cursor = self.cursor;
        let due: Vec<(u64, u64)> = self
            .exits
            .keys()
            .filter(|place| cursor.is_none_or(|cursor| **place > cursor) && place.0 <= self.now)
            .take(per_block)
            .copied()
            .collect();
        for place in &due {
            let exit = self.exits[place].clone();
            if self.vaults[exit.vault].held {
                continue;
            }
            let amount = if exit.void {
                Z::ZERO
            } else {
                self.worth(exit.vault, exit.shares)
            };
            self.exits.remove(place);
            self.vaults[exit.vault].assets -= amount;
            *self.free.entry(exit.who).or_default() += amount;
            assert!(exit.due <= self.now && exit.number < self.exit_count);
        }
        self.cursor = due.last().copied().filter(|_| due.len() == per_block);
    }

    fn change(&mut self) {
        let now = self.now;
        for one in &mut self.vaults {
            let mut due: Vec<(u64, u32)> = Vec::new();
            for (service, pledge) in &one.pledges {
                due.extend(pledge.change.filter(|c| c.2 <= now).map(|c| (c.2, *service)));
            }
            due.sort_unstable();
            for (_, service) in due {
                let pledge = one.pledges[&service].clone();
                let Some((up, by, _)) = pledge.change else {
                    continue;
                };
                if !up && one.held {
                    continue;
                }
                let room = minus(one.limit(), one.claimed(Some(service)));
                let value = if up {
                    (pledge.now + by).min(one.whole).min(room).max(pledge.now)
                } else {
                    minus(pledge.now, by)
                };
                one.pledges.get_mut(&service).unwrap().change = None;
                one.set(service, value, now);
            }
        }
    }
}
