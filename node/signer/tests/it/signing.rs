//! A key behind a guard.

use crate::{CHAIN, finalize, initialise, notarize, nullify, open};
use crypto::bls::{PublicKey, Signature};
use light_palisade::vote::seed_sign_bytes;
use palisade_signer::guard::{GuardError, Refusal, Slot};
use palisade_signer::{ConsensusKey, LocalSigner, Signer, SignerError};
use primitives::{Epoch, View};
use std::sync::{Arc, Mutex};
use wal::faulty::{Faulty, Survival};

fn key() -> ConsensusKey {
    ConsensusKey::development(b"signing", 0)
}

fn signer(medium: &Faulty) -> LocalSigner {
    let mut guard = initialise(medium);
    guard.register(key().public_key(), Slot::FIRST).unwrap();
    LocalSigner::new(key(), Arc::new(Mutex::new(guard))).unwrap()
}

#[test]
fn signatures_verify_and_refusals_are_counted() {
    let mut signer = signer(&Faulty::new());
    let public = PublicKey::new(&signer.public_key()).unwrap();
    let statements = [notarize(1, 1), finalize(1, 1), nullify(1), nullify(2)];
    let signed = signer.sign(&statements).unwrap();
    assert_eq!(signed[2], Err(Refusal::NullifyAfterFinalize));
    for at in [0, 1, 3] {
        let signature = Signature::new(&signed[at].unwrap()).unwrap();
        let message = statements[at].sign_bytes(&CHAIN);
        assert!(signature.verify(&public, &message).is_ok());
        assert!(
            signature
                .verify(&public, &statements[2].sign_bytes(&CHAIN))
                .is_err()
        );
    }
    let statistics = signer.statistics();
    assert_eq!((statistics.signed, statistics.syncs), (3, 1));
    assert_eq!(statistics.refusals["nullify_after_finalize"], 1);
    // Again: the same signatures, without a sync.
    assert_eq!(signer.sign(&statements[..2]).unwrap(), signed[..2]);
    assert_eq!(signer.statistics().syncs, 1);
}

#[test]
fn the_seed_is_signed_under_its_own_domain_and_needs_no_guard() {
    let medium = Faulty::new();
    let mut signer = signer(&medium);
    let before = medium.operations();
    let (epoch, view) = (Epoch::new(1), View::new(1));
    let seed = signer.sign_seed(epoch, view).unwrap().unwrap();
    assert_eq!(signer.sign_seed(epoch, view).unwrap(), Ok(seed));
    assert_eq!(medium.operations(), before);
    let public = PublicKey::new(&signer.public_key()).unwrap();
    let signature = Signature::new(&seed).unwrap();
    assert!(
        signature
            .verify(&public, &seed_sign_bytes(&CHAIN, epoch, view))
            .is_ok()
    );
    assert!(signature.verify(&public, &nullify(1).sign_bytes(&CHAIN)).is_err());
}

#[test]
fn a_key_the_guard_does_not_know_makes_no_signer() {
    let guard = Arc::new(Mutex::new(initialise(&Faulty::new())));
    let refused = LocalSigner::new(key(), guard);
    assert!(matches!(
        refused,
        Err(SignerError::Guard(GuardError::Unregistered { .. }))
    ));
}

#[test]
fn no_signature_leaves_before_it_is_durable() {
    let medium = Faulty::new();
    let mut first = signer(&medium);
    medium.fail_sync_after(0);
    assert!(first.sign(&[notarize(1, 1)]).is_err());
    // Nothing left the signer, so after the power loss the other block may be signed.
    medium.crash(Survival::Nothing);
    let guard = Arc::new(Mutex::new(open(&medium).unwrap()));
    let mut second = LocalSigner::new(key(), guard).unwrap();
    assert!(second.sign(&[notarize(1, 2)]).unwrap()[0].is_ok());
}

#[test]
fn keys_of_one_folder_share_its_guard() {
    let mut guard = initialise(&Faulty::new());
    let (old, new) = (key(), ConsensusKey::development(b"signing", 1));
    for key in [&old, &new] {
        guard.register(key.public_key(), Slot::FIRST).unwrap();
    }
    let guard = Arc::new(Mutex::new(guard));
    let mut signers: Vec<Box<dyn Signer>> = vec![
        Box::new(LocalSigner::new(old, Arc::clone(&guard)).unwrap()),
        Box::new(LocalSigner::new(new, guard).unwrap()),
    ];
    let signatures = signers
        .iter_mut()
        .map(|signer| signer.sign(&[notarize(1, 1)]).unwrap()[0]);
    let signatures: Vec<_> = signatures.collect::<Result<_, _>>().unwrap();
    assert_ne!(signatures[0], signatures[1]);
}
