//! Random sequences of everything that can happen, against [`Naive`]; every invariant holds after each step.

use crate::naive::Naive;
use crate::world::{DELAY, EPOCH, FUNDS, KEPT, TOKEN, UP, WHOLE, World, levered};
use kernel::Fault;
use palisade_delegation::VaultId;
use proptest::prelude::*;
use proptest::test_runner::Config;
use vaults::{Msg as VaultMsg, Rebase};

type Z = ruint::Uint<512, 8>;

/// How often each unit of the three vaults may be pledged.
const LEVERAGES: [u128; 3] = [1, 2, 4];

#[derive(Clone, Debug)]
enum Step {
    Deposit(u8, usize, u128),
    /// So many parts of 16 of the owner's shares.
    Withdraw(u8, usize, u128),
    /// So many parts of 8 of the whole, and a bit.
    Allocate(usize, u32, u128, u128),
    /// For an offence so many epochs ago.
    Slash(usize, u32, u16, u64),
    Hold(usize, bool),
    Rebase(usize),
    Block(u64),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let vault = 0..LEVERAGES.len();
    let amount = prop_oneof![0u128..3, 1u128..5_000, 1u128..1 << 30, 1u128..1 << 70];
    let fraction = prop_oneof![Just(1u16), 1u16..5_000, Just(5_000), Just(9_999), Just(10_000)];
    prop_oneof![
        6 => (3u8..=6, vault.clone(), amount).prop_map(|(w, v, a)| Step::Deposit(w, v, a)),
        3 => (3u8..=6, vault.clone(), 0u128..=16).prop_map(|(w, v, p)| Step::Withdraw(w, v, p)),
        6 => (vault.clone(), 1u32..=3, 0u128..=8, 0u128..5).prop_map(|(v, s, p, b)| Step::Allocate(v, s, p, b)),
        4 => (vault.clone(), 1u32..=3, fraction, 0u64..5).prop_map(|(v, s, f, e)| Step::Slash(v, s, f, e)),
        1 => (vault.clone(), any::<bool>()).prop_map(|(v, h)| Step::Hold(v, h)),
        1 => vault.prop_map(Step::Rebase),
        4 => prop_oneof![1u64..100, 1u64..10_000].prop_map(Step::Block),
        3 => prop_oneof![1u64..30_000, Just(EPOCH), Just(DELAY), Just(KEPT + 1)].prop_map(Step::Pass),
    ]
}

struct Both {
    world: World,
    naive: Naive,
    ids: Vec<VaultId>,
    epochs: Vec<u64>,
}

impl Both {
    fn start() -> Self {
        let mut world = World::new();
        let ids = LEVERAGES
            .map(|times| world.create(1, TOKEN, levered(times)))
            .to_vec();
        let naive = Naive::new(world.now(), &LEVERAGES, FUNDS);
        Self {
            world,
            naive,
            ids,
            epochs: vec![0],
        }
    }

    fn block(&mut self, ms: u64) {
        self.world.block(ms);
        self.naive.block(ms, EPOCH, 2);
        if self.epochs.last() != Some(&self.world.epoch_start) {
            self.epochs.push(self.world.epoch_start);
        }
    }

    fn take(&mut self, step: &Step) {
        let (real, expected) = match *step {
            Step::Deposit(who, v, amount) => (
                self.world
                    .deposit(who, self.ids[v], amount)
                    .map_err(|e| e.reason()),
                self.naive.deposit(who, v, amount),
            ),
            Step::Withdraw(who, v, part) => {
                let owned = self.world.shares_of(who, self.ids[v]);
                let shares = owned / 16 * part + u128::from(part == 16) * (owned % 16);
                (
                    self.world
                        .withdraw(who, self.ids[v], shares)
                        .map_err(|e| e.reason()),
                    self.naive.withdraw(who, v, shares, DELAY),
                )
            }
            Step::Allocate(v, service, part, bit) => {
                let whole = self.world.vault(self.ids[v]).pool.magnitude.get();
                let target = (whole / 8 * part + bit).min(WHOLE + 1);
                (
                    self.world
                        .allocate(1, self.ids[v], service, target)
                        .map_err(|e| e.reason()),
                    self.naive.allocate(v, service, target, (UP, DELAY)),
                )
            }
            Step::Slash(v, service, fraction, ago) => return self.slash(v, service, fraction, ago),
            Step::Hold(v, held) => {
                self.world.open(self.ids[v], 0, held);
                self.naive.hold(v, held);
                return;
            }
            Step::Rebase(v) => {
                let msg = VaultMsg::Rebase(Rebase { vault: self.ids[v] });
                (
                    self.world.ask(1, msg).map_err(|e| e.reason()),
                    self.naive.rebase(v, KEPT),
                )
            }
            Step::Block(ms) => return self.block(ms),
            Step::Pass(ms) => {
                let until = self.world.now() + ms;
                while self.world.now() < until {
                    self.block((until - self.world.now()).min(10_000));
                }
                return;
            }
        };
        assert_eq!(real, expected, "{step:?}");
    }

    fn slash(&mut self, v: usize, service: u32, fraction: u16, ago: u64) {
        let back = usize::try_from(ago).unwrap().min(self.epochs.len() - 1);
        let at = self.epochs[self.epochs.len() - 1 - back];
        let before: Vec<u128> = (1..=3).map(|s| self.world.slashable(self.ids[v], s)).collect();
        let at_offence = palisade_delegation::slashable_at(
            &self.world.chain.view(),
            &self.ids[v],
            crate::world::service(service),
            primitives::ChainClock::new(at),
        );
        let assets = self.world.assets_of(self.ids[v]);
        let coarse = self.world.vault(self.ids[v]).pool.magnitude;
        let real = self.world.slash(self.ids[v], service, fraction, at);
        let expected = self.naive.slash(v, service, u128::from(fraction), at);
        assert_eq!(Z::from(real), expected, "slash of {fraction} for {at}");
        let most = (Z::from(at_offence.unwrap().get() + 1) * Z::from(fraction) + Z::from(9_999u32))
            / Z::from(10_000u32);
        assert!(real <= assets && Z::from(real) <= most, "{real} of {most}");
        let moved = self.world.vault(self.ids[v]).pool.magnitude != coarse;
        if LEVERAGES[v] == 1 && moved {
            for (number, before) in (1u32..).zip(before).filter(|(number, _)| *number != service) {
                let after = self.world.slashable(self.ids[v], number);
                assert!(before.abs_diff(after) <= 1, "isolation: {before} became {after}");
            }
        }
    }

    /// Both say the same of everything that can be asked.
    fn compare(&self) {
        for (v, id) in self.ids.iter().enumerate() {
            let (real, paper) = (self.world.vault(*id), &self.naive.vaults[v]);
            assert_eq!(Z::from(real.pool.assets.get()), paper.assets);
            assert_eq!(Z::from(real.pool.magnitude.get()), paper.whole);
            assert_eq!(Z::from(real.pool.shares.get()), self.naive.supply(v));
            let leaving = self.naive.exits_of(v).iter().fold(Z::ZERO, |sum, x| sum + x);
            assert_eq!(Z::from(real.pool.escrowed.get()), leaving);
            for who in 3..=6 {
                let owned = paper.owners.get(&who).copied().unwrap_or_default();
                assert_eq!(Z::from(self.world.shares_of(who, *id)), owned);
            }
            for service in 1..=3 {
                let pledge = paper.pledges.get(&service).cloned().unwrap_or_default();
                assert_eq!(
                    Z::from(self.world.pledge(*id, service)),
                    pledge.now,
                    "{v} to {service}"
                );
                let down = pledge.change.filter(|c| !c.0).map_or(Z::ZERO, |c| c.1);
                let staying = self.world.vault(*id).pool.staying().unwrap().get();
                let backing = (pledge.now.saturating_sub(down)).min(paper.whole);
                let backing = if paper.whole.is_zero() {
                    Z::ZERO
                } else {
                    Z::from(staying) * backing / paper.whole
                };
                assert_eq!(Z::from(self.world.backing(*id, service)), backing);
            }
        }
        let mut all = self.naive.burned;
        for who in 1..=9 {
            assert_eq!(Z::from(self.world.balance(who)), self.naive.free[&who]);
            all += self.naive.free[&who];
        }
        let held = self
            .naive
            .vaults
            .iter()
            .fold(Z::ZERO, |sum, vault| sum + vault.assets);
        assert_eq!(all + held, Z::from(FUNDS) * Z::from(9u8), "value is conserved");
    }
}

/// How many sequences: 2,000, or as the environment says.
fn cases() -> u32 {
    option_env!("PALISADE_CASES")
        .and_then(|text| text.parse().ok())
        .unwrap_or(2_000)
}

proptest! {
    #![proptest_config(Config { cases: cases(), max_shrink_iters: 2_000, ..Config::default() })]

    #[test]
    fn whatever_happens_the_modules_and_the_paper_agree(steps in proptest::collection::vec(step(), 30)) {
        let mut both = Both::start();
        for step in &steps {
            both.take(step);
            both.compare();
        }
    }
}
