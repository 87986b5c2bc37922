//! What can be wrong with a store, and what to do about it.

use crate::engine::EngineError;
use primitives::{BlockHash, ChainHash, Digest, Height};
use state::StateError;
use std::path::PathBuf;

/// What helps against damage.
pub(crate) const RESYNC: &str = "move the store's folder away and start again: the node fetches everything anew \
     from its peers; its keys and its signing guard are elsewhere and stay";

/// Why the store cannot be opened, read or written. Every variant says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What is on disk is not what was written. Nothing was changed; the node must not go on.
    #[error("the store is damaged: {what}; {hint}")]
    Corrupt {
        /// What is wrong.
        what: String,
        /// What the operator can do.
        hint: &'static str,
    },
    /// The state on disk does not have the root that validators finalized. The node must not go on.
    #[error(
        "the state at height {height} has root {computed}, validators finalized {expected}: the store is damaged, or \
         this program executes differently than theirs; {RESYNC}; if it happens again, use the network's version"
    )]
    RootMismatch {
        /// The height.
        height: Height,
        /// The root of what is on disk.
        computed: Digest,
        /// The root that was stored with the block.
        expected: Digest,
    },
    /// The store was made for another chain, or for another generation of this one.
    #[error(
        "this store belongs to the chain {found}, not to {expected}: point to another data folder, or use the genesis \
         and generation that it was made with"
    )]
    WrongChain {
        /// The chain that it was made for.
        found: ChainHash,
        /// The chain that was asked for.
        expected: ChainHash,
    },
    /// The store's layout is another than this program knows.
    #[error(
        "the store has layout {found}, this program knows {known}: use the version that wrote it, or resync"
    )]
    WrongFormat {
        /// The layout on disk.
        found: u32,
        /// The layout that this program writes.
        known: u32,
    },
    /// Another process has the store open.
    #[error(
        "the store in {} is in use by {}: stop it first, two nodes must never share a data folder",
        path.display(),
        pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    Locked {
        /// The folder.
        path: PathBuf,
        /// The process, where it is known.
        pid: Option<u32>,
    },
    /// No room on the disk.
    #[error("the disk that holds {} is full: make room and start again; nothing acknowledged is lost", .0.display())]
    DiskFull(PathBuf),
    /// This user may not use the files.
    #[error("no permission to read and write {}: run as the folder's owner, or give it to this user", .0.display())]
    Permission(PathBuf),
    /// Anything else that the system said.
    #[error("{}: {message}: look at the disk and the system's log", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// An earlier write failed: nothing more can be promised.
    #[error("an earlier write to the store failed ({0}): stop, see to the disk, and start again")]
    Stopped(String),
    /// The height is below what is kept, or not reached yet.
    #[error("height {asked} is not in the store, which holds {earliest} to {tip}")]
    Unavailable {
        /// The height that was asked for.
        asked: Height,
        /// The first height that is kept.
        earliest: Height,
        /// The latest height.
        tip: Height,
    },
    /// What was to be committed does not follow what is there. A defect of the caller.
    #[error("block {hash} at height {height} cannot be committed: {what}")]
    Refused {
        /// Its height.
        height: Height,
        /// Its hash.
        hash: BlockHash,
        /// What does not fit.
        what: String,
    },
    /// The store has no genesis yet, or has one already.
    #[error("{0}")]
    Genesis(&'static str),
    /// Stored changes do not lead where they should.
    #[error(transparent)]
    State(#[from] StateError),
}

impl StoreError {
    /// The store is damaged in this way.
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt {
            what: what.into(),
            hint: RESYNC,
        }
    }

    /// The code with which the node ends: 22 for a damaged store, 24 for a full disk, 9 for a missing permission, 3 for
    /// the wrong folder, 1 otherwise.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Corrupt { .. } | Self::RootMismatch { .. } | Self::State(_) => 22,
            Self::Permission(_) => 9,
            Self::WrongChain { .. } | Self::WrongFormat { .. } => 3,
            Self::DiskFull(_) => 24,
            Self::Locked { .. }
            | Self::Io { .. }
            | Self::Stopped(_)
            | Self::Unavailable { .. }
            | Self::Refused { .. }
            | Self::Genesis(_) => 1,
        }
    }
}

impl From<EngineError> for StoreError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Corrupt(what) => Self::corrupt(what),
            EngineError::DiskFull(path) => Self::DiskFull(path),
            EngineError::Permission(path) => Self::Permission(path),
            EngineError::Locked { path, pid } => Self::Locked { path, pid },
            EngineError::Stopped(why) => Self::Stopped(why),
            EngineError::Io { path, message } => Self::Io { path, message },
        }
    }
}
