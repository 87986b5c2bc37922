//! What counts as misbehaviour, restated by hand for every pair of statements.

use crate::world::{CHAIN, World, finalize, notarize, nullify};
use palisade_light_palisade::{Evidence, EvidenceError, Offence, ValidatorIndex};

#[test]
fn every_pair_of_statements_is_judged_as_written() {
    let (n1, n2, f1, f2, x) = (
        notarize(5, 1),
        notarize(5, 2),
        finalize(5, 1),
        finalize(5, 2),
        nullify(5),
    );
    let table = [
        (n1, n2, Some(Offence::DoubleNotarize)),
        (f1, f2, Some(Offence::DoubleFinalize)),
        (x, f1, Some(Offence::NullifyFinalize)),
        (n1, f2, Some(Offence::NotarizeFinalize)),
        (n1, n1, None),
        (f1, f1, None),
        (n1, f1, None),
        (n1, x, None),
        (x, x, None),
        // Other views are other slots.
        (n1, notarize(6, 2), None),
        (finalize(6, 1), f2, None),
        (nullify(6), f1, None),
    ];
    for (a, b, expected) in table {
        assert_eq!(Offence::between(&a, &b), expected, "{a:?} and {b:?}");
        assert_eq!(Offence::between(&b, &a), expected, "{b:?} and {a:?}");
    }
}

#[test]
fn two_votes_convict_their_signer_only() {
    let world = World::new(0, &[1, 1, 1, 1]);
    let evidence = Evidence::Votes(world.vote(2, notarize(5, 1)), world.vote(2, notarize(5, 2)));
    assert_eq!(
        evidence.verify(&CHAIN, &world.committee),
        Ok((Offence::DoubleNotarize, vec![ValidatorIndex::new(2)]))
    );
    let strangers = Evidence::Votes(world.vote(1, notarize(5, 1)), world.vote(2, notarize(5, 2)));
    assert_eq!(
        strangers.verify(&CHAIN, &world.committee),
        Err(EvidenceError::NoCulprit)
    );
    let mut forged = world.vote(2, notarize(5, 2));
    forged.signature = world.vote(1, notarize(5, 2)).signature;
    let forged = Evidence::Votes(world.vote(2, notarize(5, 1)), forged);
    assert!(matches!(
        forged.verify(&CHAIN, &world.committee),
        Err(EvidenceError::Vote(_))
    ));
    let harmless = Evidence::Votes(world.vote(2, notarize(5, 1)), world.vote(2, nullify(5)));
    assert_eq!(
        harmless.verify(&CHAIN, &world.committee),
        Err(EvidenceError::NoOffence)
    );
}

#[test]
fn two_certificates_convict_everybody_who_signed_both() {
    let world = World::new(0, &[1, 1, 1, 1]);
    let evidence = Evidence::Certificates(
        world.certificate(&[0, 1, 2], finalize(5, 1)),
        world.certificate(&[1, 2, 3], nullify(5)),
    );
    let culprits = vec![ValidatorIndex::new(1), ValidatorIndex::new(2)];
    assert_eq!(
        evidence.verify(&CHAIN, &world.committee),
        Ok((Offence::NullifyFinalize, culprits))
    );
    let weak = Evidence::Certificates(
        world.certificate(&[0, 1], finalize(5, 1)),
        world.certificate(&[1, 2, 3], nullify(5)),
    );
    assert!(matches!(
        weak.verify(&CHAIN, &world.committee),
        Err(EvidenceError::Certificate(_))
    ));
}
