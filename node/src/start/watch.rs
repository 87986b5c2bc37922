//! What listens: the gRPC services, and metrics and health over HTTP.

use super::StartError;
use crate::backend::{Backend, OnDisk, Owner};
use crate::config::{Home, NodeConfig};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use primitives::Timestamp;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use rpc::backend::{SnapshotLimits, Tip};
use rpc::{Drain, Local, Server};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use store::snapshot::Folder;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A node whose last block is older than this is not ready.
const STALE_MS: u64 = 60_000;

/// The time now.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::new(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A server that runs.
pub(super) struct Running(JoinHandle<()>);

impl Running {
    /// Waits until it has ended.
    pub(super) async fn finish(self) {
        if self.0.await.is_err() {
            tracing::error!("the gRPC server's task did not end by itself");
        }
    }
}

/// What the gRPC server counts in, and what tells it to take nothing new.
pub(super) struct Gauges {
    pub(super) metrics: rpc::Metrics,
    pub(super) drain: Drain,
}

/// Listens for gRPC; the services end with `stop`.
pub(super) async fn listen(
    config: &NodeConfig,
    backend: Arc<Backend>,
    snapshots: Option<PathBuf>,
    dev: bool,
    gauges: Gauges,
    stop: CancellationToken,
) -> Result<Running, StartError> {
    let Gauges { metrics, drain } = gauges;
    let mut server = Server::new(config.rpc.clone(), backend.clone())?
        .with_metrics(metrics)
        .with_drain(drain);
    if let Some(folder) = snapshots {
        let limits = SnapshotLimits {
            downloads: config.storage.snapshot_downloads,
            bytes_per_second: config.storage.snapshot_bytes_per_second,
        };
        server = server.with_snapshots(Arc::new(OnDisk(Folder::new(folder))), limits);
    }
    if dev && config.rpc.dev_service {
        server = server.with_dev(backend);
    }
    let listening = server.listen().await?;
    Ok(Running(tokio::spawn(async move {
        if let Err(error) = listening.serve(stop.clone()).await {
            tracing::error!(%error, "the gRPC server ended");
            stop.cancel();
        }
    })))
}

/// Listens at the owner's socket, where the settings name one; the services end with `stop`.
pub(super) async fn listen_for_owner(
    config: &NodeConfig,
    home: &Home,
    owner: Owner,
    dev: bool,
    stop: CancellationToken,
) -> Result<Option<Running>, StartError> {
    if config.admin.socket.is_empty() {
        return Ok(None);
    }
    let path = home.path().join(&config.admin.socket);
    let backend = owner.backend.clone();
    let mut local = Local::new(config.rpc.clone(), backend.clone(), Arc::new(owner));
    if dev {
        local = local.with_dev(backend);
    }
    let listening = local.listen(&path).await?;
    Ok(Some(Running(tokio::spawn(async move {
        if let Err(error) = listening.serve(stop.clone()).await {
            tracing::error!(%error, "the owner's listener ended");
            stop.cancel();
        }
    }))))
}

/// What the pages tell of.
#[derive(Clone)]
pub(super) struct Pages {
    pub(super) registry: Arc<Registry>,
    pub(super) tip: watch::Receiver<Tip>,
    pub(super) drain: Drain,
}

/// Serves `/metrics`, `/healthy` and `/ready` until `stop`; gives the address.
pub(super) async fn serve(
    config: &NodeConfig,
    pages: Pages,
    stop: CancellationToken,
) -> Result<SocketAddr, StartError> {
    let address = config.metrics.listen;
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| StartError::Metrics { address, source })?;
    let address = listener
        .local_addr()
        .map_err(|source| StartError::Metrics { address, source })?;
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthy", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .with_state(pages);
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = served.await {
            tracing::error!(%error, "the metrics listener ended");
        }
    });
    Ok(address)
}

async fn metrics(State(pages): State<Pages>) -> Response {
    let mut text = String::new();
    if encode(&mut text, &pages.registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Ready: at least one block, not catching up, and the last block is not old.
async fn ready(State(pages): State<Pages>) -> Response {
    let tip = *pages.tip.borrow();
    let age = now().since(tip.time).get();
    let why = if pages.drain.has_begun() {
        "this node is being drained".to_owned()
    } else if tip.height.is_zero() {
        "no block is final yet".to_owned()
    } else if tip.syncing {
        format!("catching up: at height {} of {}", tip.height, tip.target)
    } else if age > STALE_MS {
        format!("the last block is {} s old", age / 1_000)
    } else {
        return (StatusCode::OK, format!("ready at height {}\n", tip.height)).into_response();
    };
    (StatusCode::SERVICE_UNAVAILABLE, why + "\n").into_response()
}
