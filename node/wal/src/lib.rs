//! A flat, append-only, checksummed log that is on disk before a vote leaves.
//!
//! It is used twice: for consensus's own records ([`Wal`]) and for the signer's guard, both apart from the
//! database, so that a damaged database is a resync and can never become a double sign.
//!
//! May name: primitives, crypto, light/palisade; it needs primitives alone.
//!
//! # The file
//!
//! ```text
//! header   magic 8 | format version u32 | purpose 16 | binding 32 | sealed u64 | crc32 u32     72 bytes
//! frame    length u32 | crc32 u32 | sequence u64 | record length u32, record, ...      one per sync
//! ```
//!
//! Numbers are little-endian. A frame's checksum covers its length, sequence and payload and starts from the
//! header's, so that a frame of another file, or at another place, is none. A frame holds everything that one
//! [`Log::sync`] made durable, and the next frame is written only after that sync: so at most the last frame can be
//! torn by a crash, and damage that a frame follows is never what a crash leaves. Nor is damage to the first `sealed`
//! bytes: those were durable before the file got its name.
//!
//! # Invariants
//!
//! - What [`Log::sync`] (or [`Log::rewrite`]) acknowledged is there after any crash, in order; nothing that was not
//!   appended ever is.
//! - A torn tail is dropped and reported. Any other damage is [`LogError::Corrupt`], and the file is left as it is.
//! - The first failed write or sync poisons the log for good: a sync that failed may have thrown the data away, and
//!   a second that succeeds proves nothing.
//! - What opening recovers is durable before it is returned: the records are copied to a new file, synced, and put
//!   in place. A predecessor's unsynced writes may be in the page cache only.
//! - One process has a log open at a time.
//!
//! # Source
//! consensus.md, sections 1.2 "Persistence" and 2.3.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::integer_division,
    reason = "node code is not consensus-critical: sizes are bounded by the limits checked beforehand"
)]

mod error;
pub mod faulty;
mod file;
mod frame;
mod hampered;
mod log;
mod medium;
mod typed;

pub use error::LogError;
pub use hampered::{Hampered, Hindrance};
pub use log::{Limits, Log, MAX_RECORD, Presence, Recovered, Spec, Synced};
pub use medium::{Disk, LockError, LockGuard, LogFile, Medium};
pub use typed::{Compacted, Replayed, Wal, WalConfig};
