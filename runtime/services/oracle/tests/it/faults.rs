//! What an operator is convicted of, and what not.

use crate::world::{SERVICE, Wire, World, account, rules};
use crypto::bls::SignatureBytes;
use crypto::statement::{commitment, quote_slots};
use dss::{Conviction, Evidence, Proof, Said, convict};
use kernel::Fault as _;
use palisade_oracle::{MISMATCH, OUT_OF_BOUNDS};
use primitives::codec::encode;
use primitives::{Bps, Digest};

fn open() -> World {
    let mut world = World::new();
    world.create(rules()).unwrap();
    world.pass(1_000);
    world
}

fn accuse(world: &mut World, operator: u8, slot: u64, proof: Proof) -> Result<(u8, Conviction), dss::Error> {
    let evidence = Evidence {
        service: SERVICE,
        operator: account(operator),
        task: 0,
        slot,
        proof,
    };
    let outcome = world.sandbox.run(|ctx| convict::<Wire>(ctx, &evidence));
    world.check();
    outcome
}

fn quote(world: &World, operator: u8, value: u128) -> Said {
    let quote = World::quote(0, operator, value);
    Said {
        answer: encode(&quote),
        signature: world.sign(operator, quote_slots(0).1, &quote.hash()),
    }
}

fn answers(said: Said, extra: Vec<u8>) -> Proof {
    Proof::Answers {
        said: vec![said],
        extra,
    }
}

/// A commitment to `value` with its signature, as an accuser adds it.
fn committed(world: &World, operator: u8, value: u128) -> Vec<u8> {
    let message = world.commitment(0, operator, value);
    encode(&(message.commitment, message.signature))
}

fn code(outcome: Result<(u8, Conviction), dss::Error>) -> Option<(u8, u16)> {
    match outcome {
        Err(dss::Error::ShowsNothing(code)) => Some((code.module, code.number)),
        Ok(_) | Err(_) => None,
    }
}

#[test]
fn two_values_signed_for_one_round_are_equivocation() {
    let mut world = open();
    let (commit, show) = quote_slots(0);
    for slot in [commit, show] {
        let mut world = open();
        let of = |value| World::quote(0, 1, value).hash();
        let proof = Proof::Equivocation {
            first: (of(5), world.sign(1, slot, &of(5))),
            second: (of(6), world.sign(1, slot, &of(6))),
        };
        let (class, conviction) = accuse(&mut world, 1, slot, proof).unwrap();
        assert_eq!((class, conviction.fraction), (0, Bps::new(500).unwrap()));
    }
    // The commitment and the quote of one round stand in different slots: they contradict nothing.
    let quote = World::quote(0, 1, 5).hash();
    let hidden = commitment(&account(1), 0, &quote, &Digest::new([1; 32]));
    let proof = Proof::Equivocation {
        first: (hidden, world.sign(1, commit, &hidden)),
        second: (quote, world.sign(1, show, &quote)),
    };
    let refused = accuse(&mut world, 1, show, proof).unwrap_err();
    assert_eq!(refused.reason(), "BAD_SIGNATURE");
}

#[test]
fn showing_something_else_than_was_committed_to_is_a_fault() {
    let mut world = open();
    let proof = answers(quote(&world, 2, 501), committed(&world, 2, 500));
    let (class, conviction) = accuse(&mut world, 2, 1, proof.clone()).unwrap();
    assert_eq!((class, conviction.fraction), (MISMATCH, Bps::new(300).unwrap()));
    let again = accuse(&mut world, 2, 1, proof).unwrap_err();
    assert_eq!(again.reason(), "ALREADY_CONVICTED");
}

#[test]
fn a_value_out_of_the_rounds_bounds_is_a_fault_even_when_it_was_committed_to() {
    let mut world = open();
    for (operator, value) in [(1, 9), (2, 1_000_001)] {
        let proof = answers(quote(&world, operator, value), committed(&world, operator, value));
        assert_eq!(accuse(&mut world, operator, 1, proof).unwrap().0, OUT_OF_BOUNDS);
    }
    for (operator, value) in [(3, 10), (4, 1_000_000)] {
        let proof = answers(quote(&world, operator, value), committed(&world, operator, value));
        assert_eq!(code(accuse(&mut world, operator, 1, proof)), Some((31, 19)));
    }
}

#[test]
fn an_honest_operator_is_convicted_of_nothing() {
    let mut world = open();
    let good = quote(&world, 1, 500);
    let cases = [
        // What was shown is what was committed to.
        (1, answers(good.clone(), committed(&world, 1, 500))),
        // Nothing, or rubbish, in place of a commitment.
        (1, answers(good.clone(), Vec::new())),
        (1, answers(good.clone(), vec![1; 79])),
        // Two quotes at once.
        (
            1,
            Proof::Answers {
                said: vec![good.clone(), good.clone()],
                extra: Vec::new(),
            },
        ),
    ];
    for (slot, proof) in cases {
        assert_eq!(code(accuse(&mut world, 1, slot, proof)), Some((31, 19)));
    }
    // A commitment that another signed.
    let theirs = world.commitment(0, 2, 400);
    let extra = encode(&(theirs.commitment, theirs.signature));
    assert_eq!(
        code(accuse(&mut world, 1, 1, answers(good.clone(), extra))),
        Some((31, 18))
    );
    let forged: (Digest, SignatureBytes) = (theirs.commitment, SignatureBytes([0; 48]));
    let forged = answers(good, encode(&forged));
    assert_eq!(code(accuse(&mut world, 1, 1, forged)), Some((31, 18)));
}

#[test]
fn what_an_operator_did_not_sign_for_a_round_convicts_it_of_nothing() {
    let mut world = open();
    let good = quote(&world, 1, 500);
    // A quote that the accused did not sign.
    let mut other = quote(&world, 2, 400);
    let proof = answers(other.clone(), committed(&world, 1, 500));
    assert_eq!(
        accuse(&mut world, 1, 1, proof).unwrap_err().reason(),
        "BAD_SIGNATURE"
    );
    // What was signed is no quote, or of another round.
    other.answer = b"rubbish".to_vec();
    let hash = Digest::new(crypto::hash::sha256(&[&other.answer]));
    other.signature = world.sign(1, 1, &hash);
    assert_eq!(
        code(accuse(&mut world, 1, 1, answers(other, Vec::new()))),
        Some((31, 19))
    );
    let elsewhere = World::quote(3, 1, 5);
    let elsewhere = Said {
        answer: encode(&elsewhere),
        signature: world.sign(1, 1, &elsewhere.hash()),
    };
    assert_eq!(
        code(accuse(&mut world, 1, 1, answers(elsewhere, Vec::new()))),
        Some((31, 19))
    );
    // A commitment's slot holds no quote.
    let proof = Said {
        signature: world.sign(1, 0, &World::quote(0, 1, 5).hash()),
        answer: encode(&World::quote(0, 1, 5)),
    };
    assert_eq!(
        code(accuse(&mut world, 1, 0, answers(proof, Vec::new()))),
        Some((31, 19))
    );
    // A round that has not begun.
    let proof = answers(good, committed(&world, 1, 500));
    assert_eq!(
        accuse(&mut world, 1, 3, proof).unwrap_err().reason(),
        "UNKNOWN_SLOT"
    );
}

#[test]
fn whoever_is_convicted_of_the_epoch_is_not_paid() {
    let mut world = open();
    world.fund(crate::world::CLIENT, 10_000).unwrap();
    world.play(&[Some(500); 4]);
    world.pass(4_000);
    let round = world.open();
    assert_eq!(round, 1);
    let proof = answers(quote(&world, 3, 9), Vec::new());
    accuse(&mut world, 3, 1, proof).unwrap();
    world.play(&[Some(500); 4]);
    let paid: Vec<u128> = (1..=4).map(|n| world.held(n, crate::world::FEES)).collect();
    assert_eq!(paid, [333, 333, 0, 333]);
}
