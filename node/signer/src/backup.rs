//! A home's keys, settings and signing history in one file that `age` encrypts, and out of it again.
//!
//! What a backup knows of votes was true when it was made: a key that went on voting has signed more since. So a restored
//! key never goes on from what the backup says. Either the home still has the guard that the backup was made from and
//! nothing was signed since, or the history is put beside the place of the guard, and whoever starts the node has to say
//! that no other one runs ([`RESTORED`]), or the keys sign from a later epoch on ([`floor`]).
//!
//! Opened with the program `age`, the file is JSON with all files as text.
//!
//! # Invariants
//!
//! - Nothing is overwritten: a file of another content than the backup's refuses the whole restoration.
//! - A guard that knows more than the backup, or less, stays as it is, and nothing is restored beside it.
//! - Everything that can be refused is refused before the first file is written.
//!
//! # Source
//! interfaces.md, section 4.2, "Backups"; the format: <https://age-encryption.org/v1>.

mod seal;

pub use seal::{Opener, Recipient, Seal};

use crate::error::KeyError;
use crate::files;
use crate::guard::{Guard, GuardConfig, GuardError, Interchange, KeyHistory, Slot};
use crypto::bls::KeyBytes;
use primitives::{ChainHash, Epoch};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wal::Disk;

/// The version of the document.
const FORMAT_VERSION: u32 = 1;
/// The most that a backup has, encrypted or not, in bytes.
const MAX_BACKUP: usize = 96 << 20;
/// The most that one public file has, in bytes: a genesis document.
const MAX_FILE: u64 = 16 << 20;
/// The most files.
const MAX_FILES: usize = 1_024;
/// Files of a home that everybody may read.
const PUBLIC: [&str; 2] = ["config.toml", "genesis.json"];
/// Folders of a home with files that nobody else may read.
const PRIVATE: [&str; 2] = ["keys", "accounts"];
/// Where a restored history waits in the folder of the guard that is to be made.
pub const RESTORED: &str = "restored-history.json";

/// Why there is no backup, or nothing comes out of one. Nothing was overwritten.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A key, or another file.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The guard.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// A recipient is none.
    #[error("{text}: not a recipient of age, which looks like age1… and comes from `age-keygen`: {problem}")]
    Recipient {
        /// What was given.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A file of identities is none.
    #[error("{}: not a file of age identities, each on a line like AGE-SECRET-KEY-1…: {problem}", path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// It does not open.
    #[error("the backup does not open: {0}")]
    Sealed(String),
    /// It opens with something else.
    #[error("the backup is encrypted {0}")]
    OtherOpener(&'static str),
    /// It opened, and is no backup of ours.
    #[error("not a backup of a home: {0}")]
    Malformed(String),
    /// More than a backup has.
    #[error("a backup has at most {} MiB", MAX_BACKUP >> 20)]
    TooLong,
    /// A file of the home is no text.
    #[error("{}: is no text, as every file of a home is that a backup holds", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// A home without keys.
    #[error("{}: there are no keys: name the node's folder with --home", path.display())]
    NoKeys {
        /// Where they would be.
        path: PathBuf,
    },
    /// A file of that name, with something else in it.
    #[error(
        "{}: is there already and holds something else; nothing was changed: restore into another home, or move it away",
        path.display()
    )]
    Differs {
        /// The file.
        path: PathBuf,
    },
    /// The home is of another chain.
    #[error("the backup is of chain {theirs}, this home of {ours}: restore it into another home")]
    AnotherChain {
        /// The backup's.
        theirs: ChainHash,
        /// The home's.
        ours: ChainHash,
    },
    /// The guard knows of later votes.
    #[error(
        "the guard of this home knows of votes up to {ours}, the backup up to {theirs}: it would be forgotten what was signed \
         since. To put back missing key files beside this guard: --keys-only"
    )]
    Newer {
        /// The guard's highest slot.
        ours: Slot,
        /// The backup's.
        theirs: Slot,
    },
    /// The guard is a copy from before the backup.
    #[error(
        "the guard of this home is older than the backup ({ours} against {theirs}): it is no guard of these keys any more. Move \
         {} away and restore again",
        path.display()
    )]
    Older {
        /// The guard's highest slot.
        ours: Slot,
        /// The backup's.
        theirs: Slot,
        /// The guard's folder.
        path: PathBuf,
    },
    /// The keys were given to another home.
    #[error("this home gave these keys away, and its guard is locked for good: use the home that took them")]
    GivenAway,
    /// The epoch is not after what was signed.
    #[error(
        "the keys signed in epoch {signed} already: --votes-from-epoch names a later one than the chain is in"
    )]
    Signed {
        /// The last epoch of which the backup knows.
        signed: Epoch,
    },
}

/// A file of a home.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its name, from the home on.
    pub name: String,
    /// What is in it.
    pub text: String,
}

impl core::fmt::Debug for Kept {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Kept")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    format_version: u32,
    /// The chain of the home.
    pub chain_hash: ChainHash,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: u64,
    /// Settings, genesis, keys; these as encrypted as they are in the home.
    pub files: Vec<Kept>,
    /// What the consensus keys had signed; nothing of an observer, or where another process signs.
    pub history: Option<Interchange>,
}

impl Backup {
    /// What there is to keep of a home.
    ///
    /// # Errors
    /// [`BackupError::NoKeys`], [`BackupError::NotText`], [`BackupError::Key`] for files that cannot be read.
    pub fn of(
        home: &Path,
        chain_hash: ChainHash,
        made_ms: u64,
        history: Option<Interchange>,
    ) -> Result<Self, BackupError> {
        let mut kept = Vec::new();
        for name in PUBLIC {
            let path = home.join(name);
            if path.exists() {
                kept.push(Kept {
                    name: name.to_owned(),
                    text: public_text(&path)?,
                });
            }
        }
        for folder in PRIVATE {
            for name in names(&home.join(folder))? {
                let path = home.join(folder).join(&name);
                let bytes = files::read_private(&path)?;
                let text = core::str::from_utf8(&bytes).map_err(|_| BackupError::NotText { path })?;
                kept.push(Kept {
                    name: format!("{folder}/{name}"),
                    text: text.to_owned(),
                });
            }
        }
        if !kept.iter().any(|one| one.name.starts_with("keys/")) {
            return Err(BackupError::NoKeys {
                path: home.join("keys"),
            });
        }
        Ok(Self {
            format_version: FORMAT_VERSION,
            chain_hash,
            made_ms,
            files: kept,
            history,
        })
    }

    /// Writes it, encrypted, into a new file that its owner alone can read.
    ///
    /// # Errors
    /// [`BackupError::Key`] when the file is there already or cannot be written.
    pub fn write(&self, path: &Path, seal: &Seal) -> Result<(), BackupError> {
        let plain =
            serde_json::to_vec_pretty(self).map_err(|error| BackupError::Malformed(error.to_string()))?;
        if plain.len() > MAX_BACKUP {
            return Err(BackupError::TooLong);
        }
        Ok(files::create_private(path, &seal.seal(&plain)?)?)
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`BackupError`]: it does not open, or is none.
    pub fn read(path: &Path, opener: &Opener) -> Result<Self, BackupError> {
        let sealed = bounded(path, MAX_BACKUP)?;
        let plain = opener.open(&sealed, MAX_BACKUP)?;
        #[derive(Deserialize)]
        struct Versioned {
            format_version: u32,
        }
        let malformed = |error: serde_json::Error| BackupError::Malformed(error.to_string());
        let version = serde_json::from_slice::<Versioned>(&plain)
            .map_err(malformed)?
            .format_version;
        if version != FORMAT_VERSION {
            let text = format!("its format is {version}, this program reads {FORMAT_VERSION}");
            return Err(BackupError::Malformed(text));
        }
        let backup: Self = serde_json::from_slice(&plain).map_err(malformed)?;
        if backup.files.len() > MAX_FILES {
            return Err(BackupError::Malformed(format!("more than {MAX_FILES} files")));
        }
        match backup.files.iter().find(|one| !is_of_a_home(&one.name)) {
            Some(one) => Err(BackupError::Malformed(format!(
                "{:?} is no file of a home",
                one.name
            ))),
            None => Ok(backup),
        }
    }

    /// The highest slot in which one of the keys signed, keys that were given away aside.
    #[must_use]
    pub fn highest(&self) -> Slot {
        let keys = self.history.iter().flat_map(|history| &history.data);
        let slots = keys.map(highest);
        let open = slots.filter(|slot| *slot != Slot::LAST);
        open.max().unwrap_or(Slot::FIRST)
    }

    /// The public keys whose history it holds.
    pub fn keys(&self) -> impl Iterator<Item = KeyBytes> {
        let keys = self.history.iter().flat_map(|history| &history.data);
        keys.map(|key| key.pubkey)
    }
}

/// How a restored home goes on voting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// The history waits beside the guard's place, until whoever starts the node says that no other one runs.
    OnRequest,
    /// A guard is made at once, and the keys sign from this epoch on: one that the chain is not in yet.
    FromEpoch(Epoch),
    /// The guard is not touched: key files alone.
    KeysOnly,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The files that were written, from the home on.
    pub written: Vec<String>,
    /// The files that were there already, with the same content.
    pub there: Vec<String>,
}

/// Puts a backup into a home, which must not be running. `chain` is the chain of the home, where it has one.
///
/// # Errors
/// [`BackupError`]; except for an input or output error nothing was written then, and the same call goes on after one.
pub fn restore(
    backup: &Backup,
    home: &Path,
    chain: Option<ChainHash>,
    resume: Resume,
) -> Result<Restored, BackupError> {
    let theirs = backup.chain_hash;
    if let Some(ours) = chain.filter(|ours| *ours != theirs) {
        return Err(BackupError::AnotherChain { theirs, ours });
    }
    let mut done = Restored {
        written: Vec::new(),
        there: Vec::new(),
    };
    let mut missing = Vec::new();
    for one in &backup.files {
        if resume == Resume::KeysOnly && !one.name.contains('/') {
            continue;
        }
        if is_there(&home.join(&one.name), one)? {
            done.there.push(one.name.clone());
        } else {
            missing.push(one);
        }
    }
    let guard = home.join("guard");
    if let Some(history) = &backup.history
        && resume != Resume::KeysOnly
    {
        put_history(backup, history, &guard, resume)?;
    }
    for one in missing {
        let path = home.join(&one.name);
        files::make_folder(files::parent(&path))?;
        files::create_private(&path, one.text.as_bytes())?;
        if PUBLIC.contains(&one.name.as_str()) {
            files::let_owner_write(&path)?;
        }
        done.written.push(one.name.clone());
    }
    Ok(done)
}

/// Sees that the guard that is there is the backup's, or prepares the one that is to be made.
fn put_history(
    backup: &Backup,
    history: &Interchange,
    folder: &Path,
    resume: Resume,
) -> Result<(), BackupError> {
    let chain = backup.chain_hash;
    let disk = || {
        Disk::new(folder).map_err(|source| GuardError::Folder {
            path: folder.to_owned(),
            source,
        })
    };
    match Guard::open(Arc::new(disk()?), chain, GuardConfig::default()) {
        Ok(guard) => return compare(&guard, history, folder),
        Err(GuardError::Missing { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    if let Resume::FromEpoch(epoch) = resume {
        let floor = floor(backup, epoch)?;
        let mut guard = Guard::initialise(Arc::new(disk()?), chain, GuardConfig::default())?;
        return Ok(take_up(&mut guard, history, floor)?);
    }
    let waiting = folder.join(RESTORED);
    let text = history.to_json();
    match files::create_private(&waiting, text.as_bytes()) {
        Ok(()) => Ok(()),
        Err(KeyError::Exists { .. }) if bounded(&waiting, MAX_BACKUP)? == text.as_bytes() => Ok(()),
        Err(KeyError::Exists { .. }) => Err(BackupError::Differs { path: waiting }),
        Err(error) => Err(error.into()),
    }
}

/// What is known of the keys, and that none of them signs up to `floor`.
///
/// # Errors
/// As [`Guard::register`] and [`Guard::import`].
pub fn take_up(guard: &mut Guard, history: &Interchange, floor: Slot) -> Result<(), GuardError> {
    // Order: the floor first. Killed between the two, the keys know too little and sign nothing below it.
    for key in &history.data {
        guard.register(key.pubkey, floor)?;
    }
    guard.import(history).map(drop)
}

/// The history that waits for a guard to be made, where there is one.
///
/// # Errors
/// [`BackupError`]: it cannot be read, or is none.
pub fn waiting(guard: &Path) -> Result<Option<Interchange>, BackupError> {
    let path = guard.join(RESTORED);
    if !path.exists() {
        return Ok(None);
    }
    let document = Interchange::parse(&bounded(&path, MAX_BACKUP)?);
    document
        .map(Some)
        .map_err(|error| BackupError::Guard(GuardError::Interchange(error)))
}

/// Up to where nothing is signed by keys that vote from `epoch` on.
///
/// # Errors
/// [`BackupError::Signed`]: the backup knows of a vote in that epoch or later.
pub fn floor(backup: &Backup, epoch: Epoch) -> Result<Slot, BackupError> {
    let signed = backup.highest().epoch;
    match epoch.get().checked_sub(1).map(Epoch::new) {
        Some(before) if before >= signed => Ok(Slot::end_of(before)),
        Some(_) | None => Err(BackupError::Signed { signed }),
    }
}

fn compare(guard: &Guard, history: &Interchange, folder: &Path) -> Result<(), BackupError> {
    if guard.is_retired() {
        return Err(BackupError::GivenAway);
    }
    let known = guard.export().data;
    let ours: Vec<_> = known.iter().map(|key| (key.pubkey, highest(key))).collect();
    for key in &history.data {
        let theirs = highest(key);
        let found = ours.iter().find(|(known, _)| *known == key.pubkey);
        let ours = found.map_or(Slot::FIRST, |(_, slot)| *slot);
        if ours > theirs {
            return Err(BackupError::Newer { ours, theirs });
        }
        if ours < theirs || found.is_none() {
            return Err(BackupError::Older {
                ours,
                theirs,
                path: folder.to_owned(),
            });
        }
    }
    Ok(())
}

fn highest(key: &KeyHistory) -> Slot {
    let rows = key.rows.iter().map(|row| Slot::new(row.epoch, row.view));
    rows.max()
        .map_or(key.low_watermark, |row| row.max(key.low_watermark))
}

/// Whether a name is one that [`Backup::of`] gives: nothing else is ever written.
fn is_of_a_home(name: &str) -> bool {
    let plain = |name: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        !name.is_empty() && name.len() <= 128 && !name.starts_with('.') && name.chars().all(allowed)
    };
    match name.split_once('/') {
        Some((folder, file)) => PRIVATE.contains(&folder) && plain(file),
        None => PUBLIC.contains(&name),
    }
}

/// Whether a file is there, with the same content.
fn is_there(path: &Path, kept: &Kept) -> Result<bool, BackupError> {
    if path.symlink_metadata().is_err() {
        return Ok(false);
    }
    if bounded(path, MAX_BACKUP)? == kept.text.as_bytes() {
        return Ok(true);
    }
    Err(BackupError::Differs {
        path: path.to_owned(),
    })
}

/// The names of the files in a folder that a backup may hold, in order; none where there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, BackupError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(|error| files::io_error(folder, "list", error))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| is_of_a_home(&format!("keys/{name}")))
        .collect();
    names.sort();
    Ok(names)
}

fn public_text(path: &Path) -> Result<String, BackupError> {
    let bytes = bounded(path, usize::try_from(MAX_FILE).unwrap_or(usize::MAX))?;
    String::from_utf8(bytes).map_err(|_| BackupError::NotText {
        path: path.to_owned(),
    })
}

/// All of a file that has at most `most` bytes.
fn bounded(path: &Path, most: usize) -> Result<Vec<u8>, BackupError> {
    let read = || {
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| files::io_error(path, "read", error))?;
    if bytes.len() > most {
        return Err(BackupError::TooLong);
    }
    Ok(bytes)
}
