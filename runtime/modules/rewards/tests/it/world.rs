//! A chain of bank, vaults, delegation and rewards in memory.

use assets::{Asset, GenesisAsset, GenesisTerms, Origin, Rules, Terms as AssetTerms};
use crypto::bls::KeyBytes;
use delegation::{SetCommission, Terms, Timing};
use kernel::testing::Sandbox;
use kernel::{Ctx, Fault, Module, Read, StateError};
use palisade_rewards as rewards;
use primitives::{AccountId, Amount, AssetId, Blocks, Bps, Coin, Millis, ServiceId, Shares};
use rewards::{Genesis, Msg, Params};
use vaults::{Charter, Create, Deposit, Limits, OpenSlashes, VaultId, Withdraw};

pub(crate) const PAY: AssetId = AssetId::PAL;
/// What vault 1 holds.
pub(crate) const TOKEN: AssetId = AssetId::new(7);
pub(crate) const OTHER: AssetId = AssetId::new(8);
/// What each vault holds: 0 and 1 are of operator 1, 2 of operator 2.
pub(crate) const HELD: [AssetId; 3] = [PAY, TOKEN, OTHER];
/// What each counts.
pub(crate) const COUNTS: [u128; 3] = [1, 3, 5];
pub(crate) const SERVICE: ServiceId = ServiceId::new(1);
const FUNDS: u128 = 1 << 80;
/// Pays everything.
const PAYER: u8 = 50;

/// What the runtime would wire.
#[derive(Debug)]
pub(crate) enum Wire {}

impl rewards::Wiring for Wire {
    fn counts(store: &dyn Read, _: ServiceId, vault: &VaultId) -> Result<Amount, StateError> {
        let asset = vaults::vault(store, vault)?.map(|vault| vault.asset);
        let place = HELD.iter().position(|held| Some(*held) == asset);
        Ok(place.map_or(Amount::ZERO, |place| Amount::new(COUNTS[place])))
    }
}

impl vaults::Wiring for Wire {
    fn before_shares_change(ctx: &mut Ctx<'_>, vault: &VaultId, owner: &AccountId) -> Result<(), StateError> {
        rewards::settle(ctx, vault, owner)
    }
    fn open_slashes(_: &Ctx<'_>, _: &VaultId) -> Result<OpenSlashes, StateError> {
        Ok(OpenSlashes::default())
    }
    fn charter_fits(_: &Ctx<'_>, _: &VaultId, _: &Charter) -> Result<bool, StateError> {
        Ok(true)
    }
    fn is_idle(_: &Ctx<'_>, _: &VaultId) -> Result<bool, StateError> {
        Ok(true)
    }
    fn is_operator(store: &dyn Read, account: &AccountId) -> Result<bool, StateError> {
        delegation::is_operator(store, account)
    }
}

impl delegation::Wiring for Wire {
    fn terms(_: &Ctx<'_>, _: ServiceId, _: AssetId) -> Result<Option<Terms>, StateError> {
        Ok(Some(Terms::CONSENSUS))
    }
    fn slash_is_due(_: &Ctx<'_>, _: &VaultId) -> Result<bool, StateError> {
        Ok(false)
    }
    fn timing(_: &dyn Read) -> Result<Timing, StateError> {
        Ok(Timing {
            epoch: Millis::new(20_000),
            evidence: Millis::new(60_000),
        })
    }
    fn is_consensus_key(_: &dyn Read, _: &KeyBytes) -> Result<bool, StateError> {
        Ok(false)
    }
}

type Bank = bank::Bank<()>;
type Vaults = vaults::Vaults<Wire>;
type Delegation = delegation::Delegation<Wire>;
type Rewards = rewards::Rewards<Wire>;

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

const fn coin(asset: AssetId, amount: u128) -> Coin {
    Coin {
        asset,
        amount: Amount::new(amount),
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
    assets::Genesis {
        registrar: account(99),
        assets: vec![
            entry(PAY, "PAL", 9, Origin::Native),
            entry(TOKEN, "TOKEN", 18, Origin::Genesis),
            entry(OTHER, "OTHER", 18, Origin::Genesis),
        ],
        terms: HELD
            .map(|asset| GenesisTerms {
                asset,
                terms: AssetTerms::new(asset, Rules::WHOLE),
            })
            .to_vec(),
        params: assets::Params::localnet(),
        sources: Vec::new(),
    }
}

/// The payer has everything; accounts 3 to 6 have what vaults hold.
fn funds() -> bank::Genesis {
    let mut balances = Vec::new();
    for who in [3, 4, 5, 6, PAYER] {
        for asset in HELD {
            balances.push(bank::Balance {
                account: account(who),
                asset,
                amount: Amount::new(FUNDS),
            });
        }
    }
    bank::Genesis {
        balances,
        supply: HELD.map(|asset| coin(asset, FUNDS * 5)).to_vec(),
    }
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) chain: Sandbox,
    pub(crate) vaults: Vec<VaultId>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// Operator 1 keeps a tenth of what it earns for the service, operator 2 nothing.
    pub(crate) fn with(change: impl FnOnce(&mut Params)) -> Self {
        let mut params = Params::standard();
        change(&mut params);
        let mut chain = Sandbox::new();
        chain
            .run(|ctx| assets::Assets::<()>::init_genesis(ctx, registry()))
            .unwrap();
        chain.run(|ctx| Bank::init_genesis(ctx, funds())).unwrap();
        let vaults = vaults::Genesis {
            params: vaults::Params::localnet(),
            resumed: None,
        };
        chain.run(|ctx| Vaults::init_genesis(ctx, vaults)).unwrap();
        let delegation = delegation::Genesis {
            params: delegation::Params::localnet(),
            resumed: None,
        };
        chain
            .run(|ctx| Delegation::init_genesis(ctx, delegation))
            .unwrap();
        let genesis = Genesis {
            params,
            resumed: None,
        };
        chain.run(|ctx| Rewards::init_genesis(ctx, genesis)).unwrap();
        let mut world = Self {
            chain,
            vaults: Vec::new(),
        };
        for operator in [1, 2] {
            let metadata = delegation::Metadata::new("an operator", "").unwrap();
            let register = delegation::Msg::Register(delegation::Register { metadata });
            world.pledge(operator, register);
        }
        world.commission(1, 1_000);
        for (operator, asset) in [1, 1, 2].into_iter().zip(HELD) {
            world.create(operator, asset);
        }
        world
    }

    /// What an operator keeps from now on, in basis points: it has waited for it.
    pub(crate) fn commission(&mut self, operator: u8, rate: u16) {
        let commission = SetCommission {
            service: SERVICE,
            rate: Bps::new(rate).unwrap(),
        };
        self.pledge(operator, delegation::Msg::SetCommission(commission));
        self.chain.advance(Blocks::new(1), Millis::new(120_000));
    }

    fn pledge(&mut self, operator: u8, msg: delegation::Msg) {
        self.chain
            .run(|ctx| Delegation::execute(ctx, account(operator), msg))
            .unwrap();
    }

    fn create(&mut self, operator: u8, asset: AssetId) {
        let create = Create {
            asset,
            charter: Charter::PLAIN,
            limits: Limits::default(),
        };
        let msg = vaults::Msg::Create(create);
        self.chain
            .run(|ctx| Vaults::execute(ctx, account(operator), msg))
            .unwrap();
        let known = self.vaults.clone();
        let all = vaults::query::vaults_of(&self.chain.view(), &account(operator)).unwrap();
        self.vaults
            .extend(all.into_iter().filter(|id| !known.contains(id)));
    }

    pub(crate) fn check(&self) {
        assert_eq!(self.chain.check(Rewards::invariants()), Ok(()));
        assert_eq!(self.chain.check(Vaults::invariants()), Ok(()));
        assert_eq!(self.chain.check(Bank::invariants()), Ok(()));
    }

    fn vault_msg(&mut self, who: u8, msg: vaults::Msg) -> Result<(), &'static str> {
        let done = self.chain.run(|ctx| Vaults::execute(ctx, account(who), msg));
        self.check();
        done.map_err(|error| error.reason())
    }

    pub(crate) fn deposit(&mut self, who: u8, vault: usize, amount: u128) -> Result<(), &'static str> {
        let msg = Deposit {
            vault: self.vaults[vault],
            amount: Amount::new(amount),
            min_shares: Shares::ZERO,
            max_open_slash: Bps::ZERO,
        };
        self.vault_msg(who, vaults::Msg::Deposit(msg))
    }

    pub(crate) fn withdraw(&mut self, who: u8, vault: usize, shares: u128) -> Result<(), &'static str> {
        let msg = Withdraw {
            vault: self.vaults[vault],
            shares: Shares::new(shares),
            beneficiary: account(who),
            min_assets: Amount::ZERO,
        };
        self.vault_msg(who, vaults::Msg::Withdraw(msg))
    }

    pub(crate) fn claim(&mut self, who: u8, vault: usize) -> Result<(), &'static str> {
        self.claim_from(who, self.vaults[vault])
    }

    /// A slash takes everything that is in a vault.
    pub(crate) fn lose_everything(&mut self, vault: usize) {
        let id = self.vaults[vault];
        let cut = vaults::Cut {
            magnitude: vaults::Magnitude::ZERO,
            amount: Amount::new(self.assets(vault)),
            marks: Vec::new(),
        };
        let taken = self.chain.run(|ctx| {
            let taken = vaults::slash(ctx, &id, &cut)?;
            bank::destroy(ctx, taken.coin)?;
            Ok::<_, vaults::Error>(())
        });
        taken.unwrap();
        self.check();
    }

    /// Starts an emptied vault of operator 1 anew.
    pub(crate) fn rebase(&mut self, vault: usize) -> Result<(), &'static str> {
        let rebase = vaults::Rebase {
            vault: self.vaults[vault],
        };
        self.vault_msg(1, vaults::Msg::Rebase(rebase))
    }

    /// Ends a withdrawal, once it is due.
    pub(crate) fn exit(&mut self, withdrawal: u64) -> Result<(), &'static str> {
        self.chain.advance(Blocks::new(1), Millis::new(120_000));
        self.vault_msg(9, vaults::Msg::Claim(vaults::Claim { withdrawal }))
    }

    /// Claims from a vault that nobody has made.
    pub(crate) fn claim_of_nowhere(&mut self, who: u8) -> Result<(), &'static str> {
        self.claim_from(who, VaultId::new([7; 32]))
    }

    fn claim_from(&mut self, who: u8, vault: VaultId) -> Result<(), &'static str> {
        let msg = Msg::Claim { vault };
        let done = self.chain.run(|ctx| Rewards::execute(ctx, account(who), msg));
        self.check();
        done.map_err(|error| error.reason())
    }

    /// The payer pays an operator for its work.
    pub(crate) fn earn(&mut self, operator: u8, asset: AssetId, amount: u128) {
        self.chain
            .hook(|ctx| {
                let paid = bank::take(ctx, &account(PAYER), coin(asset, amount)).expect("the payer can pay");
                rewards::earn(ctx, SERVICE, &account(operator), paid)
            })
            .unwrap();
        self.check();
    }

    /// What is left for bonds of what a validator has earned.
    pub(crate) fn share(&mut self, operator: u8, bonded: u128, amount: u128) -> u128 {
        let left = self.chain.hook(|ctx| {
            let paid = bank::take(ctx, &account(PAYER), coin(PAY, amount)).expect("the payer can pay");
            let bonded = Amount::new(bonded);
            let rest = rewards::share_of_validator::<Wire>(ctx, &account(operator), bonded, paid)?;
            let left = rest.coin().amount.get();
            bank::give(ctx, &account(PAYER), rest)?;
            Ok(left)
        });
        self.check();
        left.unwrap()
    }

    /// The block's hook.
    pub(crate) fn begin(&mut self) {
        self.chain.hook(Rewards::begin_block).unwrap();
        self.check();
    }

    pub(crate) fn end_epoch(&mut self) {
        self.chain.block.epoch = self.chain.block.epoch.next().unwrap();
        self.begin();
    }

    pub(crate) fn earned(&self, operator: u8) -> Vec<Coin> {
        let view = self.chain.view();
        rewards::query::earned(&view, view.block().epoch, SERVICE, &account(operator), 9).unwrap()
    }

    pub(crate) fn balance(&self, who: u8, asset: AssetId) -> u128 {
        let held = bank::balance(&self.chain.view(), &account(who), asset)
            .unwrap()
            .get();
        if (3..=6).contains(&who) {
            held.saturating_sub(FUNDS)
        } else {
            held
        }
    }

    pub(crate) fn raw_balance(&self, who: u8, asset: AssetId) -> u128 {
        bank::balance(&self.chain.view(), &account(who), asset)
            .unwrap()
            .get()
    }

    pub(crate) fn claimable_of(&self, who: u8, vault: usize, asset: AssetId) -> u128 {
        let all = rewards::query::claimable(&self.chain.view(), &self.vaults[vault], &account(who)).unwrap();
        let found = all.into_iter().find(|coin| coin.asset == asset);
        found.map_or(0, |coin| coin.amount.get())
    }

    pub(crate) fn claimable(&self, who: u8, vault: usize) -> u128 {
        self.claimable_of(who, vault, OTHER)
    }

    pub(crate) fn assets(&self, vault: usize) -> u128 {
        let found = vaults::vault(&self.chain.view(), &self.vaults[vault]).unwrap();
        found.unwrap().pool.assets.get()
    }

    /// The free shares of an owner.
    pub(crate) fn shares(&self, who: u8, vault: usize) -> u128 {
        let found = vaults::query::position(&self.chain.view(), &self.vaults[vault], &account(who)).unwrap();
        found.map_or(0, |(position, _)| position.shares.get())
    }

    /// Starts the module anew from its tables: the same entries are there.
    pub(crate) fn go_on(&self) {
        let exported = rewards::as_genesis(&self.chain.view()).unwrap();
        assert!(exported.resumed.is_some());
        let mut fresh = self.chain.clone();
        // The tables are written over themselves: nothing may change.
        let before = fresh.state().unwrap().root();
        fresh.run(|ctx| Rewards::init_genesis(ctx, exported)).unwrap();
        assert_eq!(fresh.state().unwrap().root(), before);
        let mut poor = self.chain.clone();
        let exported = rewards::as_genesis(&self.chain.view()).unwrap();
        poor.hook(|ctx| {
            let held = bank::take(ctx, &rewards::pool_account(), coin(PAY, 1)).expect("something is held");
            bank::destroy(ctx, held)
        })
        .unwrap();
        let refused = poor.run(|ctx| Rewards::init_genesis(ctx, exported)).unwrap_err();
        assert_eq!(refused.reason(), "BAD_GENESIS");
    }
}
