//! What can be wrong with a log.

use primitives::codec::CodecError;
use std::io;
use std::path::PathBuf;

/// Why a log cannot be opened, written or synced. Every variant names the file.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The operating system refused. After a failed write or sync the log is poisoned.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried, as a verb: "write", "sync".
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// An earlier write or sync failed.
    #[error(
        "{}: an earlier write or sync failed, so nothing more can be promised: stop, look at the disk, restart",
        path.display()
    )]
    Poisoned {
        /// The file.
        path: PathBuf,
    },
    /// Damage that no crash leaves. The file was not touched.
    #[error("{}: damaged at byte {offset}: {what}. {hint}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where the first damage is, in bytes from the start.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
        /// What the operator can do.
        hint: &'static str,
    },
    /// A record whose checksum holds does not decode.
    #[error("{}: record {index} was written by another version of this program: {source}. {hint}", path.display())]
    Undecodable {
        /// The file.
        path: PathBuf,
        /// Which record, from 0.
        index: usize,
        /// Why it does not decode.
        source: CodecError,
        /// What the operator can do.
        hint: &'static str,
    },
    /// A version of the format that this program does not know.
    #[error("{}: log format {found}, this program knows {known}: use the version that wrote it", path.display())]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: u32,
        /// The version that is known.
        known: u32,
    },
    /// A log, but for something else.
    #[error("{}: this log is for `{found}`, expected one for `{expected}`: two files were exchanged", path.display())]
    WrongPurpose {
        /// The file.
        path: PathBuf,
        /// What the file says it is for.
        found: String,
        /// What was asked for.
        expected: &'static str,
    },
    /// A log of another chain.
    #[error(
        "{}: this log belongs to {found}, not to {expected}: it is another chain's data folder",
        path.display()
    )]
    WrongBinding {
        /// The file.
        path: PathBuf,
        /// Hex of the binding in the file.
        found: String,
        /// Hex of the binding that was asked for.
        expected: String,
    },
    /// Another process, or another handle in this one, has the log open.
    #[error(
        "{}: already open in {}: stop it first, two programs must never share a log",
        path.display(),
        holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// The process that has it, where it is known.
        holder: Option<u32>,
    },
    /// There is none, and it had to be there.
    #[error("{}: there is no such log", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// There is one, and it had to be new.
    #[error("{}: exists already and is never overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// One record larger than allowed. Nothing was written.
    #[error("{}: a record of {length} bytes, at most {limit} are allowed", path.display())]
    RecordTooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes of the record.
        length: usize,
        /// Bytes that are allowed.
        limit: usize,
    },
    /// The log would grow beyond its limit. Nothing was written.
    #[error("{}: full, {limit} bytes are allowed: compact it or raise the limit", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// Bytes that are allowed.
        limit: u64,
    },
    /// The file is larger than its limit; it was not read.
    #[error("{}: {length} bytes, at most {limit} are allowed: raise the limit to open it", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes of the file.
        length: u64,
        /// Bytes that are allowed.
        limit: u64,
    },
}

impl LogError {
    /// What the system refused, when it was the system that did.
    #[must_use]
    pub fn refused(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { source, .. } => Some(source.kind()),
            Self::Poisoned { .. }
            | Self::Corrupt { .. }
            | Self::Undecodable { .. }
            | Self::UnknownVersion { .. }
            | Self::WrongPurpose { .. }
            | Self::WrongBinding { .. }
            | Self::Locked { .. }
            | Self::Missing { .. }
            | Self::Exists { .. }
            | Self::RecordTooLarge { .. }
            | Self::Full { .. }
            | Self::TooLarge { .. } => None,
        }
    }

    /// Whether the file itself cannot be trusted: the node ends with exit code 22 and leaves it alone.
    #[must_use]
    pub const fn is_corruption(&self) -> bool {
        matches!(
            self,
            Self::Corrupt { .. }
                | Self::Undecodable { .. }
                | Self::UnknownVersion { .. }
                | Self::WrongPurpose { .. }
                | Self::WrongBinding { .. }
        )
    }
}
