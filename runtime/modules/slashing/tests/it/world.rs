//! A chain of everything up to slashes in memory: one asset, worth what it is.

use assets::{Asset, GenesisAsset, GenesisTerms, Origin, Rules};
use bank::InTransit;
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, POSSESSION_DST, SIGNATURE_DST, SignatureBytes, possession_message};
use delegation::{Charter, Magnitude, Timing, VaultId};
use dss::{
    Accepted, Accusation, Class, Destination, Evidence, Kind, MemberChange, Nature, Proof, Refusal, Stake,
    Terms,
};
use kernel::testing::Sandbox;
use kernel::{Ctx, Fault, Module, Read, StateError, View};
use palisade_slashing::{Msg, Params, RequestSlash, Slashing, open_of};
use primitives::{
    AccountId, Amount, AssetId, Blocks, Bps, ChainHash, Coin, Digest, Epoch, Millis, Ratio, ServiceId, Shares,
};
use vaults::OpenSlashes;

pub(crate) const WHOLE: u128 = 1_000_000_000_000_000_000;
pub(crate) const TOKEN: AssetId = AssetId::new(7);
/// What everybody has of [`TOKEN`], and a bond of PAL is a hundred.
pub(crate) const FUNDS: u128 = 1 << 100;
pub(crate) const BOND: u128 = 100;
/// Operators are 1 and 2, stakers 3 to 9.
pub(crate) const SLASHER: u8 = 50;
pub(crate) const VETOER: u8 = 51;
pub(crate) const GOVERNANCE: u8 = 52;
pub(crate) const OWNER: u8 = 53;
pub(crate) const RECIPIENT: u8 = 54;

pub(crate) const EPOCH: u64 = 20_000;
pub(crate) const VETO: u64 = 20_000;
pub(crate) const DELAY: u64 = delegation::Params::localnet().deallocation_delay.get();

#[derive(Debug)]
pub(crate) enum Wire {}

impl vaults::Wiring for Wire {
    fn before_shares_change(_: &mut Ctx<'_>, _: &VaultId, _: &AccountId) -> Result<(), StateError> {
        Ok(())
    }
    fn open_slashes(ctx: &Ctx<'_>, vault: &VaultId) -> Result<OpenSlashes, StateError> {
        let open = open_of(ctx, vault, ctx.chain_clock())?;
        Ok(OpenSlashes {
            fraction: open.fraction,
            due: open.due,
        })
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
    fn terms(ctx: &Ctx<'_>, service: ServiceId, _: AssetId) -> Result<Option<delegation::Terms>, StateError> {
        let record = dss::query::service(ctx, service)?;
        Ok(record.map(|record| delegation::Terms {
            objective: Bps::ONE,
            subjective: Bps::ONE,
            burns: record.terms.destination == Destination::Burn,
            accepts: true,
            open: true,
        }))
    }
    fn slash_is_due(ctx: &Ctx<'_>, vault: &VaultId) -> Result<bool, StateError> {
        palisade_slashing::is_due(ctx, vault, ctx.chain_clock())
    }
    fn timing(_: &dyn Read) -> Result<Timing, StateError> {
        Ok(Timing {
            epoch: Millis::new(EPOCH),
            evidence: Millis::new(60_000),
        })
    }
    fn is_consensus_key(_: &dyn Read, _: &KeyBytes) -> Result<bool, StateError> {
        Ok(false)
    }
}

impl dss::Wiring for Wire {
    fn stake(
        view: &View<'_>,
        service: ServiceId,
        _: &Terms,
        operator: &AccountId,
    ) -> Result<Stake, StateError> {
        let mut total = Amount::ZERO;
        for vault in vaults::query::vaults_of(view, operator)? {
            total = total.saturating_add(delegation::backing(view, &vault, service)?);
        }
        Ok(Stake { total, own: total })
    }
    fn member_changed(
        _: &mut Ctx<'_>,
        _: Kind,
        _: ServiceId,
        _: &AccountId,
        _: MemberChange,
    ) -> Result<(), Refusal> {
        Ok(())
    }
    fn slot(
        view: &View<'_>,
        _: Kind,
        service: ServiceId,
        task: u64,
        slot: u64,
    ) -> Result<Option<Epoch>, StateError> {
        dss::query::task_epoch(view, service, task, slot)
    }
    fn verify(_: &mut Ctx<'_>, _: Kind, _: &Accusation<'_>) -> Result<u8, Refusal> {
        Err(Refusal::Code(dss::ID.code(998)))
    }
    fn pay(ctx: &mut Ctx<'_>, _: ServiceId, operator: &AccountId, fee: InTransit) -> Result<(), StateError> {
        bank::give(ctx, operator, fee)
    }
}

impl palisade_slashing::Wiring for Wire {
    fn worth(_: &dyn Read, coin: Coin) -> Result<Amount, StateError> {
        Ok(coin.amount)
    }
    fn compensate(ctx: &mut Ctx<'_>, _: &VaultId, amount: InTransit) -> Result<(), StateError> {
        // To whom a test can ask for it.
        bank::give(ctx, &account(RECIPIENT), amount)
    }
}

type Vaults = vaults::Vaults<Wire>;
type Delegation = delegation::Delegation<Wire>;
type Dss = dss::Dss<Wire>;
type Module_ = Slashing<Wire>;

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

pub(crate) const fn service(n: u32) -> ServiceId {
    ServiceId::new(n)
}

pub(crate) fn bps(n: u16) -> Bps {
    Bps::new(n).unwrap()
}

/// A proof costs 1,000 alone; the slasher asks for half at most and waits 20 s then, and for anything of class 2.
pub(crate) fn terms(destination: Destination) -> Terms {
    let class = |nature, least, most, rest| Class {
        nature,
        least: bps(least),
        most: bps(most),
        cooldown: Millis::new(rest),
        rise: None,
    };
    Terms {
        kind: Kind::Attested,
        accepted: vec![Accepted {
            asset: TOKEN,
            haircut: Bps::ZERO,
        }],
        min_operators: 1,
        max_operators: 8,
        min_stake: Amount::ZERO,
        min_self_stake: Amount::ZERO,
        min_reputation: Bps::ZERO,
        quorum: bps(6_667),
        classes: vec![
            class(Nature::Objective, 1_000, 5_000, 20_000),
            class(Nature::Subjective, 0, 5_000, 20_000),
            class(Nature::Subjective, 0, 10_000, 0),
        ],
        equivocation: Some(0),
        destination,
        slasher: Some(account(SLASHER)),
        vetoers: vec![account(VETOER)],
        profit_cap: Amount::ZERO,
        metadata: dss::Metadata::new("a service").unwrap(),
    }
}

pub(crate) type Reply = Result<(), &'static str>;

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) chain: Sandbox,
    pub(crate) vaults: Vec<VaultId>,
    pub(crate) epoch_start: u64,
}

impl World {
    /// Operator 1 with so many vaults of a thousand of account 3's each, all pledged whole to service 1, which is active
    /// and has read them for the present epoch (task 0).
    pub(crate) fn new(count: usize, destination: Destination) -> Self {
        Self::with(
            count,
            destination,
            Params {
                request_bond: Amount::new(BOND),
                governance: Some(account(GOVERNANCE)),
                items_per_block: 2,
                ..Params::localnet()
            },
        )
    }

    pub(crate) fn with(count: usize, destination: Destination, params: Params) -> Self {
        let mut world = Self::empty(params);
        world
            .dss(OWNER, dss::Msg::Register(Box::new(terms(destination))))
            .unwrap();
        for operator in [1, 2] {
            let metadata = delegation::Metadata::new("operator", "").unwrap();
            let register = delegation::Msg::Register(delegation::Register { metadata });
            world.delegation(operator, register).unwrap();
            world.join(operator, 0).unwrap();
        }
        for operator in core::iter::once(2).chain(core::iter::repeat_n(1, count)) {
            let id = world.create(operator);
            world.deposit(3, id, 1_000).unwrap();
            world.allocate(operator, id, WHOLE).unwrap();
            if operator == 1 {
                world.vaults.push(id);
            }
        }
        world.pass(45_000);
        world
            .dss(OWNER, dss::Msg::Activate { service: service(1) })
            .unwrap();
        world.post().unwrap();
        world
    }

    fn empty(params: Params) -> Self {
        let mut chain = Sandbox::new();
        chain.block.chain_hash = ChainHash::new([5; 32]);
        chain
            .run(|ctx| assets::Assets::<()>::init_genesis(ctx, registry()))
            .unwrap();
        let rich = |who: u8, asset, amount: u128| bank::Balance {
            account: account(who),
            asset,
            amount: Amount::new(amount),
        };
        let mut balances: Vec<bank::Balance> = (1..=9).map(|n| rich(n, TOKEN, FUNDS)).collect();
        balances.push(rich(SLASHER, AssetId::PAL, 1_000));
        balances.push(rich(OWNER, AssetId::PAL, 1_000_000_000_000));
        let supply = [(AssetId::PAL, 1_000_000_001_000), (TOKEN, 9 * FUNDS)];
        let supply = supply.map(|(asset, amount)| Coin {
            asset,
            amount: Amount::new(amount),
        });
        let bank = bank::Genesis {
            balances,
            supply: supply.to_vec(),
        };
        chain
            .run(|ctx| bank::Bank::<()>::init_genesis(ctx, bank))
            .unwrap();
        let vaults = vaults::Genesis {
            params: vaults::Params::localnet(),
            resumed: None,
        };
        chain.run(|ctx| Vaults::init_genesis(ctx, vaults)).unwrap();
        let pledges = delegation::Genesis {
            params: delegation::Params::localnet(),
            resumed: None,
        };
        chain.run(|ctx| Delegation::init_genesis(ctx, pledges)).unwrap();
        let services = dss::Genesis {
            params: dss::Params::localnet(),
            resumed: None,
        };
        chain.run(|ctx| Dss::init_genesis(ctx, services)).unwrap();
        let slashing = palisade_slashing::Genesis {
            params,
            resumed: None,
        };
        chain.run(|ctx| Module_::init_genesis(ctx, slashing)).unwrap();
        Self {
            chain,
            vaults: Vec::new(),
            epoch_start: 0,
        }
    }

    fn run<M: Module>(&mut self, sender: u8, msg: M::Msg) -> Reply {
        let done = self.chain.run(|ctx| M::execute(ctx, account(sender), msg));
        self.check();
        done.map_err(|error| {
            assert!(error.code().is_some(), "the store broke");
            error.reason()
        })
    }

    pub(crate) fn vaults(&mut self, sender: u8, msg: vaults::Msg) -> Reply {
        self.run::<Vaults>(sender, msg)
    }

    pub(crate) fn delegation(&mut self, sender: u8, msg: delegation::Msg) -> Reply {
        self.run::<Delegation>(sender, msg)
    }

    pub(crate) fn dss(&mut self, sender: u8, msg: dss::Msg) -> Reply {
        self.run::<Dss>(sender, msg)
    }

    pub(crate) fn tell(&mut self, sender: u8, msg: Msg) -> Reply {
        self.run::<Module_>(sender, msg)
    }

    pub(crate) fn check(&self) {
        assert_eq!(self.chain.check(bank::Bank::<()>::invariants()), Ok(()));
        assert_eq!(self.chain.check(Vaults::invariants()), Ok(()));
        assert_eq!(self.chain.check(Delegation::invariants()), Ok(()));
        assert_eq!(self.chain.check(Dss::invariants()), Ok(()));
        assert_eq!(self.chain.check(Module_::invariants()), Ok(()));
    }

    pub(crate) fn now(&self) -> u64 {
        self.chain.block.chain_clock.get()
    }

    pub(crate) const fn epoch(&self) -> Epoch {
        self.chain.block.epoch
    }

    pub(crate) fn block(&mut self, ms: u64) {
        if self.now() >= self.epoch_start + EPOCH {
            self.chain.hook(Dss::end_epoch).unwrap();
            self.chain.block.epoch = self.epoch().next().unwrap();
            self.epoch_start = self.now();
        }
        self.chain.advance(Blocks::new(1), Millis::new(ms));
        self.chain.hook(Vaults::begin_block).unwrap();
        self.chain.hook(Delegation::begin_block).unwrap();
        self.chain.hook(Dss::begin_block).unwrap();
        self.chain.hook(Module_::begin_block).unwrap();
        self.check();
    }

    pub(crate) fn pass(&mut self, ms: u64) {
        let until = self.now() + ms;
        while self.now() < until {
            self.block((until - self.now()).min(5_000));
        }
    }

    pub(crate) fn create(&mut self, operator: u8) -> VaultId {
        let own = |world: &Self| vaults::query::vaults_of(&world.chain.view(), &account(operator)).unwrap();
        let before = own(self);
        let create = vaults::Create {
            asset: TOKEN,
            charter: Charter {
                leverage_limit: Ratio::ONE,
                serves: vaults::Serves::Any {
                    objective: Bps::ONE,
                    subjective: Bps::ONE,
                },
            },
            limits: vaults::Limits::default(),
        };
        self.vaults(operator, vaults::Msg::Create(create)).unwrap();
        own(self).into_iter().find(|id| !before.contains(id)).unwrap()
    }

    pub(crate) fn deposit(&mut self, who: u8, vault: VaultId, amount: u128) -> Reply {
        let msg = vaults::Deposit {
            vault,
            amount: Amount::new(amount),
            min_shares: Shares::ZERO,
            max_open_slash: Bps::ONE,
        };
        self.vaults(who, vaults::Msg::Deposit(msg))
    }

    pub(crate) fn withdraw(&mut self, who: u8, vault: VaultId, shares: u128) -> Reply {
        let msg = vaults::Withdraw {
            vault,
            shares: Shares::new(shares),
            beneficiary: account(who),
            min_assets: Amount::ZERO,
        };
        self.vaults(who, vaults::Msg::Withdraw(msg))
    }

    pub(crate) fn allocate(&mut self, operator: u8, vault: VaultId, magnitude: u128) -> Reply {
        let msg = delegation::Allocate {
            vault,
            service: service(1),
            magnitude: Magnitude::new(magnitude),
        };
        self.delegation(operator, delegation::Msg::Allocate(msg))
    }

    fn secret(operator: u8, time: u8) -> SecretKey {
        SecretKey::key_gen(&[operator, time].repeat(16), &[]).unwrap()
    }

    pub(crate) fn join(&mut self, operator: u8, time: u8) -> Reply {
        let secret = Self::secret(operator, time);
        let key = KeyBytes(secret.sk_to_pk().compress());
        let message = possession_message(&key, &account(operator));
        let join = dss::Join {
            service: service(1),
            key,
            possession: SignatureBytes(secret.sign(&message, POSSESSION_DST, &[]).compress()),
        };
        self.dss(operator, dss::Msg::Join(join))
    }

    pub(crate) fn post(&mut self) -> Reply {
        let task = dss::PostTask {
            service: service(1),
            payload: Digest::new([1; 32]),
            fee: Coin {
                asset: AssetId::PAL,
                amount: Amount::ZERO,
            },
            committee: dss::Committee::All,
            commit: Millis::ZERO,
            respond: Millis::new(5_000),
            challenge: Millis::new(5_000),
        };
        self.dss(OWNER, dss::Msg::PostTask(task))
    }

    /// Two answers of an operator to a task.
    pub(crate) fn contradiction(&self, operator: u8, task: u64) -> Msg {
        let answer = |n: u8| {
            let digest = Digest::new([n; 32]);
            let chain = self.chain.block.chain_hash;
            let statement = dss::statement::sign_bytes(&chain, service(1), task, 0, &digest);
            let signature = Self::secret(operator, 0).sign(statement.as_bytes(), SIGNATURE_DST, &[]);
            (digest, SignatureBytes(signature.compress()))
        };
        Msg::Prove(Box::new(Evidence {
            service: service(1),
            operator: account(operator),
            task,
            slot: 0,
            proof: Proof::Equivocation {
                first: answer(1),
                second: answer(2),
            },
        }))
    }

    /// Asks for a slash of operator 1 for the present epoch.
    pub(crate) fn request(&mut self, class: u8, fraction: u16) -> Reply {
        let epoch = self.epoch();
        self.request_for(1, (class, epoch), fraction)
    }

    pub(crate) fn request_for(&mut self, operator: u8, (class, epoch): (u8, Epoch), fraction: u16) -> Reply {
        let request = RequestSlash {
            service: service(1),
            operator: account(operator),
            class,
            epoch,
            fraction: bps(fraction),
            reason: Digest::new([1; 32]),
        };
        self.tell(SLASHER, Msg::Request(request))
    }

    pub(crate) fn assets(&self, vault: VaultId) -> u128 {
        vaults::vault(&self.chain.view(), &vault)
            .unwrap()
            .unwrap()
            .pool
            .assets
            .get()
    }

    pub(crate) fn balance(&self, who: u8, asset: AssetId) -> u128 {
        bank::balance(&self.chain.view(), &account(who), asset)
            .unwrap()
            .get()
    }

    pub(crate) fn ending(&self, number: u64) -> palisade_slashing::Ending {
        palisade_slashing::query::request(&self.chain.view(), number)
            .unwrap()
            .unwrap()
            .ending
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
            entry(AssetId::PAL, "PAL", 9, Origin::Native),
            entry(TOKEN, "TOKEN", 18, Origin::Genesis),
        ],
        terms: vec![GenesisTerms {
            asset: TOKEN,
            terms: assets::Terms::new(TOKEN, Rules::WHOLE),
        }],
        params: assets::Params::localnet(),
        sources: Vec::new(),
    }
}
