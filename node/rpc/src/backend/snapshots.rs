//! Snapshots of the state that the node gives away.

use super::ReadError;
use bytes::Bytes;
use primitives::{BlockHash, Digest, Height, Timestamp};

/// A snapshot of the state after a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// The block's height.
    pub height: Height,
    /// The block's hash.
    pub block_hash: BlockHash,
    /// The root of the state after it.
    pub state_root: Digest,
    /// When it was taken.
    pub created: Timestamp,
    /// How many entries the state has.
    pub entries: u64,
    /// How many chunks there are.
    pub chunks: u32,
    /// Bytes of all chunks.
    pub bytes: u64,
}

/// How much of snapshots is given away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotLimits {
    /// Downloads at once.
    pub downloads: usize,
    /// Bytes a second that all downloads together take.
    pub bytes_per_second: u64,
}

/// The snapshots of the node.
#[tonic::async_trait]
pub trait SnapshotBackend: Send + Sync + 'static {
    /// All of them, the newest first.
    async fn snapshots(&self) -> Result<Vec<SnapshotInfo>, ReadError>;

    /// The signed manifest of the one at `height`; `None` when there is none.
    async fn manifest(&self, height: Height) -> Result<Option<(SnapshotInfo, Bytes)>, ReadError>;

    /// A chunk, checked against its hash; `None` when it is not there any more.
    async fn chunk(&self, height: Height, index: u32) -> Result<Option<Bytes>, ReadError>;
}
