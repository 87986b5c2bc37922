//! The database's twin in memory, which crashes and fails on command. For tests and simulations.

use super::{Batch, Direction, Engine, EngineError, Entry, Scan, Tree};
use core::ops::Bound;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What goes wrong, and with which of the calls from now on: 0 is the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A batch is refused because the disk is full.
    DiskFull {
        /// After how many batches.
        after: u32,
    },
    /// A flush fails, and what was not durable before is lost.
    FlushFails {
        /// After how many flushes.
        after: u32,
    },
    /// The machine stops: this batch or flush and all later ones do nothing but fail. What was applied and not flushed
    /// is decided by [`Memory::crash`].
    PowerCut {
        /// After how many batches and flushes.
        after: u32,
    },
}

/// What a crash does to batches that were applied and not flushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The first few survive: what a log-structured database does.
    Prefix(usize),
    /// Each survives or not, as the bits say, the first one's lowest: no database should, but nothing may depend on
    /// it.
    Some(u64),
    /// As `Prefix`, and of the next batch only this many writes: a broken contract, which must at least be noticed.
    Torn(usize, usize),
}

type Entries = BTreeMap<(Tree, Vec<u8>), Vec<u8>>;

#[derive(Default)]
struct Inner {
    durable: Entries,
    /// Durable and what was applied since.
    current: Entries,
    unflushed: Vec<(Tree, Batch)>,
    fault: Option<Fault>,
}

impl Inner {
    /// Whether the machine has stopped, or does now.
    fn is_dead(&mut self) -> bool {
        match &mut self.fault {
            Some(Fault::PowerCut { after }) => due(after),
            Some(Fault::DiskFull { .. } | Fault::FlushFails { .. }) | None => false,
        }
    }
}

fn power_cut() -> EngineError {
    EngineError::Io {
        path: PathBuf::from("memory"),
        message: "injected: the power is gone".to_owned(),
    }
}

/// The database in memory.
#[derive(Default)]
pub struct Memory {
    inner: Mutex<Inner>,
}

impl Memory {
    /// Lets something go wrong, once.
    pub fn inject(&self, fault: Fault) {
        self.inner.lock().fault = Some(fault);
    }

    /// What is there after a crash now.
    #[must_use]
    pub fn crash(&self, crash: &Crash) -> Self {
        let inner = self.inner.lock();
        let mut entries = inner.durable.clone();
        for (number, (tree, batch)) in inner.unflushed.iter().enumerate() {
            let kept = match crash {
                Crash::Prefix(survivors) => number < *survivors,
                Crash::Some(bits) => (bits >> (number & 63)) & 1 == 1,
                Crash::Torn(survivors, _) => number <= *survivors,
            };
            let mut batch = batch.clone();
            if let Crash::Torn(survivors, writes) = crash
                && number == *survivors
            {
                batch.writes.truncate(*writes);
            }
            if kept {
                write(&mut entries, *tree, batch);
            }
        }
        Self {
            inner: Mutex::new(Inner {
                durable: entries.clone(),
                current: entries,
                ..Inner::default()
            }),
        }
    }

    /// How many batches a crash could lose.
    #[must_use]
    pub fn unflushed(&self) -> usize {
        self.inner.lock().unflushed.len()
    }

    /// Changes one byte of the value of a key, durably; `false` when there is no such key or byte.
    pub fn damage(&self, tree: Tree, key: &[u8], byte: usize) -> bool {
        let mut inner = self.inner.lock();
        let place = (tree, key.to_vec());
        let Some(value) = inner.current.get_mut(&place) else {
            return false;
        };
        let Some(byte) = value.get_mut(byte) else {
            return false;
        };
        *byte ^= 0x20;
        let value = value.clone();
        inner.durable.insert(place, value);
        true
    }

    /// All keys of a tree, in order.
    #[must_use]
    pub fn keys(&self, tree: Tree) -> Vec<Vec<u8>> {
        let inner = self.inner.lock();
        let of_tree = inner.current.keys().filter(|(other, _)| *other == tree);
        of_tree.map(|(_, key)| key.clone()).collect()
    }
}

fn write(entries: &mut Entries, tree: Tree, batch: Batch) {
    for (key, value) in batch.into_writes() {
        match value {
            Some(value) => entries.insert((tree, key), value),
            None => entries.remove(&(tree, key)),
        };
    }
}

/// Whether it is time, counting down otherwise.
fn due(after: &mut u32) -> bool {
    let now = *after == 0;
    *after = after.saturating_sub(1);
    now
}

/// Whether nothing lies between the bounds: `BTreeMap` would panic.
pub(super) fn is_empty_range(scan: &Scan) -> bool {
    match (&scan.start, &scan.end) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => {
            start >= end
        }
    }
}

impl Engine for Memory {
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.inner.lock().current.get(&(tree, key.to_vec())).cloned())
    }

    fn scan(&self, tree: Tree, scan: &Scan) -> Result<Vec<Entry>, EngineError> {
        if is_empty_range(scan) {
            return Ok(Vec::new());
        }
        let inner = self.inner.lock();
        let place = |key: &Vec<u8>| (tree, key.clone());
        let start = match &scan.start {
            Bound::Unbounded => Bound::Included((tree, Vec::new())),
            bound @ (Bound::Included(_) | Bound::Excluded(_)) => bound.as_ref().map(place),
        };
        let end = match &scan.end {
            Bound::Unbounded => Tree::ALL
                .into_iter()
                .find(|other| *other > tree)
                .map_or(Bound::Unbounded, |next| Bound::Excluded((next, Vec::new()))),
            bound @ (Bound::Included(_) | Bound::Excluded(_)) => bound.as_ref().map(place),
        };
        let entries = inner
            .current
            .range((start, end))
            .map(|((_, key), value)| (key.clone(), value.clone()));
        Ok(match scan.direction {
            Direction::Up => entries.take(scan.limit).collect(),
            Direction::Down => entries.rev().take(scan.limit).collect(),
        })
    }

    fn apply(&self, tree: Tree, batch: Batch) -> Result<(), EngineError> {
        let mut inner = self.inner.lock();
        if inner.is_dead() {
            return Err(power_cut());
        }
        if let Some(Fault::DiskFull { after }) = &mut inner.fault
            && due(after)
        {
            inner.fault = None;
            return Err(EngineError::DiskFull(PathBuf::from("memory")));
        }
        write(&mut inner.current, tree, batch.clone());
        inner.unflushed.push((tree, batch));
        Ok(())
    }

    fn flush(&self) -> Result<(), EngineError> {
        let mut inner = self.inner.lock();
        if inner.is_dead() {
            return Err(power_cut());
        }
        if let Some(Fault::FlushFails { after }) = &mut inner.fault
            && due(after)
        {
            inner.fault = None;
            inner.current = inner.durable.clone();
            inner.unflushed.clear();
            return Err(EngineError::Io {
                path: PathBuf::from("memory"),
                message: "injected: the flush failed".to_owned(),
            });
        }
        inner.durable = inner.current.clone();
        inner.unflushed.clear();
        Ok(())
    }

    fn size_on_disk(&self) -> Result<u64, EngineError> {
        let inner = self.inner.lock();
        let bytes: usize = inner
            .durable
            .iter()
            .map(|((_, key), value)| key.len() + value.len())
            .sum();
        Ok(u64::try_from(bytes).unwrap_or(u64::MAX))
    }
}
