//! What restaking costs at scale: `cargo bench -p palisade-runtime --bench restaking [-- <vaults> <owners of each>]`.
//!
//! Vaults of 32 to an operator, each pledged to 32 services, the chain among them, and owned by many (10,000 and 100: a
//! million positions). Every operator has a validator. Prints what an epoch's last block costs beyond that of an empty
//! chain: its hooks and the next set's power; and the slowest percent of each indexed query. At a tenth of the size too,
//! since a ratio says more than a time.
//!
//! Each is told by the clock and by what this program had of a processor: on a machine that does other things, the
//! clock's slowest percent is how long this program was kept waiting.
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

use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, POSSESSION_DST, SignatureBytes, possession_message};
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
type Staking = staking::Staking<Wire>;

/// With the chain, which is 0.
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

/// How long this program has had a processor, in nanoseconds, where the system says so.
fn processor() -> Option<u64> {
    let said = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    said.split(' ').next()?.parse().ok()
}

/// How long something took by the clock, and on a processor (by the clock where that is not told), in microseconds.
fn timed(body: impl FnOnce()) -> (f64, f64) {
    let before = processor();
    let start = Instant::now();
    body();
    let clock = start.elapsed().as_secs_f64() * 1e6;
    let used = before
        .zip(processor())
        .map(|(before, after)| (after - before) as f64 / 1e3);
    (clock, used.map_or(clock, |used| used.min(clock)))
}

/// All but the slowest percent take no longer.
fn slowest(times: &mut [f64]) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() * 99 / 100])
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
        for _ in 1..SERVICES {
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
        for service in 1..SERVICES {
            let joined = self
                .chain
                .run(|ctx| delegation::join(ctx, &operator, ServiceId::new(service)));
            joined.unwrap();
        }
        self.validator(operator);
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

    /// The operator's validator, by which it serves the chain.
    fn validator(&mut self, operator: AccountId) {
        let bond = Coin {
            asset: AssetId::PAL,
            amount: Amount::new(1_000_000_000_000),
        };
        self.chain
            .run(|ctx| bank::transfer(ctx, &owner(), &operator, bond))
            .unwrap();
        let secret = SecretKey::key_gen(operator.as_bytes(), &[]).unwrap();
        let key = KeyBytes(secret.sk_to_pk().compress());
        let message = possession_message(&key, &operator);
        let register = staking::RegisterValidator {
            moniker: staking::Moniker::new("one of many").unwrap(),
            consensus_key: key,
            proof_of_possession: SignatureBytes(secret.sign(&message, POSSESSION_DST, &[]).compress()),
            p2p_key: *operator.as_bytes(),
            bond: bond.amount,
        };
        self.tell::<Staking>(operator, staking::Msg::RegisterValidator(register));
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
        for service in 0..SERVICES {
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

    /// What the hooks of a block `ms` later take that ends its epoch, and the next set, by the clock and on a processor, in
    /// milliseconds.
    fn boundary(&mut self, ms: u64) -> (f64, f64) {
        self.chain.advance(Blocks::new(1), Millis::new(ms));
        let (clock, used) = timed(|| {
            self.chain.hook(Vaults::begin_block).unwrap();
            self.chain.hook(Delegation::begin_block).unwrap();
            self.chain.hook(Dss::begin_block).unwrap();
            self.chain.hook(Slashing::begin_block).unwrap();
            self.chain.hook(Rewards::begin_block).unwrap();
            self.decide();
            self.chain.hook(Dss::end_epoch).unwrap();
            self.chain.hook(Rewards::end_epoch).unwrap();
        });
        self.chain.block.epoch = self.chain.block.epoch.next().unwrap();
        drop(self.chain.take_events());
        (clock / 1e3, used / 1e3)
    }

    /// Who validates next, by every vault of every validator.
    fn decide(&mut self) {
        let epoch = self.chain.block.epoch.next().unwrap();
        let ends = self.chain.block.chain_clock.after(Millis::new(20_000));
        let next = {
            let view = self.chain.view();
            let current = staking::set_in_force(&view).unwrap();
            service_consensus::next::<Wire>(&view, &view, (epoch, ends), &current).unwrap()
        };
        self.chain
            .hook(|ctx| {
                staking::store_next_set(ctx, &next.set)?;
                service_consensus::store(ctx, &next)
            })
            .unwrap();
    }

    /// What half and what ninety-nine of a hundred answers take at most, in microseconds.
    fn asked(&self, name: &str, ask: impl Fn(&Self, VaultId, AccountId, ServiceId)) {
        let times = (0..ASKED).map(|n| {
            let vault = n * 7_919 % self.vaults.len();
            let who = account(2, vault * self.owners + n % self.owners);
            let service = ServiceId::new(n as u32 % SERVICES);
            timed(|| ask(self, self.vaults[vault], who, service))
        });
        let (mut clock, mut used): (Vec<f64>, Vec<f64>) = times.unzip();
        let (clock, used) = (slowest(&mut clock), slowest(&mut used));
        println!(
            "  {name:24} p50 {:8.1} µs   p99 {:8.1} µs   of a processor p50 {:8.1} µs   p99 {:8.1} µs",
            clock.0, clock.1, used.0, used.1
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
        self.asked("a hundred vaults", |one, vault, _, _| {
            let found = vaults::query::vaults(&one.chain.view(), Some(&vault), 100).unwrap();
            assert!(found.len() <= 100);
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
    let all: Vec<(f64, f64)> = (0..4).map(|_| world.boundary(10_000)).collect();
    let clock = all.iter().map(|one| one.0).fold(0.0, f64::max);
    let used = all.iter().map(|one| one.1).fold(0.0, f64::max);
    println!(
        "  boundary: {:.2} ms with nothing due ({:.2} of a processor), {clock:.2} ms at most with all pledges due \
         ({used:.2} of a processor)",
        quiet.0, quiet.1
    );
    if vaults > 0 {
        world.queries();
    }
    used
}

fn main() {
    let (vaults, owners) = (argument(0, 10_000), argument(1, 100));
    let none = measure(0, owners);
    let tenth = measure(vaults / 10, owners);
    let whole = measure(vaults, owners);
    println!(
        "boundary beyond an empty chain's, of a processor: {:.2} ms; {:.2} times that of a tenth",
        whole - none,
        whole / tenth
    );
}
