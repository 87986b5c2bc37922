//! Test support: an in-memory [`Medium`] that crashes, tears, fills up and fails on purpose.
//!
//! It keeps apart what reads see (the page cache) and what a power loss leaves. A failed sync throws the written
//! data away while reads go on showing it, as Linux does; a later sync that succeeds does not bring it back.
//! Everything is deterministic: what survives a crash follows from the [`Survival`] given.

use crate::medium::{LockError, LockGuard, LogFile, Medium};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const SECTOR: usize = 64;

/// What a power loss leaves of data that was written and not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// Nothing.
    Nothing,
    /// All of it.
    Everything,
    /// The first so many bytes of each file's unsynced data, and no unsynced name.
    Torn(usize),
    /// Some sectors, in any order, the rest zero or garbage, and some of the unsynced names.
    Scattered(u64),
}

/// Called with the number of the sync, from 0, before it takes effect. May sleep, or advance a virtual clock.
pub type SyncHook = Arc<dyn Fn(u64) + Send + Sync>;

/// A folder in memory. Clones share it.
#[derive(Clone, Default)]
pub struct Faulty {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    changes: Vec<Change>,
    locks: BTreeMap<String, u64>,
    /// Handles of an earlier life fail.
    life: u64,
    operations: u64,
    stop_at: Option<u64>,
    syncs: u64,
    fail_sync_at: Option<u64>,
    room: Option<usize>,
    hook: Option<SyncHook>,
}

/// A change of names that is not durable yet.
#[derive(Clone)]
enum Change {
    Create(String, usize),
    Rename(String, String),
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Create(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}

#[derive(Default)]
struct Content {
    cache: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors that differ from `durable` and that the next sync writes.
    dirty: BTreeSet<usize>,
}

impl Content {
    fn append(&mut self, bytes: &[u8]) {
        let start = self.cache.len();
        self.cache.extend_from_slice(bytes);
        self.dirty
            .extend(start / SECTOR..self.cache.len().div_ceil(SECTOR));
    }

    fn write_back(&mut self, sector: usize) {
        let (start, end) = self.bounds(sector);
        self.durable.resize(self.durable.len().max(end), 0);
        self.durable[start..end].copy_from_slice(&self.cache[start..end]);
    }

    fn bounds(&self, sector: usize) -> (usize, usize) {
        (sector * SECTOR, ((sector + 1) * SECTOR).min(self.cache.len()))
    }

    fn crash(&mut self, survival: Survival, chance: &mut Chance) {
        let dirty = std::mem::take(&mut self.dirty);
        match survival {
            Survival::Nothing => {}
            Survival::Everything => dirty.iter().for_each(|sector| self.write_back(*sector)),
            Survival::Torn(bytes) => {
                let start = self.durable.len();
                let end = start.saturating_add(bytes).min(self.cache.len());
                if start < end && !dirty.is_empty() {
                    self.durable.extend_from_slice(&self.cache[start..end]);
                }
            }
            Survival::Scattered(_) => {
                for sector in dirty {
                    let (start, end) = self.bounds(sector);
                    // What was durable in a sector stays: a sector is written whole or not at all.
                    let fresh = start.max(self.durable.len())..end;
                    match chance.below(4) {
                        0 => {}
                        1 if !fresh.is_empty() => {
                            self.durable.resize(end, 0);
                            self.durable[fresh].fill_with(|| chance.byte());
                        }
                        _ => self.write_back(sector),
                    }
                }
            }
        }
        self.cache.clone_from(&self.durable);
    }
}

impl Faulty {
    /// An empty folder that does not fail yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The process dies, the machine goes on: handles fail, locks are free, the page cache stays.
    pub fn kill(&self) {
        let mut state = self.state();
        state.life += 1;
        state.locks.clear();
        state.stop_at = None;
        state.fail_sync_at = None;
    }

    /// The machine loses power and comes back; `survival` says what is left of unsynced data.
    pub fn crash(&self, survival: Survival) {
        self.kill();
        let mut state = self.state();
        let seed = match survival {
            Survival::Scattered(seed) => seed,
            Survival::Nothing | Survival::Everything | Survival::Torn(_) => 0,
        };
        let mut chance = Chance(seed);
        let changes = std::mem::take(&mut state.changes);
        let kept = match survival {
            Survival::Nothing | Survival::Torn(_) => 0,
            Survival::Everything => changes.len(),
            Survival::Scattered(_) => chance.below(changes.len() + 1),
        };
        let mut names = state.durable_names.clone();
        changes
            .iter()
            .take(kept)
            .for_each(|change| change.apply(&mut names));
        state.durable_names.clone_from(&names);
        state.names = names;
        for file in &mut state.files {
            file.crash(survival, &mut chance);
        }
    }

    /// After `count` more operations every one fails, as if the process had died there; [`kill`](Self::kill) or
    /// [`crash`](Self::crash) ends it.
    pub fn stop_after(&self, count: u64) {
        let mut state = self.state();
        state.stop_at = Some(state.operations.saturating_add(count));
    }

    /// The sync after `count` more fails and throws away what it was to make durable.
    pub fn fail_sync_after(&self, count: u64) {
        let mut state = self.state();
        state.fail_sync_at = Some(state.syncs.saturating_add(count));
    }

    /// So many more bytes can be written; the write that needs more writes what fits and fails. `None`: no limit.
    pub fn limit_room(&self, bytes: Option<usize>) {
        self.state().room = bytes;
    }

    /// Calls `hook` at every sync of a file: to slow it down, or to count.
    pub fn on_sync(&self, hook: SyncHook) {
        self.state().hook = Some(hook);
    }

    /// How many operations were done: the points at which [`stop_after`](Self::stop_after) can stop.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// What reads of `name` see.
    #[must_use]
    pub fn contents(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        let file = *state.names.get(name)?;
        Some(state.files[file].cache.clone())
    }

    /// Puts durable bytes in the place of `name`: damage, or another's file.
    pub fn replace(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.state();
        let file = state.files.len();
        state.files.push(Content {
            cache: bytes.clone(),
            durable: bytes,
            dirty: BTreeSet::new(),
        });
        state.names.insert(name.to_owned(), file);
        state.durable_names.insert(name.to_owned(), file);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that failed while holding it says so itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an operation of a handle of `life`.
    fn enter(&self, life: u64) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        if life != state.life || state.stop_at.is_some_and(|at| state.operations >= at) {
            return Err(io::Error::other("the process was stopped here"));
        }
        state.operations += 1;
        Ok(state)
    }

    fn life(&self) -> u64 {
        self.state().life
    }

    fn handle(&self, file: usize, life: u64) -> Box<dyn LogFile> {
        Box::new(FaultyFile {
            folder: self.clone(),
            file,
            life,
        })
    }
}

impl Medium for Faulty {
    fn lock(&self, name: &str) -> Result<LockGuard, LockError> {
        let mut state = self.state();
        let life = state.life;
        if state.locks.contains_key(name) {
            return Err(LockError::Held {
                holder: Some(std::process::id()),
            });
        }
        state.locks.insert(name.to_owned(), life);
        Ok(Box::new(FaultyLock {
            folder: self.clone(),
            name: name.to_owned(),
            life,
        }))
    }

    fn open(&self, name: &str) -> io::Result<Option<Box<dyn LogFile>>> {
        let life = self.life();
        let file = self.enter(life)?.names.get(name).copied();
        Ok(file.map(|file| self.handle(file, life)))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn LogFile>> {
        let life = self.life();
        let mut state = self.enter(life)?;
        let file = state.files.len();
        state.files.push(Content::default());
        state.names.insert(name.to_owned(), file);
        state.changes.push(Change::Create(name.to_owned(), file));
        drop(state);
        Ok(self.handle(file, life))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.enter(self.life())?;
        if !state.names.contains_key(from) {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        let change = Change::Rename(from.to_owned(), to.to_owned());
        change.apply(&mut state.names);
        state.changes.push(change);
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut state = self.enter(self.life())?;
        state.changes.clear();
        state.durable_names = state.names.clone();
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("memory").join(name)
    }
}

struct FaultyLock {
    folder: Faulty,
    name: String,
    life: u64,
}

impl Drop for FaultyLock {
    fn drop(&mut self) {
        let mut state = self.folder.state();
        if state.locks.get(&self.name) == Some(&self.life) {
            state.locks.remove(&self.name);
        }
    }
}

struct FaultyFile {
    folder: Faulty,
    file: usize,
    life: u64,
}

impl LogFile for FaultyFile {
    fn size(&self) -> io::Result<u64> {
        let state = self.folder.enter(self.life)?;
        Ok(crate::frame::wide(state.files[self.file].cache.len()))
    }

    fn read(&mut self, limit: u64) -> io::Result<Vec<u8>> {
        let state = self.folder.enter(self.life)?;
        let cache = &state.files[self.file].cache;
        let end = usize::try_from(limit).map_or(cache.len(), |limit| limit.min(cache.len()));
        Ok(cache[..end].to_vec())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.folder.enter(self.life)?;
        let fits = state.room.map_or(bytes.len(), |room| room.min(bytes.len()));
        state.room = state.room.map(|room| room - fits);
        state.files[self.file].append(&bytes[..fits]);
        if fits < bytes.len() {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let (hook, number) = {
            let state = self.folder.enter(self.life)?;
            (state.hook.clone(), state.syncs)
        };
        if let Some(hook) = hook {
            hook(number);
        }
        let mut state = self.folder.state();
        state.syncs += 1;
        let fails = state.fail_sync_at.is_some_and(|at| number >= at);
        let content = &mut state.files[self.file];
        let dirty = std::mem::take(&mut content.dirty);
        if fails {
            return Err(io::Error::other("the disk failed to sync"));
        }
        dirty.iter().for_each(|sector| content.write_back(*sector));
        Ok(())
    }
}

/// A stream of numbers that follows from a seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % crate::frame::wide(end.max(1))).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}
