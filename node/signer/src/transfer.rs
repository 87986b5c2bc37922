//! A validator's keys and signing history, carried from one home to another. It may be killed after any step and run
//! again: at no time can both homes sign.
//!
//! [`pack`] writes what is known into a bundle, locks the guard for good, and only then gives the history the name under
//! which it can be used. [`unpack`] claims the bundle for one home, imports the history, and only then puts the keys there.

use crate::error::KeyError;
use crate::files;
use crate::guard::{Guard, GuardConfig, GuardError, Interchange, InterchangeError, Slot};
use primitives::ChainHash;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wal::Disk;

/// What a guard knew, before it was locked: not to be used yet.
const PENDING: &str = "history.pending.json";
/// What a guard knew, now that it is locked.
const HISTORY: &str = "history.json";
/// Whose the bundle is.
const CLAIM: &str = "claimed-by";
/// Beside its home's claim.
const KEYS: &str = "keys";
/// The longest claim, in bytes.
const MAX_CLAIM: u64 = 8 << 10;

/// Why keys cannot be carried over. Nothing that could sign twice was done.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The guard.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The history in the bundle.
    #[error("{}: {source}", path.display())]
    History {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: InterchangeError,
    },
    /// The guard is locked, and its history is not in this bundle.
    #[error(
        "the signing guard is locked for good, because its keys were given away, and {} does not hold its history: name the \
         bundle that was written when it was locked",
        path.display()
    )]
    GivenAway {
        /// The bundle.
        path: PathBuf,
    },
    /// The home that should take the keys gave them away once.
    #[error(
        "{}: this home gave these keys away before, and its guard is locked for good: take them into a new home",
        path.display()
    )]
    Locked {
        /// The guard's folder.
        path: PathBuf,
    },
    /// There is no bundle, or it is not finished.
    #[error("{}: there is no {HISTORY}: finish packing first, with the command that began it", path.display())]
    NoBundle {
        /// The bundle.
        path: PathBuf,
    },
    /// Another home took it.
    #[error("{}: the keys in it went to {by}: two homes with the same keys would be slashed", path.display())]
    Claimed {
        /// The bundle.
        path: PathBuf,
        /// The other home.
        by: String,
    },
    /// A file of that name, with something else in it.
    #[error("{}: is there already and holds something else: choose another home, or move it away", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
    },
    /// Whoever watches the steps wants no more of them.
    #[error("stopped after: {0}")]
    Stopped(Step),
}

/// What was done, durably.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The key files are in the bundle, still encrypted.
    KeysPacked,
    /// The history is in the bundle, not to be used yet.
    HistoryWritten,
    /// The guard is locked for good.
    Locked,
    /// The bundle can be used.
    Packed,
    /// The bundle belongs to one home.
    Claimed,
    /// The home has a guard.
    GuardMade,
    /// The guard knows what was signed.
    HistoryTaken,
    /// The keys are in the home.
    KeysTaken,
}

impl core::fmt::Display for Step {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::KeysPacked => "the keys were copied into the bundle",
            Self::HistoryWritten => "the signing history was written",
            Self::Locked => "the old guard was locked for good",
            Self::Packed => "the bundle was finished",
            Self::Claimed => "the bundle was claimed for the new home",
            Self::GuardMade => "the new guard was made",
            Self::HistoryTaken => "the new guard knows what was signed",
            Self::KeysTaken => "the keys are in the new home",
        })
    }
}

/// Hears of each step; `false` stops there, as if the process had died.
pub type Watcher<'a> = &'a mut dyn FnMut(Step) -> bool;

/// Which key files go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Consensus keys alone: for a signer's home.
    Consensus,
    /// All of a node's.
    All,
}

/// Where a home keeps what signs.
#[derive(Clone, Debug)]
pub struct Places {
    /// The home, as it is named in a claim.
    pub home: PathBuf,
    /// The folder of its keys.
    pub keys: PathBuf,
    /// The folder of its guard.
    pub guard: PathBuf,
}

/// Locks the keys of a home for good and writes them, with what they signed, into `bundle`, a folder. The node or signer of
/// that home must not be running.
///
/// # Errors
/// [`TransferError`]. After any of them, also after a crash, the same call goes on where it ended.
pub fn pack(
    from: &Places,
    chain: ChainHash,
    which: Which,
    bundle: &Path,
    watcher: Watcher<'_>,
) -> Result<(), TransferError> {
    let mut guard = open(&from.guard, chain)?;
    let (pending, history) = (bundle.join(PENDING), bundle.join(HISTORY));
    let locked = guard.is_retired();
    if locked && !pending.exists() && !history.exists() {
        return Err(TransferError::GivenAway {
            path: bundle.to_owned(),
        });
    }
    let keys = bundle.join(KEYS);
    files::make_folder(&keys)?;
    for name in key_files(&from.keys, which)? {
        copy(&from.keys.join(&name), &keys.join(&name))?;
    }
    tell(watcher, Step::KeysPacked)?;
    if !locked {
        // The guard is held by this process from before the history was read until it is locked: nothing is signed between.
        files::replace_private(&pending, guard.export().to_json().as_bytes())?;
        tell(watcher, Step::HistoryWritten)?;
        guard.retire()?;
        tell(watcher, Step::Locked)?;
    }
    if pending.exists() {
        let renamed = fs::rename(&pending, &history);
        renamed.map_err(|source| files::io_error(&history, "name", source))?;
        files::sync_folder(bundle)?;
    }
    tell(watcher, Step::Packed)
}

/// Takes the keys of a bundle into a home. The home must not be running.
///
/// # Errors
/// [`TransferError`]. After any of them, also after a crash, the same call goes on where it ended.
pub fn unpack(bundle: &Path, to: &Places, watcher: Watcher<'_>) -> Result<(), TransferError> {
    let path = bundle.join(HISTORY);
    if !path.exists() {
        return Err(TransferError::NoBundle {
            path: bundle.to_owned(),
        });
    }
    let text = fs::read(&path).map_err(|source| files::io_error(&path, "read", source))?;
    let document = Interchange::parse(&text).map_err(|source| TransferError::History {
        path: path.clone(),
        source,
    })?;
    let chain = document.metadata.chain_hash;
    let names = key_files(&bundle.join(KEYS), Which::All)?;
    files::make_folder(&to.keys)?;
    // Everything that can be refused is refused before anything is done.
    for name in &names {
        refuse_other(&bundle.join(KEYS).join(name), &to.keys.join(name))?;
    }
    let existing = match open(&to.guard, chain) {
        Ok(guard) => Some(guard),
        Err(GuardError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    if let Some(guard) = &existing
        && document
            .data
            .iter()
            .any(|key| guard.watermark(&key.pubkey) == Some(Slot::LAST) && key.low_watermark != Slot::LAST)
    {
        return Err(TransferError::Locked {
            path: to.guard.clone(),
        });
    }
    claim(bundle, to)?;
    tell(watcher, Step::Claimed)?;
    let mut guard = match existing {
        Some(guard) => guard,
        // An empty guard knows no key, and signs nothing.
        None => Guard::initialise(Arc::new(disk(&to.guard)?), chain, GuardConfig::default())?,
    };
    tell(watcher, Step::GuardMade)?;
    guard.import(&document)?;
    tell(watcher, Step::HistoryTaken)?;
    for name in &names {
        copy(&bundle.join(KEYS).join(name), &to.keys.join(name))?;
    }
    tell(watcher, Step::KeysTaken)
}

fn tell(watcher: Watcher<'_>, step: Step) -> Result<(), TransferError> {
    if watcher(step) {
        Ok(())
    } else {
        Err(TransferError::Stopped(step))
    }
}

fn disk(folder: &Path) -> Result<Disk, GuardError> {
    Disk::new(folder).map_err(|source| GuardError::Folder {
        path: folder.to_owned(),
        source,
    })
}

fn open(folder: &Path, chain: ChainHash) -> Result<Guard, GuardError> {
    Guard::open(Arc::new(disk(folder)?), chain, GuardConfig::default())
}

/// The bundle belongs to this home from here on.
fn claim(bundle: &Path, to: &Places) -> Result<(), TransferError> {
    let home = std::path::absolute(&to.home).unwrap_or_else(|_| to.home.clone());
    let ours = home.display().to_string();
    let path = bundle.join(CLAIM);
    match files::create_private(&path, ours.as_bytes()) {
        Ok(()) => Ok(()),
        Err(KeyError::Exists { .. }) => {
            let length = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            let found = if length > MAX_CLAIM {
                String::new()
            } else {
                fs::read_to_string(&path).map_err(|source| files::io_error(&path, "read", source))?
            };
            if found == ours {
                return Ok(());
            }
            Err(TransferError::Claimed {
                path: bundle.to_owned(),
                by: found,
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// The names of key files in a folder, in order.
fn key_files(folder: &Path, which: Which) -> Result<Vec<String>, KeyError> {
    let entries = fs::read_dir(folder).map_err(|error| files::io_error(folder, "list", error))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| {
            let consensus = name.starts_with("consensus") && name.ends_with(".json");
            consensus || (which == Which::All && name.ends_with(".pem"))
        })
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names)
}

fn refuse_other(from: &Path, to: &Path) -> Result<(), TransferError> {
    if to.symlink_metadata().is_err() {
        return Ok(());
    }
    if *files::read_private(from)? == *files::read_private(to)? {
        return Ok(());
    }
    Err(TransferError::Differs { path: to.to_owned() })
}

/// Copies a private file; one that is there already must be the same.
fn copy(from: &Path, to: &Path) -> Result<(), TransferError> {
    refuse_other(from, to)?;
    match files::create_private(to, &files::read_private(from)?) {
        Ok(()) | Err(KeyError::Exists { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
