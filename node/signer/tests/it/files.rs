//! Keys and passwords in real files.

use crypto::bls::KeyBytes;
use palisade_signer::{
    ConsensusKey, Ed25519Key, KeyError, KeystoreError, NodeKeys, Password, PasswordError, Protection,
    keystore,
};
use primitives::address::Network;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const PLAIN: Protection = Protection::DevelopmentPlaintext;

fn password(text: &str) -> Protection {
    Protection::Password(Password::new(text.to_owned()).unwrap())
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Every name in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn encrypted_node_keys_come_back_under_their_password() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("node/keys");
    let made = NodeKeys::generate().unwrap();
    made.create(&keys, &password("right"), Network::Live).unwrap();
    assert_eq!(mode(&keys), 0o700);
    assert_eq!(names(&keys), ["account.pem", "consensus.json", "p2p.pem"]);
    for name in names(&keys) {
        assert_eq!(mode(&keys.join(&name)), 0o400, "{name}");
    }
    // Nothing is left beside it.
    assert_eq!(names(keys.parent().unwrap()), ["keys"]);
    let loaded = NodeKeys::load(&keys, &password("right"), Network::Live).unwrap();
    assert_eq!(loaded.public(), made.public());
    let error = NodeKeys::load(&keys, &password("wrong"), Network::Live).unwrap_err();
    assert!(
        matches!(&error, KeyError::Keystore { path, source: KeystoreError::WrongPassword } if path.ends_with("account.pem")),
        "{error}"
    );
    let consensus = keystore::load_consensus(&keys.join("consensus.json"), &password("wrong"), Network::Live);
    assert!(matches!(
        consensus,
        Err(KeyError::Keystore {
            source: KeystoreError::WrongPassword,
            ..
        })
    ));
}

#[test]
fn the_proof_of_possession_belongs_to_the_consensus_key() {
    let public = NodeKeys::development(b"seed", 0).public();
    let key = crypto::bls::PublicKey::new(&public.consensus).unwrap();
    assert!(key.verify_possession(&public.account, &public.possession).is_ok());
    let other = NodeKeys::development(b"seed", 1).public();
    assert!(key.verify_possession(&public.account, &other.possession).is_err());
    assert_eq!(NodeKeys::development(b"seed", 0).public(), public);
    assert_ne!(public.account_key, public.p2p);
}

#[test]
fn keys_are_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let first = NodeKeys::development(b"seed", 0);
    first.create(&keys, &PLAIN, Network::Development).unwrap();
    let before = fs::read(keys.join("consensus.json")).unwrap();
    let second = NodeKeys::development(b"seed", 1);
    let error = second.create(&keys, &PLAIN, Network::Development).unwrap_err();
    assert!(
        matches!(&error, KeyError::Exists { path } if path.ends_with("account.pem")),
        "{error}"
    );
    // Not even a part: one key that is there stops all three.
    fs::remove_file(keys.join("account.pem")).unwrap();
    fs::remove_file(keys.join("p2p.pem")).unwrap();
    let error = second.create(&keys, &PLAIN, Network::Development).unwrap_err();
    assert!(
        matches!(&error, KeyError::Exists { path } if path.ends_with("consensus.json")),
        "{error}"
    );
    assert_eq!(names(&keys), ["consensus.json"]);
    assert_eq!(fs::read(keys.join("consensus.json")).unwrap(), before);
    let path = keys.join("consensus.json");
    let saved = keystore::save_consensus(&path, &second.consensus, &PLAIN, Network::Development);
    assert!(matches!(saved, Err(KeyError::Exists { .. })));
    // A link to nowhere is something too.
    let link = keys.join("link.pem");
    symlink("/nowhere/at/all", &link).unwrap();
    let saved = keystore::save_ed25519(&link, &second.p2p, &PLAIN, Network::Development);
    assert!(matches!(saved, Err(KeyError::Exists { .. })));
}

#[test]
fn a_folder_with_something_else_in_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    fs::create_dir(&keys).unwrap();
    NodeKeys::development(b"seed", 0)
        .create(&keys, &PLAIN, Network::Development)
        .unwrap();
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("notes"), "mine").unwrap();
    let made = NodeKeys::development(b"seed", 0).create(&other, &PLAIN, Network::Development);
    assert!(matches!(made, Err(KeyError::FolderNotEmpty { .. })));
    assert_eq!(names(&other), ["notes"]);
    assert_eq!(names(folder.path()), ["keys", "other"]);
}

#[test]
fn plaintext_is_for_development_chains_alone() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let made = NodeKeys::development(b"seed", 0);
    let refused = made.create(&keys, &PLAIN, Network::Live);
    assert!(matches!(refused, Err(KeyError::PlaintextRefused)));
    assert!(names(folder.path()).is_empty());
    made.create(&keys, &PLAIN, Network::Development).unwrap();
    let loaded = NodeKeys::load(&keys, &PLAIN, Network::Development).unwrap();
    assert_eq!(loaded.public(), made.public());
    let refused = NodeKeys::load(&keys, &PLAIN, Network::Live);
    assert!(matches!(refused, Err(KeyError::PlaintextRefused)));
    // Nor does a password make an unencrypted file good enough for a live chain.
    for outcome in [
        keystore::load_ed25519(&keys.join("p2p.pem"), &password("p"), Network::Live).map(drop),
        keystore::load_consensus(&keys.join("consensus.json"), &password("p"), Network::Live).map(drop),
    ] {
        assert!(matches!(
            outcome,
            Err(KeyError::Keystore {
                source: KeystoreError::NotEncrypted,
                ..
            })
        ));
    }
}

#[test]
fn files_that_others_may_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p2p.pem");
    let key = Ed25519Key::development(b"seed", "p2p", 0);
    keystore::save_ed25519(&path, &key, &PLAIN, Network::Development).unwrap();
    for open in [0o440, 0o404, 0o660, 0o644] {
        set_mode(&path, open);
        let error = keystore::load_ed25519(&path, &PLAIN, Network::Development).unwrap_err();
        assert!(
            matches!(&error, KeyError::PermissionsTooOpen { mode, .. } if *mode == open),
            "{error}"
        );
        assert!(error.to_string().contains("chmod"), "{error}");
    }
    set_mode(&path, 0o600);
    assert!(keystore::load_ed25519(&path, &PLAIN, Network::Development).is_ok());
}

#[test]
fn files_that_are_missing_exchanged_or_huge_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    NodeKeys::development(b"seed", 0)
        .create(&keys, &PLAIN, Network::Development)
        .unwrap();
    let missing = keystore::load_ed25519(&keys.join("none.pem"), &PLAIN, Network::Development);
    assert!(matches!(missing, Err(KeyError::Missing { .. })));
    let exchanged = keystore::load_ed25519(&keys.join("consensus.json"), &PLAIN, Network::Development);
    assert!(
        exchanged
            .unwrap_err()
            .to_string()
            .contains("perhaps a consensus key")
    );
    let exchanged = keystore::load_consensus(&keys.join("p2p.pem"), &PLAIN, Network::Development);
    assert!(exchanged.unwrap_err().to_string().contains("PEM"));
    let folder_as_key = keystore::load_consensus(&keys, &PLAIN, Network::Development);
    assert!(matches!(
        folder_as_key,
        Err(KeyError::Io { .. } | KeyError::PermissionsTooOpen { .. })
    ));
    let huge = keys.join("huge.json");
    fs::write(&huge, vec![b' '; 65 << 10]).unwrap();
    set_mode(&huge, 0o600);
    let huge = keystore::load_consensus(&huge, &PLAIN, Network::Development);
    assert!(matches!(huge, Err(KeyError::Io { .. })));
}

#[test]
fn a_development_key_is_the_same_everywhere() {
    // Genesis files of development chains hold these: changing them changes every such chain.
    let keys = NodeKeys::development(b"palisade", 0).public();
    let found = [&keys.consensus.0[..32], &keys.account_key, &keys.p2p].map(hex::encode);
    assert_eq!(
        found,
        [
            "a03369f4087b883d83e29c1da3a331a7eb70f4604a05aa04754ebeb225c859ac",
            "de2e6d21557568a15eb93c54d77da819186a548bf662aaec3619f61aac9b4ff1",
            "dd8dc3d8c257d1fd72c3944a257f68d5a22e934fffef13bf413156070591c2f1"
        ]
    );
    let consensus = ConsensusKey::development(b"palisade", 0);
    assert_eq!(consensus.public_key(), keys.consensus);
}

#[test]
fn a_password_comes_from_a_private_file_or_a_descriptor() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let opens = |password: Password, with: &str| {
        let key = Ed25519Key::development(b"seed", "p2p", 0);
        let path = folder.path().join(format!("key-{}", names(folder.path()).len()));
        keystore::save_ed25519(&path, &key, &Protection::Password(password), Network::Live).unwrap();
        keystore::load_ed25519(&path, &self::password(with), Network::Live).is_ok()
    };
    for (content, means) in [
        ("secret\n", "secret"),
        ("secret\r\n", "secret"),
        (" a b ", " a b "),
    ] {
        fs::write(&path, content).unwrap();
        set_mode(&path, 0o600);
        assert!(opens(Password::from_file(&path).unwrap(), means), "{content:?}");
    }
    // Any open file has a descriptor, an inherited pipe among them.
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, b"piped\n").unwrap();
    drop(writer);
    let number = u32::try_from(std::os::fd::AsRawFd::as_raw_fd(&reader)).unwrap();
    assert!(opens(Password::from_descriptor(number).unwrap(), "piped"));
    let closed = Password::from_descriptor(987_654).unwrap_err();
    assert!(closed.to_string().contains("/dev/fd/987654"), "{closed}");
}

#[test]
fn bad_password_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let missing = Password::from_file(&path);
    assert!(matches!(missing, Err(KeyError::Missing { .. })));
    for (content, expected) in [
        (b"\n".to_vec(), PasswordError::Empty),
        (vec![b'x'; 1 << 20], PasswordError::TooLong),
        (vec![0xff, 0xfe], PasswordError::NotText),
    ] {
        fs::write(&path, content).unwrap();
        set_mode(&path, 0o600);
        let error = Password::from_file(&path).unwrap_err();
        assert!(
            matches!(&error, KeyError::Password { source, .. } if *source == expected),
            "{error}"
        );
    }
    set_mode(&path, 0o640);
    let open = Password::from_file(&path);
    assert!(matches!(open, Err(KeyError::PermissionsTooOpen { .. })));
}

#[test]
fn a_key_that_is_put_aside_is_kept_and_there_is_always_a_first_one() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let made = NodeKeys::development(b"aside", 0);
    made.create(&keys, &PLAIN, Network::Development).unwrap();
    let first = made.consensus.public_key();
    let aside = |key: KeyBytes| NodeKeys::set_aside(&keys, &key, &PLAIN, Network::Development);
    let only = aside(first);
    assert!(matches!(only, Err(KeyError::LastKey { .. })), "{only:?}");
    let (second, third) = (
        ConsensusKey::development(b"aside", 2),
        ConsensusKey::development(b"aside", 3),
    );
    for key in [&second, &third] {
        NodeKeys::add_consensus(&keys, key, &PLAIN, Network::Development).unwrap();
    }
    let unknown = aside(ConsensusKey::development(b"aside", 4).public_key());
    assert!(matches!(unknown, Err(KeyError::Missing { .. })), "{unknown:?}");

    let third_file = aside(third.public_key()).unwrap();
    let first_file = aside(first).unwrap();
    assert_eq!(
        names(&keys),
        ["account.pem", "consensus.json", "p2p.pem", "removed"]
    );
    let load = |path: &Path| keystore::load_consensus(path, &PLAIN, Network::Development).unwrap();
    assert_eq!(
        load(&keys.join("consensus.json")).public_key(),
        second.public_key()
    );
    assert_eq!(load(&first_file).public_key(), first);
    assert_eq!(load(&third_file).public_key(), third.public_key());
}
