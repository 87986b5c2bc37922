//! A chain of bank, dss and oracle. Operators' stake is what they hold of asset 7, their power of old what they hold of
//! asset 8; feeds pay in asset 10.

use bank::{Balance, InTransit};
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, POSSESSION_DST, SIGNATURE_DST, SignatureBytes, possession_message};
use crypto::statement::{Quote, commitment, quote_slots, sign_bytes};
use dss::{
    Accepted, Accusation, Class, Destination, Dss, Join, Kind, MemberChange, Metadata, Nature, Refusal,
    Service, Stake, Terms,
};
use kernel::testing::Sandbox;
use kernel::{Ctx, Module, Read, StateError, View};
use palisade_oracle::{
    Bounds, Commit, CreateFeed, Error, Genesis, Msg, Oracle, Outcome, Pair, Params, Reveal, Rules, Weighing,
    Wiring, query,
};
use primitives::{
    AccountId, Amount, AssetId, Blocks, Bps, ChainHash, Coin, Digest, Epoch, Gas, Millis, ServiceId,
};

pub(crate) const STAKE: AssetId = AssetId::new(7);
pub(crate) const POWER: AssetId = AssetId::new(8);
pub(crate) const FEES: AssetId = AssetId::new(10);
pub(crate) const SERVICE: ServiceId = ServiceId::new(1);
pub(crate) const OWNER: u8 = 200;
pub(crate) const CLIENT: u8 = 201;
pub(crate) const OTHER: u8 = 202;

#[derive(Debug)]
pub(crate) enum Wire {}

/// Pledges as they are without anything above them.
impl delegation::Wiring for Wire {
    fn terms(
        ctx: &Ctx<'_>,
        service: ServiceId,
        asset: AssetId,
    ) -> Result<Option<delegation::Terms>, StateError> {
        <()>::terms(ctx, service, asset)
    }
    fn slash_is_due(ctx: &Ctx<'_>, vault: &delegation::VaultId) -> Result<bool, StateError> {
        <()>::slash_is_due(ctx, vault)
    }
    fn timing(store: &dyn Read) -> Result<delegation::Timing, StateError> {
        <()>::timing(store)
    }
    fn is_consensus_key(store: &dyn Read, key: &KeyBytes) -> Result<bool, StateError> {
        <()>::is_consensus_key(store, key)
    }
}

impl dss::Wiring for Wire {
    fn stake(view: &View<'_>, _: ServiceId, _: &Terms, operator: &AccountId) -> Result<Stake, StateError> {
        let total = bank::balance(view, operator, STAKE)?;
        Ok(Stake { total, own: total })
    }

    fn member_changed(
        ctx: &mut Ctx<'_>,
        _: Kind,
        service: ServiceId,
        operator: &AccountId,
        change: MemberChange,
    ) -> Result<(), Refusal> {
        Oracle::<Self>::member_changed(ctx, service, operator, change)
    }

    fn slot(
        view: &View<'_>,
        _: Kind,
        service: ServiceId,
        task: u64,
        slot: u64,
    ) -> Result<Option<Epoch>, StateError> {
        Oracle::<Self>::slot(view, service, task, slot)
    }

    fn verify(ctx: &mut Ctx<'_>, _: Kind, accusation: &Accusation<'_>) -> Result<u8, Refusal> {
        Oracle::<Self>::verify(ctx, accusation)
    }

    fn pay(ctx: &mut Ctx<'_>, _: ServiceId, operator: &AccountId, fee: InTransit) -> Result<(), StateError> {
        bank::give(ctx, operator, fee)
    }
}

impl Wiring for Wire {
    /// Operator 9 decides blocks and serves nobody. Epoch 7 is forgotten.
    fn power(view: &View<'_>, epoch: Epoch) -> Result<Vec<(AccountId, u64)>, StateError> {
        if epoch == Epoch::new(7) {
            return Ok(Vec::new());
        }
        let of = |n: u8| {
            let held = bank::balance(view, &account(n), POWER)?;
            Ok((account(n), u64::try_from(held.get()).unwrap_or(u64::MAX)))
        };
        [1, 2, 3, 4, 9].into_iter().map(of).collect()
    }
}

pub(crate) fn account(number: u8) -> AccountId {
    AccountId::new([number; 32])
}

pub(crate) fn secret(seed: u8) -> SecretKey {
    SecretKey::key_gen(&[seed; 32], &[]).unwrap()
}

fn join(operator: u8) -> Join {
    let key = KeyBytes(secret(operator).sk_to_pk().compress());
    let message = possession_message(&key, &account(operator));
    Join {
        service: SERVICE,
        key,
        possession: SignatureBytes(secret(operator).sign(&message, POSSESSION_DST, &[]).compress()),
    }
}

pub(crate) fn terms(kind: Kind) -> Terms {
    let class = |least, most| Class {
        nature: Nature::Objective,
        least: Bps::new(least).unwrap(),
        most: Bps::new(most).unwrap(),
        cooldown: Millis::new(20_000),
        rise: None,
    };
    Terms {
        kind,
        accepted: vec![Accepted {
            asset: STAKE,
            haircut: Bps::ZERO,
        }],
        min_operators: 2,
        max_operators: 8,
        min_stake: Amount::new(1),
        min_self_stake: Amount::ZERO,
        min_reputation: Bps::ZERO,
        quorum: Bps::new(6_667).unwrap(),
        classes: vec![class(500, 5_000), class(300, 3_000), class(200, 2_000)],
        equivocation: Some(0),
        destination: Destination::Burn,
        slasher: None,
        vetoers: Vec::new(),
        profit_cap: Amount::ZERO,
        metadata: Metadata::new("prices; stating two, another, or an absurd one costs").unwrap(),
    }
}

/// A round of 3 and 3 seconds every 10, that pays 1,000 in all.
pub(crate) fn rules() -> Rules {
    Rules {
        pair: Pair {
            base: AssetId::new(1),
            quote: AssetId::PAL,
        },
        decimals: 2,
        bounds: Bounds {
            least: 10,
            most: 1_000_000,
        },
        every: Millis::new(10_000),
        commit: Millis::new(3_000),
        reveal: Millis::new(3_000),
        tolerance: Bps::new(100).unwrap(),
        fee: Coin {
            asset: FEES,
            amount: Amount::new(1_000),
        },
        weighing: Weighing::Stake,
    }
}

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
}

impl World {
    /// Operators 1 to 4 with 100 of stake and 10 of power each, in service 1, which is active.
    pub(crate) fn new() -> Self {
        Self::with(&[100; 4], Kind::Oracle)
    }

    pub(crate) fn with(stakes: &[u128], kind: Kind) -> Self {
        let mut world = Self {
            sandbox: Sandbox::new(),
        };
        world.sandbox.block.chain_hash = ChainHash::new([5; 32]);
        world.start(stakes);
        let operators: Vec<u8> = (1u8..).take(stakes.len()).collect();
        world
            .frame(OWNER, dss::Msg::Register(Box::new(terms(kind))))
            .unwrap();
        for n in operators {
            world.frame(n, dss::Msg::Join(join(n))).unwrap();
        }
        world
            .frame(OWNER, dss::Msg::Activate { service: SERVICE })
            .unwrap();
        world
    }

    /// Everybody's money.
    fn balances(stakes: &[u128]) -> bank::Genesis {
        let mut rows = vec![
            (OWNER, AssetId::PAL, 1_000_000_000_000_u128),
            (CLIENT, FEES, 1_000_000),
            (OTHER, FEES, 1_000_000),
            (9, POWER, 1),
        ];
        for (n, stake) in (1u8..).zip(stakes) {
            rows.push((n, STAKE, *stake));
            rows.push((n, POWER, 10));
        }
        let coin = |asset, amount| Coin {
            asset,
            amount: Amount::new(amount),
        };
        let total = |asset| {
            let of = rows.iter().filter(|(_, of, _)| *of == asset);
            coin(asset, of.fold(0, |sum, (_, _, amount)| sum + amount))
        };
        let supply = [AssetId::PAL, STAKE, POWER, FEES].map(total).to_vec();
        let balances = rows
            .iter()
            .map(|(owner, asset, amount)| Balance {
                account: account(*owner),
                asset: *asset,
                amount: Amount::new(*amount),
            })
            .collect();
        bank::Genesis { balances, supply }
    }

    fn start(&mut self, stakes: &[u128]) {
        let money = Self::balances(stakes);
        let chain = &mut self.sandbox;
        chain
            .run(|ctx| bank::Bank::<()>::init_genesis(ctx, money))
            .unwrap();
        let vaults = vaults::Genesis {
            params: vaults::Params::localnet(),
            resumed: None,
        };
        chain
            .run(|ctx| vaults::Vaults::<()>::init_genesis(ctx, vaults))
            .unwrap();
        let pledges = delegation::Genesis {
            params: delegation::Params::localnet(),
            resumed: None,
        };
        chain
            .run(|ctx| delegation::Delegation::<()>::init_genesis(ctx, pledges))
            .unwrap();
        for n in (1u8..).take(stakes.len()) {
            let metadata = delegation::Metadata::new("somebody", "").unwrap();
            let register = delegation::Msg::Register(delegation::Register { metadata });
            chain
                .run(|ctx| delegation::Delegation::<()>::execute(ctx, account(n), register))
                .unwrap();
        }
        let frame = dss::Genesis {
            params: dss::Params::localnet(),
            resumed: None,
        };
        chain.run(|ctx| Dss::<Wire>::init_genesis(ctx, frame)).unwrap();
        let genesis = Genesis {
            params: Params {
                history: 4,
                ..Params::localnet()
            },
            resumed: None,
        };
        chain
            .run(|ctx| Oracle::<Wire>::init_genesis(ctx, genesis))
            .unwrap();
    }

    pub(crate) fn frame(&mut self, sender: u8, msg: dss::Msg) -> Result<(), dss::Error> {
        self.sandbox
            .run(|ctx| Dss::<Wire>::execute(ctx, account(sender), msg))
    }

    /// Sends a message and checks every invariant.
    pub(crate) fn send(&mut self, sender: u8, msg: Msg) -> Result<(), Error> {
        let run = |ctx: &mut Ctx<'_>| Oracle::<Wire>::execute(ctx, account(sender), msg);
        let outcome = self.sandbox.run_metered(Gas::new(100_000_000), run).0;
        self.check();
        outcome
    }

    pub(crate) fn check(&self) {
        self.sandbox.check(Oracle::<Wire>::invariants()).unwrap();
        self.sandbox.check(Dss::<Wire>::invariants()).unwrap();
        self.sandbox.check(bank::Bank::<()>::invariants()).unwrap();
    }

    /// A block `time` later.
    pub(crate) fn pass(&mut self, time: u64) {
        self.sandbox.advance(Blocks::new(1), Millis::new(time));
        self.sandbox.hook(Dss::<Wire>::begin_block).unwrap();
        self.sandbox.hook(Oracle::<Wire>::begin_block).unwrap();
        self.check();
    }

    pub(crate) fn end_epoch(&mut self) {
        self.sandbox.hook(Dss::<Wire>::end_epoch).unwrap();
        self.sandbox.hook(Oracle::<Wire>::end_epoch).unwrap();
        self.sandbox.block.epoch = self.sandbox.block.epoch.next().unwrap();
    }

    pub(crate) fn create(&mut self, rules: Rules) -> Result<(), Error> {
        let message = CreateFeed {
            service: SERVICE,
            rules,
        };
        self.send(OWNER, Msg::CreateFeed(Box::new(message)))
    }

    pub(crate) fn fund(&mut self, from: u8, amount: u128) -> Result<(), Error> {
        let amount = Amount::new(amount);
        self.send(from, Msg::Fund { feed: 0, amount })
    }

    pub(crate) fn held(&self, who: u8, asset: AssetId) -> u128 {
        bank::balance(&self.sandbox.view(), &account(who), asset)
            .unwrap()
            .get()
    }

    /// The number of feed 0's open round.
    pub(crate) fn open(&self) -> u64 {
        query::open_round(&self.sandbox.view(), 0).unwrap().unwrap().0
    }

    pub(crate) fn outcome(&self, round: u64) -> Outcome {
        let round = query::round(&self.sandbox.view(), 0, round).unwrap();
        round.unwrap().outcome.unwrap()
    }

    pub(crate) fn quote(round: u64, operator: u8, value: u128) -> Quote {
        Quote {
            feed: 0,
            round,
            value,
            salt: Digest::new([operator; 32]),
        }
    }

    pub(crate) fn sign(&self, seed: u8, slot: u64, said: &Digest) -> SignatureBytes {
        let message = sign_bytes(&self.sandbox.block.chain_hash, SERVICE, 0, slot, said);
        SignatureBytes(
            secret(seed)
                .sign(message.as_bytes(), SIGNATURE_DST, &[])
                .compress(),
        )
    }

    /// What an operator sends to commit to a value of feed 0.
    pub(crate) fn commitment(&self, round: u64, operator: u8, value: u128) -> Commit {
        let quote = Self::quote(round, operator, value);
        let commitment = commitment(&account(operator), 0, &quote.hash(), &quote.salt);
        Commit {
            feed: 0,
            round,
            commitment,
            signature: self.sign(operator, quote_slots(round).0, &commitment),
        }
    }

    /// What it sends to show it.
    pub(crate) fn revelation(&self, round: u64, operator: u8, value: u128) -> Reveal {
        let quote = Self::quote(round, operator, value);
        Reveal {
            feed: 0,
            round,
            value,
            salt: quote.salt,
            signature: self.sign(operator, quote_slots(round).1, &quote.hash()),
        }
    }

    pub(crate) fn commit(&mut self, operator: u8, value: u128) -> Result<(), Error> {
        let message = self.commitment(self.open(), operator, value);
        self.send(operator, Msg::Commit(message))
    }

    pub(crate) fn reveal(&mut self, operator: u8, value: u128) -> Result<(), Error> {
        let message = self.revelation(self.open(), operator, value);
        self.send(operator, Msg::Reveal(message))
    }

    /// A round from its opening to its end, in which each operator states its value, or nothing. The round is open already.
    pub(crate) fn play(&mut self, values: &[Option<u128>]) -> Outcome {
        let round = self.open();
        let stated = |values: &[Option<u128>]| -> Vec<(u8, u128)> {
            let each = (1u8..).zip(values);
            each.filter_map(|(n, value)| value.map(|value| (n, value)))
                .collect()
        };
        for (n, value) in stated(values) {
            self.commit(n, value).unwrap();
        }
        self.pass(3_000);
        for (n, value) in stated(values) {
            self.reveal(n, value).unwrap();
        }
        self.pass(3_000);
        self.outcome(round)
    }
}
