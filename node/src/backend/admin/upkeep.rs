//! What the owner has a running node do: peers, snapshots, old blocks, the state in a file, and what there is to see.

use super::{Owner, broken};
use crate::app::{Snapshot, prune};
use crate::diagnostics::without_secrets;
use network::AddPeerError;
use prometheus_client::encoding::text::encode;
use rpc::AdminBackend;
use rpc::backend::{AdminError, ExportedState, PrunedBlocks, TakenSnapshot};
use runtime::Order;
use serde_json::json;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::ops::Bound;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use store::snapshot::Folder;
use tokio::sync::oneshot;

/// Entries of the state that are looked at together.
const BATCH: usize = 4_096;

impl Owner {
    pub(super) async fn keep_peer(&self, address: &str) -> Result<[u8; 32], AdminError> {
        let added = self.backend.network.add_peer(address).await;
        let key = added.map_err(|error| match error {
            AddPeerError::Address(problem) => AdminError::Field {
                field: "address",
                problem,
            },
            AddPeerError::Itself | AddPeerError::TooMany => AdminError::Unsuitable(error.to_string()),
            AddPeerError::Closed => broken(error),
        })?;
        tracing::info!(address, "the owner added a peer");
        Ok(key.0)
    }

    pub(super) async fn snapshot(&self) -> Result<TakenSnapshot, AdminError> {
        let (ask, answer) = oneshot::channel();
        let full = |_| AdminError::Unsuitable("snapshots are asked for already: wait for them".to_owned());
        self.wants_snapshots.try_send(ask).map_err(full)?;
        let taken = answer.await.map_err(broken)?;
        let height = taken.map_err(AdminError::Broken)?;
        let folder = Folder::new(self.home.snapshots());
        let listed = tokio::task::spawn_blocking(move || folder.open(height)).await;
        let listed = listed.map_err(broken)?.map_err(broken)?;
        Ok(TakenSnapshot {
            height,
            root: listed.signed.manifest.state_root(),
            path: whole(&listed.path),
        })
    }

    pub(super) async fn forget(&self, keep: u64) -> Result<PrunedBlocks, AdminError> {
        let (chain, stop) = (self.backend.chain.clone(), self.stop.clone());
        let pruned = tokio::task::spawn_blocking(move || prune(&chain, keep, &stop)).await;
        let (pruned, needed_from) = pruned.map_err(broken)?.map_err(broken)?;
        Ok(PrunedBlocks {
            earliest: pruned.earliest,
            blocks: pruned.blocks,
            bytes: pruned.bytes,
            needed_from,
        })
    }

    pub(super) async fn write_state(&self) -> Result<ExportedState, AdminError> {
        let version = self.backend.snapshots.latest();
        let folder = self.home.path().join("exports");
        let chain = self.backend.info.hash.to_string();
        let written = tokio::task::spawn_blocking(move || {
            let path = write(&folder, &chain, &version);
            path.map(|path| (path, version))
                .map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => AdminError::Unsuitable(error.to_string()),
                    _ => AdminError::Broken(format!("the state cannot be written: {error}")),
                })
        })
        .await;
        let (path, version) = written.map_err(broken)??;
        Ok(ExportedState {
            height: version.header.height,
            root: version.roots.state,
            entries: u64::try_from(version.state.len()).unwrap_or(u64::MAX),
            path: whole(&path),
        })
    }

    pub(super) async fn gather(&self) -> Result<Vec<(String, Vec<u8>)>, AdminError> {
        let at = self.standing().await;
        let consensus = json!({
            "finalized_height": at.finalized.get(),
            "epoch": at.epoch.get(),
            "view": at.view.get(),
            "behind": at.behind,
            "silent": at.silent,
            "waiting_transactions": at.waiting,
            "streams_and_calls": self.drain.under_way(),
            "draining": self.drain.has_begun(),
        });
        let chain = self.backend.chain.clone();
        let store = tokio::task::spawn_blocking(move || {
            let space = chain.store().space().map_err(broken)?;
            Ok::<_, AdminError>(json!({
                "earliest_height": chain.store().earliest().get(),
                "disk_bytes": space.on_disk,
                "live_bytes": space.live,
            }))
        })
        .await;
        let mut metrics = String::new();
        encode(&mut metrics, &self.registry).map_err(broken)?;
        let version = format!(
            "palisade {} ({})\n",
            env!("CARGO_PKG_VERSION"),
            crate::cli::commit()
        );
        let peers = serde_json::to_value(self.backend.network.peers()).map_err(broken)?;
        let text = |value: &serde_json::Value| format!("{value:#}\n").into_bytes();
        Ok(vec![
            ("version.txt".to_owned(), version.into_bytes()),
            (
                "config.toml".to_owned(),
                without_secrets(&self.settings()?).into_bytes(),
            ),
            (
                "genesis.json".to_owned(),
                self.backend.info.genesis_document.to_vec(),
            ),
            ("consensus.json".to_owned(), text(&consensus)),
            ("peers.json".to_owned(), text(&peers)),
            ("store.json".to_owned(), text(&store.map_err(broken)??)),
            ("metrics.txt".to_owned(), metrics.into_bytes()),
        ])
    }
}

/// A path as somebody in another folder needs it.
pub(super) fn whole(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole.display().to_string()
}

/// Writes a version of the state into a new file that its owner alone can read: whole, or not at all.
fn write(folder: &Path, chain: &str, version: &Snapshot) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("state-{}.jsonl", version.header.height));
    if path.exists() {
        let text = format!("{} is there already, and is not written over", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    let new = folder.join(format!(".state-{}.new", version.header.height));
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    let mut out = BufWriter::new(file);
    let about = json!({
        "chain_hash": chain,
        "height": version.header.height.get(),
        "block_hash": version.hash.to_string(),
        "state_root": version.roots.state.to_string(),
        "entries": version.state.len(),
    });
    writeln!(out, "{about}")?;
    let mut last: Option<Vec<u8>> = None;
    loop {
        let start = last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let batch = version
            .state
            .range(start, Bound::Unbounded, BATCH, Order::Ascending);
        for (key, value) in &batch {
            let (key, value) = (hex::encode(key), hex::encode(value));
            writeln!(out, "{{\"key\":\"{key}\",\"value\":\"{value}\"}}")?;
        }
        match batch.last() {
            Some((key, _)) => last = Some(key.to_vec()),
            None => break,
        }
    }
    out.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    fs::rename(&new, &path)?;
    Ok(path)
}
