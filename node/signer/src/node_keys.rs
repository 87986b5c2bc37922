//! The three keys of a node, in one folder.

use crate::bls::ConsensusKey;
use crate::ed25519::Ed25519Key;
use crate::error::KeyError;
use crate::files;
use crate::keystore::{self, Protection};
use crypto::bls::{KeyBytes, SignatureBytes};
use primitives::AccountId;
use primitives::address::Network;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// File names within the folder.
const ACCOUNT: &str = "account.pem";
const CONSENSUS: &str = "consensus.json";
const P2P: &str = "p2p.pem";
/// Where keys lie that are not used any more.
const REMOVED: &str = "removed";
/// Consensus keys that one folder holds, at most.
const MOST_KEYS: u32 = 10_000;

/// A node's keys: `account.pem`, `consensus.json`, `p2p.pem`.
#[derive(Debug)]
pub struct NodeKeys {
    /// Pays, and signs what the operator does.
    pub account: Ed25519Key,
    /// Votes.
    pub consensus: ConsensusKey,
    /// Names the node on the network.
    pub p2p: Ed25519Key,
}

/// What others may know of a node's keys; what registration needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKeys {
    /// The account that the account key alone controls.
    pub account: AccountId,
    /// The account's public key.
    pub account_key: [u8; 32],
    /// The consensus key.
    pub consensus: KeyBytes,
    /// The proof that the consensus key's secret is known, for the account as operator.
    pub possession: SignatureBytes,
    /// The p2p key.
    pub p2p: [u8; 32],
}

impl NodeKeys {
    /// Three new keys.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self {
            account: Ed25519Key::generate()?,
            consensus: ConsensusKey::generate()?,
            p2p: Ed25519Key::generate()?,
        })
    }

    /// The keys of the `index`-th node of a development chain.
    #[must_use]
    pub fn development(seed: &[u8], index: u32) -> Self {
        Self {
            account: Ed25519Key::development(seed, "account", index),
            consensus: ConsensusKey::development(seed, index),
            p2p: Ed25519Key::development(seed, "p2p", index),
        }
    }

    /// Writes the three files into a new folder of mode 0700: all of them or, whatever happens, none.
    ///
    /// # Errors
    /// [`KeyError::Exists`] names a key that is there already, [`KeyError::FolderNotEmpty`] that something else is;
    /// otherwise as [`keystore::save_consensus`].
    pub fn create(&self, folder: &Path, protection: &Protection, network: Network) -> Result<(), KeyError> {
        for name in [ACCOUNT, CONSENSUS, P2P] {
            files::refuse_existing(&folder.join(name))?;
        }
        files::make_folder(files::parent(folder))?;
        let temporary = files::temporary(folder)?;
        let made = files::make_folder(&temporary)
            .and_then(|()| self.write(&temporary, protection, network))
            .and_then(|()| put_in_place(&temporary, folder));
        if made.is_err() {
            // The first error says more than that nothing could be cleaned up.
            fs::remove_dir_all(&temporary).unwrap_or_default();
        }
        made
    }

    fn write(&self, folder: &Path, protection: &Protection, network: Network) -> Result<(), KeyError> {
        keystore::save_ed25519(&folder.join(ACCOUNT), &self.account, protection, network)?;
        keystore::save_consensus(&folder.join(CONSENSUS), &self.consensus, protection, network)?;
        keystore::save_ed25519(&folder.join(P2P), &self.p2p, protection, network)
    }

    /// Makes what is missing of account and p2p key in the folder, and a consensus key, which is not written yet: its guard
    /// comes first. `None` when there is a consensus key. Nothing is overwritten.
    ///
    /// # Errors
    /// As [`keystore::save_ed25519`]; a key that is there must be readable.
    pub fn complete(
        folder: &Path,
        protection: &Protection,
        network: Network,
    ) -> Result<Option<ConsensusKey>, KeyError> {
        files::make_folder(folder)?;
        for name in [ACCOUNT, P2P] {
            let path = folder.join(name);
            if path.exists() {
                keystore::load_ed25519(&path, protection, network)?;
            } else {
                keystore::save_ed25519(&path, &Ed25519Key::generate()?, protection, network)?;
            }
        }
        if folder.join(CONSENSUS).exists() {
            return Ok(None);
        }
        ConsensusKey::generate().map(Some)
    }

    /// Writes the folder's first consensus key.
    ///
    /// # Errors
    /// As [`keystore::save_consensus`].
    pub fn save_first(
        folder: &Path,
        key: &ConsensusKey,
        protection: &Protection,
        network: Network,
    ) -> Result<(), KeyError> {
        keystore::save_consensus(&folder.join(CONSENSUS), key, protection, network)
    }

    /// Writes a consensus key that shall follow beside those that are there, in a file of its own, and says which:
    /// `consensus-2.json`, `consensus-3.json` and so on.
    ///
    /// # Errors
    /// As [`keystore::save_consensus`].
    pub fn add_consensus(
        folder: &Path,
        key: &ConsensusKey,
        protection: &Protection,
        network: Network,
    ) -> Result<PathBuf, KeyError> {
        let mut number = 2u32;
        loop {
            let path = folder.join(format!("consensus-{number}.json"));
            match keystore::save_consensus(&path, key, protection, network) {
                Ok(()) => return Ok(path),
                Err(KeyError::Exists { .. }) if number < MOST_KEYS => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The files of consensus keys beside the first, by name.
    ///
    /// # Errors
    /// [`KeyError`] when the folder cannot be read.
    pub fn more_consensus(folder: &Path) -> Result<Vec<PathBuf>, KeyError> {
        let entries = fs::read_dir(folder).map_err(|error| files::io_error(folder, "list", error))?;
        let mut found: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("consensus-") && name.ends_with(".json")
            })
            .collect();
        found.sort();
        Ok(found)
    }

    /// Puts the file of a consensus key into the folder `removed` beside the others, where no node takes it up. When it is
    /// the first key's, the next one becomes the first. Nothing is deleted or overwritten; killed at any point, there is
    /// a first key. Where the file is then.
    ///
    /// # Errors
    /// [`KeyError::Missing`] when the folder holds no such key, [`KeyError::LastKey`] when it holds no other; otherwise as
    /// [`keystore::load_consensus`].
    pub fn set_aside(
        folder: &Path,
        key: &KeyBytes,
        protection: &Protection,
        network: Network,
    ) -> Result<PathBuf, KeyError> {
        let first = folder.join(CONSENSUS);
        let mut found = None;
        let mut others = Vec::new();
        for path in core::iter::once(first.clone()).chain(Self::more_consensus(folder)?) {
            if keystore::load_consensus(&path, protection, network)?.public_key() == *key {
                found = Some(path);
            } else {
                others.push(path);
            }
        }
        let path = found.ok_or_else(|| KeyError::Missing {
            path: folder.to_owned(),
        })?;
        let removed = folder.join(REMOVED);
        files::make_folder(&removed)?;
        let short: String = hex::encode(key.0).chars().take(16).collect();
        let to = removed.join(format!("consensus-{short}.json"));
        // Order: it has its other name before it loses this one.
        let linked = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => Ok(()),
            _ => Err(files::io_error(&to, "create", error)),
        };
        if path == first {
            let next = others
                .first()
                .ok_or_else(|| KeyError::LastKey { path: path.clone() })?;
            fs::hard_link(&path, &to).or_else(linked)?;
            files::sync_folder(&removed)?;
            fs::rename(next, &first).map_err(|error| files::io_error(&first, "name", error))?;
        } else {
            fs::hard_link(&path, &to).or_else(linked)?;
            files::sync_folder(&removed)?;
            fs::remove_file(&path).map_err(|error| files::io_error(&path, "remove", error))?;
        }
        files::sync_folder(folder)?;
        Ok(to)
    }

    /// Reads the three files.
    ///
    /// # Errors
    /// As [`keystore::load_consensus`].
    pub fn load(folder: &Path, protection: &Protection, network: Network) -> Result<Self, KeyError> {
        Ok(Self {
            account: keystore::load_ed25519(&folder.join(ACCOUNT), protection, network)?,
            consensus: keystore::load_consensus(&folder.join(CONSENSUS), protection, network)?,
            p2p: keystore::load_ed25519(&folder.join(P2P), protection, network)?,
        })
    }

    /// Writes the p2p key alone, which is all that an observer needs, into a new folder of mode 0700.
    ///
    /// # Errors
    /// As [`NodeKeys::create`].
    pub fn create_p2p(
        p2p: &Ed25519Key,
        folder: &Path,
        protection: &Protection,
        network: Network,
    ) -> Result<(), KeyError> {
        for name in [ACCOUNT, CONSENSUS, P2P] {
            files::refuse_existing(&folder.join(name))?;
        }
        files::make_folder(files::parent(folder))?;
        files::make_folder(folder)?;
        keystore::save_ed25519(&folder.join(P2P), p2p, protection, network)
    }

    /// Reads the p2p key alone.
    ///
    /// # Errors
    /// As [`keystore::load_ed25519`].
    pub fn load_p2p(
        folder: &Path,
        protection: &Protection,
        network: Network,
    ) -> Result<Ed25519Key, KeyError> {
        keystore::load_ed25519(&folder.join(P2P), protection, network)
    }

    /// The public halves and the proof of possession.
    #[must_use]
    pub fn public(&self) -> PublicKeys {
        PublicKeys {
            account: self.account.account(),
            account_key: *self.account.public_key().as_bytes(),
            consensus: self.consensus.public_key(),
            possession: self.consensus.possession_proof(&self.account.account()),
            p2p: *self.p2p.public_key().as_bytes(),
        }
    }
}

/// A folder takes the place of an empty one or of none, in one step.
fn put_in_place(from: &Path, to: &Path) -> Result<(), KeyError> {
    fs::rename(from, to).map_err(|error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            KeyError::FolderNotEmpty { path: to.to_owned() }
        }
        _ => files::io_error(to, "create", error),
    })?;
    files::sync_folder(files::parent(to))
}
