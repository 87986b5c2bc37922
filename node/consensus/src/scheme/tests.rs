//! The production scheme, with real signatures.
#![allow(clippy::arithmetic_side_effects, reason = "tests state small figures")]

use super::*;
use crate::tally::Tally;
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, SIGNATURE_DST};
use light_palisade::{Validator, ValidatorSet, Vote};
use primitives::{AccountId, BlockHash, ChainClock, Power};

const CHAIN: ChainHash = ChainHash::new([7; 32]);

struct World {
    secrets: Vec<SecretKey>,
    committee: Committee,
    scheme: BlsScheme,
}

fn world(count: u8) -> World {
    let mut secrets: Vec<SecretKey> = (0..count)
        .map(|i| SecretKey::key_gen(&[i; 32], &[]).unwrap())
        .collect();
    secrets.sort_by_key(|secret| secret.sk_to_pk().compress());
    let validators = secrets
        .iter()
        .map(|secret| Validator {
            key: KeyBytes(secret.sk_to_pk().compress()),
            weight: Power::new(1),
            operator: AccountId::ZERO,
            p2p_key: [0; 32],
        })
        .collect();
    let set = ValidatorSet {
        epoch: Epoch::new(2),
        ends_at: ChainClock::ZERO,
        validators,
    };
    World {
        secrets,
        committee: Committee::new(set).unwrap(),
        scheme: BlsScheme::new(CHAIN),
    }
}

impl World {
    fn sign(&self, index: usize, message: &[u8]) -> SignatureBytes {
        SignatureBytes(self.secrets[index].sign(message, SIGNATURE_DST, &[]).compress())
    }

    fn vote(&self, index: u16, statement: Statement) -> Vote {
        Vote {
            statement,
            signer: ValidatorIndex::new(index),
            signature: self.sign(usize::from(index), &statement.sign_bytes(&CHAIN)),
        }
    }

    fn tally(&self, votes: &[Vote]) -> Tally<Signature> {
        let mut tally = Tally::default();
        for vote in votes {
            assert!(tally.insert(vote, 1, false));
        }
        tally
    }
}

fn statement() -> Statement {
    Statement::Notarize {
        epoch: Epoch::new(2),
        view: View::new(5),
        parent_view: View::new(4),
        block: BlockHash::new([1; 32]),
    }
}

#[test]
fn a_tally_of_real_signatures_gives_a_certificate_that_a_light_client_believes() {
    let world = world(7);
    let votes: Vec<Vote> = (0..5).map(|i| world.vote(i, statement())).collect();
    let certified = world
        .tally(&votes)
        .certify(&world.scheme, &world.committee, &statement());
    assert!(certified.bad.is_empty());
    let certificate = certified.certificate.unwrap();
    assert_eq!(world.committee.verify(&CHAIN, &certificate), Ok(()));
    assert_eq!(
        world.scheme.verify_certificate(&world.committee, &certificate),
        Ok(())
    );
    let mut other = certificate;
    other.statement = Statement::Nullify {
        epoch: Epoch::new(2),
        view: View::new(5),
    };
    let refused = world.scheme.verify_certificate(&world.committee, &other);
    assert_eq!(refused, Err(CertificateError::Signature));
}

#[test]
fn bad_real_signatures_are_found_and_the_rest_still_certifies() {
    let world = world(7);
    let mut votes: Vec<Vote> = (0..7).map(|i| world.vote(i, statement())).collect();
    // One signed something else, one gives bytes that are no point.
    votes[1].signature = world.sign(1, b"something else");
    votes[4].signature = SignatureBytes([0xff; 48]);
    let mut tally = world.tally(&votes);
    let certified = tally.certify(&world.scheme, &world.committee, &statement());
    let mut bad: Vec<u16> = certified.bad.iter().map(|index| index.get()).collect();
    bad.sort_unstable();
    assert_eq!(bad, [1, 4]);
    let certificate = certified.certificate.unwrap();
    assert_eq!(world.committee.verify(&CHAIN, &certificate), Ok(()));
    assert_eq!(tally.weight(&statement()), 5);
}

#[test]
fn a_seed_signature_is_bound_to_its_slot_and_signer() {
    let world = world(2);
    let slot = (Epoch::new(2), View::new(9));
    let signature = world.sign(0, &seed_sign_bytes(&CHAIN, slot.0, slot.1));
    let holds = |index, slot| {
        world
            .scheme
            .verify_seed(&world.committee, ValidatorIndex::new(index), slot, &signature)
    };
    assert!(holds(0, slot));
    assert!(!holds(1, slot) && !holds(2, slot) && !holds(0, (slot.0, View::new(8))));
}
