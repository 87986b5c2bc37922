//! A new store from a snapshot.

use super::check::Items;
use super::{Manifest, SnapshotError, Trust, Verifier};
use crate::engine::{Batch, Disk, Engine, Tree};
use crate::index::Index;
use crate::key::{self, Part};
use crate::leaves::{self, Coalesced};
use crate::prune::PruneRecord;
use crate::record::{self, Binding, FORMAT, Genesis, Head, TipRecord};
use crate::{Config, StoreError};
use primitives::Height;
use state::{Bytes, Change, Changes, State};
use std::path::Path;
use std::sync::Arc;

/// What a store is restored from.
pub struct Restore<'a> {
    /// The manifest, whose shape was checked.
    pub manifest: &'a Manifest,
    /// Where trust begins.
    pub trust: Trust,
    /// The beginning of the chain.
    pub genesis: &'a Genesis,
    /// Reads a chunk by its number.
    pub chunk: &'a mut dyn FnMut(usize) -> Result<Vec<u8>, SnapshotError>,
    /// Told how many chunks are done.
    pub progress: &'a dyn Fn(usize),
}

/// Makes a new store in the folder `path` from a snapshot, checking everything: it is there whole or not at all.
///
/// # Errors
/// [`SnapshotError::Store`] when there is one already; otherwise why the snapshot is not used.
pub fn restore(path: &Path, config: &Config, mut from: Restore<'_>) -> Result<(), SnapshotError> {
    if path.exists() {
        return Err(SnapshotError::Store(StoreError::Genesis(
            "there is a store already: move its folder away first",
        )));
    }
    let draft = path.with_extension("restoring");
    let io = |error: std::io::Error| SnapshotError::io(&draft, &error);
    if draft.exists() {
        std::fs::remove_dir_all(&draft).map_err(io)?;
    }
    let outcome = Disk::open(&draft, config.cache_bytes)
        .map_err(StoreError::from)
        .map_err(SnapshotError::from)
        .and_then(|disk| write(Arc::new(disk), &mut from));
    match outcome {
        Ok(()) => {
            std::fs::rename(&draft, path).map_err(io)?;
            match path.parent() {
                Some(parent) => std::fs::File::open(parent)
                    .and_then(|folder| folder.sync_all())
                    .map_err(io),
                None => Ok(()),
            }
        }
        Err(error) => {
            // The first error says more; a rest is removed by the next attempt.
            std::fs::remove_dir_all(&draft).unwrap_or_default();
            Err(error)
        }
    }
}

/// Checks everything about a snapshot, and writes nothing.
///
/// # Errors
/// Why the snapshot is not to be believed.
pub fn verify(mut from: Restore<'_>) -> Result<(), SnapshotError> {
    run(&mut from, &mut |_| Ok(())).map(drop)
}

/// Checks the snapshot and writes it into an empty database. The tip comes last: without it there is no store.
pub(crate) fn write(engine: Arc<dyn Engine>, from: &mut Restore<'_>) -> Result<(), SnapshotError> {
    let mut log = Log {
        engine: engine.as_ref(),
        bytes: 0,
    };
    log.begin(from)?;
    let changes = run(from, &mut |items| {
        for (end, next) in &items.hand_overs {
            log.put(|batch| {
                record::put(batch, &key::hand_over(end.header.epoch), end);
                record::put(batch, &key::validators(next.epoch), next);
            })?;
        }
        write_leaves(engine.as_ref(), &items.entries)
    })?;
    let height = from.manifest.height();
    engine.flush().map_err(StoreError::from)?;
    leaves::set_applied(engine.as_ref(), height)?;
    Index::open(Arc::clone(&engine))?.begin_above(height)?;
    log.end(from.manifest, &changes)
}

/// Takes and checks all chunks, giving what each held to `sink`; what the block changed.
fn run(
    from: &mut Restore<'_>,
    sink: &mut dyn FnMut(&Items) -> Result<(), SnapshotError>,
) -> Result<Changes, SnapshotError> {
    let manifest = from.manifest;
    let mut verifier = Verifier::new(manifest, from.trust.clone())?;
    let mut entries: Vec<(Bytes, Bytes)> = Vec::new();
    let mut changes = None;
    for index in 0..manifest.chunks.len() {
        let items = verifier.feed(index, &(from.chunk)(index)?)?;
        sink(&items)?;
        changes = changes.or(items.changes);
        entries.extend(items.entries);
        (from.progress)(index + 1);
    }
    verifier.finish()?;
    let changes =
        changes.ok_or_else(|| SnapshotError::Unproven("it lacks what its block changed".to_owned()))?;
    check_roots(manifest, entries, &changes)?;
    Ok(changes)
}

/// The state has the root that was finalized, and so has the state one block earlier.
fn check_roots(
    manifest: &Manifest,
    entries: Vec<(Bytes, Bytes)>,
    changes: &Changes,
) -> Result<(), SnapshotError> {
    let state: State = entries.into_iter().collect();
    let (computed, expected) = (state.root(), manifest.state_root());
    if computed != expected {
        return Err(SnapshotError::Unproven(format!(
            "its entries have the root {computed}, validators finalized {expected}"
        )));
    }
    let before = state.apply(&changes.undo()).map(|before| before.root());
    if before.ok() != Some(manifest.anchor.header.state_root) {
        return Err(SnapshotError::Unproven(
            "its block's changes do not lead to its state".to_owned(),
        ));
    }
    Ok(())
}

fn write_leaves(engine: &dyn Engine, entries: &[(Bytes, Bytes)]) -> Result<(), SnapshotError> {
    let put = |(key, value): &(Bytes, Bytes)| Change {
        key: key.clone(),
        old: None,
        new: Some(value.clone()),
    };
    let changes = Changes::new(entries.iter().map(put).collect())
        .ok_or_else(|| SnapshotError::Unproven("its entries are not in order".to_owned()))?;
    let mut coalesced = Coalesced::default();
    coalesced.add(&changes);
    coalesced.write(engine, &|_| true)?;
    Ok(engine.flush().map_err(StoreError::from)?)
}

/// The log of the new store.
struct Log<'a> {
    engine: &'a dyn Engine,
    bytes: u64,
}

impl Log<'_> {
    fn put(&mut self, fill: impl FnOnce(&mut Batch)) -> Result<(), SnapshotError> {
        let mut batch = Batch::default();
        fill(&mut batch);
        self.bytes += u64::try_from(batch.bytes()).unwrap_or(u64::MAX);
        self.engine.apply(Tree::Log, batch).map_err(StoreError::from)?;
        Ok(self.engine.flush().map_err(StoreError::from)?)
    }

    /// Chain and genesis.
    fn begin(&mut self, from: &Restore<'_>) -> Result<(), SnapshotError> {
        let genesis = from.genesis;
        let head = Head {
            hash: genesis.header.hash(),
            header: genesis.header.clone(),
            certificate: None,
            roots: genesis.roots,
            transactions: 0,
        };
        let binding = Binding {
            format: FORMAT,
            chain: from.trust.chain,
        };
        self.put(|batch| {
            record::put(batch, &key::binding(), &binding);
            record::put(batch, &key::part(head.header.height, Part::Head), &head);
            record::put(
                batch,
                &key::validators(genesis.validators.epoch),
                &genesis.validators,
            );
        })
    }

    /// The block, what is not there below it, and that it is the tip.
    fn end(&mut self, manifest: &Manifest, changes: &Changes) -> Result<(), SnapshotError> {
        let height = manifest.height();
        let above = Height::new(height.get().saturating_add(1));
        let head = Head {
            hash: manifest.anchor.header.hash(),
            header: manifest.anchor.header.clone(),
            certificate: Some(manifest.anchor.certificate.clone()),
            roots: manifest.anchor.roots(),
            transactions: 0,
        };
        let pruned = PruneRecord {
            earliest: above,
            removed: height,
            freed_bytes: 0,
            restored: Some(height),
        };
        self.put(|batch| {
            record::put(batch, &key::part(height, Part::Head), &head);
            record::put(batch, &key::part(height, Part::Changes), changes);
            pruned.put(batch);
        })?;
        let tip = TipRecord {
            height,
            hash: head.hash,
            log_bytes: self.bytes,
        };
        self.put(|batch| record::put(batch, &key::tip(), &tip))
    }
}
