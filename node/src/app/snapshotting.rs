//! Taking snapshots of the latest final state, every so many blocks and when asked to, while the node goes on.

use super::Snapshot;
use super::chain::{Chain, ChainError};
use primitives::Height;
use signer::Ed25519Key;
use std::sync::Arc;
use store::snapshot::{Folder, SnapshotError, Take};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Asks for a snapshot now, and hears of which height it is or what came in between.
pub(crate) type Ask = oneshot::Sender<Result<Height, String>>;
/// Asks that wait, at most.
pub(crate) const ASKS: usize = 8;

/// Takes snapshots.
pub(crate) struct SnapshotTask {
    pub(crate) chain: Arc<Chain>,
    pub(crate) folder: Folder,
    /// Every so many blocks; 0 only when asked to.
    pub(crate) interval: u64,
    /// How many are kept.
    pub(crate) keep: usize,
    /// Who signs the manifests: the node's key in the network.
    pub(crate) key: Ed25519Key,
}

impl SnapshotTask {
    /// Runs until it is stopped. A snapshot that fails is told of and tried again later: the chain goes on.
    pub(crate) async fn run(
        self,
        mut asks: mpsc::Receiver<Ask>,
        stop: CancellationToken,
    ) -> Result<(), ChainError> {
        let mut committed = self.chain.committed();
        let mut last = self.newest();
        let task = Arc::new(self);
        let mut waiting: Vec<Ask> = Vec::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Some(ask) = asks.recv() => waiting.push(ask),
                changed = committed.changed() => if changed.is_err() { return Ok(()) },
            }
            let tip = committed.borrow_and_update().get();
            let due = task.interval > 0 && tip >= last.get().saturating_add(task.interval);
            if waiting.is_empty() && !due {
                continue;
            }
            let (task, stop) = (task.clone(), stop.clone());
            let taken = tokio::task::spawn_blocking(move || task.take(&stop)).await;
            match taken.map_err(|_| ChainError::Broken("taking a snapshot ended early"))? {
                Ok(Some(height)) => {
                    last = height;
                    answer(&mut waiting, &Ok(height));
                }
                // None of the latest blocks suits: the next may.
                Ok(None) | Err(SnapshotError::Stopped) => {}
                Err(error) => {
                    tracing::error!(%error, "no snapshot was taken");
                    last = Height::new(tip);
                    answer(&mut waiting, &Err(error.to_string()));
                }
            }
        }
    }

    fn newest(&self) -> Height {
        let newest = self.folder.list().ok().and_then(|list| list.into_iter().next());
        newest.map_or(Height::ZERO, |one| one.signed.manifest.height())
    }

    /// Takes one of the newest version in memory that can be proven.
    fn take(&self, stop: &CancellationToken) -> Result<Option<Height>, SnapshotError> {
        let Some(version) = self.suitable()? else {
            return Ok(None);
        };
        let height = version.header.height;
        if self.folder.open(height).is_ok() {
            return Ok(Some(height));
        }
        let sign = |message: &[u8]| self.key.sign(message);
        let take = Take {
            state: &version.state,
            height,
            created: crate::start::now(),
            key: *self.key.public_key().as_bytes(),
            sign: &sign,
            go_on: &|| !stop.is_cancelled(),
        };
        let signed = self.chain.store().take_snapshot(&self.folder, &take)?;
        let manifest = &signed.manifest;
        let (bytes, chunks) = (manifest.bytes(), manifest.chunks.len());
        tracing::info!(%height, entries = manifest.entries, bytes, chunks, "took a snapshot of the state");
        self.folder.keep(self.keep)?;
        Ok(Some(height))
    }

    fn suitable(&self) -> Result<Option<Arc<Snapshot>>, SnapshotError> {
        for version in self.chain.snapshots.newest_first() {
            if self.chain.store().suits_snapshot(version.header.height)? {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }
}

/// Whoever asked may have gone.
fn answer(waiting: &mut Vec<Ask>, outcome: &Result<Height, String>) {
    for ask in waiting.drain(..) {
        drop(ask.send(outcome.clone()));
    }
}
