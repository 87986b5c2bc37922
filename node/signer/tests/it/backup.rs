//! Keys in a backup and out of it: never over what was signed since.

use crate::{CHAIN, notarize};
use age::secrecy::ExposeSecret;
use palisade_signer::backup::{
    Backup, BackupError, Opener, RESTORED, Resume, Seal, restore, take_up, waiting,
};
use palisade_signer::guard::{Guard, GuardConfig, Slot};
use palisade_signer::{KeyError, NodeKeys, Password, Protection};
use primitives::address::Network;
use primitives::{ChainHash, Epoch, View};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wal::Disk;

/// What `age-keygen` gives: public and secret half.
fn age_keys() -> (String, String) {
    let identity = age::x25519::Identity::generate();
    let secret = identity.to_string().expose_secret().to_owned();
    (identity.to_public().to_string(), secret)
}

fn key() -> crypto::bls::KeyBytes {
    NodeKeys::development(b"backup", 0).consensus.public_key()
}

fn open(home: &Path) -> Guard {
    let disk = Arc::new(Disk::new(home.join("guard")).unwrap());
    Guard::open(disk, CHAIN, GuardConfig::default()).unwrap()
}

/// A home whose key has signed in a view.
fn home(folder: &Path) -> PathBuf {
    let home = folder.join("home");
    let keys = NodeKeys::development(b"backup", 0);
    let plain = Protection::DevelopmentPlaintext;
    keys.create(&home.join("keys"), &plain, Network::Development)
        .unwrap();
    Guard::provision(&home.join("guard"), CHAIN, keys.consensus.public_key()).unwrap();
    std::fs::write(home.join("config.toml"), "[node]\n").unwrap();
    open(&home).admit(&key(), &[notarize(3, 1)]).unwrap();
    home
}

fn backup(home: &Path) -> Backup {
    Backup::of(home, CHAIN, 7, Some(open(home).export())).unwrap()
}

/// A file that only its owner may read.
fn secret(folder: &Path, name: &str, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

#[test]
fn what_was_sealed_opens_for_its_recipient_alone_and_every_other_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let home = home(folder.path());
    let made = backup(&home);
    let path = folder.path().join("b.age");
    let (recipient, identity) = age_keys();
    let seal = Seal::Recipients(vec![recipient.parse().unwrap()]);
    made.write(&path, &seal).unwrap();
    let again = made.write(&path, &seal);
    assert!(
        matches!(again, Err(BackupError::Key(KeyError::Exists { .. }))),
        "{again:?}"
    );

    let identity = secret(folder.path(), "identity", &format!("# a comment\n{identity}\n"));
    let opener = Opener::identities(&identity).unwrap();
    assert_eq!(Backup::read(&path, &opener).unwrap(), made);
    assert_eq!(made.highest(), Slot::new(Epoch::new(1), View::new(3)));
    let names: Vec<&str> = made.files.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "config.toml",
            "keys/account.pem",
            "keys/consensus.json",
            "keys/p2p.pem"
        ]
    );

    let whole = std::fs::read(&path).unwrap();
    let refused = |bytes: &[u8], opener: &Opener| {
        let path = folder.path().join("broken.age");
        std::fs::write(&path, bytes).unwrap();
        Backup::read(&path, opener).unwrap_err().to_string()
    };
    let cut = refused(&whole[..whole.len() - 1], &opener);
    assert!(cut.contains("cut off or damaged"), "{cut}");
    let mut turned = whole.clone();
    turned[whole.len() - 100] ^= 1;
    assert!(refused(&turned, &opener).contains("does not open"));
    assert!(refused(&whole[..20], &opener).contains("does not open"));
    assert!(refused(b"", &opener).contains("does not open"));
    assert!(refused(b"[node]", &opener).contains("no file of age"));
    let other = Opener::identities(&secret(folder.path(), "other", &age_keys().1)).unwrap();
    assert!(refused(&whole, &other).contains("none of these identities"));
    let phrase = refused(&whole, &Opener::Passphrase(password("open sesame")));
    assert!(phrase.contains("--age-identity"), "{phrase}");
    let none = Opener::identities(&secret(folder.path(), "none", "# nothing\n"));
    assert!(matches!(none, Err(BackupError::Identity { .. })), "{none:?}");
    assert!(
        "age1nobody"
            .parse::<palisade_signer::backup::Recipient>()
            .is_err()
    );
}

#[test]
fn a_passphrase_opens_what_it_sealed_and_another_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let home = home(folder.path());
    let path = folder.path().join("b.age");
    let made = backup(&home);
    made.write(&path, &Seal::Passphrase(password("open sesame")))
        .unwrap();
    let right = Opener::Passphrase(password("open sesame"));
    assert_eq!(Backup::read(&path, &right).unwrap(), made);
    let wrong = Backup::read(&path, &Opener::Passphrase(password("open barley")));
    assert!(wrong.unwrap_err().to_string().contains("wrong passphrase"));
}

#[test]
fn nothing_is_restored_over_later_votes_or_other_keys() {
    let folder = tempfile::tempdir().unwrap();
    let home = home(folder.path());
    let made = backup(&home);
    // Nothing was signed since: what is missing comes back, and the guard stays.
    let p2p = home.join("keys/p2p.pem");
    std::fs::remove_file(&p2p).unwrap();
    let done = restore(&made, &home, Some(CHAIN), Resume::OnRequest).unwrap();
    assert_eq!(done.written, ["keys/p2p.pem"]);
    assert_eq!(done.there.len(), 3);
    assert!(!home.join("guard").join(RESTORED).exists());

    open(&home).admit(&key(), &[notarize(4, 1)]).unwrap();
    std::fs::remove_file(&p2p).unwrap();
    let newer = restore(&made, &home, Some(CHAIN), Resume::OnRequest);
    assert!(matches!(newer, Err(BackupError::Newer { .. })), "{newer:?}");
    assert!(!p2p.exists(), "refused before anything was written");
    let done = restore(&made, &home, Some(CHAIN), Resume::KeysOnly).unwrap();
    assert_eq!(done.written, ["keys/p2p.pem"]);
    assert_eq!(open(&home).highest(&key()).unwrap().view, View::new(4));

    // A copy of the home from before the backup is no guard.
    let later = backup(&home);
    let old = folder.path().join("old");
    std::fs::create_dir(&old).unwrap();
    let disk = Arc::new(Disk::new(old.join("guard")).unwrap());
    let mut stale = Guard::initialise(disk, CHAIN, GuardConfig::default()).unwrap();
    stale.import(made.history.as_ref().unwrap()).unwrap();
    drop(stale);
    let older = restore(&later, &old, None, Resume::OnRequest);
    assert!(matches!(older, Err(BackupError::Older { .. })), "{older:?}");
    open(&old).retire().unwrap();
    let given = restore(&later, &old, None, Resume::OnRequest);
    assert!(matches!(given, Err(BackupError::GivenAway)), "{given:?}");

    let other = restore(&made, &home, Some(ChainHash::new([9; 32])), Resume::OnRequest);
    assert!(
        matches!(other, Err(BackupError::AnotherChain { .. })),
        "{other:?}"
    );
    std::fs::write(home.join("config.toml"), "[rpc]\n").unwrap();
    let differs = restore(&made, &home, Some(CHAIN), Resume::OnRequest);
    assert!(matches!(differs, Err(BackupError::Differs { .. })), "{differs:?}");
    // A home in use is left alone.
    let guard = open(&old);
    let used = restore(&made, &old, None, Resume::OnRequest);
    assert!(matches!(used, Err(BackupError::Guard(_))), "{used:?}");
    drop(guard);
}

#[test]
fn restored_keys_sign_nothing_of_which_the_backup_cannot_know() {
    let folder = tempfile::tempdir().unwrap();
    let made = backup(&home(folder.path()));
    let new = folder.path().join("new");
    let done = restore(&made, &new, None, Resume::OnRequest).unwrap();
    assert_eq!(done.written.len(), 4);
    assert!(
        !new.join("guard/signing-guard.log").exists(),
        "there is no guard to vote with"
    );
    // Again: killed before the last file, say.
    std::fs::remove_file(new.join("keys/p2p.pem")).unwrap();
    restore(&made, &new, None, Resume::OnRequest).unwrap();
    let history = waiting(&new.join("guard")).unwrap().unwrap();
    assert_eq!(Some(&history), made.history.as_ref());
    let disk = Arc::new(Disk::new(new.join("guard")).unwrap());
    let mut guard = Guard::initialise(disk, CHAIN, GuardConfig::default()).unwrap();
    take_up(&mut guard, &history, Slot::end_of(Epoch::new(5))).unwrap();
    assert_eq!(guard.watermark(&key()), Some(Slot::end_of(Epoch::new(5))));
    let refused = guard.admit(&key(), &[notarize(9, 1)]).unwrap();
    assert!(refused.verdicts[0].is_err(), "epoch 1 is over");
    drop(guard);

    // For a signer: the guard at once, from a later epoch on.
    let signer = folder.path().join("signer");
    let early = restore(&made, &signer, None, Resume::FromEpoch(Epoch::new(1)));
    assert!(matches!(early, Err(BackupError::Signed { .. })), "{early:?}");
    assert!(!signer.join("keys").exists());
    restore(&made, &signer, None, Resume::FromEpoch(Epoch::new(8))).unwrap();
    assert_eq!(open(&signer).watermark(&key()), Some(Slot::end_of(Epoch::new(7))));
    assert!(signer.join("keys/consensus.json").exists());
}
