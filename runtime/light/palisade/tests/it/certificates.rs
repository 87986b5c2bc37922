//! What is believed of a certificate, and what is not.

use crate::world::{CHAIN, World, finalize, notarize, nullify};
use palisade_light_palisade::{Bitmap, CertificateError, Committee, SetError, ValidatorIndex};
use primitives::{ChainHash, Epoch, Power};

#[test]
fn a_quorum_of_weight_decides_and_one_unit_less_does_not() {
    // W = 8, q = ⌊16/3⌋ + 1 = 6.
    let world = World::new(0, &[3, 2, 2, 1]);
    let weights: Vec<u64> = (0..4)
        .map(|i| world.committee.weight(ValidatorIndex::new(i)))
        .collect();
    assert_eq!(world.committee.quorum(), 6);
    for subset in 1u16..16 {
        let signers: Vec<u16> = (0..4).filter(|i| subset & (1 << i) != 0).collect();
        let weight: u64 = signers.iter().fold(0, |sum, i| sum + weights[usize::from(*i)]);
        let verdict = world
            .committee
            .verify(&CHAIN, &world.certificate(&signers, finalize(3, 1)));
        let expected = if weight >= 6 {
            Ok(())
        } else {
            Err(CertificateError::Weight { weight, quorum: 6 })
        };
        assert_eq!(verdict, expected);
    }
}

#[test]
fn quorums_of_every_size_share_more_than_a_third() {
    for total in 1u64..500 {
        let world_quorum = 2 * total / 3 + 1;
        assert!(2 * world_quorum - total > total / 3, "weight {total}");
    }
    assert_eq!(World::new(0, &[1]).committee.quorum(), 1);
    assert_eq!(World::new(0, &[1, 1, 1, 1]).committee.quorum(), 3);
}

#[test]
fn bitmaps_and_signatures_that_do_not_fit_are_refused() {
    let world = World::new(0, &[1, 1, 1, 1]);
    let good = world.certificate(&[0, 1, 2], notarize(1, 1));
    assert_eq!(world.committee.verify(&CHAIN, &good), Ok(()));

    for bytes in [vec![], vec![0x07, 0x00], vec![0x17], vec![0xf7]] {
        let mut bad = good.clone();
        bad.signers = Bitmap::from_bytes(bytes);
        assert_eq!(
            world.committee.verify(&CHAIN, &bad),
            Err(CertificateError::Bitmap)
        );
    }
    // One more signer than signed, another statement, another chain, a signature that is none.
    let mut bad = good.clone();
    bad.signers = Bitmap::from_bytes(vec![0x0f]);
    assert_eq!(
        world.committee.verify(&CHAIN, &bad),
        Err(CertificateError::Signature)
    );
    let mut bad = good.clone();
    bad.statement = finalize(1, 1);
    assert_eq!(
        world.committee.verify(&CHAIN, &bad),
        Err(CertificateError::Signature)
    );
    assert_eq!(
        world.committee.verify(&ChainHash::new([8; 32]), &good),
        Err(CertificateError::Signature)
    );
    let mut bad = good.clone();
    bad.signature.0 = [0; 48];
    assert_eq!(
        world.committee.verify(&CHAIN, &bad),
        Err(CertificateError::Signature)
    );
    // A certificate of one epoch says nothing in another, though the keys are the same.
    assert_eq!(
        World::new(1, &[1, 1, 1, 1]).committee.verify(&CHAIN, &good),
        Err(CertificateError::Epoch {
            found: Epoch::ZERO,
            expected: Epoch::new(1)
        })
    );
    assert_eq!(
        world
            .committee
            .verify(&CHAIN, &world.certificate(&[1, 2, 3], nullify(7))),
        Ok(())
    );
}

#[test]
fn a_set_that_breaks_a_rule_is_no_committee() {
    let set = World::new(0, &[1, 2, 3]).committee.set().clone();
    let mut twice = set.clone();
    twice.validators.insert(0, twice.validators[0].clone());
    assert_eq!(Committee::new(twice).unwrap_err(), SetError::Order);
    let mut empty = set.clone();
    empty.validators.clear();
    assert_eq!(Committee::new(empty).unwrap_err(), SetError::Count(0));
    let mut weightless = set.clone();
    weightless.validators[1].weight = Power::ZERO;
    assert_eq!(Committee::new(weightless).unwrap_err(), SetError::Weight);
    let mut heavy = set.clone();
    heavy.validators[1].weight = Power::MAX;
    assert_eq!(Committee::new(heavy).unwrap_err(), SetError::Weight);
    let mut broken = set;
    broken.validators[2].key.0[95] ^= 1;
    assert_eq!(
        Committee::new(broken).unwrap_err(),
        SetError::Key(ValidatorIndex::new(2))
    );
}

#[test]
fn the_root_binds_everything_in_the_set() {
    let set = World::new(0, &[1, 2, 3]).committee.set().clone();
    let root = set.root();
    let mut changed = Vec::new();
    changed.push({
        let mut s = set.clone();
        s.epoch = Epoch::new(1);
        s
    });
    changed.push({
        let mut s = set.clone();
        s.validators[0].weight = Power::new(9);
        s
    });
    changed.push({
        let mut s = set.clone();
        s.validators[1].p2p_key[0] ^= 1;
        s
    });
    changed.push({
        let mut s = set.clone();
        s.ends_at = primitives::ChainClock::new(1_001);
        s
    });
    changed.push({
        let mut s = set;
        s.validators.pop();
        s
    });
    assert!(changed.iter().all(|set| set.root() != root));
}
