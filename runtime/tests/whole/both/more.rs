//! What is earned, and what validators do.

use super::{Answers, Both, same};
use crate::paper::power::NODES;
use crate::paper::rewards::Sum;
use crate::paper::{ASSETS, CLIENT, Paper, SERVICES};
use crate::real::{coin, service};
use crate::step::Step;

/// Who pays in an asset: stakers have no PAL, and the client nothing else.
const fn payer(who: u8, of: usize) -> u8 {
    if of == 0 { CLIENT } else { who }
}

impl Both {
    /// What is funded, claimed and kept.
    pub(super) fn pay(&mut self, step: &Step) -> Answers {
        match *step {
            Step::Reward {
                who,
                service: number,
                asset,
                amount,
                epochs,
            } => {
                let who = payer(who, asset);
                let fund = rewards::Fund {
                    service: service(number),
                    coin: coin(asset, amount),
                    epochs,
                };
                (
                    self.real.rewards(who, rewards::Msg::Fund(fund)),
                    self.paper.fund(who, (number, asset), amount, epochs),
                )
            }
            Step::Collect { who, vault } => {
                let claim = rewards::Msg::Claim {
                    vault: self.real.vaults[vault],
                };
                (self.real.rewards(who, claim), self.paper.collect(who, vault))
            }
            Step::Commission {
                operator,
                service: number,
                rate,
            } => (
                self.real.set_commission(operator, number, rate),
                self.paper.commission(operator, number, rate.into()),
            ),
            Step::Convict { operator, ago } => {
                let epoch = self.paper.epoch.saturating_sub(ago);
                if !self.paper.validates(operator, epoch) {
                    return (Err("no seat"), Err("no seat"));
                }
                (
                    self.real.convict(operator, epoch + self.offset()),
                    self.paper.convict(operator, epoch),
                )
            }
            _ => (Err("no such step"), Ok(())),
        }
    }

    /// The chain's own service says in one word that a membership cannot change; why, the paper says.
    pub(super) fn of_the_chain(
        &mut self,
        operator: u8,
        msg: service_consensus::Msg,
        paper: Result<(), &'static str>,
    ) -> Answers {
        let real = self.real.consensus(operator, msg);
        match (real, paper) {
            (Err("MEMBERSHIP"), Err(why)) => (Err(why), paper),
            _ => (real, paper),
        }
    }

    /// What happens without anybody asking: work that is paid, work that is counted, prices.
    pub(super) fn happen(&mut self, step: &Step) -> Result<(), String> {
        match *step {
            Step::Earn {
                from,
                operator,
                service: number,
                asset,
                amount,
            } => {
                let from = payer(from, asset);
                let amount = amount.min(self.paper.balance(from, asset));
                self.real.earn(from, (operator, number, asset), amount);
                self.paper.earn(from, (operator, number, asset), amount);
            }
            Step::Work {
                service: number,
                operator,
                right,
            } => {
                self.real.works(number, operator, right);
                self.paper.works(number, operator, right);
            }
            Step::Wage {
                operator,
                bonded,
                amount,
            } => {
                let amount = amount.min(self.paper.balance(CLIENT, 0));
                let left = self.real.wage(operator, bonded, amount);
                let real = &self.real;
                let paper = self.paper.wage(operator, bonded, amount, &|n, of, amount| {
                    real.worth(n, of, amount)
                });
                same("what is the bonds'", left, paper)?;
            }
            Step::Price { asset, sixteenths } => self.real.price(asset, sixteenths.into()),
            _ => return Err("no such step".to_owned()),
        }
        *self.answers.entry((step.name(), "done")).or_default() += 1;
        Ok(())
    }

    /// Both say the same of what is funded and of what shares have earned; what is held covers all of it.
    pub(super) fn compare_rewards(&self) -> Result<(), String> {
        let offset = self.offset();
        let paper = &self.paper.rewards;
        let pools = paper.pools.iter();
        let pools: Vec<_> = pools
            .map(|((epoch, service, asset), amount)| ((epoch + offset, *service, *asset), *amount))
            .collect();
        same("pools", self.real.pools(), pools)?;
        for place in 0..self.paper.vaults.len() {
            let known = (0..ASSETS).filter_map(|asset| {
                let sum = paper.sums.get(&(place, asset)).filter(|sum| sum.known)?;
                Some((asset, sum.sum, sum.undivided))
            });
            same("sums per share", self.real.sums(place), known.collect())?;
        }
        for asset in 0..ASSETS {
            let (owing, held) = (self.paper.owing(asset), paper.held[asset]);
            let (claimed, funded) = (paper.claimed[asset], paper.funded[asset]);
            if owing > held || claimed > funded {
                return Err(format!(
                    "asset {asset}: {owing} owed of {held}, {claimed} claimed of {funded}"
                ));
            }
        }
        Ok(())
    }

    /// Both say the same of what everybody could claim, and of what operators have earned.
    pub(super) fn finish_rewards(&self, people: &[u8]) -> Result<(), String> {
        let nothing = Sum::default();
        for place in 0..self.paper.vaults.len() {
            for who in people {
                let due = (0..ASSETS).filter_map(|asset| {
                    let sum = self.paper.rewards.sums.get(&(place, asset)).unwrap_or(&nothing);
                    Some((asset, sum.due(*who))).filter(|(_, due)| *due > 0)
                });
                same(
                    &format!("what {who} could claim of {place}"),
                    self.real.due(place, *who),
                    due.collect(),
                )?;
            }
        }
        Ok(())
    }

    /// Both say the same of the power that begins, and of what is bonded.
    pub(super) fn compare_power(&self) -> Result<(), String> {
        let Some(era) = self.paper.power.eras.last() else {
            return Ok(());
        };
        let all: Vec<u8> = self.paper.power.bonds.keys().copied().collect();
        let paper = all.iter().map(|one| {
            let power = era.members.get(one).map_or(0, |member| member.power);
            (*one, era.weights.get(one).copied().unwrap_or(0), power)
        });
        let epoch = self.real.chain.block.epoch.get();
        same("power", self.real.powers(epoch, &all), paper.collect())
    }

    pub(super) fn compare_bonds(&self) -> Result<(), String> {
        for (one, bond) in &self.paper.power.bonds {
            same("a bond", self.real.bonded(*one), *bond)?;
        }
        Ok(())
    }
}

/// The chain's service counts as one.
pub(super) const ALL_SERVICES: core::ops::Range<u32> = 0..SERVICES as u32;

impl Paper {
    /// Validators that restake nothing, then operators that do.
    pub(super) fn with_validators(mut self, operators: &[u8]) -> Self {
        self.begin_validating();
        for operator in operators {
            self.validate(*operator);
        }
        debug_assert_eq!(self.power.bonds.len(), NODES.len() + operators.len());
        self
    }
}
