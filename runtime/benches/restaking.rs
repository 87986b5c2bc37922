//! What restaking costs at scale: `cargo bench -p palisade-runtime --bench restaking [-- <vaults> <owners of each>]`.
//!
//! Vaults of 32 to an operator, each pledged to 32 services and owned by many (10,000 and 100: a million positions). Prints
//! what the hooks of an epoch's last block cost beyond those of a block on an empty chain, and the slowest percent of each
//! indexed query; at a tenth of the size too, since a ratio says more than a time.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that measures time"
)]

use delegation::{Allocate, Magnitude, Metadata, Register};
use kernel::Module;
use kernel::testing::Sandbox;
use palisade_runtime::Wire;
use primitives::{AccountId, Amount, AssetId, Blocks, Bps, Coin, Millis, Ratio, ServiceId, Shares};
use std::time::Instant;
use testing::Chain;
use vaults::{Charter, Create, Deposit, Limits, Serves, VaultId, Withdraw};

type Vaults = vaults::Vaults<Wire>;
type Delegation = delegation::Delegation<Wire>;
type Dss = dss::Dss<Wire>;
type Slashing = slashing::Slashing<Wire>;
type Rewards = rewards::Rewards<Wire>;

const SERVICES: u32 = 32;
const WHOLE: u128 = 1_000_000_000_000_000_000;
/// How often each query is asked.
const ASKED: usize = 10_000;

fn argument(position: usize, default: usize) -> usize {
    let given = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .nth(position);
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn account(kind: u8, n: usize) -> AccountId {
    let mut id = [kind; 32];
    id[..8].copy_from_slice(&(n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    AccountId::new(id)
}

fn owner() -> AccountId {
    account(3, 0)
}

fn terms() -> dss::Terms {
    dss::Terms {
        kind: dss::Kind::Attested,
        accepted: vec![dss::Accepted {
            asset: AssetId::PAL,
            haircut: Bps::ZERO,
        }],
        min_operators: 1,
        max_operators: 128,
        min_stake: Amount::ZERO,
        min_self_stake: Amount::ZERO,
        min_reputation: Bps::ZERO,
        quorum: Bps::ONE,
        classes: Vec::new(),
        equivocation: None,
        destination: dss::Destination::Burn,
        slasher: None,
        vetoers: Vec::new(),
        profit_cap: Amount::ZERO,
        metadata: dss::Metadata::new("one of many").unwrap(),
    }
}

struct World {
    chain: Sandbox,
    vaults: Vec<VaultId>,
    owners: usize,
}

impl World {
    fn tell<M: Module>(&mut self, sender: AccountId, msg: M::Msg) {
        self.chain
            .run(|ctx| M::execute(ctx, sender, msg))
            .expect("it is right");
        drop(self.chain.take_events());
    }

    fn new(vaults: usize, owners: usize) -> Self {
        let mut world = Self {
            chain: Sandbox::over(Chain::new().start.state),
            vaults: Vec::new(),
            owners,
        };
        let rich = Coin {
            asset: AssetId::PAL,
            amount: Amount::new(1 << 100),
        };
        world.chain.run(|ctx| bank::mint(ctx, &owner(), rich)).unwrap();
        if vaults == 0 {
            return world;
        }
        for _ in 0..SERVICES {
            world.tell::<Dss>(owner(), dss::Msg::Register(Box::new(terms())));
        }
        for n in 0..vaults.div_ceil(32) {
            world.operator(account(1, n), 32.min(vaults - 32 * n));
        }
        for n in 0..vaults {
            world.fill(n);
        }
        // Everything that was written is one version, as on a disk.
        let block = world.chain.block.clone();
        world.chain = Sandbox::over(world.chain.state().unwrap());
        world.chain.block = block;
        world
    }

    fn operator(&mut self, operator: AccountId, vaults: usize) {
        let metadata = Metadata::new("operator", "").unwrap();
        self.tell::<Delegation>(operator, delegation::Msg::Register(Register { metadata }));
        for service in 1..=SERVICES {
            let joined = self
                .chain
                .run(|ctx| delegation::join(ctx, &operator, ServiceId::new(service)));
            joined.unwrap();
        }
        for _ in 0..vaults {
            let create = Create {
                asset: AssetId::PAL,
                charter: Charter {
                    leverage_limit: Ratio::ONE,
                    serves: Serves::Any {
                        objective: Bps::ONE,
                        subjective: Bps::ONE,
                    },
                },
                limits: Limits::default(),
            };
            self.tell::<Vaults>(operator, vaults::Msg::Create(create));
        }
        let own = vaults::query::vaults_of(&self.chain.view(), &operator).unwrap();
        self.vaults.extend(own);
    }

    fn fill(&mut self, n: usize) {
        let (vault, operator) = (self.vaults[n], account(1, n / 32));
        for one in 0..self.owners {
            let who = account(2, n * self.owners + one);
            let coin = Coin {
                asset: AssetId::PAL,
                amount: Amount::new(1_000_000),
            };
            self.chain
                .run(|ctx| bank::transfer(ctx, &owner(), &who, coin))
                .unwrap();
            let deposit = Deposit {
                vault,
                amount: coin.amount,
                min_shares: Shares::ZERO,
                max_open_slash: Bps::ONE,
            };
            self.tell::<Vaults>(who, vaults::Msg::Deposit(deposit));
        }
        for service in 1..=SERVICES {
            let allocate = Allocate {
                vault,
                service: ServiceId::new(service),
                magnitude: Magnitude::new(WHOLE / u128::from(SERVICES)),
            };
            self.tell::<Delegation>(operator, delegation::Msg::Allocate(allocate));
        }
        if n.is_multiple_of(16) {
            let who = account(2, n * self.owners);
            let withdraw = Withdraw {
                vault,
                shares: Shares::new(1_000),
                beneficiary: who,
                min_assets: Amount::ZERO,
            };
            self.tell::<Vaults>(who, vaults::Msg::Withdraw(withdraw));
        }
    }

    /// The hooks of a block `ms` later that ends its epoch, in milliseconds.
    fn boundary(&mut self, ms: u64) -> f64 {
        self.chain.advance(Blocks::new(1), Millis::new(ms));
        let start = Instant::now();
        self.chain.hook(Vaults::begin_block).unwrap();
        self.chain.hook(Delegation::begin_block).unwrap();
        self.chain.hook(Dss::begin_block).unwrap();
        self.chain.hook(Slashing::begin_block).unwrap();
        self.chain.hook(Rewards::begin_block).unwrap();
        self.chain.hook(Dss::end_epoch).unwrap();
        self.chain.hook(Rewards::end_epoch).unwrap();
        let took = start.elapsed().as_secs_f64() * 1e3;
        self.chain.block.epoch = self.chain.block.epoch.next().unwrap();
        drop(self.chain.take_events());
        took
    }

    /// What ninety-nine of a hundred answers take at most, in microseconds.
    fn asked(&self, name: &str, ask: impl Fn(&Self, VaultId, AccountId, ServiceId)) {
        let mut times: Vec<f64> = (0..ASKED)
            .map(|n| {
                let vault = n * 7_919 % self.vaults.len();
                let who = account(2, vault * self.owners + n % self.owners);
                let start = Instant::now();
                ask(
                    self,
                    self.vaults[vault],
                    who,
                    ServiceId::new(1 + n as u32 % SERVICES),
                );
                start.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(
            "  {name:24} p50 {:8.1} µs   p99 {:8.1} µs",
            times[ASKED / 2],
            times[ASKED * 99 / 100]
        );
    }

    fn queries(&self) {
        self.asked("vault", |one, vault, _, _| {
            assert!(vaults::vault(&one.chain.view(), &vault).unwrap().is_some());
        });
        self.asked("position", |one, vault, who, _| {
            assert!(
                vaults::query::position(&one.chain.view(), &vault, &who)
                    .unwrap()
                    .is_some()
            );
        });
        self.asked("a hundred owners", |one, vault, _, _| {
            let found = vaults::query::owners(&one.chain.view(), &vault, None, 100).unwrap();
            assert!(!found.is_empty());
        });
        self.asked("withdrawals of an owner", |one, vault, who, _| {
            drop(vaults::query::withdrawals_of(&one.chain.view(), &vault, &who, None, 32).unwrap());
        });
        self.asked("backing of a service", |one, vault, _, service| {
            assert!(delegation::backing(&one.chain.view(), &vault, service).unwrap() < Amount::MAX);
        });
        self.asked("all pledges of a vault", |one, vault, _, _| {
            assert_eq!(
                delegation::allocations(&one.chain.view(), &vault).unwrap().len(),
                SERVICES as usize
            );
        });
    }
}

fn measure(vaults: usize, owners: usize) -> f64 {
    let start = Instant::now();
    let mut world = World::new(vaults, owners);
    println!(
        "{vaults} vaults, {SERVICES} services, {} positions: made in {:.1} s",
        vaults * owners,
        start.elapsed().as_secs_f64()
    );
    // Nothing is due; then every pledge and later every exit, of which each block does its part.
    let quiet = world.boundary(1_000);
    let due = (0..4).map(|_| world.boundary(10_000)).fold(0.0, f64::max);
    println!("  boundary: {quiet:.2} ms with nothing due, {due:.2} ms at most with all pledges due");
    if vaults > 0 {
        world.queries();
    }
    due
}

fn main() {
    let (vaults, owners) = (argument(0, 10_000), argument(1, 100));
    let none = measure(0, owners);
    let tenth = measure(vaults / 10, owners);
    let whole = measure(vaults, owners);
    println!(
        "boundary beyond an empty chain's: {:.2} ms; {:.2} times that of a tenth",
        whole - none,
        whole / tenth
    );
}
