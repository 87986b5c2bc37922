//! The database on disk: sled 0.34, within the limits that keep it well (consensus.md, section 2).

use super::folder::{Folder, classify};
use super::{Batch, Direction, Engine, EngineError, Entry, Scan, Tree};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often, and after which pause, sled is asked again for its lock.
const RELEASE_ATTEMPTS: u32 = 100;
const RELEASE_PAUSE: Duration = Duration::from_millis(50);

/// The database on disk.
pub struct Disk {
    path: PathBuf,
    db: sled::Db,
    trees: [sled::Tree; 3],
    /// Dropped last: the lock outlives the database.
    _folder: Folder,
}

impl Disk {
    /// Opens the database in the folder `path`, which is made where it is missing.
    ///
    /// # Errors
    /// [`EngineError`]: in use, not permitted, damaged, or no room.
    pub fn open(path: &Path, cache_bytes: u64) -> Result<Self, EngineError> {
        let folder = Folder::lock(path)?;
        let translate = |error| translate(path, error);
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(cache_bytes)
            // Durability is what `flush` says, never a timer.
            .flush_every_ms(None);
        let db = open(&config).map_err(translate)?;
        let [log, state, index] = Tree::ALL.map(|tree| db.open_tree(tree.name()));
        Ok(Self {
            path: path.to_owned(),
            trees: [
                log.map_err(translate)?,
                state.map_err(translate)?,
                index.map_err(translate)?,
            ],
            db,
            _folder: folder,
        })
    }

    const fn tree(&self, tree: Tree) -> &sled::Tree {
        let [log, state, index] = &self.trees;
        match tree {
            Tree::Log => log,
            Tree::State => state,
            Tree::Index => index,
        }
    }

    fn translate(&self, error: sled::Error) -> EngineError {
        translate(&self.path, error)
    }
}

/// sled's threads may hold its own lock for a moment after a database of this process was dropped. The folder's lock is
/// ours by now, so nobody else has it.
fn open(config: &sled::Config) -> sled::Result<sled::Db> {
    for _ in 0..RELEASE_ATTEMPTS {
        match config.open() {
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                std::thread::sleep(RELEASE_PAUSE);
            }
            done => return done,
        }
    }
    config.open()
}

fn translate(path: &Path, error: sled::Error) -> EngineError {
    match error {
        sled::Error::Io(error) => classify(path, &error),
        sled::Error::Corruption { at, .. } => EngineError::Corrupt(at.map_or_else(
            || "a checksum does not match".to_owned(),
            |at| format!("a checksum does not match at {at:?}"),
        )),
        other @ (sled::Error::CollectionNotFound(_)
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_)) => EngineError::Corrupt(other.to_string()),
    }
}

impl Engine for Disk {
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        let value = self.tree(tree).get(key).map_err(|error| self.translate(error))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn scan(&self, tree: Tree, scan: &Scan) -> Result<Vec<Entry>, EngineError> {
        if super::memory::is_empty_range(scan) {
            return Ok(Vec::new());
        }
        let range = self.tree(tree).range((scan.start.clone(), scan.end.clone()));
        let entry = |entry: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = entry.map_err(|error| self.translate(error))?;
            Ok((key.to_vec(), value.to_vec()))
        };
        match scan.direction {
            Direction::Up => range.take(scan.limit).map(entry).collect(),
            Direction::Down => range.rev().take(scan.limit).map(entry).collect(),
        }
    }

    fn apply(&self, tree: Tree, batch: Batch) -> Result<(), EngineError> {
        let mut writes = sled::Batch::default();
        for (key, value) in batch.into_writes() {
            match value {
                Some(value) => writes.insert(key, value),
                None => writes.remove(key),
            }
        }
        self.tree(tree)
            .apply_batch(writes)
            .map_err(|error| self.translate(error))
    }

    fn flush(&self) -> Result<(), EngineError> {
        self.db.flush().map_err(|error| self.translate(error))?;
        Ok(())
    }

    fn size_on_disk(&self) -> Result<u64, EngineError> {
        self.db.size_on_disk().map_err(|error| self.translate(error))
    }
}
