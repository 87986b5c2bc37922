//! Staking as one would write it on paper: plain numbers, every owner walked every time. It shares no code with the
//! module, and knows its rules from the README alone.

use std::collections::BTreeMap;

/// What is earned is counted in these parts of a unit.
pub(crate) const PART: u128 = 1_000_000_000;
const YEAR_MS: u128 = 365 * 86_400_000;

pub(crate) type Refusal = &'static str;

/// The numbers that the model goes by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) delay: u64,
    pub(crate) members: usize,
    pub(crate) minimum: u128,
    pub(crate) cap_bps: u128,
    pub(crate) issuance_bps: u128,
    pub(crate) exits_per_bond: usize,
    pub(crate) payouts_per_block: usize,
}

/// One account's part of a validator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stake {
    pub(crate) shares: u128,
    /// Earned and not claimed, in [`PART`]s.
    pub(crate) earned: u128,
    /// How often a fraction of a unit may have been lost or gained.
    pub(crate) roundings: u128,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Validator {
    pub(crate) bonded: u128,
    pub(crate) leaving: u128,
    pub(crate) stakes: BTreeMap<u8, Stake>,
}

/// What is on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exit {
    pub(crate) due: u64,
    pub(crate) validator: u8,
    pub(crate) who: u8,
    pub(crate) shares: u128,
    /// Whether everything was slashed before others came.
    pub(crate) void: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Naive {
    rules: Rules,
    now: u64,
    issued_until: u64,
    pub(crate) supply: u128,
    pub(crate) free: BTreeMap<u8, u128>,
    /// What lies for rewards.
    pub(crate) rewards: u128,
    /// Tips of the epoch that goes on.
    tips: BTreeMap<u8, u128>,
    pub(crate) validators: BTreeMap<u8, Validator>,
    /// In the order of asking, which is the order of paying while the delay stays the same.
    pub(crate) exits: Vec<Exit>,
    pub(crate) set: BTreeMap<u8, u128>,
}

impl Validator {
    pub(crate) fn shares(&self) -> u128 {
        self.stakes.values().fold(0, |sum, stake| sum + stake.shares)
    }

    pub(crate) fn worth(&self, who: u8) -> u128 {
        match self.shares() {
            0 => 0,
            all => self.stakes.get(&who).map_or(0, |stake| stake.shares) * self.bonded / all,
        }
    }

    /// Splits `amount` in proportion to shares; the owner of `own` gets all of it where nothing is left.
    fn earn(&mut self, amount: u128) {
        let all = self.shares();
        for stake in self.stakes.values_mut() {
            stake.earned += amount * PART * stake.shares / all;
            stake.roundings += 1;
        }
    }
}

impl Naive {
    pub(crate) fn new(rules: Rules, accounts: u8, funds: u128) -> Self {
        Self {
            rules,
            now: 0,
            issued_until: 0,
            supply: u128::from(accounts) * funds,
            free: (1..=accounts).map(|who| (who, funds)).collect(),
            rewards: 0,
            tips: BTreeMap::new(),
            validators: BTreeMap::new(),
            exits: Vec::new(),
            set: BTreeMap::new(),
        }
    }

    pub(crate) fn register(&mut self, who: u8, amount: u128) -> Result<(), Refusal> {
        if amount == 0 {
            return Err("ZERO_AMOUNT");
        }
        if amount < self.rules.minimum {
            return Err("BOND_TOO_SMALL");
        }
        if self.validators.contains_key(&who) {
            return Err("ALREADY_REGISTERED");
        }
        if self.free[&who] < amount {
            return Err("INSUFFICIENT_FUNDS");
        }
        self.validators.insert(who, Validator::default());
        self.bond(who, who, amount)
    }

    pub(crate) fn bond(&mut self, who: u8, of: u8, amount: u128) -> Result<(), Refusal> {
        if amount == 0 {
            return Err("ZERO_AMOUNT");
        }
        let validator = self.validators.get_mut(&of).ok_or("UNKNOWN_VALIDATOR")?;
        let all = validator.shares();
        if all > 0 && validator.bonded == 0 {
            return Err("VALIDATOR_EMPTIED");
        }
        let free = self.free.get_mut(&who).unwrap();
        if *free < amount {
            return Err("INSUFFICIENT_FUNDS");
        }
        *free -= amount;
        let new = if all == 0 {
            amount
        } else {
            amount * all / validator.bonded
        };
        validator.bonded += amount;
        let stake = validator.stakes.entry(who).or_default();
        stake.shares += new;
        stake.roundings += 1;
        Ok(())
    }

    pub(crate) fn unbond(&mut self, who: u8, of: u8, amount: u128) -> Result<(), Refusal> {
        if amount == 0 {
            return Err("ZERO_AMOUNT");
        }
        let validator = self.validators.get_mut(&of).ok_or("UNKNOWN_VALIDATOR")?;
        let worth = validator.worth(who);
        if amount > worth {
            return Err("NOT_BONDED");
        }
        let mine = |exit: &&Exit| (exit.validator, exit.who) == (of, who);
        if self.exits.iter().filter(mine).count() >= self.rules.exits_per_bond {
            return Err("TOO_MANY_UNBONDINGS");
        }
        let all = validator.shares();
        let stake = validator.stakes.get_mut(&who).unwrap();
        stake.roundings += 1;
        stake.shares -= if amount == worth {
            stake.shares
        } else {
            (amount * all).div_ceil(validator.bonded)
        };
        validator.bonded -= amount;

        let before = self.leaving_shares(of);
        let validator = self.validators.get_mut(&of).unwrap();
        let shares = match (before, validator.leaving) {
            (0, _) => amount,
            (_, 0) => {
                let theirs = self.exits.iter_mut().filter(|exit| exit.validator == of);
                theirs.for_each(|exit| exit.void = true);
                amount
            }
            (shares, assets) => amount * shares / assets,
        };
        validator.leaving += amount;
        self.exits.push(Exit {
            due: self.now + self.rules.delay,
            validator: of,
            who,
            shares,
            void: false,
        });
        Ok(())
    }

    fn leaving_shares(&self, of: u8) -> u128 {
        let live = self
            .exits
            .iter()
            .filter(|exit| exit.validator == of && !exit.void);
        live.fold(0, |sum, exit| sum + exit.shares)
    }

    /// What somebody has earned, as (least, most) units that may be paid.
    pub(crate) fn earned(&self, who: u8, of: u8) -> (u128, u128) {
        let stake = self
            .validators
            .get(&of)
            .and_then(|validator| validator.stakes.get(&who));
        let stake = stake.cloned().unwrap_or_default();
        let fair = stake.earned / PART;
        (fair.saturating_sub(stake.roundings), fair + stake.roundings)
    }

    /// Somebody was paid `amount` of what it has earned.
    pub(crate) fn claimed(&mut self, who: u8, of: u8, amount: u128) {
        let stake = self
            .validators
            .get_mut(&of)
            .unwrap()
            .stakes
            .get_mut(&who)
            .unwrap();
        stake.earned = stake.earned.saturating_sub(amount * PART);
        stake.roundings += 1;
        self.rewards -= amount;
        *self.free.get_mut(&who).unwrap() += amount;
    }

    pub(crate) fn tip(&mut self, payer: u8, of: u8, amount: u128) {
        *self.free.get_mut(&payer).unwrap() -= amount;
        self.rewards += amount;
        *self.tips.entry(of).or_default() += amount;
    }

    pub(crate) fn slash(&mut self, of: u8, bps: u128) {
        let validator = self.validators.get_mut(&of).unwrap();
        for pool in [&mut validator.bonded, &mut validator.leaving] {
            let taken = (*pool * bps).div_ceil(10_000);
            *pool -= taken;
            self.supply -= taken;
        }
    }

    pub(crate) fn block(&mut self, ms: u64) {
        self.now += ms;
        for _ in 0..self.rules.payouts_per_block {
            if self.exits.first().is_none_or(|exit| exit.due > self.now) {
                break;
            }
            let all = self.leaving_shares(self.exits[0].validator);
            let exit = self.exits.remove(0);
            let validator = self.validators.get_mut(&exit.validator).unwrap();
            let amount = if exit.void {
                0
            } else {
                exit.shares * validator.leaving / all
            };
            validator.leaving -= amount;
            validator.stakes.get_mut(&exit.who).unwrap().roundings += 1;
            *self.free.get_mut(&exit.who).unwrap() += amount;
        }
    }

    pub(crate) fn end_epoch(&mut self) {
        let elapsed = u128::from(self.now - self.issued_until);
        self.issued_until = self.now;
        let yearly = self.supply * self.rules.issuance_bps / 10_000;
        let amount = yearly * elapsed / YEAR_MS;
        let all = self
            .set
            .values()
            .try_fold(0u128, |sum, x| sum.checked_add(*x))
            .unwrap();
        for (member, weight) in &self.set {
            let part = amount * weight / all;
            if self.validators[member].bonded > 0 {
                *self.tips.entry(*member).or_default() += part;
                self.supply += part;
                self.rewards += part;
            }
        }
        for (of, earned) in core::mem::take(&mut self.tips) {
            let validator = self.validators.get_mut(&of).unwrap();
            if earned > 0 && validator.bonded == 0 {
                validator.stakes.entry(of).or_default().earned += earned * PART;
            } else if earned > 0 {
                validator.earn(earned);
            }
        }
        self.choose();
    }

    /// Takes the largest, one after the other.
    pub(crate) fn choose(&mut self) {
        let mut left: BTreeMap<u8, u128> = self
            .validators
            .iter()
            .map(|(who, validator)| (*who, validator.bonded))
            .filter(|(_, stake)| *stake >= self.rules.minimum)
            .collect();
        let mut chosen = BTreeMap::new();
        while chosen.len() < self.rules.members {
            let most = left.values().max().copied();
            let Some((who, stake)) = left
                .iter()
                .find(|(_, stake)| Some(**stake) == most)
                .map(|(who, stake)| (*who, *stake))
            else {
                break;
            };
            left.remove(&who);
            chosen.insert(who, stake);
        }
        let total = chosen
            .values()
            .try_fold(0u128, |sum, x| sum.checked_add(*x))
            .unwrap();
        let most = total * self.rules.cap_bps / 10_000;
        let set: BTreeMap<u8, u128> = chosen
            .into_iter()
            .filter(|(_, stake)| stake * 1_000 >= total)
            .map(|(who, stake)| (who, stake.min(most) * 1_000_000_000 / total))
            .collect();
        if !set.is_empty() {
            self.set = set;
        }
    }
}
