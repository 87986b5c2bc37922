//! `palisade debug inspect`: what is in the data folder.

use super::{of_store, open};
use crate::cli::context::Context;
use crate::output::{Failure, Show, flat};
use serde::Serialize;
use std::path::Path;
use store::snapshot::Folder;

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    chain_hash: String,
    height: u64,
    block_hash: String,
    state_root: String,
    epoch: u64,
    time_ms: u64,
    /// The first height whose block is kept.
    earliest_height: u64,
    /// Entries of the state.
    entries: usize,
    /// Blocks whose leaves were not written when the node ended.
    replayed: u64,
    store_disk_bytes: u64,
    store_live_bytes: u64,
    /// What is on disk for what is in use, in hundredths.
    space_amplification_percent: u64,
    consensus_log_bytes: u64,
    guard_bytes: u64,
    snapshots: Vec<u64>,
}

impl Show for Found {
    fn table(&self) -> String {
        serde_json::to_value(self).map_or_else(|error| error.to_string(), |value| flat(&value))
    }

    fn id(&self) -> Option<String> {
        Some(self.height.to_string())
    }
}

/// Looks, with the lock held.
pub(super) fn look(context: &Context) -> Result<Found, Failure> {
    let home = context.home()?;
    let opened = open(context)?;
    let space = opened.store.space().map_err(of_store)?;
    let base = &opened.base;
    let snapshots = Folder::new(home.snapshots())
        .list()
        .map_err(|error| crate::cli::snapshot::failure(&error))?;
    Ok(Found {
        chain_hash: opened.chain_hash.to_string(),
        height: base.header.height.get(),
        block_hash: base.hash.to_string(),
        state_root: base.roots.state.to_string(),
        epoch: base.header.epoch.get(),
        time_ms: base.header.time.get(),
        earliest_height: opened.store.earliest().get(),
        entries: base.state.len(),
        replayed: opened.replayed,
        store_disk_bytes: space.on_disk,
        store_live_bytes: space.live,
        space_amplification_percent: space.on_disk.saturating_mul(100) / space.live.max(1),
        consensus_log_bytes: size(&home.data().join("consensus")),
        guard_bytes: size(&home.guard()),
        snapshots: snapshots
            .iter()
            .map(|listed| listed.signed.manifest.height().get())
            .collect(),
    })
}

/// Bytes of the files in a folder; what cannot be read counts for nothing.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|meta| meta.len())
        .sum()
}
