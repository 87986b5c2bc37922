//! What a node does to keep its house: old blocks forgotten, snapshots taken, the disk's use watched.

use super::StartError;
use crate::app::{ASKS, Ask, Chain, PruningTask, SnapshotTask};
use crate::config::{Home, Pruning, StorageSection};
use signer::Ed25519Key;
use std::sync::Arc;
use std::time::Duration;
use store::snapshot::Folder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Between two looks at what the store takes on disk.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How many times what is in use the store may take before it is said.
const MOST_AMPLIFICATION: u64 = 5;
/// Below this nothing is said: the database takes room ahead.
const SMALL: u64 = 256 << 20;

/// Who wants snapshots: the owner, at the socket or by a signal.
pub(super) struct Asks {
    pub(super) sender: mpsc::Sender<Ask>,
    pub(super) receiver: mpsc::Receiver<Ask>,
}

impl Asks {
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(ASKS);
        Self { sender, receiver }
    }
}

/// Does all of it until `stop`. Ends early only when something is broken.
pub(super) async fn house(
    chain: Arc<Chain>,
    home: Home,
    storage: StorageSection,
    key: Ed25519Key,
    asks: Asks,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let Asks { sender, receiver } = asks;
    let pruning = PruningTask {
        chain: chain.clone(),
        window: storage.window_blocks,
    };
    let snapshots = SnapshotTask {
        chain: chain.clone(),
        folder: Folder::new(home.snapshots()),
        interval: storage.snapshot_interval_blocks,
        keep: storage.snapshots_kept,
        key,
    };
    let prune = async {
        if storage.pruning == Pruning::Window {
            return pruning.run(stop.clone()).await;
        }
        stop.cancelled().await;
        Ok(())
    };
    tokio::select! {
        ended = prune => Ok(ended?),
        ended = snapshots.run(receiver, stop.clone()) => Ok(ended?),
        ended = watch_disk(chain, stop.clone()) => ended,
        ended = on_request(sender) => ended,
    }
}

/// SIGUSR1 asks for a snapshot: `palisade snapshot create` sends it.
async fn on_request(asks: mpsc::Sender<Ask>) -> Result<(), StartError> {
    let mut asked = signal(SignalKind::user_defined1())?;
    while asked.recv().await.is_some() {
        // Who sends a signal looks into the folder himself; one who cannot be heard now has asked often enough.
        drop(asks.try_send(oneshot::channel().0));
    }
    Ok(())
}

/// Keeps the gauges of the store's size up to date, and says when it takes far more room than it uses.
async fn watch_disk(chain: Arc<Chain>, stop: CancellationToken) -> Result<(), StartError> {
    let mut said = false;
    loop {
        let measured = chain.clone();
        let space = tokio::task::spawn_blocking(move || measured.store().space()).await;
        let space = space.map_err(|_| StartError::Interrupted)??;
        let wide = space.on_disk > SMALL && space.on_disk > space.live.saturating_mul(MOST_AMPLIFICATION);
        if wide && !said {
            let (on_disk, live) = (space.on_disk, space.live);
            tracing::warn!(
                on_disk,
                live,
                "the store takes more than five times the room that it uses: stop the node, `palisade debug export`, \
                 then `palisade debug import`"
            );
        }
        said = wide;
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}
