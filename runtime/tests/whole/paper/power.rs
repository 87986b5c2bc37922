//! The chain as a service: who validates with what power, and what a validator loses that contradicts itself.

use super::services::Worth;
use super::{ALL, ASSETS, Done, EPOCH, Paper, Standing, WINDOW, ceil, floor};
use std::collections::{BTreeMap, BTreeSet};

/// Validators that do nothing but validate, and what each has bonded.
pub(crate) const NODES: [u8; 4] = [21, 22, 23, 24];
pub(crate) const NODE_BOND: u128 = 10_000_000_000_000;
/// What each operator of vaults has bonded.
pub(crate) const OWN_BOND: u128 = 2_000_000_000_000;
/// The most of all power that is a validator's, and an asset's, in basis points.
pub(crate) const MOST: u128 = 4_000;
pub(crate) const ASSET_MOST: [u128; ASSETS] = [10_000, 7_000, 5_000];
/// The most of all power before by which one validator's changes, in basis points.
pub(crate) const CHANGE: u128 = 3_333;
/// The least that counts.
const LEAST: u128 = 1_000_000_000;
/// No holding counts for more.
const CEILING: u128 = 1 << 96;
/// All weights together.
const WEIGHTS: u128 = 1_000_000_000;
/// What a contradiction costs alone, and at most.
const COST: (u128, u128) = (500, 10_000);

/// What one holding gave: what backed, and for how much that counted, by 0 for the bond and 1 more than the vault.
#[derive(Clone, Debug)]
struct Gave {
    asset: usize,
    backing: u128,
    value: u128,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Member {
    pub(crate) chosen: bool,
    gave: BTreeMap<usize, Gave>,
    pub(crate) power: u128,
}

/// One epoch's power.
#[derive(Clone, Debug, Default)]
pub(crate) struct Era {
    pub(crate) since: u64,
    ends: u64,
    pub(crate) members: BTreeMap<u8, Member>,
    pub(crate) weights: BTreeMap<u8, u128>,
    /// What was bonded when it began.
    bonds: BTreeMap<u8, u128>,
    guilty: BTreeMap<u8, Guilt>,
}

#[derive(Clone, Debug, Default)]
struct Guilt {
    liable: u128,
    paid: u128,
    fraction: u128,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Power {
    pub(crate) eras: Vec<Era>,
    pub(crate) bonds: BTreeMap<u8, u128>,
    pub(crate) jailed: BTreeSet<u8>,
}

fn sum(values: impl Iterator<Item = u128>) -> u128 {
    values.fold(0, u128::saturating_add)
}

impl Paper {
    /// Four validators that restake nothing, and nothing before them.
    pub(crate) fn begin_validating(&mut self) {
        for node in NODES {
            self.power.bonds.insert(node, NODE_BOND);
            self.members.insert((node, 0), Standing::Active);
        }
        self.decide(0, &|_, _, _| 0);
    }

    /// An operator becomes a validator.
    pub(crate) fn validate(&mut self, operator: u8) {
        self.power.bonds.insert(operator, OWN_BOND);
        self.members.insert((operator, 0), Standing::Active);
    }

    /// What stands behind a validator, and whether it counts.
    fn candidate(&self, operator: u8, worth: Worth<'_>) -> (bool, BTreeMap<usize, Gave>) {
        let mut gave = BTreeMap::new();
        let bonded = self.power.bonds[&operator];
        let mut holds = |source, asset, backing, value: u128| {
            if backing > 0 {
                let value = value.min(CEILING);
                gave.insert(
                    source,
                    Gave {
                        asset,
                        backing,
                        value,
                    },
                );
            }
        };
        holds(0, 0, bonded, bonded);
        let serves = self.members.get(&(operator, 0)) == Some(&Standing::Active);
        let counts = serves && !self.power.jailed.contains(&operator);
        if counts {
            for (at, vault) in self.vaults.iter().enumerate() {
                if vault.operator == operator {
                    let backing = vault.backing(0);
                    holds(at + 1, vault.asset, backing, worth(0, vault.asset, backing));
                }
            }
        }
        (counts, gave)
    }

    /// Holds up what fell with its price by more than `change` together, of what backed before and still does.
    fn hold_up(&self, operator: u8, gave: &mut BTreeMap<usize, Gave>, change: u128, worth: Worth<'_>) {
        let before = self.power.eras.last().and_then(|era| era.members.get(&operator));
        let Some(before) = before.filter(|member| member.chosen) else {
            return;
        };
        let mut falls = BTreeMap::new();
        for (source, now) in gave.iter() {
            let Some(old) = before.gave.get(source) else {
                continue;
            };
            let still = now.backing.min(old.backing);
            let was = floor(old.value, still, old.backing);
            let is = if *source == 0 {
                still
            } else {
                worth(0, now.asset, still)
            };
            falls.insert(*source, was.saturating_sub(is.min(CEILING)));
        }
        let all = sum(falls.values().copied());
        let beyond = all.saturating_sub(change);
        for (source, fall) in falls {
            if let Some(one) = gave.get_mut(&source)
                && beyond > 0
            {
                one.value += floor(beyond, fall, all);
            }
        }
    }

    /// What the next epoch's power is, of what there is now. `now` is its beginning.
    pub(crate) fn decide(&mut self, now: u64, worth: Worth<'_>) {
        let previous = self.power.eras.last().cloned();
        let change = previous.as_ref().map(|era| {
            let all = sum(era.members.values().map(|member| member.power));
            ceil(CHANGE, all, ALL)
        });
        let mut members: BTreeMap<u8, Member> = BTreeMap::new();
        for operator in self.power.bonds.keys().copied() {
            let (counts, mut gave) = self.candidate(operator, worth);
            if gave.is_empty() {
                continue;
            }
            if let Some(change) = change {
                self.hold_up(operator, &mut gave, change, worth);
            }
            let value = sum(gave.values().map(|one| one.value));
            let member = Member {
                chosen: counts && value >= LEAST,
                gave,
                power: 0,
            };
            members.insert(operator, member);
        }
        let chosen = || members.values().filter(|member| member.chosen);
        let whole = sum(chosen().flat_map(|member| member.gave.values().map(|one| one.value)));
        let of = |asset| {
            let gave = chosen().flat_map(|member| member.gave.values());
            sum(gave.filter(|one| one.asset == asset).map(|one| one.value))
        };
        let assets = [of(0), of(1), of(2)];
        let counted = |one: &Gave| {
            let most = floor(ASSET_MOST[one.asset], whole, ALL);
            if assets[one.asset] > most {
                floor(one.value, most, assets[one.asset])
            } else {
                one.value
            }
        };
        let least = LEAST.max(whole.div_ceil(1_000));
        let most = floor(MOST, whole, ALL).max(1);
        for (operator, member) in &mut members {
            let counts = sum(member.gave.values().map(counted));
            member.chosen = member.chosen && counts >= least;
            if member.chosen {
                let before = previous.as_ref().and_then(|era| era.members.get(operator));
                let before = before.map_or(0, |member| member.power);
                let bound = change.map_or(u128::MAX, |change| before + change);
                member.power = counts.min(most).min(bound);
            }
        }
        self.enter(now, whole, members, previous);
    }

    /// Weighs those who have power; where nobody has any, what was stays.
    fn enter(&mut self, now: u64, whole: u128, mut members: BTreeMap<u8, Member>, previous: Option<Era>) {
        let previous = previous.unwrap_or_default();
        let total = whole.max(sum(members.values().map(|member| member.power)));
        let mut weights = BTreeMap::new();
        for (operator, member) in members.iter().filter(|(_, member)| member.power > 0) {
            let weight = floor(member.power, WEIGHTS, total);
            if weight > 0 {
                weights.insert(*operator, weight);
            }
        }
        if members.values().all(|member| member.power == 0) {
            members.extend(previous.members.into_iter().filter(|(_, member)| member.chosen));
        }
        if weights.is_empty() {
            weights = previous.weights;
        }
        self.power.eras.push(Era {
            since: now,
            ends: now + EPOCH,
            members,
            weights,
            bonds: self.power.bonds.clone(),
            guilty: BTreeMap::new(),
        });
    }

    /// Whether a validator is in the set of an epoch.
    pub(crate) fn validates(&self, operator: u8, epoch: u64) -> bool {
        self.power.eras[epoch as usize].weights.contains_key(&operator)
    }

    /// A validator is shown to have contradicted itself in an epoch.
    pub(crate) fn convict(&mut self, operator: u8, epoch: u64) -> Done {
        let era = &self.power.eras[epoch as usize];
        if self.now > era.ends + WINDOW {
            return Err("EVIDENCE_EXPIRED");
        }
        if era.guilty.contains_key(&operator) {
            return Err("ALREADY_CONVICTED");
        }
        let present = self.power.bonds[&operator];
        let guilt = Guilt {
            liable: era.bonds.get(&operator).copied().unwrap_or(present).min(present),
            ..Guilt::default()
        };
        self.power.eras[epoch as usize].guilty.insert(operator, guilt);
        self.power.jailed.insert(operator);
        let era = self.power.eras[epoch as usize].clone();
        let all = sum(era.weights.values().copied());
        let theirs = sum(era.guilty.keys().map(|one| era.weights[one]));
        let part = if era.guilty.len() > 1 {
            COST.0 + ceil(COST.1 - COST.0, (3 * theirs).min(all), all)
        } else {
            COST.0
        };
        for (one, mut guilt) in era.guilty {
            let due = ceil(guilt.liable, part, ALL).saturating_sub(guilt.paid);
            let bond = self.power.bonds.entry(one).or_default();
            let taken = due.min(*bond);
            *bond -= taken;
            self.burned[0] += taken;
            guilt.paid += taken;
            if part > guilt.fraction {
                // The rest of what the first of it has left.
                let rest = (part - guilt.fraction, ALL - guilt.fraction);
                for at in 0..self.vaults.len() {
                    if self.vaults[at].operator == one {
                        let (taken, _) = self.slash(at, 0, rest, era.since);
                        let asset = self.vaults[at].asset;
                        self.burned[asset] += taken;
                    }
                }
                guilt.fraction = part;
            }
            self.power.eras[epoch as usize].guilty.insert(one, guilt);
        }
        Ok(())
    }
}
