//! The chain and the paper, side by side.

mod more;

use crate::invariants;
use crate::paper::{ASSETS, BOND, CLIENT, Paper, SERVICES, SLASHER, Standing, Vault, WHOLE};
use crate::real::{FUNDS, PAL, PEOPLE, Real, SERVICE_BOND, VAULTS, account, bps, charter, coin, service};
use crate::step::Step;
use more::ALL_SERVICES;
use primitives::{Amount, Digest, Epoch, Millis, Shares};
use std::collections::BTreeMap;

/// No offence is slashed by hand that is older: its stake may be gone.
const REACH: u64 = 100_000;

#[derive(Clone)]
pub(crate) struct Both {
    pub(crate) real: Real,
    pub(crate) paper: Paper,
    /// What there was of each asset at the start.
    pub(crate) all: [u128; ASSETS],
    /// What was asked, with what was answered, how often.
    pub(crate) answers: Tally,
}

pub(crate) type Tally = BTreeMap<(&'static str, &'static str), u64>;

/// `who`, or whoever comes next and has something.
fn owner(owners: &BTreeMap<u8, u128>, who: u8) -> u8 {
    let next = owners.range(who..).find(|(_, shares)| **shares > 0);
    next.map_or(who, |(who, _)| *who)
}

/// So many sixteenths of `whole`, and the rest of it with the last.
fn sixteenths(whole: u128, part: u8) -> u128 {
    whole / 16 * u128::from(part) + if part == 16 { whole % 16 } else { 0 }
}

fn same<T: PartialEq + core::fmt::Debug>(what: &str, real: T, paper: T) -> Result<(), String> {
    if real == paper {
        Ok(())
    } else {
        Err(format!("{what}: the chain says {real:?}, the paper {paper:?}"))
    }
}

impl Both {
    /// Stakers in every vault, half of each pledged, all services active.
    pub(crate) fn start() -> Self {
        let real = Real::new();
        let mut paper = Paper::default().with_validators(&[1, 2]);
        paper.starts.push(0);
        for (operator, asset, quarters) in VAULTS {
            paper
                .vaults
                .push(Vault::new(operator, asset, quarters * WHOLE / 4));
        }
        for who in 1..=7 {
            paper.balances.insert((who, 1), FUNDS);
            paper.balances.insert((who, 2), FUNDS);
        }
        paper.balances.insert((SLASHER, 0), PAL);
        paper.balances.insert((CLIENT, 0), PAL - 3 * SERVICE_BOND);
        for operator in [1, 2] {
            for number in 1..SERVICES as u32 {
                paper.members.insert((operator, number), Standing::Active);
            }
        }
        let all = real.supply();
        let answers = Tally::new();
        let mut both = Self {
            real,
            paper,
            all,
            answers,
        };
        both.settle();
        both
    }

    fn settle(&mut self) {
        let must = |both: &mut Self, step: Step| both.take(&step).unwrap();
        must(self, Step::Block { ms: 1 });
        for vault in 0..VAULTS.len() {
            for (who, amount) in [(VAULTS[vault].0, 1 << 20), (3, 1_000_003), (4, 1 << 40), (5, 999)] {
                must(
                    self,
                    Step::Deposit {
                        who,
                        vault,
                        amount,
                        least: true,
                        open: 0,
                    },
                );
            }
            for service in 1..=3 {
                let eighths = 2 + vault as u8 % 2;
                must(
                    self,
                    Step::Allocate {
                        by: 0,
                        vault,
                        service,
                        eighths,
                        bit: 0,
                    },
                );
            }
            must(
                self,
                Step::Fund {
                    who: 6,
                    vault,
                    amount: 1 << 24,
                },
            );
        }
        must(self, Step::Pass { ms: 45_000 });
        for number in 1..=3 {
            let activate = dss::Msg::Activate {
                service: service(number),
            };
            self.real.dss(CLIENT, activate).unwrap();
            must(
                self,
                Step::Post {
                    service: number,
                    fee: 10,
                },
            );
        }
        must(self, Step::Block { ms: 1_000 });
        self.finish().unwrap();
        self.answers.clear();
        self.real = self.real.clone().settled();
    }

    /// The start of the epoch so many ago.
    fn epoch(&self, ago: u64) -> (u64, u64) {
        let epoch = self.paper.epoch.saturating_sub(ago);
        (epoch, self.paper.starts[epoch as usize])
    }

    fn block(&mut self, ms: u64) -> Result<(), String> {
        let ends = self.paper.is_over(self.real.parent());
        if ends {
            let (real, now) = (&self.real, self.paper.now);
            self.paper
                .decide(now, &|number, of, amount| real.worth(number, of, amount));
        }
        self.real.block(ms, ends);
        let real = &self.real;
        self.paper
            .block(ms, ends, &|number, of, amount| real.worth(number, of, amount));
        invariants::slashes(&self.paper)?;
        self.paper.slashed.clear();
        if ends { self.compare_power() } else { Ok(()) }
    }

    pub(crate) fn take(&mut self, step: &Step) -> Result<(), String> {
        let before = invariants::prices(&self.paper);
        let money = match step {
            Step::Block { ms } => {
                self.block(*ms)?;
                return self.compare();
            }
            Step::Pass { ms } => {
                let until = self.paper.now + ms;
                while self.paper.now < until {
                    self.block((until - self.paper.now).min(10_000))?;
                }
                return self.compare();
            }
            Step::Slash {
                vault,
                service,
                fraction,
                ago,
            } => {
                self.slash(*vault, *service, *fraction, *ago)?;
                return self.compare();
            }
            Step::Compound { vault, amount } => self.compound(*vault, *amount)?,
            Step::Earn { .. } | Step::Work { .. } | Step::Wage { .. } | Step::Price { .. } => {
                self.happen(step)?;
                true
            }
            _ => false,
        };
        if !money {
            let (real, paper) = match step {
                Step::Leave { .. } | Step::Join { .. } | Step::Post { .. } => self.serve(step),
                Step::Request { .. } | Step::Veto { .. } | Step::Prove { .. } => self.judge(step),
                Step::Reward { .. }
                | Step::Collect { .. }
                | Step::Commission { .. }
                | Step::Convict { .. } => self.pay(step),
                Step::Allocate { .. } | Step::Amend { .. } | Step::Limits { .. } | Step::Allow { .. } => {
                    self.operate(step)
                }
                _ => self.stake(step),
            };
            same("the answer", real, paper)?;
            let answer = real.err().unwrap_or("done");
            *self.answers.entry((step.name(), answer)).or_default() += 1;
        }
        if !matches!(
            step,
            Step::Prove { .. } | Step::Rebase { .. } | Step::Convict { .. }
        ) {
            invariants::price_stays(&before, &self.paper)?;
        }
        invariants::slashes(&self.paper)?;
        self.paper.slashed.clear();
        self.compare()
    }

    fn slash(&mut self, vault: usize, service: u32, fraction: u16, ago: u64) -> Result<(), String> {
        let (_, at) = self.epoch(ago);
        if self.paper.now - at >= REACH {
            return Ok(());
        }
        let real = self.real.slash(vault, service, fraction, at);
        let (taken, _) = self.paper.slash(vault, service, (fraction.into(), 10_000), at);
        self.paper.burned[self.paper.vaults[vault].asset] += taken;
        same("what is taken", real, taken)?;
        let answer = if taken == 0 { "nothing" } else { "done" };
        *self.answers.entry(("slash", answer)).or_default() += 1;
        invariants::slashes(&self.paper)?;
        self.paper.slashed.clear();
        Ok(())
    }

    fn compound(&mut self, vault: usize, amount: u128) -> Result<bool, String> {
        let of = self.paper.vaults[vault].asset;
        let amount = amount.min(self.paper.balance(7, of));
        let back = self.real.compound(vault, 7, coin(of, amount));
        let paper = self.paper.compound(vault, amount);
        *self.paper.balances.entry((7, of)).or_default() -= amount - paper;
        same("what is not taken", back, paper).map(|()| true)
    }
}

type Answers = (Result<(), &'static str>, Result<(), &'static str>);

impl Both {
    /// What stakers and funders of buffers do.
    fn stake(&mut self, step: &Step) -> Answers {
        let (real, paper) = (&mut self.real, &mut self.paper);
        match *step {
            Step::Deposit {
                who,
                vault,
                amount,
                least,
                open,
            } => {
                let least = if least { 1_000 } else { 0 };
                let msg = vaults::Msg::Deposit(vaults::Deposit {
                    vault: real.vaults[vault],
                    amount: Amount::new(amount),
                    min_shares: Shares::new(least),
                    max_open_slash: bps(open),
                });
                (
                    real.vaults(who, msg),
                    paper.deposit(who, vault, amount, (least, open)),
                )
            }
            Step::Withdraw { who, vault, part, to } => {
                let who = owner(&paper.vaults[vault].owners, who);
                let owned = paper.vaults[vault].owners.get(&who).copied().unwrap_or(0);
                // Sometimes more than there is.
                let shares = if part == 15 {
                    owned + 1
                } else {
                    sixteenths(owned, part)
                };
                let msg = vaults::Msg::Withdraw(vaults::Withdraw {
                    vault: real.vaults[vault],
                    shares: Shares::new(shares),
                    beneficiary: account(to),
                    min_assets: Amount::ZERO,
                });
                (real.vaults(who, msg), paper.withdraw(who, vault, shares, to))
            }
            Step::Claim { back } => {
                let newest = paper.exit_count.saturating_sub(back);
                let withdrawal = paper.next_exit().filter(|_| back == 3).unwrap_or(newest);
                let msg = vaults::Msg::Claim(vaults::Claim { withdrawal });
                (real.vaults(8, msg), paper.claim(withdrawal))
            }
            Step::Sell { who, vault, part } => {
                let who = owner(&paper.vaults[vault].owners, who);
                let owned = paper.vaults[vault].owners.get(&who).copied().unwrap_or(0);
                let shares = sixteenths(owned, part);
                let msg = vaults::Msg::InstantWithdraw(vaults::InstantWithdraw {
                    vault: real.vaults[vault],
                    shares: Shares::new(shares),
                    min_assets: Amount::ZERO,
                });
                (real.vaults(who, msg), paper.sell(who, vault, shares))
            }
            Step::Fund { who, vault, amount } => {
                let msg = vaults::Msg::FundBuffer(vaults::FundBuffer {
                    vault: real.vaults[vault],
                    amount: Amount::new(amount),
                    min_shares: Shares::ZERO,
                });
                (real.vaults(who, msg), paper.fund_buffer(who, vault, amount))
            }
            Step::Unfund { who, vault, part } => {
                let who = owner(&paper.vaults[vault].funders, who);
                let owned = paper.vaults[vault].funders.get(&who).copied().unwrap_or(0);
                let shares = sixteenths(owned, part);
                let msg = vaults::Msg::LeaveBuffer(vaults::LeaveBuffer {
                    vault: real.vaults[vault],
                    shares: Shares::new(shares),
                    min_assets: Amount::ZERO,
                });
                (real.vaults(who, msg), paper.unfund(who, vault, shares))
            }
            Step::Rebase { vault } => {
                let msg = vaults::Msg::Rebase(vaults::Rebase {
                    vault: real.vaults[vault],
                });
                let operator = paper.vaults[vault].operator;
                (real.vaults(operator, msg), paper.rebase(vault))
            }
            _ => (Err("no such step"), Ok(())),
        }
    }

    /// What operators do with their vaults.
    fn operate(&mut self, step: &Step) -> Answers {
        let (real, paper) = (&mut self.real, &mut self.paper);
        match *step {
            Step::Allocate {
                by,
                vault,
                service: number,
                eighths,
                bit,
            } => {
                let operator = if by == 0 { paper.vaults[vault].operator } else { by };
                let target = paper.vaults[vault].whole / 8 * u128::from(eighths) + u128::from(bit);
                let msg = delegation::Msg::Allocate(delegation::Allocate {
                    vault: real.vaults[vault],
                    service: service(number),
                    magnitude: Real::magnitude(target),
                });
                (
                    real.delegation(operator, msg),
                    paper.allocate(operator, vault, number, target),
                )
            }
            Step::Amend { vault, quarters } => {
                let msg = vaults::Msg::AmendCharter(vaults::AmendCharter {
                    vault: real.vaults[vault],
                    charter: charter(quarters.into()),
                });
                let operator = paper.vaults[vault].operator;
                let leverage = u128::from(quarters) * WHOLE / 4;
                (real.vaults(operator, msg), paper.amend(vault, leverage))
            }
            Step::Limits {
                by,
                vault,
                cap,
                least,
                listed,
            } => {
                let limits = vaults::Limits {
                    deposit_cap: cap.map(Amount::new),
                    min_deposit: Amount::new(least),
                    allow_listed: listed,
                };
                let msg = vaults::Msg::SetLimits(vaults::SetLimits {
                    vault: real.vaults[vault],
                    limits,
                });
                let one = &mut paper.vaults[vault];
                if one.operator != by {
                    return (real.vaults(by, msg), Err("NOT_VAULT_OPERATOR"));
                }
                (one.cap, one.least, one.listed) = (cap, least, listed);
                (real.vaults(by, msg), Ok(()))
            }
            Step::Allow { vault, who, allowed } => {
                let msg = vaults::Msg::Allow(vaults::Allow {
                    vault: real.vaults[vault],
                    account: account(who),
                    allowed,
                });
                let one = &mut paper.vaults[vault];
                if allowed {
                    one.allowed.insert(who);
                } else {
                    one.allowed.remove(&who);
                }
                (real.vaults(one.operator, msg), Ok(()))
            }
            _ => (Err("no such step"), Ok(())),
        }
    }

    /// What members and clients of services do.
    fn serve(&mut self, step: &Step) -> Answers {
        match *step {
            Step::Leave {
                operator,
                service: number,
            } => {
                let msg = dss::Msg::Leave {
                    service: service(number),
                };
                let paper = self.paper.leave(operator, number);
                if number == 0 {
                    return self.of_the_chain(operator, service_consensus::Msg::Leave, paper);
                }
                (self.real.dss(operator, msg), paper)
            }
            Step::Join { operator, service: 0 } => {
                let paper = self.paper.join(operator, 0);
                self.of_the_chain(operator, service_consensus::Msg::Join, paper)
            }
            Step::Join {
                operator,
                service: number,
            } => (
                self.real.join(operator, number),
                self.paper.join(operator, number),
            ),
            Step::Post { service: number, fee } => {
                let task = dss::PostTask {
                    service: service(number),
                    payload: Digest::new([1; 32]),
                    fee: coin(0, fee),
                    committee: dss::Committee::All,
                    commit: Millis::ZERO,
                    respond: Millis::new(5_000),
                    challenge: Millis::new(5_000),
                };
                let real = &self.real;
                let paper = self
                    .paper
                    .post(number, fee, &|n, of, amount| real.worth(n, of, amount));
                (self.real.dss(CLIENT, dss::Msg::PostTask(task)), paper)
            }
            _ => (Err("no such step"), Ok(())),
        }
    }

    /// What slashers, vetoers and accusers do.
    fn judge(&mut self, step: &Step) -> Answers {
        match *step {
            Step::Request {
                who,
                service: number,
                operator,
                fraction,
                ago,
            } => {
                let epoch = self.paper.read(number, ago).unwrap_or(self.paper.epoch);
                let msg = slashing::Msg::Request(slashing::RequestSlash {
                    service: service(number),
                    operator: account(operator),
                    class: 1,
                    epoch: Epoch::new(epoch + self.offset()),
                    fraction: bps(fraction),
                    reason: Digest::new([1; 32]),
                });
                let real = self.real.slashing(who, msg);
                (
                    real,
                    self.paper
                        .request(who, (number, operator), fraction.into(), epoch),
                )
            }
            Step::Veto { who, back } => {
                let request = self.paper.numbers().saturating_sub(back);
                let real = self.real.slashing(who, slashing::Msg::Veto { request });
                (real, self.paper.veto(who, request))
            }
            Step::Prove { who, operator, back } => {
                let task = self.paper.tasks().saturating_sub(back);
                let (number, epoch) = self.paper.task(task).unwrap_or((1, 0));
                let msg = self
                    .real
                    .contradiction(operator, task, (number, epoch + self.offset()));
                // Before the slash changes what there is.
                let real = self.real.clone();
                let paper = self
                    .paper
                    .prove(who, operator, task, &|n, of, amount| real.worth(n, of, amount));
                (self.real.slashing(who, msg), paper)
            }
            _ => (Err("no such step"), Ok(())),
        }
    }

    /// The chain's number of the paper's first epoch.
    fn offset(&self) -> u64 {
        self.real.chain.block.epoch.get() - self.paper.epoch
    }

    /// Both say the same of everything that can be asked of vaults and pledges, and all money is accounted for.
    fn compare(&self) -> Result<(), String> {
        for (place, paper) in self.paper.vaults.iter().enumerate() {
            let real = self.real.vault(place);
            let pool = real.pool;
            let found = [
                pool.assets.get(),
                pool.shares.get(),
                pool.escrowed.get(),
                pool.magnitude.get(),
            ];
            same(
                "a vault",
                found,
                [paper.assets, paper.supply(), paper.leaving, paper.whole],
            )?;
            let buffer = vaults::query::buffer(&self.real.chain.view(), &self.real.vaults[place]).unwrap();
            let found = [buffer.cash.get(), buffer.claims.get(), buffer.shares.get()];
            same("a buffer", found, [paper.cash, paper.claims, paper.funded()])?;
            for number in ALL_SERVICES {
                let allocation = self.real.pledge(place, number);
                let pledge = &paper.pledges[number as usize];
                let found = allocation
                    .pending
                    .map(|one| (one.up, one.by.get(), one.due.get()));
                let change = pledge.change.map(|one| (one.up, one.by, one.due));
                same(
                    "a pledge",
                    (allocation.current.get(), found),
                    (pledge.now, change),
                )?;
            }
            invariants::vault(paper, self.paper.now)?;
        }
        invariants::members(&self.paper)?;
        invariants::exits(&self.paper)?;
        self.compare_rewards()?;
        self.compare_bonds()?;
        invariants::money(self)
    }

    /// Both say the same of everybody, and the modules' own invariants hold.
    pub(crate) fn finish(&self) -> Result<(), String> {
        for who in PEOPLE {
            for of in 0..ASSETS {
                let (real, paper) = (self.real.balance(&account(who), of), self.paper.balance(who, of));
                same(&format!("what {who} has of {of}"), real, paper)?;
            }
            for (place, vault) in self.paper.vaults.iter().enumerate() {
                let open =
                    self.paper.exits.values().filter(|exit| {
                        exit.vault == place && exit.holder.is_some_and(|(owner, _)| owner == who)
                    });
                let owned = vault.owners.get(&who).copied().unwrap_or(0);
                same(
                    "what one owns",
                    self.real.shares(place, who),
                    (owned, open.count() as u32),
                )?;
                let funded = vault.funders.get(&who).copied().unwrap_or(0);
                same("what one funds", self.real.funded(place, who), funded)?;
            }
        }
        let view = self.real.chain.view();
        for place in 0..self.paper.vaults.len() {
            for number in ALL_SERVICES {
                let id = &self.real.vaults[place];
                let vault = &self.paper.vaults[place];
                let slashable = delegation::slashable(&view, id, service(number)).unwrap();
                let backing = delegation::backing(&view, id, service(number)).unwrap();
                let paper = (vault.slashable(number), vault.backing(number));
                same("what counts", (slashable.get(), backing.get()), paper)?;
            }
        }
        for (number, request) in &self.paper.requests {
            let real = slashing::query::request(&view, *number).unwrap().unwrap();
            let open = real.ending == slashing::Ending::Open;
            same(
                "a request",
                (open, real.due_at.get()),
                (request.open, request.due),
            )?;
        }
        self.finish_rewards(&PEOPLE)?;
        same("bonds", self.paper.bonds % BOND, 0)?;
        self.real.check()
    }
}
