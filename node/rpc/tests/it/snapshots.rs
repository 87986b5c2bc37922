//! SnapshotService.

use crate::support::{Node, check, config};
use bytes::Bytes;
use palisade_rpc::Server;
use palisade_rpc::backend::{ReadError, SnapshotBackend, SnapshotInfo, SnapshotLimits};
use primitives::{BlockHash, Digest, Height, Timestamp};
use proto::snapshot::v1::snapshot_service_client::SnapshotServiceClient;
use proto::snapshot::v1::{DownloadSnapshotRequest, GetSnapshotRequest, ListSnapshotsRequest};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

/// One snapshot of four chunks, of which the last has gone.
struct Four;

impl Four {
    const HEIGHT: Height = Height::new(40);

    fn info() -> SnapshotInfo {
        SnapshotInfo {
            height: Self::HEIGHT,
            block_hash: BlockHash::new([1; 32]),
            state_root: Digest::new([2; 32]),
            created: Timestamp::new(3),
            entries: 5,
            chunks: 4,
            bytes: 4_096,
        }
    }
}

#[tonic::async_trait]
impl SnapshotBackend for Four {
    async fn snapshots(&self) -> Result<Vec<SnapshotInfo>, ReadError> {
        Ok(vec![Self::info()])
    }

    async fn manifest(&self, height: Height) -> Result<Option<(SnapshotInfo, Bytes)>, ReadError> {
        Ok((height == Self::HEIGHT).then(|| (Self::info(), Bytes::from_static(b"manifest"))))
    }

    async fn chunk(&self, _: Height, index: u32) -> Result<Option<Bytes>, ReadError> {
        Ok((index < 3).then(|| Bytes::from(vec![u8::try_from(index).unwrap(); 1_024])))
    }
}

async fn client(downloads: usize) -> (SnapshotServiceClient<Channel>, CancellationToken) {
    let limits = SnapshotLimits {
        downloads,
        bytes_per_second: 1 << 20,
    };
    let server = Server::new(config(), Arc::new(Node::new())).unwrap();
    let listening = server
        .with_snapshots(Arc::new(Four), limits)
        .listen()
        .await
        .unwrap();
    let (address, shutdown) = (listening.address(), CancellationToken::new());
    tokio::spawn(listening.serve(shutdown.clone()));
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    (
        SnapshotServiceClient::new(endpoint.connect().await.unwrap()),
        shutdown,
    )
}

fn download(height: u64, first_chunk: u32, count: u32) -> DownloadSnapshotRequest {
    DownloadSnapshotRequest {
        height,
        first_chunk,
        count,
    }
}

#[tokio::test]
async fn snapshots_are_listed_described_and_downloaded_from_any_chunk_on() {
    let (mut client, _running) = client(2).await;
    let listed = client
        .list_snapshots(ListSnapshotsRequest {})
        .await
        .unwrap()
        .into_inner();
    for height in [0, 40] {
        let one = client
            .get_snapshot(GetSnapshotRequest { height })
            .await
            .unwrap()
            .into_inner();
        assert_eq!(one.snapshot.as_ref(), listed.snapshots.first());
        assert_eq!(&one.manifest[..], b"manifest");
    }
    for (first, count, expected) in [(0, 2, vec![0, 1]), (1, 2, vec![1, 2]), (2, 1, vec![2])] {
        let mut stream = client
            .download_snapshot(download(40, first, count))
            .await
            .unwrap()
            .into_inner();
        let mut got = Vec::new();
        while let Some(frame) = stream.message().await.unwrap() {
            assert!(
                frame.data.len() == 1_024 && frame.data.iter().all(|byte| u32::from(*byte) == frame.index)
            );
            got.push(frame.index);
        }
        assert_eq!(got, expected);
    }
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let (mut client, _running) = client(1).await;
    let error = client
        .get_snapshot(GetSnapshotRequest { height: 7 })
        .await
        .unwrap_err();
    check(&error, Code::NotFound, "SNAPSHOT_NOT_FOUND", &[("snapshot", "7")]);
    let error = client.download_snapshot(download(7, 0, 0)).await.unwrap_err();
    check(&error, Code::NotFound, "SNAPSHOT_NOT_FOUND", &[("snapshot", "7")]);
    let error = client.download_snapshot(download(40, 4, 0)).await.unwrap_err();
    check(
        &error,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "first_chunk")],
    );
    // The snapshot is replaced while it is downloaded.
    let mut stream = client
        .download_snapshot(download(40, 2, 0))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().index, 2);
    let error = stream.message().await.unwrap_err();
    check(&error, Code::NotFound, "SNAPSHOT_NOT_FOUND", &[]);
}

#[tokio::test]
async fn no_more_downloads_than_the_operator_wants() {
    let (mut client, _running) = client(0).await;
    let error = client.download_snapshot(download(40, 0, 0)).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error:?}");
}
