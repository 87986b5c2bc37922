//! Keys that go from one home to another: killed after any step, never two homes that sign.

use crate::property::slashable;
use crate::{CHAIN, finalize, notarize, nullify};
use light_palisade::Statement;
use palisade_signer::guard::{Guard, GuardConfig, GuardError, Slot};
use palisade_signer::transfer::{Places, Step, TransferError, Which, pack, unpack};
use palisade_signer::{LocalSigner, NodeKeys, Protection, Signer, SignerError};
use primitives::address::Network;
use std::path::Path;
use std::sync::{Arc, Mutex};
use wal::Disk;

const STEPS: [Step; 8] = [
    Step::KeysPacked,
    Step::HistoryWritten,
    Step::Locked,
    Step::Packed,
    Step::Claimed,
    Step::GuardMade,
    Step::HistoryTaken,
    Step::KeysTaken,
];

fn places(home: &Path) -> Places {
    Places {
        home: home.to_owned(),
        keys: home.join("keys"),
        guard: home.join("guard"),
    }
}

/// A home that may sign from the first slot on.
fn home(folder: &Path, name: &str) -> Places {
    let places = places(&folder.join(name));
    let keys = NodeKeys::development(b"transfer", 0);
    keys.create(
        &places.keys,
        &Protection::DevelopmentPlaintext,
        Network::Development,
    )
    .unwrap();
    Guard::provision(&places.guard, CHAIN, keys.consensus.public_key()).unwrap();
    places
}

/// The signer that a node of this home would have, if it would start.
fn signer(home: &Places) -> Option<LocalSigner> {
    let keys = NodeKeys::load(
        &home.keys,
        &Protection::DevelopmentPlaintext,
        Network::Development,
    )
    .ok()?;
    let disk = Arc::new(Disk::new(&home.guard).unwrap());
    let guard = Guard::open(disk, CHAIN, GuardConfig::default()).ok()?;
    match LocalSigner::new(keys.consensus, Arc::new(Mutex::new(guard))) {
        Ok(signer) => Some(signer),
        Err(SignerError::Guard(GuardError::Retired { .. } | GuardError::Unregistered { .. })) => None,
        Err(error) => panic!("{error}"),
    }
}

/// What the home signs of `statements`.
fn signs(home: &Places, statements: &[Statement]) -> Vec<Statement> {
    let Some(mut signer) = signer(home) else {
        return Vec::new();
    };
    let answers = signer.sign(statements).unwrap();
    let signed = statements.iter().zip(answers);
    signed
        .filter(|(_, answer)| answer.is_ok())
        .map(|(s, _)| *s)
        .collect()
}

/// Both halves, stopped after `last`.
fn transfer(from: &Places, to: &Places, bundle: &Path, last: Step) -> Result<(), TransferError> {
    let watcher = &mut |step: Step| step < last;
    pack(from, CHAIN, Which::All, bundle, watcher)?;
    unpack(bundle, to, watcher)
}

#[test]
fn killed_after_any_step_two_homes_never_sign_a_slashable_pair_and_the_same_command_ends_it() {
    for (at, last) in STEPS.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let from = home(folder.path(), "old");
        let to = places(&folder.path().join("new"));
        let bundle = folder.path().join("bundle");
        let mut signed = signs(&from, &[notarize(1, 1), finalize(1, 1), notarize(2, 1)]);
        assert_eq!(signed.len(), 3);

        let stopped = transfer(&from, &to, &bundle, last);
        assert!(
            matches!(stopped, Err(TransferError::Stopped(step)) if step == last),
            "{stopped:?}"
        );
        // Somebody starts both homes now, and they see different blocks.
        let old = signs(&from, &[notarize(3, 1), nullify(4)]);
        let new = signs(
            &to,
            &[
                notarize(1, 2),
                nullify(2),
                finalize(2, 2),
                notarize(3, 2),
                finalize(4, 2),
            ],
        );
        assert!(old.is_empty() || new.is_empty(), "{last:?}");
        assert_eq!(
            old.is_empty(),
            at >= 2,
            "{last:?}: the old home signs until it is locked"
        );
        assert_eq!(
            new.is_empty(),
            at < 7,
            "{last:?}: the new home signs when all is there"
        );
        signed.extend(old.into_iter().chain(new));

        // Again: it goes on where it ended, and then only the new home signs, and knows everything.
        pack(&from, CHAIN, Which::All, &bundle, &mut |_| true).unwrap();
        unpack(&bundle, &to, &mut |_| true).unwrap();
        assert!(signs(&from, &[notarize(9, 1)]).is_empty());
        signed.extend(signs(
            &to,
            &[notarize(1, 2), notarize(3, 2), nullify(4), notarize(5, 2)],
        ));
        assert!(signed.contains(&notarize(5, 2)));
        for a in &signed {
            assert!(signed.iter().all(|b| !slashable(a, b)), "{last:?}: {signed:?}");
        }
    }
}

#[test]
fn a_bundle_is_for_one_home_and_a_home_that_gave_its_keys_away_does_not_get_them_back() {
    let folder = tempfile::tempdir().unwrap();
    let from = home(folder.path(), "old");
    let (first, second) = (places(&folder.path().join("a")), places(&folder.path().join("b")));
    let bundle = folder.path().join("bundle");
    let all = &mut |_| true;
    assert!(matches!(
        unpack(&bundle, &first, all),
        Err(TransferError::NoBundle { .. })
    ));
    pack(&from, CHAIN, Which::All, &bundle, all).unwrap();
    unpack(&bundle, &first, all).unwrap();
    assert!(matches!(
        unpack(&bundle, &second, all),
        Err(TransferError::Claimed { .. })
    ));
    // Packed again elsewhere, there is no history that could be given.
    let another = folder.path().join("another");
    let again = pack(&from, CHAIN, Which::All, &another, all);
    assert!(matches!(again, Err(TransferError::GivenAway { .. })), "{again:?}");
    // And back.
    pack(&first, CHAIN, Which::All, &another, all).unwrap();
    let back = unpack(&another, &from, all);
    assert!(matches!(back, Err(TransferError::Locked { .. })), "{back:?}");
    unpack(&another, &second, all).unwrap();
    assert!(signer(&second).is_some() && signer(&first).is_none());
}

#[test]
fn a_home_in_use_and_one_with_other_keys_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let from = home(folder.path(), "old");
    let bundle = folder.path().join("bundle");
    let all = &mut |_| true;
    let running = signer(&from).unwrap();
    let refused = pack(&from, CHAIN, Which::All, &bundle, all);
    assert!(
        matches!(refused, Err(TransferError::Guard(GuardError::Log(_)))),
        "{refused:?}"
    );
    drop(running);

    let to = places(&folder.path().join("new"));
    let other = NodeKeys::development(b"another", 1);
    other
        .create(&to.keys, &Protection::DevelopmentPlaintext, Network::Development)
        .unwrap();
    pack(&from, CHAIN, Which::Consensus, &bundle, all).unwrap();
    assert!(!bundle.join("keys/p2p.pem").exists());
    let refused = unpack(&bundle, &to, all);
    assert!(
        matches!(refused, Err(TransferError::Differs { .. })),
        "{refused:?}"
    );
    assert!(!to.guard.join("signing-guard.log").exists());
    // Refused before it was claimed: another home may have it.
    let third = places(&folder.path().join("third"));
    unpack(&bundle, &third, all).unwrap();
    let disk = Arc::new(Disk::new(&third.guard).unwrap());
    let guard = Guard::open(disk, CHAIN, GuardConfig::default()).unwrap();
    let key = NodeKeys::development(b"transfer", 0).consensus.public_key();
    assert_eq!(guard.watermark(&key), Some(Slot::FIRST));
}
