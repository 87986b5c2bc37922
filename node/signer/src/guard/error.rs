//! Why the guard does not answer.

use super::interchange::InterchangeError;
use crypto::bls::KeyBytes;
use std::path::PathBuf;
use wal::LogError;

/// What an operator can do about a damaged guard.
pub(super) const HINT: &str = "Do not delete it: with it goes the knowledge of what was signed. Import an export that was made \
                    after the last vote, or start a new guard that casts no vote before the next epoch";
/// The most keys that one guard keeps: a node has one, and two while it rotates.
pub(super) const MAX_KEYS: usize = 64;

/// Why the guard cannot be opened or cannot answer. It signs nothing then.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// The guard's folder cannot be made.
    #[error("cannot make the folder {}: {source}: check its parent's permissions and the disk", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is no guard. The node ends with exit code 21 when the key is known to have been active.
    #[error(
        "{}: there is no signing guard: if this key ever voted, restore the guard or import an export of it; \
         otherwise initialise a new one",
        path.display()
    )]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// There is one already.
    #[error("{}: there is a signing guard already; it is never replaced", path.display())]
    AlreadyInitialised {
        /// Where it is.
        path: PathBuf,
    },
    /// The key is not in this guard, so what it signed elsewhere is unknown.
    #[error(
        "{key:?}: the guard does not know this key: register it, or import the export of the guard that does"
    )]
    Unregistered {
        /// The key.
        key: KeyBytes,
    },
    /// The key was stopped for good.
    #[error(
        "{key:?}: this home gave the key away, and its guard is locked for good: use the home that took it"
    )]
    Retired {
        /// The key.
        key: KeyBytes,
    },
    /// More keys than a node ever has.
    #[error("a guard keeps at most {MAX_KEYS} keys")]
    TooManyKeys,
    /// A later lease was given to somebody else.
    #[error("lease {number} has ended: lease {fence} was given since")]
    Fenced {
        /// The lease that was named.
        number: u64,
        /// The last one that was given.
        fence: u64,
    },
    /// Its records contradict each other.
    #[error("{}: record {index}: {what}. {HINT}", path.display())]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// Which record, from 0.
        index: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The document to import.
    #[error(transparent)]
    Interchange(#[from] InterchangeError),
    /// The file.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl GuardError {
    /// Whether the file itself cannot be trusted: the node ends with exit code 22 and leaves it alone.
    #[must_use]
    pub const fn is_corruption(&self) -> bool {
        match self {
            Self::Inconsistent { .. } => true,
            Self::Log(error) => error.is_corruption(),
            Self::Folder { .. }
            | Self::Missing { .. }
            | Self::AlreadyInitialised { .. }
            | Self::Unregistered { .. }
            | Self::Retired { .. }
            | Self::TooManyKeys
            | Self::Fenced { .. }
            | Self::Interchange(_) => false,
        }
    }
}
