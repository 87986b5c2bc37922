//! SnapshotService: bounded, and no faster than the operator wants.

use crate::api::Api;
use crate::backend::{ReadError, SnapshotBackend, SnapshotInfo, SnapshotLimits};
use crate::convert::hash;
use crate::refusal::{Refusal, status};
use crate::stream::{self, Frames, Outlet, Stop};
use primitives::Height;
use proto::snapshot::v1::snapshot_service_server::SnapshotService;
use proto::snapshot::v1::{
    DownloadSnapshotRequest, DownloadSnapshotResponse, GetSnapshotRequest, GetSnapshotResponse,
    ListSnapshotsRequest, ListSnapshotsResponse, Snapshot,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;
use tonic::{Request, Response, Status};

pub(crate) struct SnapshotApi {
    api: Api,
    snapshots: Arc<dyn SnapshotBackend>,
    limits: SnapshotLimits,
    downloads: Arc<Semaphore>,
    pace: Arc<Pace>,
}

/// Spreads bytes over time, for all downloads together.
struct Pace {
    bytes_per_second: u64,
    free: Mutex<Instant>,
}

impl Pace {
    /// When the next chunk may leave, if this many bytes are sent then.
    async fn turn(&self, bytes: usize) -> Instant {
        let mut free = self.free.lock().await;
        let start = (*free).max(Instant::now());
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let micros = bytes.saturating_mul(1_000_000).checked_div(self.bytes_per_second);
        *free = start + Duration::from_micros(micros.unwrap_or(0));
        start
    }
}

impl SnapshotApi {
    pub(crate) fn new(api: Api, snapshots: Arc<dyn SnapshotBackend>, limits: SnapshotLimits) -> Self {
        Self {
            api,
            snapshots,
            limits,
            downloads: Arc::new(Semaphore::new(limits.downloads)),
            pace: Arc::new(Pace {
                bytes_per_second: limits.bytes_per_second,
                free: Mutex::new(Instant::now()),
            }),
        }
    }

    async fn manifest(&self, height: Height) -> Result<(SnapshotInfo, bytes::Bytes), Refusal> {
        let found = self.snapshots.manifest(height).await?;
        found.ok_or_else(|| not_found(height))
    }
}

fn not_found(height: Height) -> Refusal {
    let message = format!("this node has no snapshot at height {height}: ListSnapshots says which it has");
    Refusal::not_found("SNAPSHOT_NOT_FOUND", "snapshot", &height.to_string(), message)
}

fn shown(info: &SnapshotInfo) -> Snapshot {
    Snapshot {
        height: info.height.get(),
        block_hash: hash(&info.block_hash),
        state_root: hash(&info.state_root),
        created_ms: info.created.get(),
        entries: info.entries,
        chunks: info.chunks,
        bytes: info.bytes,
    }
}

#[tonic::async_trait]
impl SnapshotService for SnapshotApi {
    async fn list_snapshots(
        &self,
        _: Request<ListSnapshotsRequest>,
    ) -> Result<Response<ListSnapshotsResponse>, Status> {
        let listed = self.snapshots.snapshots().await.map_err(status)?;
        Ok(Response::new(ListSnapshotsResponse {
            snapshots: listed.iter().map(shown).collect(),
        }))
    }

    async fn get_snapshot(
        &self,
        request: Request<GetSnapshotRequest>,
    ) -> Result<Response<GetSnapshotResponse>, Status> {
        let mut height = Height::new(request.into_inner().height);
        if height.is_zero() {
            let newest = self.snapshots.snapshots().await.map_err(status)?;
            height = newest.first().ok_or_else(|| not_found(height))?.height;
        }
        let (info, manifest) = self.manifest(height).await?;
        Ok(Response::new(GetSnapshotResponse {
            snapshot: Some(shown(&info)),
            manifest,
        }))
    }

    type DownloadSnapshotStream = Frames<DownloadSnapshotResponse>;

    async fn download_snapshot(
        &self,
        request: Request<DownloadSnapshotRequest>,
    ) -> Result<Response<Self::DownloadSnapshotStream>, Status> {
        let DownloadSnapshotRequest {
            height,
            first_chunk,
            count,
        } = request.into_inner();
        let permit = self
            .downloads
            .clone()
            .try_acquire_owned()
            .map_err(|_| Refusal::overloaded("snapshot downloads", self.limits.downloads))?;
        let height = Height::new(height);
        let (info, _) = self.manifest(height).await?;
        if first_chunk >= info.chunks {
            let problem = format!("the snapshot has chunks 0 to {}", info.chunks.saturating_sub(1));
            return Err(Refusal::field("first_chunk", problem).into());
        }
        let end = if count == 0 {
            info.chunks
        } else {
            first_chunk.saturating_add(count).min(info.chunks)
        };
        let (snapshots, pace) = (self.snapshots.clone(), self.pace.clone());
        Ok(Response::new(stream::open(
            &self.api.terms,
            |outlet| async move {
                let _permit = permit;
                send(snapshots, pace, height, first_chunk..end, outlet).await
            },
        )))
    }
}

async fn send(
    snapshots: Arc<dyn SnapshotBackend>,
    pace: Arc<Pace>,
    height: Height,
    chunks: std::ops::Range<u32>,
    outlet: Outlet<DownloadSnapshotResponse>,
) -> Result<(), Stop> {
    for index in chunks {
        let read: Result<_, ReadError> = outlet.wait(snapshots.chunk(height, index)).await?;
        // Replaced by a newer one meanwhile.
        let data = read?.ok_or_else(|| not_found(height))?;
        let turn = pace.turn(data.len()).await;
        outlet.wait(tokio::time::sleep_until(turn)).await?;
        outlet
            .send(&index.to_string(), DownloadSnapshotResponse { index, data })
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn downloads_together_are_no_faster_than_the_limit() {
        let pace = Pace {
            bytes_per_second: 2_000,
            free: Mutex::new(Instant::now()),
        };
        let began = Instant::now();
        for _ in 0..5 {
            tokio::time::sleep_until(pace.turn(1_000).await).await;
        }
        // The first leaves at once, each of the others half a second after the one before.
        let took = began.elapsed().as_millis();
        assert!((2_000..2_010).contains(&took), "{took} ms");
    }
}
