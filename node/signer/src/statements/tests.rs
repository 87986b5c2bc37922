//! The guard says one thing per slot, across crashes.

use super::*;
use crypto::bls::{PublicKey, Signature};
use wal::faulty::Faulty;

const CHAIN: ChainHash = ChainHash::new([7; 32]);

fn key() -> ConsensusKey {
    ConsensusKey::from_seed(&[3; 32])
}

fn place(task: u64, slot: u64) -> Place {
    Place {
        service: ServiceId::new(1),
        task,
        slot,
    }
}

fn said(byte: u8) -> Said {
    Said {
        hash: Digest::new([byte; 32]),
        salt: Digest::new([byte; 32]),
        answer: vec![byte; 10],
    }
}

fn now(millis: u64) -> ChainClock {
    ChainClock::new(millis)
}

#[test]
fn a_slot_is_said_once_and_the_same_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || ServiceSigner::new(key(), CHAIN, ServiceGuard::open_in(folder.path(), CHAIN).unwrap());
    let signer = open();
    signer
        .admit(&[(place(1, 0), said(1)), (place(1, 1), said(2))], now(5))
        .unwrap();
    let signature = signer.sign(&place(1, 1)).unwrap();
    drop(signer);
    let signer = open();
    assert_eq!(signer.said(&place(1, 1)), Some(said(2)));
    assert_eq!(signer.sign(&place(1, 1)).unwrap(), signature);
    signer.admit(&[(place(1, 1), said(2))], now(6)).unwrap();
    let refused = signer.admit(&[(place(1, 1), said(9))], now(6)).unwrap_err();
    assert!(
        matches!(refused, ServiceGuardError::SaidAnother { .. }),
        "{refused}"
    );
    // All or nothing: the free slot beside the refused one stays free.
    let both = [(place(1, 2), said(4)), (place(1, 0), said(9))];
    assert!(signer.admit(&both, now(6)).is_err());
    assert_eq!(signer.said(&place(1, 2)), None);
    let statement = sign_bytes(&CHAIN, ServiceId::new(1), 1, 1, &said(2).hash);
    let public = PublicKey::new(&signer.public_key()).unwrap();
    Signature::new(&signature)
        .unwrap()
        .verify(&public, statement.as_bytes())
        .unwrap();
}

#[test]
fn what_was_not_admitted_is_not_signed() {
    let folder = tempfile::tempdir().unwrap();
    let guard = ServiceGuard::open_in(folder.path(), CHAIN).unwrap();
    let signer = ServiceSigner::new(key(), CHAIN, guard);
    assert!(matches!(
        signer.sign(&place(1, 0)),
        Err(ServiceGuardError::NotAdmitted(_))
    ));
    let long = Said {
        answer: vec![0; MAX_ANSWER + 1],
        ..said(1)
    };
    assert!(matches!(
        signer.admit(&[(place(1, 0), long)], now(0)),
        Err(ServiceGuardError::TooLong(_))
    ));
    assert!(matches!(
        ServiceGuard::open_in(folder.path(), ChainHash::new([8; 32])),
        Err(ServiceGuardError::Log(_))
    ));
    assert_ne!(signer.salt().unwrap(), signer.salt().unwrap());
}

#[test]
fn old_rows_are_forgotten_and_their_slots_stay_closed() {
    let folder = tempfile::tempdir().unwrap();
    let config = ServiceGuardConfig {
        keep: Millis::new(100),
        compact_above: 1_000,
    };
    let open = || {
        let disk = Disk::new(folder.path()).unwrap();
        ServiceGuard::open(Arc::new(disk), CHAIN, config).unwrap()
    };
    let mut guard = open();
    let key = key().public_key();
    for slot in 0..40u64 {
        let at = now(slot * 10);
        guard.admit(&key, &[(place(1, slot), said(1))], at).unwrap();
    }
    assert!(guard.rows.len() < 40);
    assert_eq!(guard.said(&key, &place(1, 0)), None);
    let refused = guard.admit(&key, &[(place(1, 0), said(2))], now(400));
    assert!(matches!(refused, Err(ServiceGuardError::Forgotten(_))));
    drop(guard);
    let mut guard = open();
    let refused = guard.admit(&key, &[(place(1, 0), said(2))], now(400));
    assert!(matches!(refused, Err(ServiceGuardError::Forgotten(_))));
    guard.admit(&key, &[(place(2, 0), said(2))], now(400)).unwrap();
}

#[test]
fn a_disk_that_fails_stops_the_guard() {
    let disk = Arc::new(Faulty::new());
    let medium: Arc<dyn Medium> = disk.clone();
    let mut guard = ServiceGuard::open(medium, CHAIN, ServiceGuardConfig::default()).unwrap();
    let key = key().public_key();
    guard.admit(&key, &[(place(1, 0), said(1))], now(0)).unwrap();
    disk.fail_sync_after(0);
    assert!(guard.admit(&key, &[(place(1, 1), said(1))], now(0)).is_err());
    assert!(matches!(
        guard.admit(&key, &[(place(1, 2), said(1))], now(0)),
        Err(ServiceGuardError::Broken)
    ));
    assert_eq!(guard.said(&key, &place(1, 1)), None);
}
