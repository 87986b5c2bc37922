//! The snapshots on disk, as they are given away.

use super::broken;
use bytes::Bytes;
use primitives::Height;
use rpc::backend::{ReadError, SnapshotBackend, SnapshotInfo};
use store::snapshot::{Folder, Listed, SnapshotError};

/// The snapshots of this node.
#[derive(Debug)]
pub(crate) struct OnDisk(pub(crate) Folder);

async fn off_thread<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, SnapshotError> + Send + 'static,
) -> Result<T, ReadError> {
    match tokio::task::spawn_blocking(read).await {
        Ok(answer) => answer.map_err(broken),
        Err(error) => Err(broken(error)),
    }
}

fn info(listed: &Listed) -> SnapshotInfo {
    let manifest = &listed.signed.manifest;
    SnapshotInfo {
        height: manifest.height(),
        block_hash: manifest.anchor.header.hash(),
        state_root: manifest.state_root(),
        created: manifest.created,
        entries: manifest.entries,
        chunks: u32::try_from(manifest.chunks.len()).unwrap_or(u32::MAX),
        bytes: manifest.bytes(),
    }
}

/// A snapshot that was replaced meanwhile is not there.
fn open(folder: &Folder, height: Height) -> Result<Option<Listed>, SnapshotError> {
    match folder.open(height) {
        Ok(listed) => Ok(Some(listed)),
        Err(SnapshotError::Io { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[tonic::async_trait]
impl SnapshotBackend for OnDisk {
    async fn snapshots(&self) -> Result<Vec<SnapshotInfo>, ReadError> {
        let folder = self.0.clone();
        off_thread(move || Ok(folder.list()?.iter().map(info).collect())).await
    }

    async fn manifest(&self, height: Height) -> Result<Option<(SnapshotInfo, Bytes)>, ReadError> {
        let folder = self.0.clone();
        off_thread(move || {
            let listed = open(&folder, height)?;
            Ok(listed.map(|listed| (info(&listed), listed.signed.to_bytes().into())))
        })
        .await
    }

    async fn chunk(&self, height: Height, index: u32) -> Result<Option<Bytes>, ReadError> {
        let folder = self.0.clone();
        off_thread(move || {
            let Some(listed) = open(&folder, height)? else {
                return Ok(None);
            };
            match listed.chunk(usize::try_from(index).unwrap_or(usize::MAX)) {
                Ok(bytes) => Ok(Some(bytes.into())),
                Err(SnapshotError::Io { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }
}
