//! What a transaction may ask of restaking and not get: each refusal by its own name, from bytes on, with nothing written
//! but what a fee writes.

use crate::services::{SERVICE, STAKE, World, bps, class, secret, terms};
use attested::{Msg as AttestedMsg, SetProgram};
use bank::{Msg as BankMsg, Transfer};
use crypto::bls::{KeyBytes, POSSESSION_DST, SignatureBytes, possession_message};
use delegation::{Allocate, Magnitude, Msg as PledgeMsg};
use dss::{Destination, Join, Msg as ServiceMsg, Nature, Proof};
use palisade_runtime::Message;
use primitives::{Amount, AssetId, Bps, Coin, Digest, Millis, ServiceId, Shares};
use slashing::{Msg as SlashMsg, RequestSlash};
use std::collections::BTreeSet;
use testing::{Account, Chain};
use vaults::{
    Charter, Claim, Create, Deposit, FundBuffer, InstantWithdraw, LeaveBuffer, Limits, Msg as VaultMsg,
    VaultId, Withdraw,
};

/// What the first letter of an answer makes of it: `l` never ends, `t` traps, `g` asks for ever more
/// memory, `v` names no class, `x` is guilty of class 1, and anything else innocent.
const PROGRAM: &str = r#"(module
    (import "palisade" "read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "fault") (result i32)
        (local $first i32)
        (drop (call $read (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 1)))
        (local.set $first (i32.load8_u (i32.const 0)))
        (if (i32.eq (local.get $first) (i32.const 108)) (then (loop (br 0))))
        (if (i32.eq (local.get $first) (i32.const 116)) (then (unreachable)))
        (if (i32.eq (local.get $first) (i32.const 103)) (then
            (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))))
        (if (i32.eq (local.get $first) (i32.const 118)) (then (return (i32.const 256))))
        (if (result i32) (i32.eq (local.get $first) (i32.const 120))
            (then (i32.const 1))
            (else (i32.const -1)))))"#;

/// Both who contradict themselves and whom the program finds guilty lose everything.
fn world() -> World {
    let mut terms = terms(Destination::Burn);
    terms.classes = vec![
        class(Nature::Objective, 10_000, 10_000),
        class(Nature::Objective, 10_000, 10_000),
        class(Nature::Subjective, 0, 1_000),
    ];
    World::with(Chain::new(), terms, PROGRAM)
}

/// The keys that the last block wrote.
fn written(world: &World) -> BTreeSet<Vec<u8>> {
    let changes = world.chain.last().executed.changes.as_slice();
    changes
        .iter()
        .map(|change| change.key.as_slice().to_vec())
        .collect()
}

/// Why a message is refused. What it leaves is what any refused transaction of the sender leaves: its fee.
fn refused(world: &mut World, who: &Account, message: Message) -> &'static str {
    let mut other = World {
        chain: world.chain.clone(),
        alice: world.alice.clone(),
        bob: world.bob.clone(),
        carol: world.carol.clone(),
        dave: world.dave.clone(),
    };
    let too_much = Message::Bank(BankMsg::Transfer(Transfer {
        recipient: Account::named("nobody").id(),
        coin: Coin {
            asset: AssetId::PAL,
            amount: Amount::new(u128::MAX >> 1),
        },
    }));
    assert_eq!(other.refused(who, too_much), "INSUFFICIENT_FUNDS");
    let draft = world
        .chain
        .draft(who, vec![message.clone()])
        .with_fee(95_000_000, 100, 1);
    // What needs no state keeps a transaction out of every block.
    let bytes = draft.sign(&world.chain.hash());
    if let Err(error) = palisade_runtime::decode(&world.chain.hash(), &bytes).and_then(|one| one.verify()) {
        return kernel::Fault::reason(&error);
    }
    let receipt = world.send(who, message);
    let reason = receipt.failure.expect("refused").meaning().unwrap().reason;
    assert!(receipt.events.is_empty(), "{reason}");
    assert_eq!(written(world), written(&other), "{reason} wrote something");
    reason
}

fn deposit(vault: VaultId, amount: u128, least: u128) -> Message {
    Message::Vaults(VaultMsg::Deposit(Deposit {
        vault,
        amount: Amount::new(amount),
        min_shares: Shares::new(least),
        max_open_slash: Bps::ONE,
    }))
}

fn allocate(vault: VaultId, service: ServiceId, magnitude: u128) -> Message {
    Message::Delegation(PledgeMsg::Allocate(Allocate {
        vault,
        service,
        magnitude: Magnitude::new(magnitude),
    }))
}

fn join(service: ServiceId, who: &Account, key_of: &Account, proof_of: &Account) -> Message {
    let key = KeyBytes(secret(key_of).sk_to_pk().compress());
    let message = possession_message(&key, &proof_of.id());
    let possession = secret(key_of).sign(&message, POSSESSION_DST, &[]).compress();
    assert_ne!(who.id(), Account::named("nobody").id());
    Message::Dss(ServiceMsg::Join(Join {
        service,
        key,
        possession: SignatureBytes(possession),
    }))
}

fn withdraw(vault: VaultId, shares: u128) -> Message {
    Message::Vaults(VaultMsg::Withdraw(Withdraw {
        vault,
        shares: Shares::new(shares),
        beneficiary: Account::named("dave").id(),
        min_assets: Amount::ZERO,
    }))
}

fn sell(vault: VaultId, shares: u128) -> Message {
    Message::Vaults(VaultMsg::InstantWithdraw(InstantWithdraw {
        vault,
        shares: Shares::new(shares),
        min_assets: Amount::ZERO,
    }))
}

fn leave(vault: VaultId, shares: u128) -> Message {
    Message::Vaults(VaultMsg::LeaveBuffer(LeaveBuffer {
        vault,
        shares: Shares::new(shares),
        min_assets: Amount::ZERO,
    }))
}

fn fund(vault: VaultId, amount: u128) -> Message {
    Message::Vaults(VaultMsg::FundBuffer(FundBuffer {
        vault,
        amount: Amount::new(amount),
        min_shares: Shares::ZERO,
    }))
}

#[test]
fn amounts_beyond_everything_and_below_anything_are_refused() {
    let mut world = world();
    let (bob, carol, dave) = (world.bob.clone(), world.carol.clone(), world.dave.clone());
    let vault = world.vault(&bob);
    let nowhere = Digest::new([9; 32]);
    let whole = 10u128.pow(18);
    let claim = Message::Vaults(VaultMsg::Claim(Claim { withdrawal: 77 }));
    world.good(&dave, deposit(vault, 1_000, 0));
    for (who, message, reason) in [
        (&dave, deposit(vault, 0, 0), "ZERO_AMOUNT"),
        (&dave, deposit(vault, u128::MAX, 0), "INSUFFICIENT_FUNDS"),
        (&dave, deposit(vault, 1, u128::MAX), "TOO_FEW_SHARES"),
        (&dave, deposit(nowhere, 1, 0), "UNKNOWN_VAULT"),
        (&dave, withdraw(vault, 0), "ZERO_AMOUNT"),
        (&dave, withdraw(vault, 1_000_001), "NOT_OWNED"),
        (&dave, withdraw(vault, u128::MAX), "NOT_OWNED"),
        (&dave, leave(vault, 1), "NOT_OWNED"),
        (&dave, leave(vault, u128::MAX), "NOT_OWNED"),
        (&dave, fund(vault, u128::MAX), "INSUFFICIENT_FUNDS"),
        // Its own operator's; dust; more than the buffer has.
        (&bob, sell(vault, 1), "NOT_FOR_SALE"),
        (&dave, sell(vault, 1), "TOO_LITTLE"),
        (&dave, sell(vault, 1_000_000), "BUFFER_SHORT"),
        (&carol, claim, "UNKNOWN_WITHDRAWAL"),
        (&bob, allocate(vault, SERVICE, whole + 1), "BEYOND_VAULT"),
        (&bob, allocate(vault, SERVICE, u128::MAX), "BEYOND_VAULT"),
        (&bob, allocate(vault, SERVICE, whole), "SAME_MAGNITUDE"),
        (&carol, allocate(vault, SERVICE, 1), "NOT_VAULT_OPERATOR"),
    ] {
        assert_eq!(refused(&mut world, who, message.clone()), reason, "{message:?}");
    }
}

#[test]
fn nothing_is_pledged_twice_where_the_charter_says_once() {
    let mut world = world();
    let (alice, bob) = (world.alice.clone(), world.bob.clone());
    world.good(
        &alice,
        Message::Dss(ServiceMsg::Register(Box::new(terms(Destination::Burn)))),
    );
    let second = ServiceId::new(2);
    let other_key = Account::named("another key of bob");
    world.good(&bob, join(second, &bob, &other_key, &bob));
    let create = Create {
        asset: AssetId::PAL,
        charter: Charter {
            serves: vaults::Serves::Listed(vec![SERVICE, second]),
            ..Charter::PLAIN
        },
        limits: Limits::default(),
    };
    world.good(&bob, Message::Vaults(VaultMsg::Create(create)));
    let first = world.vault(&bob);
    let own = vaults::query::vaults_of(world.chain.state(), &bob.id()).unwrap();
    let vault = own.into_iter().find(|id| *id != first).unwrap();
    world.good(&bob, deposit(vault, STAKE, 0));
    world.good(&bob, allocate(vault, SERVICE, 6 * 10u128.pow(17)));
    let more = allocate(vault, second, 4 * 10u128.pow(17) + 1);
    assert_eq!(refused(&mut world, &bob, more), "BEYOND_LEVERAGE");
    assert_eq!(
        refused(&mut world, &bob, allocate(first, second, 1)),
        "NOT_IN_CHARTER"
    );
    assert_eq!(
        refused(&mut world, &bob, allocate(vault, ServiceId::new(9), 1)),
        "NOT_SERVING"
    );
    assert_eq!(
        refused(&mut world, &bob, allocate(vault, SERVICE, 1)),
        "CHANGE_UNDER_WAY"
    );
}

#[test]
fn a_key_and_its_proof_are_worth_nothing_to_anybody_else() {
    let mut world = world();
    let (alice, bob, carol) = (world.alice.clone(), world.bob.clone(), world.carol.clone());
    world.good(
        &alice,
        Message::Dss(ServiceMsg::Register(Box::new(terms(Destination::Burn)))),
    );
    let second = ServiceId::new(2);
    let fresh = Account::named("a fresh key");
    // Bob's key with bob's proof, sent by carol; a key that nobody has, with a proof for bob; and bob's key once more.
    assert_eq!(
        refused(&mut world, &carol, join(second, &carol, &bob, &bob)),
        "KEY_TAKEN"
    );
    assert_eq!(
        refused(&mut world, &carol, join(second, &carol, &fresh, &bob)),
        "BAD_POSSESSION_PROOF"
    );
    assert_eq!(
        refused(&mut world, &bob, join(second, &bob, &bob, &bob)),
        "KEY_TAKEN"
    );
    assert_eq!(
        refused(&mut world, &bob, join(SERVICE, &bob, &fresh, &bob)),
        "ALREADY_SERVING"
    );
    let stranger = Account::named("dave");
    assert_eq!(
        refused(&mut world, &stranger, join(second, &stranger, &fresh, &stranger)),
        "UNKNOWN_OPERATOR"
    );
}

/// What comes of showing an answer that starts with this letter.
fn judged(letter: &[u8]) -> &'static str {
    let mut world = world();
    let (bob, dave) = (world.bob.clone(), world.dave.clone());
    let task = world.post();
    let shown = world.proof(&bob, task, letter, b"");
    let reason = refused(&mut world, &dave, shown);
    assert_eq!(world.assets(&bob), STAKE);
    reason
}

#[test]
fn a_fault_program_that_loops_slashes_nobody() {
    assert_eq!(judged(b"l"), "PROGRAM_OUT_OF_FUEL");
}

#[test]
fn a_fault_program_that_traps_slashes_nobody() {
    assert_eq!(judged(b"t"), "PROGRAM_TRAPPED");
}

#[test]
fn a_fault_program_that_grows_beyond_its_memory_slashes_nobody() {
    assert_eq!(judged(b"g"), "PROGRAM_OUT_OF_MEMORY");
}

#[test]
fn a_fault_program_that_names_no_class_slashes_nobody() {
    assert_eq!(judged(b"v"), "NO_VERDICT");
}

#[test]
fn a_slash_comes_once_in_time_and_for_what_the_accused_signed() {
    let mut world = world();
    let (bob, carol, dave) = (world.bob.clone(), world.carol.clone(), world.dave.clone());
    let task = world.post();
    let proof = world.proof(&bob, task, b"x", b"");
    let mut framed = proof.clone();
    if let Message::Slashing(SlashMsg::Prove(evidence)) = &mut framed {
        evidence.operator = carol.id();
    }
    assert_eq!(refused(&mut world, &dave, framed), "BAD_SIGNATURE");
    let mut forged = proof.clone();
    if let Message::Slashing(SlashMsg::Prove(evidence)) = &mut forged
        && let Proof::Answers { said, .. } = &mut evidence.proof
    {
        said[0].answer = b"xx".to_vec();
    }
    assert_eq!(refused(&mut world, &dave, forged), "BAD_SIGNATURE");
    let innocent = world.proof(&bob, task, b"n", b"");
    assert_eq!(refused(&mut world, &dave, innocent), "INNOCENT");
    assert_eq!(world.assets(&bob), STAKE);
    world.good(&dave, proof.clone());
    assert_eq!(world.assets(&bob), 0);
    assert_eq!(refused(&mut world, &dave, proof), "ALREADY_CONVICTED");
    let vault = world.vault(&bob);
    assert_eq!(
        refused(&mut world, &dave, deposit(vault, 1_000, 0)),
        "VAULT_CLOSED"
    );
    let late = world.proof(&carol, task, b"x", b"");
    world.chain.advance(Millis::new(160_000));
    assert_eq!(
        refused(&mut world, &dave, late),
        "UNKNOWN_SLOT",
        "forgotten with its window"
    );
    assert_eq!(world.assets(&carol), STAKE);
}

#[test]
fn a_request_is_the_slashers_and_its_veto_the_vetoers_in_time() {
    let mut world = world();
    let (alice, bob, carol, dave) = (
        world.alice.clone(),
        world.bob.clone(),
        world.carol.clone(),
        world.dave.clone(),
    );
    world.post();
    let ask = |epoch, fraction, class| {
        Message::Slashing(SlashMsg::Request(RequestSlash {
            service: SERVICE,
            operator: bob.id(),
            class,
            epoch,
            fraction: bps(fraction),
            reason: Digest::new([7; 32]),
        }))
    };
    let epoch = world.epoch();
    assert_eq!(refused(&mut world, &carol, ask(epoch, 1, 2)), "NOT_SLASHER");
    assert_eq!(refused(&mut world, &alice, ask(epoch, 0, 2)), "ZERO_FRACTION");
    assert_eq!(refused(&mut world, &alice, ask(epoch, 1, 0)), "UNKNOWN_CLASS");
    assert_eq!(refused(&mut world, &alice, ask(epoch, 1_001, 2)), "ABOVE_CAP");
    let never = primitives::Epoch::new(99_999);
    assert_eq!(refused(&mut world, &alice, ask(never, 1, 2)), "EVIDENCE_EXPIRED");
    world.good(&alice, ask(epoch, 1_000, 2));
    let number = slashing::query::requests(world.chain.state(), None, 1).unwrap()[0].0;
    let veto = |request| Message::Slashing(SlashMsg::Veto { request });
    assert_eq!(refused(&mut world, &carol, veto(number)), "NOT_VETOER");
    assert_eq!(refused(&mut world, &dave, veto(number + 1)), "UNKNOWN_REQUEST");
    world.chain.advance(Millis::new(25_000));
    assert_eq!(refused(&mut world, &dave, veto(number)), "ENDED", "too late");
    world.chain.advance(Millis::new(90_000));
    assert_eq!(refused(&mut world, &alice, ask(epoch, 1, 2)), "EVIDENCE_EXPIRED");
}

/// What comes of registering this program.
fn stored(text: &str) -> &'static str {
    let mut world = world();
    let alice = world.alice.clone();
    world.good(
        &alice,
        Message::Dss(ServiceMsg::Register(Box::new(terms(Destination::Burn)))),
    );
    let program = SetProgram {
        service: ServiceId::new(2),
        program: wat::parse_str(text).unwrap(),
    };
    let message = Message::Attested(AttestedMsg::SetProgram(program));
    refused(&mut world, &alice, message)
}

#[test]
fn a_fault_program_that_imports_a_call_of_the_host_is_never_stored() {
    let clock = r#"(module (import "env" "clock" (func $clock (result i64)))
        (memory (export "memory") 1) (func (export "fault") (result i32) (i32.const -1)))"#;
    assert_eq!(stored(clock), "FORBIDDEN_IMPORT");
    let write = r#"(module (import "palisade" "write" (func $write (param i32 i32)))
        (memory (export "memory") 1) (func (export "fault") (result i32) (i32.const -1)))"#;
    assert_eq!(stored(write), "FORBIDDEN_IMPORT");
}

#[test]
fn a_fault_program_that_starts_with_too_much_memory_is_never_stored() {
    let memory = r#"(module (memory (export "memory") 17)
        (func (export "fault") (result i32) (i32.const -1)))"#;
    assert_eq!(stored(memory), "PROGRAM_OUT_OF_MEMORY");
}

#[test]
fn a_fault_program_with_floats_or_a_start_is_never_stored() {
    let floats = r#"(module (memory (export "memory") 1)
        (func (export "fault") (result i32) (i32.trunc_f64_s (f64.const 1))))"#;
    assert_eq!(stored(floats), "BAD_PROGRAM");
    let start = r#"(module (memory (export "memory") 1) (func $begin) (start $begin)
        (func (export "fault") (result i32) (i32.const -1)))"#;
    assert_eq!(stored(start), "BAD_PROGRAM");
}
