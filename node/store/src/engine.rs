//! What the store asks of a key-value database, so that another one stays a drop-in.

mod disk;
mod folder;
mod guard;
mod hampered;
mod memory;

pub use disk::Disk;
pub(crate) use folder::classify;
pub(crate) use guard::Guard;
pub use hampered::{Hampered, Hindrance};
pub use memory::{Crash, Fault, Memory};

use crate::error::StoreError;
use core::ops::Bound;
use std::path::PathBuf;

/// The trees of the database: few, because each costs memory of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tree {
    /// Blocks with all that belongs to them, hand-overs, and the tip.
    Log,
    /// The state's entries.
    State,
    /// Where hashes, transactions and events are found.
    Index,
}

impl Tree {
    /// All trees.
    pub const ALL: [Self; 3] = [Self::Log, Self::State, Self::Index];

    /// Its name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::State => "state",
            Self::Index => "index",
        }
    }
}

/// In which direction a scan walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the smallest key on.
    Up,
    /// From the largest key on.
    Down,
}

/// Writes to one tree that take effect together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    bytes: usize,
}

impl Batch {
    /// Writes a value.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.bytes += key.len() + value.len();
        self.writes.push((key, Some(value)));
    }

    /// Removes a key.
    pub fn remove(&mut self, key: Vec<u8>) {
        self.bytes += key.len();
        self.writes.push((key, None));
    }

    /// Everything of `other` after what is here.
    pub fn append(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.writes.extend(other.writes);
    }

    /// How many writes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Bytes of keys and values.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The writes, in order: a key with its new value, or none.
    #[must_use]
    pub fn into_writes(self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        self.writes
    }
}

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// What a scan walks over.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Where it starts.
    pub start: Bound<Vec<u8>>,
    /// Where it ends.
    pub end: Bound<Vec<u8>>,
    /// How many entries it gives at most.
    pub limit: usize,
    /// From which end it walks.
    pub direction: Direction,
}

/// Why the database failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// What is on disk is not what was written.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// No room on the disk.
    #[error("no space left on the disk that holds {}", .0.display())]
    DiskFull(PathBuf),
    /// This user may not read or write a file.
    #[error("no permission to read and write {}", .0.display())]
    Permission(PathBuf),
    /// Another process has it open.
    #[error("{} is in use by another process", path.display())]
    Locked {
        /// The database's folder.
        path: PathBuf,
        /// The process, where it is known.
        pid: Option<u32>,
    },
    /// An earlier write or flush failed; what it was is lost or not, nobody knows.
    #[error("an earlier write failed: {0}")]
    Stopped(String),
    /// Anything else that the system said.
    #[error("{}: {message}", path.display())]
    Io {
        /// The database's folder.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
}

/// Why nothing more is written, for everyone who tries after the first: what an operator can mend keeps its name.
#[derive(Clone, Debug)]
pub(crate) enum Down {
    /// No room.
    Full(PathBuf),
    /// No permission.
    Forbidden(PathBuf),
    /// Anything else.
    Other(String),
}

impl From<&EngineError> for Down {
    fn from(error: &EngineError) -> Self {
        match error {
            EngineError::DiskFull(path) => Self::Full(path.clone()),
            EngineError::Permission(path) => Self::Forbidden(path.clone()),
            EngineError::Stopped(why) => Self::Other(why.clone()),
            EngineError::Corrupt(_) | EngineError::Locked { .. } | EngineError::Io { .. } => {
                Self::Other(error.to_string())
            }
        }
    }
}

impl From<&StoreError> for Down {
    fn from(error: &StoreError) -> Self {
        if let StoreError::DiskFull(path) = error {
            Self::Full(path.clone())
        } else if let StoreError::Permission(path) = error {
            Self::Forbidden(path.clone())
        } else {
            Self::Other(error.to_string())
        }
    }
}

impl From<Down> for EngineError {
    fn from(down: Down) -> Self {
        match down {
            Down::Full(path) => Self::DiskFull(path),
            Down::Forbidden(path) => Self::Permission(path),
            Down::Other(why) => Self::Stopped(why),
        }
    }
}

/// An ordered key-value database.
///
/// # Contract
/// - A batch takes effect as a whole, now and after a crash.
/// - After [`Engine::flush`] returned well, all batches applied before are there after any crash. Without it any of
///   them may be lost.
/// - After an error, nothing is promised about writes that were not flushed.
pub trait Engine: Send + Sync + 'static {
    /// The value of a key.
    ///
    /// # Errors
    /// [`EngineError`].
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// The entries of a range. Not for the hot path.
    ///
    /// # Errors
    /// [`EngineError`].
    fn scan(&self, tree: Tree, scan: &Scan) -> Result<Vec<Entry>, EngineError>;

    /// Applies a batch. Keep it to about 256 writes: readers wait meanwhile.
    ///
    /// # Errors
    /// [`EngineError`].
    fn apply(&self, tree: Tree, batch: Batch) -> Result<(), EngineError>;

    /// Makes everything applied so far durable.
    ///
    /// # Errors
    /// [`EngineError`]. What was not durable before may be lost then.
    fn flush(&self) -> Result<(), EngineError>;

    /// Bytes it takes on disk.
    ///
    /// # Errors
    /// [`EngineError`].
    fn size_on_disk(&self) -> Result<u64, EngineError>;
}
