//! A chain of bank, vaults and delegation in memory.

use assets::{Asset, GenesisAsset, GenesisTerms, Origin, Rules, Terms as AssetTerms};
use crypto::bls::KeyBytes;
use delegation::{
    Allocate, Charter, Error, Magnitude, Metadata, Msg, Offence, Outcome, Register, ServiceId, Terms, Timing,
    VaultId,
};
use kernel::testing::Sandbox;
use kernel::{Ctx, Module, Read, StateError};
use palisade_delegation as delegation;
use primitives::{AccountId, Amount, AssetId, Blocks, Bps, ChainClock, Coin, Epoch, Millis, Shares};
use std::cell::RefCell;
use std::collections::BTreeMap;
use vaults::{Create, Deposit, Limits, OpenSlashes, Vault, Withdraw};

pub(crate) const WHOLE: u128 = 1_000_000_000_000_000_000;
/// What everybody has of [`TOKEN`] at the start.
pub(crate) const FUNDS: u128 = 1 << 100;
pub(crate) const TOKEN: AssetId = AssetId::new(7);
pub(crate) const BEACON: AssetId = AssetId::new(8);
/// An epoch, in milliseconds.
pub(crate) const EPOCH: u64 = 20_000;
/// A withdrawal, a decrease, and leaving, in milliseconds.
pub(crate) const DELAY: u64 = 120_000;
/// An increase, in milliseconds.
pub(crate) const UP: u64 = 20_000;
/// How long what was pledged is remembered after it is gone.
pub(crate) const KEPT: u64 = DELAY + 10_000;

thread_local! {
    /// Slashes that are asked for, by vault.
    static OPEN: RefCell<BTreeMap<VaultId, OpenSlashes>> = const { RefCell::new(BTreeMap::new()) };
    /// Services that differ from the chain itself.
    static SERVICES: RefCell<BTreeMap<ServiceId, Terms>> = const { RefCell::new(BTreeMap::new()) };
}

/// What the runtime would wire, and what the tests set.
#[derive(Debug)]
pub(crate) enum Wire {}

impl vaults::Wiring for Wire {
    fn before_shares_change(_: &mut Ctx<'_>, _: &VaultId, _: &AccountId) -> Result<(), StateError> {
        Ok(())
    }
    fn open_slashes(_: &Ctx<'_>, vault: &VaultId) -> Result<OpenSlashes, StateError> {
        Ok(OPEN.with_borrow(|open| open.get(vault).copied().unwrap_or_default()))
    }
    fn charter_fits(ctx: &Ctx<'_>, vault: &VaultId, charter: &Charter) -> Result<bool, StateError> {
        delegation::charter_fits::<Self>(ctx, vault, charter)
    }
    fn is_idle(ctx: &Ctx<'_>, vault: &VaultId) -> Result<bool, StateError> {
        delegation::is_idle(ctx, vault)
    }
    fn is_operator(store: &dyn Read, account: &AccountId) -> Result<bool, StateError> {
        delegation::is_operator(store, account)
    }
}

impl delegation::Wiring for Wire {
    fn terms(_: &Ctx<'_>, service: ServiceId, _: AssetId) -> Result<Option<Terms>, StateError> {
        let known = SERVICES.with_borrow(|services| services.get(&service).copied());
        Ok(known.or_else(|| (service.get() < 100).then_some(Terms::CONSENSUS)))
    }
    fn slash_is_due(_: &Ctx<'_>, vault: &VaultId) -> Result<bool, StateError> {
        Ok(OPEN.with_borrow(|open| open.get(vault).is_some_and(|open| open.due)))
    }
    fn timing(_: &dyn Read) -> Result<Timing, StateError> {
        Ok(Timing {
            epoch: Millis::new(EPOCH),
            evidence: Millis::new(60_000),
        })
    }
    fn is_consensus_key(_: &dyn Read, key: &KeyBytes) -> Result<bool, StateError> {
        Ok(key.0[0] == 0xff)
    }
}

type Vaults = vaults::Vaults<Wire>;
type Delegation = delegation::Delegation<Wire>;

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

pub(crate) fn service(n: u32) -> ServiceId {
    ServiceId::new(n)
}

pub(crate) fn bps(n: u16) -> Bps {
    Bps::new(n).unwrap()
}

/// The charter of a vault that may pledge each unit this often.
pub(crate) fn levered(times: u128) -> Charter {
    Charter {
        leverage_limit: primitives::Ratio::from_raw(times * WHOLE),
        ..Charter::PLAIN
    }
}

pub(crate) struct World {
    pub(crate) chain: Sandbox,
    /// When the epoch began.
    pub(crate) epoch_start: u64,
}

impl World {
    /// Accounts 1 to 9 are rich, and 1 and 2 are operators.
    pub(crate) fn new() -> Self {
        let vaults = vaults::Params {
            max_withdrawals: 3,
            payouts_per_block: 2,
            ..vaults::Params::localnet()
        };
        Self::with(vaults)
    }

    pub(crate) fn with(params: vaults::Params) -> Self {
        OPEN.with_borrow_mut(BTreeMap::clear);
        SERVICES.with_borrow_mut(BTreeMap::clear);
        let mut chain = Sandbox::new();
        chain
            .run(|ctx| assets::Assets::<()>::init_genesis(ctx, registry()))
            .unwrap();
        let balances = (1..=9).map(|n| bank::Balance {
            account: account(n),
            asset: TOKEN,
            amount: Amount::new(FUNDS),
        });
        let bank = bank::Genesis {
            balances: balances.collect(),
            supply: vec![Coin {
                asset: TOKEN,
                amount: Amount::new(9 * FUNDS),
            }],
        };
        chain
            .run(|ctx| bank::Bank::<()>::init_genesis(ctx, bank))
            .unwrap();
        let vaults = vaults::Genesis {
            params,
            resumed: None,
        };
        chain.run(|ctx| Vaults::init_genesis(ctx, vaults)).unwrap();
        let pledges = delegation::Genesis {
            params: delegation::Params::localnet(),
            resumed: None,
        };
        chain.run(|ctx| Delegation::init_genesis(ctx, pledges)).unwrap();
        let mut world = Self {
            chain,
            epoch_start: 0,
        };
        world.block(1);
        for operator in [1, 2] {
            let metadata = Metadata::new("operator", "").unwrap();
            world
                .tell(operator, Msg::Register(Register { metadata }))
                .unwrap();
        }
        world
    }

    pub(crate) fn check(&self) {
        assert_eq!(self.chain.check(Vaults::invariants()), Ok(()));
        assert_eq!(self.chain.check(Delegation::invariants()), Ok(()));
        assert_eq!(self.chain.check(bank::Bank::<()>::invariants()), Ok(()));
    }

    pub(crate) fn now(&self) -> u64 {
        self.chain.block.chain_clock.get()
    }

    /// The next block, `ms` later; a new epoch when the last one is over.
    pub(crate) fn block(&mut self, ms: u64) {
        if self.now() >= self.epoch_start + EPOCH {
            self.chain.block.epoch = self.chain.block.epoch.next().unwrap();
            self.epoch_start = self.now();
        }
        self.chain.advance(Blocks::new(1), Millis::new(ms));
        self.chain.hook(Vaults::begin_block).unwrap();
        self.chain.hook(Delegation::begin_block).unwrap();
        self.check();
    }

    /// Blocks of five seconds until `ms` have gone.
    pub(crate) fn pass(&mut self, ms: u64) {
        let until = self.now() + ms;
        while self.now() < until {
            self.block((until - self.now()).min(5_000));
        }
    }

    pub(crate) fn tell(&mut self, sender: u8, msg: Msg) -> Result<(), Error> {
        let done = self
            .chain
            .run(|ctx| Delegation::execute(ctx, account(sender), msg));
        self.check();
        done
    }

    pub(crate) fn ask(&mut self, sender: u8, msg: vaults::Msg) -> Result<(), vaults::Error> {
        let done = self.chain.run(|ctx| Vaults::execute(ctx, account(sender), msg));
        self.check();
        done
    }

    /// A vault of an operator, which serves services 0 to 3.
    pub(crate) fn create(&mut self, operator: u8, asset: AssetId, charter: Charter) -> VaultId {
        let before = self.vaults_of(operator);
        let limits = Limits::default();
        let msg = Create {
            asset,
            charter,
            limits,
        };
        self.ask(operator, vaults::Msg::Create(msg)).unwrap();
        for one in 0..4 {
            // The second vault's operator serves already.
            drop(self.join(operator, one));
        }
        let after = self.vaults_of(operator);
        after.into_iter().find(|id| !before.contains(id)).unwrap()
    }

    fn vaults_of(&self, operator: u8) -> Vec<VaultId> {
        vaults::query::vaults_of(&self.chain.view(), &account(operator)).unwrap()
    }

    pub(crate) fn join(&mut self, operator: u8, number: u32) -> Result<(), Error> {
        self.chain
            .run(|ctx| delegation::join(ctx, &account(operator), service(number)))
    }

    pub(crate) fn leave(&mut self, operator: u8, number: u32) -> Result<(), Error> {
        let done = self
            .chain
            .run(|ctx| delegation::leave(ctx, &account(operator), service(number)));
        self.check();
        done
    }

    pub(crate) fn deposit(&mut self, who: u8, vault: VaultId, amount: u128) -> Result<(), vaults::Error> {
        let msg = Deposit {
            vault,
            amount: Amount::new(amount),
            min_shares: Shares::ZERO,
            max_open_slash: Bps::ONE,
        };
        self.ask(who, vaults::Msg::Deposit(msg))
    }

    pub(crate) fn withdraw(&mut self, who: u8, vault: VaultId, shares: u128) -> Result<(), vaults::Error> {
        let msg = Withdraw {
            vault,
            shares: Shares::new(shares),
            beneficiary: account(who),
            min_assets: Amount::ZERO,
        };
        self.ask(who, vaults::Msg::Withdraw(msg))
    }

    pub(crate) fn allocate(
        &mut self,
        operator: u8,
        vault: VaultId,
        number: u32,
        magnitude: u128,
    ) -> Result<(), Error> {
        let msg = Allocate {
            vault,
            service: service(number),
            magnitude: Magnitude::new(magnitude),
        };
        self.tell(operator, Msg::Allocate(msg))
    }

    /// Slashes, burns, and says how much that was.
    pub(crate) fn slash(&mut self, vault: VaultId, number: u32, fraction: u16, at: u64) -> u128 {
        let offence = Offence {
            vault,
            service: service(number),
            fraction: bps(fraction),
            class_cap: Bps::ONE,
            at: ChainClock::new(at),
        };
        let taken = self
            .chain
            .run(|ctx| {
                let Outcome { taken, .. } = delegation::slash(ctx, &offence)?;
                let amount = taken.coin.coin().amount.get();
                bank::destroy(ctx, taken.coin)?;
                Ok::<_, Error>(amount)
            })
            .unwrap();
        self.check();
        taken
    }

    /// Says that slashes of a vault are asked for; `due` ones go before everything else.
    pub(crate) fn open(&mut self, vault: VaultId, fraction: u16, due: bool) {
        let fraction = bps(fraction);
        OPEN.with_borrow_mut(|open| open.insert(vault, OpenSlashes { fraction, due }));
    }

    pub(crate) fn service_is(&mut self, number: u32, terms: Terms) {
        SERVICES.with_borrow_mut(|services| services.insert(service(number), terms));
    }

    pub(crate) fn vault(&self, id: VaultId) -> Vault {
        vaults::vault(&self.chain.view(), &id).unwrap().unwrap()
    }

    pub(crate) fn assets_of(&self, id: VaultId) -> u128 {
        self.vault(id).pool.assets.get()
    }

    pub(crate) fn slashable(&self, id: VaultId, number: u32) -> u128 {
        delegation::slashable(&self.chain.view(), &id, service(number))
            .unwrap()
            .get()
    }

    pub(crate) fn backing(&self, id: VaultId, number: u32) -> u128 {
        delegation::backing(&self.chain.view(), &id, service(number))
            .unwrap()
            .get()
    }

    pub(crate) fn pledge(&self, id: VaultId, number: u32) -> u128 {
        delegation::allocation(&self.chain.view(), &id, service(number))
            .unwrap()
            .current
            .get()
    }

    pub(crate) fn shares_of(&self, who: u8, id: VaultId) -> u128 {
        let found = vaults::query::position(&self.chain.view(), &id, &account(who)).unwrap();
        found.map_or(0, |(position, _)| position.shares.get())
    }

    pub(crate) fn balance(&self, who: u8) -> u128 {
        bank::balance(&self.chain.view(), &account(who), TOKEN)
            .unwrap()
            .get()
    }

    /// A vault of operator 1 with this much of account 3's in it, pledged so to services 1, 2, ….
    pub(crate) fn pledged(charter: Charter, amount: u128, pledges: &[u128]) -> (Self, VaultId) {
        let mut world = Self::new();
        let id = world.create(1, TOKEN, charter);
        world.deposit(3, id, amount).unwrap();
        for (number, magnitude) in (1u32..).zip(pledges) {
            world.allocate(1, id, number, *magnitude).unwrap();
        }
        // An epoch begins with all of it in force.
        world.pass(UP + EPOCH);
        world.block(1);
        (world, id)
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.chain.block.epoch
    }
}

fn registry() -> assets::Genesis {
    let entry = |id: AssetId, symbol: &str, decimals, origin| GenesisAsset {
        id,
        asset: Asset {
            symbol: assets::Symbol::new(symbol).unwrap(),
            name: assets::Name::new(symbol).unwrap(),
            decimals,
            origin,
        },
    };
    let rules = Rules::WHOLE;
    assets::Genesis {
        registrar: account(99),
        assets: vec![
            entry(AssetId::PAL, "PAL", 9, Origin::Native),
            entry(TOKEN, "TOKEN", 18, Origin::Genesis),
            entry(BEACON, "BEACON", 18, Origin::Beacon),
        ],
        terms: [TOKEN, BEACON]
            .map(|asset| GenesisTerms {
                asset,
                terms: AssetTerms::new(asset, rules),
            })
            .to_vec(),
        params: assets::Params::localnet(),
        sources: Vec::new(),
    }
}
