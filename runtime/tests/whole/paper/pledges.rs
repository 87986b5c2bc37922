//! Pledges, and what a slash takes.

use super::{Change, DOWN, Done, Paper, Pledge, RULES, SERVICES, Slashed, Standing, UP, Vault, WHOLE};
use super::{ceil, floor};

impl Pledge {
    const fn there(&self) -> bool {
        self.now > 0 || self.change.is_some()
    }

    /// The least from `at` on, and what is liable of what it was then.
    fn since(&self, at: u64) -> (u128, u128) {
        let last = |log: &[(u64, u128)]| {
            let found = log.iter().rev().find(|(when, _)| *when <= at);
            found.map_or(0, |(_, value)| *value)
        };
        let later = self
            .log
            .iter()
            .filter(|(when, _)| *when > at)
            .map(|(_, value)| *value);
        (later.fold(last(&self.log), u128::min), last(&self.liable))
    }

    /// What counts for a service.
    fn backing(&self) -> u128 {
        let down = self
            .change
            .filter(|change| !change.up)
            .map_or(0, |change| change.by);
        self.now - down
    }
}

impl Vault {
    fn claimed(&self, but: Option<u32>) -> u128 {
        (0..)
            .zip(&self.pledges)
            .filter(|(service, _)| Some(*service) != but)
            .fold(0, |sum, (_, one)| {
                let up = one
                    .change
                    .filter(|change| change.up)
                    .map_or(0, |change| change.by);
                sum + one.now + up
            })
    }

    pub(super) fn set(&mut self, service: u32, value: u128, now: u64) {
        let pledge = &mut self.pledges[service as usize];
        pledge.now = value;
        pledge.log.push((now, value));
        pledge.liable.push((now, value));
        if value == 0 {
            self.ended = Some(now);
        }
    }

    /// What a service can take now.
    pub(crate) fn slashable(&self, service: u32) -> u128 {
        floor(
            self.assets,
            self.pledges[service as usize].now.min(self.whole),
            self.whole,
        )
    }

    /// What counts for a service.
    pub(crate) fn backing(&self, service: u32) -> u128 {
        let leaving = if self.leaving == 0 {
            0
        } else {
            ceil(self.leaving, self.assets + 1, self.supply() + 1_000)
        };
        let staying = self.assets.saturating_sub(leaving);
        floor(
            staying,
            self.pledges[service as usize].backing().min(self.whole),
            self.whole,
        )
    }

    pub(super) fn pledged(&self) -> [u128; SERVICES] {
        let mut all = [0; SERVICES];
        for (place, pledge) in all.iter_mut().zip(&self.pledges) {
            *place = pledge.liable.last().map_or(0, |(_, value)| *value);
        }
        all
    }
}

/// So many parts of so many.
type Part = (u128, u128);

/// `p · A · m / M`, rounded up.
fn exact(assets: u128, m: u128, whole: u128, (part, of): Part) -> u128 {
    ceil(assets, m.min(whole) * part, whole * of)
}

/// The largest magnitude up to `d` that takes no more than `most`, by halving.
fn largest(assets: u128, d: u128, whole: u128, most: u128) -> u128 {
    if floor(assets, d, whole) <= most {
        return d;
    }
    let (mut low, mut high) = (0, d);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if floor(assets, middle, whole) > most {
            high = middle;
        } else {
            low = middle;
        }
    }
    low
}

impl Paper {
    fn standing(&self, operator: u8, service: u32) -> Option<Standing> {
        self.members.get(&(operator, service)).copied()
    }

    /// Whether what a vault has pledged, or is about to, is within a leverage, and may be at that leverage.
    pub(super) fn fits(&self, at: usize, leverage: u128) -> bool {
        let vault = &self.vaults[at];
        let pledged = (0..).zip(&vault.pledges).filter(|(_, one)| one.there());
        let given = |service: usize| RULES[service].recipient.is_some();
        vault.claimed(None) <= floor(leverage, vault.whole, WHOLE)
            && (leverage <= WHOLE || pledged.into_iter().all(|(service, _)| !given(service)))
    }

    pub(crate) fn allocate(&mut self, by: u8, at: usize, service: u32, target: u128) -> Done {
        if target > WHOLE {
            return Err("BEYOND_VAULT");
        }
        let now = self.now;
        let vault = &self.vaults[at];
        if vault.operator != by {
            return Err("NOT_VAULT_OPERATOR");
        }
        let pledge = &vault.pledges[service as usize];
        if pledge.change.is_some() {
            return Err("CHANGE_UNDER_WAY");
        }
        let (up, by, due) = if target > pledge.now {
            let leverage = vault.leverage_at(now);
            if self.standing(vault.operator, service) != Some(Standing::Active) {
                return Err("NOT_SERVING");
            }
            if RULES[service as usize].recipient.is_some() && leverage > WHOLE {
                return Err("NOT_IN_CHARTER");
            }
            if vault.closed() {
                return Err("VAULT_CLOSED");
            }
            if target > vault.whole {
                return Err("BEYOND_VAULT");
            }
            if vault.claimed(Some(service)) + target > floor(leverage, vault.whole, WHOLE) {
                return Err("BEYOND_LEVERAGE");
            }
            (true, target - pledge.now, now + UP)
        } else if target < pledge.now {
            (false, pledge.now - target, now + DOWN)
        } else {
            return Err("SAME_MAGNITUDE");
        };
        self.ask(
            at,
            service,
            Change {
                up,
                by,
                asked: now,
                due,
            },
        );
        Ok(())
    }

    /// Puts a change on its way, in place of any that is.
    pub(super) fn ask(&mut self, at: usize, service: u32, change: Change) {
        let pledge = &mut self.vaults[at].pledges[service as usize];
        if let Some(old) = pledge.change.take() {
            self.effect_queue.remove(&(old.due, at, service));
        }
        if change.by > 0 {
            pledge.change = Some(change);
            self.effect_queue.insert((change.due, at, service));
        }
    }

    /// Lets a change bind, unless a slash that is due goes first.
    pub(super) fn effect(&mut self, due: u64, at: usize, service: u32) {
        let held = self.open(at).1;
        let now = self.now;
        let vault = &mut self.vaults[at];
        let pledge = &vault.pledges[service as usize];
        let Some(change) = pledge.change else { return };
        if !change.up && held {
            return;
        }
        self.effect_queue.remove(&(due, at, service));
        let limit = floor(vault.leverage_at(now), vault.whole, WHOLE);
        let room = limit.saturating_sub(vault.claimed(Some(service)));
        let value = if change.up {
            (pledge.now + change.by)
                .min(vault.whole)
                .min(room)
                .max(pledge.now)
        } else {
            pledge.now - change.by
        };
        let pledge = &mut vault.pledges[service as usize];
        pledge.change = None;
        if !change.up {
            pledge.falls.push((change.asked, now));
        }
        vault.set(service, value, now);
    }

    /// Whether any vault of an operator pledges something to a service.
    pub(super) fn pledges(&self, operator: u8, service: u32) -> bool {
        let own = self.vaults.iter().filter(|vault| vault.operator == operator);
        own.into_iter()
            .any(|vault| vault.pledges[service as usize].there())
    }

    /// Takes what an offence at `at` costs, and gives that and what of it was the operator's own.
    pub(crate) fn slash(&mut self, place: usize, service: u32, p: Part, at: u64) -> (u128, u128) {
        let now = self.now;
        let vault = &mut self.vaults[place];
        let (least, then) = vault.pledges[service as usize].since(at);
        let stake = least.min(vault.pledges[service as usize].now).min(vault.whole);
        if vault.assets == 0 || vault.whole == 0 || stake == 0 || p.0 == 0 {
            return (0, 0);
        }
        vault.assert_nothing_escaped(service, at);
        let past = vault.past.iter().find(|past| past.at >= at);
        let (old_assets, old_whole) = past.map_or((vault.assets, vault.whole), |one| (one.assets, one.whole));
        let most = exact(vault.assets, stake, vault.whole, p).min(exact(old_assets, then, old_whole, p));
        if most == 0 {
            return (0, 0);
        }
        let d = largest(vault.assets, ceil(stake, p.0, p.1), vault.whole, most);
        let taken = if d == 0 {
            most
        } else {
            vault.assets - ceil(vault.assets, vault.whole - d, vault.whole)
        };
        let supply = vault.supply();
        let own = vault.owners.get(&vault.operator).copied().unwrap_or(0);
        let own = floor(taken, own, supply);
        let others = vault.others(service);
        // What is less than a unit of magnitude is taken from the vault as a whole: no pledge is kept apart there.
        let once = d > 0 && vault.pledges.iter().fold(0, |sum, one| sum + one.now) <= vault.whole;
        vault.remember(service, stake, p);
        vault.assets -= taken;
        vault.whole -= d;
        vault.stretch(service, d, now);
        let moved = if once { vault.differs(&others) } else { 0 };
        self.slashed.push(Slashed {
            vault: place,
            taken,
            most,
            others: moved,
        });
        (taken, own)
    }
}

impl Vault {
    /// What each other service can take.
    fn others(&self, but: u32) -> Vec<(u32, u128)> {
        let others = (0..SERVICES as u32).filter(|one| *one != but);
        others.map(|one| (one, self.slashable(one))).collect()
    }

    fn differs(&self, before: &[(u32, u128)]) -> u128 {
        before
            .iter()
            .map(|(one, was)| was.abs_diff(self.slashable(*one)))
            .max()
            .unwrap_or(0)
    }

    /// The slash as it would have been then, so that a second proof of that time finds what the first has left.
    fn remember(&mut self, service: u32, stake: u128, (part, of): Part) {
        for past in &mut self.past {
            let m = past.pledged[service as usize];
            let cut = ceil(m.min(stake).min(past.whole), part, of);
            let rest = past.whole - cut;
            if past.whole > 0 {
                past.assets = ceil(past.assets, rest, past.whole);
            }
            past.whole = rest;
            past.pledged[service as usize] = m.saturating_sub(ceil(m.min(stake), part, of));
        }
        for (_, liable) in &mut self.pledges[service as usize].liable {
            *liable -= ceil((*liable).min(stake), part, of);
        }
    }

    /// Lowers the pledge by `d`, and every other one to what is left of the vault.
    fn stretch(&mut self, service: u32, d: u128, now: u64) {
        for other in 0..SERVICES as u32 {
            let before = self.pledges[other as usize].now;
            let after = if other == service { before - d } else { before }.min(self.whole);
            if after == before {
                continue;
            }
            // What a decrease on its way loses, in proportion.
            if let Some(change) = &mut self.pledges[other as usize].change
                && !change.up
            {
                change.by = change.by.saturating_sub(ceil(change.by, before - after, before));
            }
            self.set(other, after, now);
        }
    }

    /// Nothing that was there at `at` is gone by its own doing: no exit and no decrease that was asked for since then has
    /// gone through.
    fn assert_nothing_escaped(&self, service: u32, at: u64) {
        let falls = &self.pledges[service as usize].falls;
        assert!(
            falls.iter().all(|(asked, _)| *asked < at),
            "a decrease escaped: {falls:?}, {at}"
        );
        assert!(
            self.exits.iter().all(|(asked, _)| *asked < at),
            "an exit escaped: {:?}, {at}",
            self.exits
        );
    }
}
