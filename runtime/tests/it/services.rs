//! A service nobody on the chain has heard of, from its registration to a slash by its own fault program.

use crate::people;
use attested::{Msg as AttestedMsg, SetProgram};
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, POSSESSION_DST, SIGNATURE_DST, SignatureBytes, possession_message};
use crypto::hash::sha256;
use delegation::{Allocate, Magnitude, Msg as PledgeMsg};
use dss::statement::sign_bytes;
use dss::{
    Accepted, Class, Committee, Destination, Evidence, Join, Kind, Metadata, Msg as ServiceMsg, Nature,
    Phase, PostTask, Proof, Said, Terms,
};
use palisade_runtime::{Message, Receipt};
use primitives::{AccountId, Amount, AssetId, Bps, Coin, Digest, Epoch, Millis, Ratio, ServiceId, Shares};
use slashing::{Ending, Msg as SlashMsg, RequestSlash};
use testing::{Account, Chain};
use vaults::{Charter, Create, Deposit, Limits, Msg as VaultMsg, Serves, VaultId, Withdraw};

pub(crate) const SERVICE: ServiceId = ServiceId::new(1);
pub(crate) const STAKE: u128 = 5_000_000_001;

/// Guilty of class 1 is whoever signed an answer that starts with an `x`, where the accuser adds nothing.
pub(crate) const PROGRAM: &str = r#"(module
    (import "palisade" "size" (func $size (param i32) (result i32)))
    (import "palisade" "read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "fault") (result i32)
        (if (i32.ne (call $size (i32.const 0)) (i32.const 132)) (then (unreachable)))
        (if (call $size (i32.const 1)) (then (loop (br 0))))
        (drop (call $read (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 1)))
        (if (result i32) (i32.eq (i32.load8_u (i32.const 0)) (i32.const 120))
            (then (i32.const 1))
            (else (i32.const -1)))))"#;

pub(crate) fn secret(of: &Account) -> SecretKey {
    SecretKey::key_gen(of.id().as_bytes(), &[]).unwrap()
}

pub(crate) fn bps(value: u16) -> Bps {
    Bps::new(value).unwrap()
}

pub(crate) fn class(nature: Nature, least: u16, most: u16) -> Class {
    Class {
        nature,
        least: bps(least),
        most: bps(most),
        cooldown: Millis::new(5_000),
        rise: None,
    }
}

pub(crate) fn terms(destination: Destination) -> Terms {
    Terms {
        kind: Kind::Attested,
        accepted: vec![Accepted {
            asset: AssetId::PAL,
            haircut: Bps::ZERO,
        }],
        min_operators: 2,
        max_operators: 8,
        min_stake: Amount::new(1_000_000_000),
        min_self_stake: Amount::ZERO,
        min_reputation: Bps::ZERO,
        quorum: bps(6_667),
        classes: vec![
            class(Nature::Objective, 100, 5_000),
            class(Nature::Objective, 1_234, 2_000),
            class(Nature::Subjective, 0, 1_000),
        ],
        equivocation: Some(0),
        destination,
        slasher: Some(people().0.id()),
        vetoers: vec![Account::named("dave").id()],
        profit_cap: Amount::new(1),
        metadata: Metadata::new("never say x").unwrap(),
    }
}

/// Joining the service, with the operator's key for it.
fn join(operator: &Account) -> Join {
    let key = KeyBytes(secret(operator).sk_to_pk().compress());
    let message = possession_message(&key, &operator.id());
    let possession = SignatureBytes(secret(operator).sign(&message, POSSESSION_DST, &[]).compress());
    Join {
        service: SERVICE,
        key,
        possession,
    }
}

pub(crate) struct World {
    pub(crate) chain: Chain,
    pub(crate) alice: Account,
    pub(crate) bob: Account,
    pub(crate) carol: Account,
    pub(crate) dave: Account,
}

impl World {
    /// Alice owns the service; bob and carol serve it with a vault of their own each.
    pub(crate) fn new(destination: Destination) -> Self {
        Self::on(Chain::new(), destination)
    }

    /// As [`World::new`], on a chain of one's own.
    pub(crate) fn on(chain: Chain, destination: Destination) -> Self {
        Self::with(chain, terms(destination), PROGRAM)
    }

    /// As [`World::on`], with other terms and another program.
    pub(crate) fn with(chain: Chain, terms: Terms, program: &str) -> Self {
        let (alice, bob) = people();
        let mut world = Self {
            chain,
            alice,
            bob,
            carol: Account::named("carol"),
            dave: Account::named("dave"),
        };
        let alice = world.alice.clone();
        world.good(&alice, Message::Dss(ServiceMsg::Register(Box::new(terms))));
        let program = SetProgram {
            service: SERVICE,
            program: wat::parse_str(program).unwrap(),
        };
        world.good(&alice, Message::Attested(AttestedMsg::SetProgram(program)));
        for operator in [world.bob.clone(), world.carol.clone()] {
            world.pledge(&operator);
        }
        world.chain.advance(Millis::new(30_000));
        world.good(&alice, Message::Dss(ServiceMsg::Activate { service: SERVICE }));
        world
    }

    pub(crate) fn send(&mut self, who: &Account, message: Message) -> Receipt {
        let draft = self.chain.draft(who, vec![message]).with_fee(95_000_000, 100, 1);
        let id = self.chain.submit(&draft);
        let receipts = &self.chain.next_block().executed.receipts;
        receipts.iter().find(|receipt| receipt.id == id).cloned().unwrap()
    }

    pub(crate) fn good(&mut self, who: &Account, message: Message) {
        let receipt = self.send(who, message);
        assert!(
            receipt.succeeded(),
            "{:?}",
            receipt.failure.and_then(|failure| failure.meaning())
        );
    }

    pub(crate) fn refused(&mut self, who: &Account, message: Message) -> &'static str {
        let receipt = self.send(who, message);
        receipt.failure.expect("refused").meaning().unwrap().reason
    }

    fn pledge(&mut self, operator: &Account) {
        let metadata = delegation::Metadata::new("an operator", "").unwrap();
        self.good(
            operator,
            Message::Delegation(PledgeMsg::Register(delegation::Register { metadata })),
        );
        let create = Create {
            asset: AssetId::PAL,
            charter: Charter {
                leverage_limit: Ratio::ONE,
                serves: Serves::Listed(vec![SERVICE]),
            },
            limits: Limits {
                deposit_cap: None,
                min_deposit: Amount::ZERO,
                allow_listed: false,
            },
        };
        self.good(operator, Message::Vaults(VaultMsg::Create(create)));
        let vault = self.vault(operator);
        let deposit = Deposit {
            vault,
            amount: Amount::new(STAKE),
            min_shares: Shares::ZERO,
            max_open_slash: Bps::ONE,
        };
        self.good(operator, Message::Vaults(VaultMsg::Deposit(deposit)));
        self.good(operator, Message::Dss(ServiceMsg::Join(join(operator))));
        let allocate = Allocate {
            vault,
            service: SERVICE,
            magnitude: Magnitude::WHOLE,
        };
        self.good(operator, Message::Delegation(PledgeMsg::Allocate(allocate)));
    }

    pub(crate) fn vault(&self, operator: &Account) -> VaultId {
        vaults::query::vaults_of(self.chain.state(), &operator.id()).unwrap()[0]
    }

    pub(crate) fn assets(&self, operator: &Account) -> u128 {
        let vault = vaults::vault(self.chain.state(), &self.vault(operator)).unwrap();
        vault.unwrap().pool.assets.get()
    }

    /// A task for everybody in the service.
    pub(crate) fn task() -> Message {
        Message::Dss(ServiceMsg::PostTask(PostTask {
            service: SERVICE,
            payload: Digest::new([1; 32]),
            fee: Coin {
                asset: AssetId::PAL,
                amount: Amount::new(1_000),
            },
            committee: Committee::All,
            commit: Millis::ZERO,
            respond: Millis::new(5_000),
            challenge: Millis::new(5_000),
        }))
    }

    pub(crate) fn post(&mut self) -> u64 {
        let dave = self.dave.clone();
        let receipt = self.send(&dave, Self::task());
        let posted = receipt
            .events
            .iter()
            .find(|event| event.is::<dss::TaskPosted>())
            .unwrap();
        match posted.attribute("task") {
            Some(kernel::Value::Id(task)) => *task,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn says(&self, operator: &Account, task: u64, answer: &[u8]) -> Said {
        let digest = Digest::new(sha256(&[answer]));
        let statement = sign_bytes(&self.chain.hash(), SERVICE, task, 0, &digest);
        let signature = secret(operator).sign(statement.as_bytes(), SIGNATURE_DST, &[]);
        Said {
            answer: answer.to_vec(),
            signature: SignatureBytes(signature.compress()),
        }
    }

    pub(crate) fn proof(&self, operator: &Account, task: u64, answer: &[u8], extra: &[u8]) -> Message {
        Message::Slashing(SlashMsg::Prove(Box::new(Evidence {
            service: SERVICE,
            operator: operator.id(),
            task,
            slot: 0,
            proof: Proof::Answers {
                said: vec![self.says(operator, task, answer)],
                extra: extra.to_vec(),
            },
        })))
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.chain.tip().epoch
    }
}

/// `1,234 bps` of a stake, rounded as delegation's formula does: the pledge Up, what is taken Down.
fn part(stake: u128, fraction: u128) -> u128 {
    let whole = 10u128.pow(18);
    let left = whole - (whole * fraction).div_ceil(10_000);
    stake - (stake * left).div_ceil(whole)
}

#[test]
fn an_operator_caught_by_a_fault_program_is_slashed_to_the_unit() {
    let mut world = World::new(Destination::Burn);
    let (bob, carol, dave) = (world.bob.clone(), world.carol.clone(), world.dave.clone());
    let task = world.post();
    // Nobody is guilty of what the program allows, nor of what it never ends over.
    let honest = world.proof(&bob, task, b"yes", b"");
    assert_eq!(world.refused(&dave, honest), "INNOCENT");
    let endless = world.proof(&bob, task, b"x", b"loop");
    assert_eq!(world.refused(&dave, endless), "PROGRAM_OUT_OF_FUEL");
    // Carol signed nothing: whatever the program would say, she cannot be named.
    let mut framed = world.proof(&bob, task, b"x", b"");
    if let Message::Slashing(SlashMsg::Prove(evidence)) = &mut framed {
        evidence.operator = carol.id();
    }
    assert_eq!(world.refused(&dave, framed), "BAD_SIGNATURE");
    assert_eq!((world.assets(&bob), world.assets(&carol)), (STAKE, STAKE));
    let supply = bank::supply(world.chain.state(), AssetId::PAL).unwrap();
    let before = world.chain.balance(&dave, AssetId::PAL);
    let proof = world.proof(&bob, task, b"x marks the spot", b"");
    let receipt = world.send(&dave, proof.clone());
    assert!(
        receipt.succeeded(),
        "{:?}",
        receipt.failure.and_then(|failure| failure.meaning())
    );
    let taken = part(STAKE, 1_234);
    assert_eq!(world.assets(&bob), STAKE - taken);
    assert_eq!(world.assets(&carol), STAKE);
    // The reporter gets a twentieth of what was bob's own, later; the rest is gone now.
    let reward = taken * 500 / 10_000;
    let fee = before
        .checked_sub(world.chain.balance(&dave, AssetId::PAL))
        .unwrap();
    assert_eq!(fee, receipt.fee);
    let due = slashing::query::due(world.chain.state(), 9).unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].1.coin.amount.get(), reward);
    assert!(bank::supply(world.chain.state(), AssetId::PAL).unwrap() < supply);
    // Once.
    assert_eq!(world.refused(&carol, proof), "ALREADY_CONVICTED");
    world.chain.advance(Millis::new(70_000));
    assert!(slashing::query::due(world.chain.state(), 9).unwrap().is_empty());
}

#[test]
fn who_leaves_or_withdraws_is_slashed_all_the_same() {
    let mut world = World::new(Destination::Burn);
    let (bob, dave) = (world.bob.clone(), world.dave.clone());
    let task = world.post();
    let proof = world.proof(&bob, task, b"x", b"");
    world.good(&bob, Message::Dss(ServiceMsg::Leave { service: SERVICE }));
    let (vault, shares) = (world.vault(&bob), Shares::new(STAKE));
    let withdraw = Withdraw {
        vault,
        shares,
        beneficiary: bob.id(),
        min_assets: Amount::ZERO,
    };
    world.good(&bob, Message::Vaults(VaultMsg::Withdraw(withdraw)));
    world.chain.advance(Millis::new(50_000));
    world.good(&dave, proof);
    assert_eq!(world.assets(&bob), STAKE - part(STAKE, 1_234));
}

#[test]
fn reporting_oneself_never_pays_and_a_recipient_gets_what_is_slashed() {
    let recipient = AccountId::new([9; 32]);
    let mut world = World::new(Destination::Recipient(recipient));
    let bob = world.bob.clone();
    let task = world.post();
    let proof = world.proof(&bob, task, b"x", b"");
    world.good(&bob, proof);
    assert!(slashing::query::due(world.chain.state(), 9).unwrap().is_empty());
    assert_eq!(world.chain.balance_of(&recipient).get(), part(STAKE, 1_234));
}

#[test]
fn what_is_asked_for_waits_for_a_veto_and_is_then_taken_before_every_claim() {
    let mut world = World::new(Destination::Burn);
    let (alice, bob, carol, dave) = (
        world.alice.clone(),
        world.bob.clone(),
        world.carol.clone(),
        world.dave.clone(),
    );
    world.post();
    let ask = |operator: &Account, epoch, fraction| {
        Message::Slashing(SlashMsg::Request(RequestSlash {
            service: SERVICE,
            operator: operator.id(),
            class: 2,
            epoch,
            fraction: bps(fraction),
            reason: Digest::new([7; 32]),
        }))
    };
    let epoch = world.epoch();
    assert_eq!(world.refused(&dave, ask(&bob, epoch, 500)), "NOT_SLASHER");
    assert_eq!(world.refused(&alice, ask(&bob, epoch, 1_001)), "ABOVE_CAP");
    world.good(&alice, ask(&bob, epoch, 500));
    assert_eq!(world.refused(&alice, ask(&bob, epoch, 500)), "COOLING_DOWN");
    world.good(&alice, ask(&carol, epoch, 700));
    let (vault, now) = (world.vault(&bob), world.chain.tip().chain_clock);
    assert_eq!(
        slashing::open_of(world.chain.state(), &vault, now)
            .unwrap()
            .fraction,
        bps(500)
    );
    let veto = |request| Message::Slashing(SlashMsg::Veto { request });
    let requests = slashing::query::requests(world.chain.state(), None, 9).unwrap();
    let (first, second) = (requests[0].0, requests[1].0);
    assert_eq!(world.refused(&alice, veto(second)), "NOT_VETOER");
    world.good(&dave, veto(second));
    assert_eq!(world.refused(&dave, veto(second)), "ENDED");
    world.chain.advance(Millis::new(30_000));
    assert_eq!(world.refused(&dave, veto(first)), "ENDED");
    assert_eq!(
        (world.assets(&bob), world.assets(&carol)),
        // The bond of what was vetoed is with those whom it was to hurt.
        (STAKE - part(STAKE, 500), STAKE + 10_000_000_000)
    );
    let ended = |n| {
        slashing::query::request(world.chain.state(), n)
            .unwrap()
            .unwrap()
            .ending
    };
    assert_eq!((ended(first), ended(second)), (Ending::Executed, Ending::Vetoed));
}

#[test]
fn a_program_is_there_before_the_first_member_or_never() {
    let mut world = World::new(Destination::Burn);
    let (alice, bob) = (world.alice.clone(), world.bob.clone());
    let set = |service| {
        let program = SetProgram {
            service,
            program: wat::parse_str(PROGRAM).unwrap(),
        };
        Message::Attested(AttestedMsg::SetProgram(program))
    };
    assert_eq!(world.refused(&alice, set(SERVICE)), "TOO_LATE");
    world.good(
        &alice,
        Message::Dss(ServiceMsg::Register(Box::new(terms(Destination::Burn)))),
    );
    let second = ServiceId::new(2);
    assert_eq!(world.refused(&bob, set(second)), "NOT_OWNER");
    let noise = SetProgram {
        service: second,
        program: vec![7; 99],
    };
    assert_eq!(
        world.refused(&alice, Message::Attested(AttestedMsg::SetProgram(noise))),
        "BAD_PROGRAM"
    );
    world.good(&alice, set(second));
    assert_eq!(world.refused(&alice, set(second)), "ALREADY_SET");
    let found = dss::service(world.chain.state(), second).unwrap();
    assert_eq!(found.phase, Phase::Draft);
}

#[test]
fn what_a_simulation_suggests_is_enough_where_a_service_is_asked_with_gas_of_its_own() {
    let mut world = World::new(Destination::Burn);
    let dave = world.dave.clone();
    let metadata = delegation::Metadata::new("one more", "").unwrap();
    world.good(
        &dave,
        Message::Delegation(PledgeMsg::Register(delegation::Register { metadata })),
    );
    let draft = world
        .chain
        .draft(&dave, vec![Message::Dss(ServiceMsg::Join(join(&dave)))]);
    let hash = world.chain.hash();
    let decoded = palisade_runtime::decode(&hash, &draft.with_fee(0, 0, 0).sign(&hash)).unwrap();
    let block = world.chain.last().context.block.clone();
    let simulated = palisade_runtime::simulate(world.chain.state(), &block, &decoded).unwrap();
    assert!(simulated.receipt.succeeded());
    let limit = simulated.suggested_gas_limit;
    // What the service's hook may use is asked for, though this one uses none of it.
    assert!(limit.get() > simulated.receipt.gas_used.get() * 2);
    let draft = world
        .chain
        .draft(&dave, vec![Message::Dss(ServiceMsg::Join(join(&dave)))])
        .with_fee(limit.get(), 100, 1);
    world.chain.submit(&draft);
    assert!(world.chain.next_block().executed.receipts[0].succeeded());
}
