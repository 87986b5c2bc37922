//! A chain of bank and dss, with operators whose stake is what they hold of asset 7.

use bank::{Balance, InTransit};
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, POSSESSION_DST, SIGNATURE_DST, Signature, SignatureBytes, possession_message};
use delegation::Terms as Pledges;
use kernel::testing::Sandbox;
use kernel::{Ctx, Module, Read, StateError, View};
use palisade_dss::certificate::Part;
use palisade_dss::statement::sign_bytes;
use palisade_dss::{
    Accepted, Accusation, Class, Committee, Destination, Dss, Error, Genesis, ID, Join, Kind, MemberChange,
    Metadata, Msg, Nature, Params, PostTask, Refusal, Seats, Stake, Terms, Wiring, query,
};
use primitives::{
    AccountId, Amount, AssetId, Blocks, Bps, ChainHash, Coin, Digest, Epoch, Gas, Millis, ServiceId,
};

pub(crate) const STAKE: AssetId = AssetId::new(7);
/// Whoever holds it is refused by services.
pub(crate) const UNWELCOME: AssetId = AssetId::new(8);
/// Whoever holds it makes services' hooks run forever.
pub(crate) const TRAP: AssetId = AssetId::new(9);
pub(crate) const FEES: AssetId = AssetId::new(10);

#[derive(Debug)]
pub(crate) enum Wire {}

/// Pledges as they are without anything above them.
impl delegation::Wiring for Wire {
    fn terms(ctx: &Ctx<'_>, service: ServiceId, asset: AssetId) -> Result<Option<Pledges>, StateError> {
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

impl Wiring for Wire {
    fn stake(view: &View<'_>, _: ServiceId, _: &Terms, operator: &AccountId) -> Result<Stake, StateError> {
        let total = bank::balance(view, operator, STAKE)?;
        Ok(Stake { total, own: total })
    }

    fn member_changed(
        ctx: &mut Ctx<'_>,
        _: Kind,
        _: ServiceId,
        operator: &AccountId,
        _: MemberChange,
    ) -> Result<(), Refusal> {
        if !bank::balance(ctx, operator, UNWELCOME)?.is_zero() {
            return Err(Refusal::Code(ID.code(999)));
        }
        while !bank::balance(ctx, operator, TRAP)?.is_zero() {}
        Ok(())
    }

    fn slot(
        view: &View<'_>,
        _: Kind,
        service: ServiceId,
        task: u64,
        slot: u64,
    ) -> Result<Option<Epoch>, StateError> {
        query::task_epoch(view, service, task, slot)
    }

    fn verify(_: &mut Ctx<'_>, _: Kind, accusation: &Accusation<'_>) -> Result<u8, Refusal> {
        match accusation.extra {
            [class] => Ok(*class),
            _ => Err(Refusal::Code(ID.code(998))),
        }
    }

    fn pay(ctx: &mut Ctx<'_>, _: ServiceId, operator: &AccountId, fee: InTransit) -> Result<(), StateError> {
        bank::give(ctx, operator, fee)
    }
}

pub(crate) fn account(number: u8) -> AccountId {
    AccountId::new([number; 32])
}

pub(crate) const OWNER: u8 = 200;
pub(crate) const CLIENT: u8 = 201;

pub(crate) fn secret(seed: u8) -> SecretKey {
    SecretKey::key_gen(&[seed; 32], &[]).unwrap()
}

pub(crate) fn key_of(seed: u8) -> KeyBytes {
    KeyBytes(secret(seed).sk_to_pk().compress())
}

pub(crate) fn join(service: u32, operator: u8, seed: u8) -> Join {
    let key = key_of(seed);
    let message = possession_message(&key, &account(operator));
    Join {
        service: ServiceId::new(service),
        key,
        possession: SignatureBytes(secret(seed).sign(&message, POSSESSION_DST, &[]).compress()),
    }
}

pub(crate) fn terms() -> Terms {
    let class = |nature, least, most| Class {
        nature,
        least: Bps::new(least).unwrap(),
        most: Bps::new(most).unwrap(),
        cooldown: Millis::new(20_000),
        rise: None,
    };
    Terms {
        kind: Kind::Attested,
        accepted: vec![Accepted {
            asset: STAKE,
            haircut: Bps::ZERO,
        }],
        min_operators: 2,
        max_operators: 8,
        min_stake: Amount::new(10),
        min_self_stake: Amount::ZERO,
        min_reputation: Bps::ZERO,
        quorum: Bps::new(6_667).unwrap(),
        classes: vec![
            class(Nature::Objective, 100, 5_000),
            class(Nature::Subjective, 0, 1_000),
            class(Nature::Objective, 1_000, 1_000),
        ],
        equivocation: Some(0),
        destination: Destination::Burn,
        slasher: Some(account(202)),
        vetoers: vec![account(203)],
        profit_cap: Amount::ZERO,
        metadata: Metadata::new("says what it is told; lying costs").unwrap(),
    }
}

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
}

impl World {
    /// Operators 1 to 4 with 100 each, an owner and a client.
    pub(crate) fn new() -> Self {
        let mut sandbox = Sandbox::new();
        sandbox.block.chain_hash = ChainHash::new([5; 32]);
        let mut balances = vec![
            (OWNER, AssetId::PAL, 1_000_000_000_000_u128),
            (CLIENT, FEES, 1_000_000),
        ];
        balances.extend((1..=4).map(|n| (n, STAKE, 100)));
        let balances: Vec<Balance> = balances
            .into_iter()
            .map(|(owner, asset, amount)| Balance {
                account: account(owner),
                asset,
                amount: Amount::new(amount),
            })
            .collect();
        let supply = [(AssetId::PAL, 1_000_000_000_000), (FEES, 1_000_000), (STAKE, 400)];
        let supply = supply.map(|(asset, amount)| Coin {
            asset,
            amount: Amount::new(amount),
        });
        sandbox
            .run(|ctx| {
                let supply = supply.to_vec();
                bank::Bank::<()>::init_genesis(ctx, bank::Genesis { balances, supply })
            })
            .unwrap();
        let vaults = vaults::Genesis {
            params: vaults::Params::localnet(),
            resumed: None,
        };
        sandbox
            .run(|ctx| vaults::Vaults::<()>::init_genesis(ctx, vaults))
            .unwrap();
        let pledges = delegation::Genesis {
            params: delegation::Params::localnet(),
            resumed: None,
        };
        sandbox
            .run(|ctx| delegation::Delegation::<()>::init_genesis(ctx, pledges))
            .unwrap();
        for n in 1..=5 {
            let metadata = delegation::Metadata::new("somebody", "").unwrap();
            let register = delegation::Msg::Register(delegation::Register { metadata });
            sandbox
                .run(|ctx| delegation::Delegation::<()>::execute(ctx, account(n), register))
                .unwrap();
        }
        let genesis = Genesis {
            params: Params::localnet(),
            resumed: None,
        };
        sandbox
            .run(|ctx| Dss::<Wire>::init_genesis(ctx, genesis))
            .unwrap();
        Self { sandbox }
    }

    /// With service 1, active, and operators 1 to 4 in it; the key of operator n is made of seed n.
    pub(crate) fn with_service() -> Self {
        let mut world = Self::new();
        world.send(OWNER, Msg::Register(Box::new(terms()))).unwrap();
        for n in 1..=4 {
            world.send(n, Msg::Join(join(1, n, n))).unwrap();
        }
        world.send(OWNER, Msg::Activate { service: SERVICE }).unwrap();
        world
    }

    pub(crate) fn give(&mut self, to: u8, asset: AssetId, amount: u128) {
        let amount = Amount::new(amount);
        self.sandbox
            .run(|ctx| bank::mint(ctx, &account(to), Coin { asset, amount }))
            .unwrap();
    }

    pub(crate) fn held(&self, who: u8, asset: AssetId) -> u128 {
        bank::balance(&self.sandbox.view(), &account(who), asset)
            .unwrap()
            .get()
    }

    /// Sends a message and checks every invariant.
    pub(crate) fn send(&mut self, sender: u8, msg: Msg) -> Result<(), Error> {
        let outcome = self
            .sandbox
            .run_metered(Gas::new(1_000_000_000), |ctx| {
                Dss::<Wire>::execute(ctx, account(sender), msg)
            })
            .0;
        self.check();
        outcome
    }

    /// Gives an operator the key of this seed, as it would do itself.
    pub(crate) fn set_key(&mut self, operator: u8, proven: &Join) -> Result<(), delegation::Error> {
        let message = delegation::SetKey {
            service: proven.service,
            key: delegation::ServiceKey::Bls(proven.key),
            proof: proven.possession.0.to_vec(),
        };
        let outcome = self.sandbox.run(|ctx| {
            delegation::Delegation::<Wire>::execute(ctx, account(operator), delegation::Msg::SetKey(message))
        });
        self.check();
        outcome
    }

    pub(crate) fn check(&self) {
        self.sandbox.check(Dss::<Wire>::invariants()).unwrap();
        self.sandbox.check(bank::Bank::<()>::invariants()).unwrap();
        self.sandbox
            .check(delegation::Delegation::<()>::invariants())
            .unwrap();
    }

    /// A block `time` later.
    pub(crate) fn pass(&mut self, time: u64) {
        self.sandbox.advance(Blocks::new(1), Millis::new(time));
        self.sandbox
            .hook(delegation::Delegation::<()>::begin_block)
            .unwrap();
        self.sandbox.hook(Dss::<Wire>::begin_block).unwrap();
        self.check();
    }

    pub(crate) fn end_epoch(&mut self) {
        self.sandbox.hook(Dss::<Wire>::end_epoch).unwrap();
        self.sandbox.block.epoch = self.sandbox.block.epoch.next().unwrap();
        self.check();
    }

    pub(crate) fn post(&mut self, fee: u128, commit: u64) -> Result<u64, Error> {
        let message = PostTask {
            service: SERVICE,
            payload: Digest::new([1; 32]),
            fee: Coin {
                asset: FEES,
                amount: Amount::new(fee),
            },
            committee: Committee::All,
            commit: Millis::new(commit),
            respond: Millis::new(4_000),
            challenge: Millis::new(2_000),
        };
        self.send(CLIENT, Msg::PostTask(message))?;
        let posted = self.sandbox.take_events();
        let posted = posted
            .iter()
            .rev()
            .find(|event| event.is::<palisade_dss::TaskPosted>());
        match posted.and_then(|event| event.attribute("task")) {
            Some(kernel::Value::Id(task)) => Ok(*task),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn sign(&self, seed: u8, task: u64, answer: &Digest) -> SignatureBytes {
        let message = sign_bytes(&self.sandbox.block.chain_hash, SERVICE, task, 0, answer);
        SignatureBytes(
            secret(seed)
                .sign(message.as_bytes(), SIGNATURE_DST, &[])
                .compress(),
        )
    }

    /// One part with the signatures of these operators, whose seats are one less.
    pub(crate) fn part(&self, operators: &[u8], task: u64, answer: &Digest) -> Part {
        let signatures: Vec<Signature> = operators
            .iter()
            .map(|n| Signature::new(&self.sign(*n, task, answer)).unwrap())
            .collect();
        Part {
            signers: operators.iter().fold(Seats::NONE, |seats, n| seats.with(n - 1)),
            signature: Signature::aggregate(&signatures).unwrap().to_bytes(),
        }
    }
}

pub(crate) const SERVICE: ServiceId = ServiceId::new(1);
