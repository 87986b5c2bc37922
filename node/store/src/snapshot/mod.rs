//! Snapshots of the state: what a new node starts from instead of executing every block.
//!
//! ```text
//!  manifest   the block, who finalized it, who finalized its child (which holds the state's root), all chunks' hashes
//!  chunks     history: every hand-over since genesis, and what the block changed │ entries: the state, in key order
//! ```
//!
//! A snapshot is believed because a quorum finalized the header that carries its root, followed from genesis by the
//! hand-overs in it: [`Verifier`]. Who signed the manifest is only to be named when it was a lie.

mod check;
mod folder;
mod restore;
mod take;

pub use check::{Checkpoint, Trust, Verifier};
pub use folder::{Draft, Folder, Listed};
pub use restore::{Restore, restore, verify};
pub use take::Take;

use crate::{Roots, StoreError};
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::domain::Domain;
use crypto::ed25519;
use crypto::hash::{sha256, tagged};
use light_palisade::{Certificate, Header, ValidatorSet};
use primitives::codec::{decode_limited, encode};
use primitives::{ChainHash, Digest, Height, Timestamp};
use state::Changes;
use std::path::{Path, PathBuf};

/// Bytes of a chunk, at most.
pub const CHUNK: usize = 1 << 20;
/// Chunks of a snapshot, at most: 64 GiB.
pub const MAX_CHUNKS: usize = 1 << 16;
/// Bytes of a manifest, at most.
pub const MAX_MANIFEST: usize = 8 << 20;
/// Headers from the child to the one that was finalized, at most.
const MAX_DESCENDANTS: usize = 1_024;
/// The version of the layout.
const FORMAT: u32 = 1;
/// The first bytes of a manifest.
const MARK: [u8; 8] = *b"palsnap\x01";

/// Why a snapshot cannot be taken, read or believed.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file cannot be read or written.
    #[error("{}: {message}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        message: String,
    },
    /// No room on the disk.
    #[error("the disk that holds {} is full: make room and try again; what was downloaded is used", .0.display())]
    DiskFull(PathBuf),
    /// A file, or what a peer sent, is not what its hash says.
    #[error("chunk {index} is damaged: {what}")]
    Chunk {
        /// Which chunk, from 0.
        index: usize,
        /// What is wrong.
        what: String,
    },
    /// The manifest is none, or contradicts itself.
    #[error("the manifest is not valid: {0}")]
    Manifest(String),
    /// It is of another chain.
    #[error("the snapshot is of the chain {found}, not of {expected}")]
    OtherChain {
        /// The chain in the manifest.
        found: ChainHash,
        /// The chain that was expected.
        expected: ChainHash,
    },
    /// Certificates, hand-overs or roots do not show what the manifest says.
    #[error("the snapshot is not what validators finalized: {0}")]
    Unproven(String),
    /// Who decided may have withdrawn since.
    #[error(
        "the trust starts at a block that is {age} ms old, older than the trusting period of {limit} ms: name a recent \
         block that someone you trust tells you, with --checkpoint HEIGHT:HASH"
    )]
    TooOld {
        /// How old it is.
        age: u64,
        /// How old it may be.
        limit: u64,
    },
    /// The checkpoint is on another chain, or cannot be found.
    #[error("checkpoint at height {height}: {what}")]
    Checkpoint {
        /// Its height.
        height: Height,
        /// What is wrong.
        what: &'static str,
    },
    /// No snapshot can be taken at this height.
    #[error("no snapshot can be taken at height {height}: {what}")]
    Unsuitable {
        /// The height.
        height: Height,
        /// Why.
        what: &'static str,
    },
    /// It was told to stop.
    #[error("it was told to stop")]
    Stopped,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SnapshotError {
    pub(crate) fn io(path: &Path, error: &std::io::Error) -> Self {
        if [std::io::ErrorKind::StorageFull, std::io::ErrorKind::QuotaExceeded].contains(&error.kind()) {
            return Self::DiskFull(path.to_owned());
        }
        Self::Io {
            path: path.to_owned(),
            message: error.to_string(),
        }
    }

    /// Whether whoever gave the snapshot gave something wrong: another source may be better.
    #[must_use]
    pub const fn is_fault_of_source(&self) -> bool {
        matches!(
            self,
            Self::Chunk { .. } | Self::Manifest(_) | Self::OtherChain { .. } | Self::Unproven(_)
        )
    }
}

/// The block whose state it is, and what shows that it is final.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Anchor {
    /// Its header.
    pub header: Header,
    /// Its own finalization.
    pub certificate: Certificate,
    /// The header after it, which carries the state's root.
    pub child: Header,
    /// The headers above, up to the one that was finalized; none when the child was.
    pub descendants: Vec<Header>,
    /// The finalization of the child, or of the last descendant.
    pub finality: Certificate,
}

impl Anchor {
    /// What executing the block left, as its child says.
    #[must_use]
    pub const fn roots(&self) -> Roots {
        Roots {
            state: self.child.state_root,
            receipts: self.child.receipts_root,
            outbox: self.child.outbox_root,
        }
    }
}

/// One chunk: what its bytes must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ChunkInfo {
    /// SHA-256 of its bytes.
    pub hash: Digest,
    /// How many bytes it has, at most [`CHUNK`].
    pub bytes: u32,
}

impl ChunkInfo {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            hash: Digest::new(sha256(&[bytes])),
            bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        }
    }

    /// Whether `bytes` are this chunk.
    #[must_use]
    pub fn is(&self, bytes: &[u8]) -> bool {
        *self == Self::of(bytes)
    }
}

/// What a snapshot consists of.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Manifest {
    format: u32,
    /// The block, which names the chain, and the state's root.
    pub anchor: Anchor,
    /// When it was taken.
    pub created: Timestamp,
    /// How many entries the state has.
    pub entries: u64,
    /// How many of the chunks are history; the others are entries.
    pub history: u32,
    /// The chunks in order.
    pub chunks: Vec<ChunkInfo>,
}

impl Manifest {
    /// The chain.
    #[must_use]
    pub const fn chain(&self) -> ChainHash {
        self.anchor.header.chain_hash
    }

    /// The height of the block whose state it is.
    #[must_use]
    pub const fn height(&self) -> Height {
        self.anchor.header.height
    }

    /// The state's root.
    #[must_use]
    pub const fn state_root(&self) -> Digest {
        self.anchor.child.state_root
    }

    /// Bytes of all chunks.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.chunks.iter().map(|chunk| u64::from(chunk.bytes)).sum()
    }

    /// What names this very manifest.
    #[must_use]
    pub fn id(&self) -> Digest {
        tagged(Domain::SnapshotManifest, &[&encode(self)])
    }

    fn check(&self) -> Result<(), SnapshotError> {
        let history = usize::try_from(self.history).unwrap_or(usize::MAX);
        let sized = |chunk: &ChunkInfo| (1..=CHUNK).contains(&(chunk.bytes as usize));
        let rules = [
            (
                self.format == FORMAT,
                "its format is not known: use the version that wrote it",
            ),
            (self.chunks.len() <= MAX_CHUNKS, "it has too many chunks"),
            (history <= self.chunks.len(), "it has more history than chunks"),
            (self.chunks.iter().all(sized), "a chunk is empty or too large"),
            (
                self.anchor.descendants.len() <= MAX_DESCENDANTS,
                "it has too many descendants",
            ),
            (
                self.anchor.header.chain_hash == self.anchor.child.chain_hash,
                "it is of two chains",
            ),
        ];
        rules
            .iter()
            .find(|(holds, _)| !holds)
            .map_or(Ok(()), |(_, what)| {
                Err(SnapshotError::Manifest((*what).to_owned()))
            })
    }
}

/// A manifest with who says so: the p2p key of the node that took it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Signed {
    /// The manifest.
    pub manifest: Manifest,
    /// The ed25519 key of the node.
    pub key: [u8; 32],
    /// Its signature over the manifest's id.
    pub signature: [u8; 64],
}

impl Signed {
    /// The bytes that are kept and sent.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MARK.to_vec();
        bytes.extend_from_slice(&encode(self));
        bytes
    }

    /// The manifest that a stranger's bytes are, with its shape and its signature checked.
    ///
    /// # Errors
    /// [`SnapshotError::Manifest`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let body = bytes
            .strip_prefix(&MARK)
            .ok_or_else(|| SnapshotError::Manifest("it does not begin as one".to_owned()))?;
        let signed: Self =
            decode_limited(body, MAX_MANIFEST).map_err(|error| SnapshotError::Manifest(error.to_string()))?;
        signed.manifest.check()?;
        ed25519::verify_zip215(&signed.key, signed.manifest.id().as_bytes(), &signed.signature)
            .map_err(|_| SnapshotError::Manifest("its signature does not hold".to_owned()))?;
        Ok(signed)
    }
}

/// A record of the history.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum History {
    /// The end of an epoch, and who decides the next.
    HandOver(Box<Link>),
    /// What the block changed: the state before it decides the next epoch's set.
    Changes(Changes),
}

/// The end of an epoch and the set that it hands over to.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Link {
    pub(crate) header: Header,
    pub(crate) certificate: Certificate,
    pub(crate) next: ValidatorSet,
}

#[cfg(test)]
mod tests;
