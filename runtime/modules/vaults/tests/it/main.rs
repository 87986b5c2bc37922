//! The behaviour of vaults alone: buffers, charters, limits, genesis. With pledges and slashes: the tests of
//! `delegation`.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::integer_division,
    reason = "tests compute their own expectations"
)]

use assets::{Asset, GenesisAsset, GenesisTerms, Origin, Rules, Terms};
use kernel::testing::Sandbox;
use kernel::{Fault, Module};
use palisade_vaults as vaults;
use primitives::{AccountId, Amount, AssetId, Blocks, Bps, Coin, Millis, Ratio, ServiceId, Shares};
use proptest::prelude::*;
use vaults::{
    Allow, AmendCharter, Charter, Create, Cut, Deposit, FundBuffer, Genesis, InstantWithdraw, LeaveBuffer,
    Limits, Magnitude, Msg, Params, Serves, SetLimits, VaultId, Withdraw,
};

type Vaults = vaults::Vaults<()>;

const TOKEN: AssetId = AssetId::new(7);
const FUNDS: u128 = 1 << 90;
const DELAY: u64 = 120_000;

fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

fn bps(n: u16) -> Bps {
    Bps::new(n).unwrap()
}

fn registry(cap: Option<u128>) -> assets::Genesis {
    let entry = |id: AssetId, symbol: &str, decimals, origin| GenesisAsset {
        id,
        asset: Asset {
            symbol: assets::Symbol::new(symbol).unwrap(),
            name: assets::Name::new(symbol).unwrap(),
            decimals,
            origin,
        },
    };
    let rules = Rules {
        deposit_cap: cap.map(Amount::new),
        ..Rules::WHOLE
    };
    assets::Genesis {
        registrar: account(99),
        assets: vec![
            entry(AssetId::PAL, "PAL", 9, Origin::Native),
            entry(TOKEN, "TOKEN", 18, Origin::Genesis),
        ],
        terms: vec![GenesisTerms {
            asset: TOKEN,
            terms: Terms::new(TOKEN, rules),
        }],
        params: assets::Params::localnet(),
        sources: Vec::new(),
    }
}

struct World {
    chain: Sandbox,
    id: VaultId,
}

impl World {
    /// A vault of account 1, whom everybody here takes for an operator.
    fn new(cap: Option<u128>) -> Self {
        let mut chain = Sandbox::new();
        chain
            .run(|ctx| assets::Assets::<()>::init_genesis(ctx, registry(cap)))
            .unwrap();
        let bank = bank::Genesis {
            balances: (1..=5)
                .map(|n| bank::Balance {
                    account: account(n),
                    asset: TOKEN,
                    amount: Amount::new(FUNDS),
                })
                .collect(),
            supply: vec![Coin {
                asset: TOKEN,
                amount: Amount::new(5 * FUNDS),
            }],
        };
        chain
            .run(|ctx| bank::Bank::<()>::init_genesis(ctx, bank))
            .unwrap();
        let genesis = Genesis {
            params: Params::localnet(),
            resumed: None,
        };
        chain.run(|ctx| Vaults::init_genesis(ctx, genesis)).unwrap();
        let mut world = Self {
            chain,
            id: VaultId::ZERO,
        };
        let create = Create {
            asset: TOKEN,
            charter: Charter::PLAIN,
            limits: Limits::default(),
        };
        world.tell(1, Msg::Create(create)).unwrap();
        let view = world.chain.view();
        world.id = vaults::query::vaults_of(&view, &account(1)).unwrap()[0];
        world
    }

    fn tell(&mut self, sender: u8, msg: Msg) -> Result<(), &'static str> {
        let done = self.chain.run(|ctx| Vaults::execute(ctx, account(sender), msg));
        self.check();
        done.map_err(|error| error.reason())
    }

    fn check(&self) {
        assert_eq!(self.chain.check(Vaults::invariants()), Ok(()));
        assert_eq!(self.chain.check(bank::Bank::<()>::invariants()), Ok(()));
    }

    fn pass(&mut self, ms: u64) {
        self.chain.advance(Blocks::new(1), Millis::new(ms));
        self.chain.hook(Vaults::begin_block).unwrap();
        self.check();
    }

    fn deposit(&mut self, who: u8, amount: u128) -> Result<(), &'static str> {
        let msg = Deposit {
            vault: self.id,
            amount: Amount::new(amount),
            min_shares: Shares::ZERO,
            max_open_slash: Bps::ZERO,
        };
        self.tell(who, Msg::Deposit(msg))
    }

    fn withdraw(&mut self, who: u8, shares: u128) -> Result<(), &'static str> {
        let msg = Withdraw {
            vault: self.id,
            shares: Shares::new(shares),
            beneficiary: account(who),
            min_assets: Amount::ZERO,
        };
        self.tell(who, Msg::Withdraw(msg))
    }

    fn fund(&mut self, who: u8, amount: u128) -> Result<(), &'static str> {
        let msg = FundBuffer {
            vault: self.id,
            amount: Amount::new(amount),
            min_shares: Shares::ZERO,
        };
        self.tell(who, Msg::FundBuffer(msg))
    }

    fn leave(&mut self, who: u8, shares: u128) -> Result<(), &'static str> {
        let msg = LeaveBuffer {
            vault: self.id,
            shares: Shares::new(shares),
            min_assets: Amount::ZERO,
        };
        self.tell(who, Msg::LeaveBuffer(msg))
    }

    fn sell(&mut self, who: u8, shares: u128) -> Result<(), &'static str> {
        let msg = InstantWithdraw {
            vault: self.id,
            shares: Shares::new(shares),
            min_assets: Amount::ZERO,
        };
        self.tell(who, Msg::InstantWithdraw(msg))
    }

    /// Takes so much of the vault and burns it, as slashing does.
    fn slash(&mut self, fraction: u16) {
        let pool = self.vault().pool;
        let magnitude = bps(fraction)
            .of(pool.magnitude.get(), primitives::Rounding::Up)
            .unwrap();
        let amount = bps(fraction)
            .of(pool.assets.get(), primitives::Rounding::Down)
            .unwrap();
        let cut = Cut {
            magnitude: Magnitude::new(magnitude),
            amount: Amount::new(amount),
            marks: Vec::new(),
        };
        let id = self.id;
        self.chain
            .run(|ctx| {
                let taken = vaults::slash(ctx, &id, &cut)?;
                Ok::<_, vaults::Error>(bank::destroy(ctx, taken.coin)?)
            })
            .unwrap();
        self.check();
    }

    fn vault(&self) -> vaults::Vault {
        vaults::vault(&self.chain.view(), &self.id).unwrap().unwrap()
    }

    fn balance(&self, who: u8) -> u128 {
        bank::balance(&self.chain.view(), &account(who), TOKEN)
            .unwrap()
            .get()
    }

    fn shares(&self, who: u8) -> u128 {
        let found = vaults::query::position(&self.chain.view(), &self.id, &account(who)).unwrap();
        found.unwrap().0.shares.get()
    }

    fn funded(&self, who: u8) -> u128 {
        vaults::query::funded(&self.chain.view(), &self.id, &account(who))
            .unwrap()
            .get()
    }
}

#[test]
fn whoever_cannot_wait_sells_to_the_buffer_and_a_part_is_kept_back() {
    let mut world = World::new(None);
    world.deposit(3, 1_000_000).unwrap();
    assert_eq!(world.sell(3, 100_000_000), Err("BUFFER_SHORT"));
    world.fund(4, 1_000_000).unwrap();
    let before = world.balance(3);
    world.sell(3, 100_000_000).unwrap();
    // A tenth is kept back; of 90,000 the buffer keeps 0.1 % and 4.9 % · 90,000 / 1,000,000, rounded up.
    let fee = 10 + (490u128 * 90_000).div_ceil(1_000_000);
    assert_eq!(
        world.balance(3) - before,
        90_000 - (90_000 * fee).div_ceil(10_000)
    );
    let vault = world.vault();
    assert_eq!(
        vault.pool.escrowed.get(),
        100_000_000,
        "it stays liable, all of it"
    );
    assert_eq!(vault.pool.staying().unwrap().get(), 900_000, "and backs nothing");
    let sold = world.balance(3);
    world.slash(5_000);
    world.pass(DELAY);
    assert_eq!(
        world.balance(3) - sold,
        5_000,
        "what was kept back bears the slash"
    );
    let buffer = vaults::query::buffer(&world.chain.view(), &world.id).unwrap();
    assert_eq!(buffer.claims, Shares::ZERO);
    assert!(buffer.cash.get() < 1_000_000, "so does what the buffer bought");
    world.leave(4, 1_000_000_000).unwrap();
}

#[test]
fn the_operator_sells_nothing_to_the_buffer() {
    let mut world = World::new(None);
    world.deposit(1, 1_000).unwrap();
    world.fund(4, 1_000).unwrap();
    assert_eq!(world.sell(1, 1_000), Err("NOT_FOR_SALE"));
    assert_eq!(world.sell(3, 1_000), Err("NOT_OWNED"));
}

#[test]
fn a_wider_charter_binds_when_those_who_disagree_can_be_gone() {
    let mut world = World::new(None);
    world.deposit(3, 1_000).unwrap();
    let id = world.id;
    let amend = |charter| Msg::AmendCharter(AmendCharter { vault: id, charter });
    let wider = Charter {
        leverage_limit: Ratio::from_raw(2 * Ratio::ONE.raw()),
        ..Charter::PLAIN
    };
    assert_eq!(world.tell(3, amend(wider.clone())), Err("NOT_VAULT_OPERATOR"));
    assert_eq!(world.tell(1, amend(Charter::PLAIN)), Err("SAME_CHARTER"));
    world.tell(1, amend(wider.clone())).unwrap();
    let binds = |world: &World| {
        let now = world.chain.block.chain_clock;
        world.vault().charter_at(now).clone()
    };
    world.withdraw(3, 1_000_000).unwrap();
    world.pass(DELAY);
    assert_eq!(world.balance(3), FUNDS, "gone");
    assert_eq!(
        world.tell(1, amend(wider.clone())),
        Err("SAME_CHARTER"),
        "the wait does not start anew (E-32)"
    );
    world.pass(19_999);
    assert_eq!(binds(&world), Charter::PLAIN);
    world.pass(1);
    assert_eq!(binds(&world), wider);
    let mixed = Charter {
        leverage_limit: Ratio::ONE,
        serves: Serves::Any {
            objective: Bps::ONE,
            subjective: bps(1),
        },
    };
    assert_eq!(world.tell(1, amend(mixed)), Err("MIXED_CHARTER"));
    let listed = Charter {
        serves: Serves::Listed(vec![ServiceId::new(2), ServiceId::new(1)]),
        ..Charter::PLAIN
    };
    assert_eq!(world.tell(1, amend(listed)), Err("BAD_CHARTER"));
    world.tell(1, amend(Charter::PLAIN)).unwrap();
    assert_eq!(binds(&world), Charter::PLAIN, "a narrower one at once");
}

#[test]
fn limits_bind_deposits_and_no_exit() {
    let mut world = World::new(Some(5_000));
    world.deposit(3, 1_000).unwrap();
    let limits = Limits {
        deposit_cap: Some(Amount::new(2_000)),
        min_deposit: Amount::new(10),
        allow_listed: true,
    };
    let id = world.id;
    let set = Msg::SetLimits(SetLimits { vault: id, limits });
    assert_eq!(world.tell(3, set.clone()), Err("NOT_VAULT_OPERATOR"));
    world.tell(1, set).unwrap();
    assert_eq!(world.deposit(3, 100), Err("NOT_ALLOWED"));
    let allow = |allowed| {
        Msg::Allow(Allow {
            vault: id,
            account: account(3),
            allowed,
        })
    };
    world.tell(1, allow(true)).unwrap();
    assert_eq!(world.deposit(3, 9), Err("DEPOSIT_TOO_SMALL"));
    assert_eq!(world.deposit(3, 1_001), Err("DEPOSIT_CAP"));
    world.deposit(3, 1_000).unwrap();
    world.tell(1, allow(false)).unwrap();
    assert_eq!(world.deposit(3, 10), Err("NOT_ALLOWED"));
    world.withdraw(3, 2_000_000).unwrap();
    let open = Limits::default();
    world
        .tell(
            1,
            Msg::SetLimits(SetLimits {
                vault: id,
                limits: open,
            }),
        )
        .unwrap();
    assert_eq!(
        world.deposit(3, 3_001),
        Err("DEPOSIT_CAP"),
        "the asset's own cap, over all vaults"
    );
    assert_eq!(world.deposit(3, 0), Err("ZERO_AMOUNT"));
    assert_eq!(world.deposit(9, 5), Err("INSUFFICIENT_FUNDS"));
}

#[test]
fn what_the_sender_asks_for_at_least_is_kept() {
    let mut world = World::new(None);
    let id = world.id;
    let deposit = |least| {
        Msg::Deposit(Deposit {
            vault: id,
            amount: Amount::new(10),
            min_shares: Shares::new(least),
            max_open_slash: Bps::ZERO,
        })
    };
    assert_eq!(world.tell(3, deposit(10_001)), Err("TOO_FEW_SHARES"));
    world.tell(3, deposit(10_000)).unwrap();
    let withdraw = |beneficiary, least| {
        Msg::Withdraw(Withdraw {
            vault: id,
            shares: Shares::new(10_000),
            beneficiary,
            min_assets: Amount::new(least),
        })
    };
    assert_eq!(world.tell(3, withdraw(account(3), 11)), Err("TOO_LITTLE"));
    let locked = vaults::vault_account();
    assert_eq!(world.tell(3, withdraw(locked, 0)), Err("LOCKED_BENEFICIARY"));
    let unknown = Msg::Rebase(vaults::Rebase { vault: VaultId::ZERO });
    assert_eq!(world.tell(3, unknown), Err("UNKNOWN_VAULT"));
    let before = world.balance(4);
    world.tell(3, withdraw(account(4), 10)).unwrap();
    world.pass(DELAY);
    assert_eq!(world.balance(4) - before, 10);
}

#[test]
fn a_chain_goes_on_from_its_own_export() {
    let mut world = World::new(None);
    world.deposit(3, 1_000).unwrap();
    world.fund(4, 500).unwrap();
    world.sell(3, 10_000).unwrap();
    world.slash(100);
    let exported = vaults::as_genesis(&world.chain.view()).unwrap();
    let bank = bank::as_genesis(&world.chain.view()).unwrap();
    let mut again = Sandbox::new();
    again.block = world.chain.block.clone();
    again
        .run(|ctx| assets::Assets::<()>::init_genesis(ctx, registry(None)))
        .unwrap();
    again
        .run(|ctx| bank::Bank::<()>::init_genesis(ctx, bank.clone()))
        .unwrap();
    again
        .run(|ctx| Vaults::init_genesis(ctx, exported.clone()))
        .unwrap();
    assert_eq!(again.state().unwrap().root(), world.chain.state().unwrap().root());
    // Balances that do not match are seen.
    let mut poor = Sandbox::new();
    poor.run(|ctx| assets::Assets::<()>::init_genesis(ctx, registry(None)))
        .unwrap();
    let refused = poor.run(|ctx| Vaults::init_genesis(ctx, exported));
    assert_eq!(refused.unwrap_err().reason(), "BAD_GENESIS");
}

#[derive(Clone, Debug)]
enum Step {
    Deposit(u8, u128),
    Withdraw(u8, u128),
    Fund(u8, u128),
    Leave(u8, u128),
    Sell(u8, u128),
    Slash(u16),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || prop_oneof![1u128..5_000, 1u128..1 << 60];
    prop_oneof![
        (2u8..=5, amount()).prop_map(|(w, a)| Step::Deposit(w, a)),
        (2u8..=5, 1u128..=16).prop_map(|(w, p)| Step::Withdraw(w, p)),
        (2u8..=5, amount()).prop_map(|(w, a)| Step::Fund(w, a)),
        (2u8..=5, 1u128..=16).prop_map(|(w, p)| Step::Leave(w, p)),
        (2u8..=5, 1u128..=16).prop_map(|(w, p)| Step::Sell(w, p)),
        prop_oneof![1u16..5_000, Just(10_000)].prop_map(Step::Slash),
        prop_oneof![1u64..1_000, Just(DELAY)].prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_a_buffer_does_the_vault_and_the_buffer_add_up(steps in proptest::collection::vec(step(), 30)) {
        let mut world = World::new(None);
        for step in steps {
            let pool = world.vault().pool;
            let before = (pool.assets.get() + 1, pool.shares.get() + 1_000);
            let slashed = matches!(step, Step::Slash(_));
            // What is refused leaves no trace; the invariants are checked in any case.
            match step {
                Step::Deposit(who, amount) => drop(world.deposit(who, amount)),
                Step::Withdraw(who, part) => drop(world.withdraw(who, world.shares(who) / 16 * part)),
                Step::Fund(who, amount) => drop(world.fund(who, amount)),
                Step::Leave(who, part) => drop(world.leave(who, world.funded(who) / 16 * part)),
                Step::Sell(who, part) => drop(world.sell(who, world.shares(who) / 16 * part)),
                Step::Slash(fraction) => world.slash(fraction),
                Step::Pass(ms) => world.pass(ms),
            }
            let pool = world.vault().pool;
            let after = (pool.assets.get() + 1, pool.shares.get() + 1_000);
            let wide = |a: u128, b: u128| ruint::aliases::U256::from(a) * ruint::aliases::U256::from(b);
            prop_assert!(slashed || wide(after.0, before.1) >= wide(before.0, after.1), "the price falls by a slash alone");
        }
    }
}
