//! Each check fails on a history that was made by hand to break it, and holds on the one beside it that does not: a
//! check that cannot fail shows nothing.

use super::{Hearing, Invariant, Oracle};
use crate::app::App;
use crate::keys::{GARBAGE, key, peer};
use crate::sets::{Sets, Weights};
use light_palisade::{Bitmap, Certificate, Header, Statement, Validator, ValidatorIndex, ValidatorSet, Vote};
use primitives::{AccountId, BlockHash, ChainClock, Digest, Epoch, Height, Power, View};
use std::collections::BTreeSet;
use std::rc::Rc;

const MALICIOUS: usize = 3;

fn set(weights: &[u64]) -> ValidatorSet {
    let validators = weights
        .iter()
        .enumerate()
        .map(|(node, weight)| Validator {
            key: key(node),
            weight: Power::new(*weight),
            operator: AccountId::new([1; 32]),
            p2p_key: peer(node).0,
        })
        .collect();
    ValidatorSet {
        epoch: Epoch::new(1),
        ends_at: ChainClock::new(1),
        validators,
    }
}

/// Four seats of 25 in epoch 1; the last is malicious.
fn oracle() -> Oracle {
    weighted(&[25, 25, 25, 25])
}

fn weighted(weights: &[u64]) -> Oracle {
    let mut oracle = Oracle::new(BTreeSet::from([MALICIOUS]));
    oracle.seats(&set(weights), |_, seat| seat);
    oracle.genesis(block(0));
    oracle
}

fn block(number: u8) -> BlockHash {
    BlockHash::new([number; 32])
}

fn notarize(view: u64, number: u8) -> Statement {
    Statement::Notarize {
        epoch: Epoch::new(1),
        view: View::new(view),
        parent_view: View::ZERO,
        block: block(number),
    }
}

fn finalize(view: u64, number: u8) -> Statement {
    Statement::Finalize {
        epoch: Epoch::new(1),
        view: View::new(view),
        parent_view: View::ZERO,
        block: block(number),
    }
}

fn nullify(view: u64) -> Statement {
    Statement::Nullify {
        epoch: Epoch::new(1),
        view: View::new(view),
    }
}

fn certificate(statement: Statement, signers: &[u16]) -> Certificate {
    Certificate {
        statement,
        signers: Bitmap::new(4, signers.iter().copied().map(ValidatorIndex::new)),
        signature: GARBAGE,
    }
}

/// All of these nodes sign it, and a certificate of them is believed.
fn certify(oracle: &mut Oracle, statement: Statement, signers: &[u16]) {
    for node in signers {
        oracle.signed(usize::from(*node), &statement);
    }
    oracle.believed(&certificate(statement, signers));
}

fn header(height: u64, parent: BlockHash) -> Header {
    let sets = Rc::new(Sets::new(4, Weights::Same, 1_000, BTreeSet::new()));
    let mut header = App::genesis(&sets).unwrap().at(0).unwrap().header.clone();
    header.height = Height::new(height);
    header.parent = parent;
    header
}

fn broken(oracle: &Oracle) -> BTreeSet<Invariant> {
    oracle
        .violations()
        .iter()
        .map(|violation| violation.invariant)
        .collect()
}

fn assert_broken(oracle: &Oracle, invariant: Invariant) {
    assert_eq!(
        broken(oracle),
        BTreeSet::from([invariant]),
        "{:?}",
        oracle.violations()
    );
}

#[test]
fn a_good_history_breaks_nothing() {
    let mut oracle = oracle();
    certify(&mut oracle, notarize(1, 1), &[0, 1, 2]);
    certify(&mut oracle, finalize(1, 1), &[0, 1, 2]);
    certify(&mut oracle, notarize(2, 2), &[0, 1, 2, 3]);
    certify(&mut oracle, nullify(2), &[0, 1, 2]);
    for node in 0..3 {
        oracle.finalized(node, &header(1, block(0)), block(1));
        oracle.executed(node, 1, Digest::new([1; 32]));
    }
    oracle.holds(0, (3, 2), (1, 3));
    oracle.finish();
    assert_eq!(oracle.violations(), []);
}

#[test]
fn agreement_two_blocks_at_one_height() {
    let mut oracle = oracle();
    oracle.finalized(0, &header(1, block(0)), block(1));
    oracle.finalized(1, &header(1, block(0)), block(2));
    assert_broken(&oracle, Invariant::Agreement);
}

#[test]
fn agreement_two_sets_for_one_epoch() {
    let mut oracle = oracle();
    oracle.seats(&set(&[25, 25, 25, 26]), |_, seat| seat);
    assert_broken(&oracle, Invariant::Agreement);
}

#[test]
fn ancestry_a_block_that_skips_its_parent() {
    let mut oracle = oracle();
    oracle.finalized(0, &header(1, block(0)), block(1));
    oracle.finalized(0, &header(2, block(9)), block(2));
    assert_broken(&oracle, Invariant::Ancestry);
}

#[test]
fn l1_a_view_finalized_and_nullified() {
    let mut oracle = oracle();
    // Split so that no honest node contradicts itself: the certificates alone must show it.
    certify(&mut oracle, notarize(1, 1), &[0, 1, 2, 3]);
    oracle.sets.insert(1, vec![(0, 1), (1, 1), (2, 1), (3, 97)]);
    certify(&mut oracle, finalize(1, 1), &[0, 3]);
    certify(&mut oracle, nullify(1), &[1, 3]);
    assert_broken(&oracle, Invariant::FinalOrNull);
}

#[test]
fn l2_two_blocks_notarized_in_one_view() {
    let mut oracle = oracle();
    oracle.sets.insert(1, vec![(0, 1), (1, 1), (2, 1), (3, 97)]);
    certify(&mut oracle, notarize(1, 1), &[0, 3]);
    certify(&mut oracle, notarize(1, 2), &[1, 3]);
    assert_broken(&oracle, Invariant::OneNotarized);
}

#[test]
fn l3_a_finalization_of_what_could_not_be_notarized() {
    let mut oracle = oracle();
    certify(&mut oracle, finalize(1, 1), &[0, 1, 2]);
    assert_broken(&oracle, Invariant::NotarizedFirst);
}

#[test]
fn weight_two_thirds_exactly_decide_nothing() {
    let mut oracle = weighted(&[1, 1, 1, 3]);
    certify(&mut oracle, nullify(1), &[0, 3]);
    assert_broken(&oracle, Invariant::Weight);
    let mut more = weighted(&[1, 1, 1, 3]);
    certify(&mut more, nullify(1), &[0, 1, 3]);
    assert_eq!(more.violations(), []);
}

#[test]
fn weight_heads_are_not_counted() {
    let mut oracle = weighted(&[1, 1, 1, 30]);
    certify(&mut oracle, nullify(1), &[0, 1, 2]);
    assert_broken(&oracle, Invariant::Weight);
}

#[test]
fn weight_bits_beyond_the_seats() {
    for bytes in [vec![0b1_0111], vec![0b0111, 0], Vec::new()] {
        let mut oracle = oracle();
        for node in 0..3 {
            oracle.signed(node, &nullify(1));
        }
        let stray = Certificate {
            signers: Bitmap::from_bytes(bytes),
            ..certificate(nullify(1), &[])
        };
        oracle.believed(&stray);
        assert_broken(&oracle, Invariant::Weight);
    }
}

#[test]
fn weight_an_honest_signer_who_never_signed() {
    let mut oracle = oracle();
    oracle.signed(0, &nullify(1));
    oracle.signed(1, &nullify(1));
    oracle.believed(&certificate(nullify(1), &[0, 1, 2]));
    assert_broken(&oracle, Invariant::Weight);
}

#[test]
fn an_honest_node_that_contradicts_itself() {
    let other_parent = Statement::Notarize {
        epoch: Epoch::new(1),
        view: View::new(1),
        parent_view: View::new(7),
        block: block(1),
    };
    let offences = [
        [notarize(1, 1), notarize(1, 2)],
        [notarize(1, 1), other_parent],
        [finalize(1, 1), finalize(1, 2)],
        [nullify(1), finalize(1, 1)],
        [notarize(1, 1), finalize(1, 2)],
    ];
    for [a, b] in offences {
        for (first, second) in [(a, b), (b, a)] {
            let mut oracle = oracle();
            oracle.signed(0, &first);
            oracle.signed(MALICIOUS, &first);
            oracle.signed(MALICIOUS, &second);
            assert_eq!(oracle.violations(), []);
            oracle.signed(0, &second);
            assert_broken(&oracle, Invariant::NoHonestOffence);
        }
    }
}

#[test]
fn an_honest_node_may_say_these_together() {
    let mut oracle = oracle();
    for statement in [
        notarize(1, 1),
        finalize(1, 1),
        notarize(2, 2),
        nullify(2),
        nullify(2),
        notarize(3, 1),
    ] {
        oracle.signed(0, &statement);
    }
    assert_eq!(oracle.violations(), []);
}

#[test]
fn an_honest_node_that_wants_to_contradict_its_vote() {
    let mut oracle = oracle();
    oracle.wants_contradiction(MALICIOUS, &nullify(1));
    assert_eq!(oracle.violations(), []);
    oracle.wants_contradiction(0, &nullify(1));
    assert_broken(&oracle, Invariant::NoHonestOffence);
}

fn hear(oracle: &mut Oracle, by: usize, statements: &[Statement]) {
    oracle.heard(&Hearing {
        by,
        life: 1,
        from: MALICIOUS,
        statements,
    });
}

fn vote(signer: u16, statement: Statement) -> Vote {
    Vote {
        statement,
        signer: ValidatorIndex::new(signer),
        signature: GARBAGE,
    }
}

#[test]
fn evidence_that_nobody_shows() {
    let mut oracle = oracle();
    hear(&mut oracle, 0, &[nullify(1)]);
    hear(&mut oracle, 0, &[finalize(1, 1)]);
    oracle.evidence_due(2);
    assert_eq!(oracle.violations(), [], "there is an epoch's time");
    oracle.evidence_due(3);
    assert_broken(&oracle, Invariant::EvidenceFound);
}

#[test]
fn evidence_owed_at_the_end_of_the_run() {
    let mut oracle = oracle();
    hear(&mut oracle, 0, &[notarize(1, 1), notarize(1, 2)]);
    oracle.finish();
    assert_broken(&oracle, Invariant::EvidenceFound);
}

#[test]
fn evidence_is_owed_by_whoever_heard_both() {
    let mut oracle = oracle();
    hear(&mut oracle, 0, &[notarize(1, 1)]);
    hear(&mut oracle, 1, &[notarize(1, 2)]);
    oracle.finish();
    assert_eq!(oracle.violations(), []);
}

#[test]
fn evidence_that_was_shown_is_not_owed() {
    let mut oracle = oracle();
    let (a, b) = (notarize(1, 1), notarize(1, 2));
    oracle.signed(MALICIOUS, &a);
    oracle.signed(MALICIOUS, &b);
    hear(&mut oracle, 0, &[a, b]);
    oracle.accused((0, 1), &vote(3, a), &vote(3, b));
    oracle.finish();
    assert_eq!(oracle.violations(), []);
    assert_eq!(oracle.proven().collect::<Vec<_>>(), [(MALICIOUS, 1, 1)]);
}

#[test]
fn an_accusation_of_the_honest_or_of_nothing() {
    let (a, b) = (notarize(1, 1), notarize(1, 2));
    // The accused, the statements, what was signed.
    let histories = [
        (0, a, b, vec![a, b]),
        (3, a, b, vec![a]),
        (3, a, nullify(1), vec![a, nullify(1)]),
        (9, a, b, vec![a, b]),
    ];
    for (signer, first, second, signed) in histories {
        let mut oracle = oracle();
        for statement in &signed {
            oracle.signed(MALICIOUS, statement);
        }
        oracle.accused((1, 1), &vote(signer, first), &vote(signer, second));
        assert_broken(&oracle, Invariant::NoFalseAccusation);
    }
}

#[test]
fn an_honest_node_shut_out() {
    let mut oracle = oracle();
    oracle.banned((0, 1), 1, MALICIOUS);
    assert_eq!(oracle.violations(), []);
    oracle.banned((0, 1), 1, 2);
    assert_broken(&oracle, Invariant::NoFalseAccusation);
}

#[test]
fn state_two_roots_at_one_height() {
    let mut oracle = oracle();
    oracle.executed(0, 5, Digest::new([1; 32]));
    oracle.executed(1, 5, Digest::new([2; 32]));
    assert_broken(&oracle, Invariant::State);
}

#[test]
fn delivery_twice_or_with_a_gap() {
    let mut twice = oracle();
    twice.finalized(0, &header(1, block(0)), block(1));
    twice.finalized(0, &header(1, block(0)), block(1));
    assert_broken(&twice, Invariant::Delivery);

    let mut gap = oracle();
    gap.finalized(1, &header(1, block(0)), block(1));
    gap.finalized(1, &header(2, block(1)), block(2));
    gap.finalized(0, &header(2, block(1)), block(2));
    assert_broken(&gap, Invariant::Delivery);

    let mut again = oracle();
    again.finalized(0, &header(1, block(0)), block(1));
    again.restarted(0, 0);
    again.finalized(0, &header(1, block(0)), block(1));
    assert_eq!(again.violations(), [], "what was not durable comes once more");
}

#[test]
fn delivery_a_store_above_what_it_was_given() {
    let mut oracle = oracle();
    oracle.restarted(0, 1);
    assert_broken(&oracle, Invariant::Delivery);
}

#[test]
fn memory_more_than_the_open_views_need() {
    let mut rounds = oracle();
    rounds.holds(0, (10_000, 0), (5, 9));
    assert_broken(&rounds, Invariant::Memory);
    let mut bodies = oracle();
    bodies.holds(0, (10, 1_000), (5, 9));
    assert_broken(&bodies, Invariant::Memory);
}
