//! Where hashes, transactions and events are found: sorted runs of (term, position), merged as they grow.
//!
//! One key per transaction would cost the database more time than executing the transaction. Instead the entries of
//! several blocks are written as one sorted run in large chunks; eight runs of a level are merged into one of the
//! next. A look-up asks each run, at most a few dozen.

mod run;

use crate::StoreError;
use crate::engine::{Batch, Engine, Tree};
use crate::{key, record};
use borsh::{BorshDeserialize, BorshSerialize};
use parking_lot::RwLock;
use primitives::{BlockHash, Height, TxId};
use std::collections::VecDeque;
use std::sync::Arc;

/// Runs of one level that are merged into one of the next.
const FAN_OUT: usize = 8;
/// Entries above which runs are merged no further: 256 MiB.
const MAX_RUN: u64 = 1 << 24;
/// Bits of a position that number within a block.
const NUMBER_BITS: u32 = 24;
/// The largest number within a block.
pub(crate) const MAX_NUMBER: u32 = (1 << NUMBER_BITS) - 1;

/// What is looked for: its kind in the two highest bits, then the start of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Term(u64);

impl Term {
    const fn new(kind: u64, hash: u64) -> Self {
        Self((kind << 62) | (hash >> 2))
    }

    pub(crate) fn block(hash: &BlockHash) -> Self {
        Self::new(0, start_of(hash.as_bytes()))
    }

    pub(crate) fn transaction(id: &TxId) -> Self {
        Self::new(1, start_of(id.as_bytes()))
    }

    /// The term of an event's key, by [`hash_of_key`].
    pub(crate) const fn event(hash: u64) -> Self {
        Self::new(2, hash)
    }
}

/// The start of the hash of an event's key.
pub(crate) fn hash_of_key(key: &[u8]) -> u64 {
    start_of(&crypto::hash::sha256(&[key]))
}

fn start_of(hash: &[u8; 32]) -> u64 {
    hash.first_chunk().map_or(0, |start| u64::from_be_bytes(*start))
}

/// Where something is: a height and a number within the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position(u64);

impl Position {
    pub(crate) const fn new(height: Height, number: u32) -> Self {
        Self((height.get() << NUMBER_BITS) | (number as u64))
    }

    pub(crate) const fn height(self) -> Height {
        Height::new(self.0 >> NUMBER_BITS)
    }

    pub(crate) const fn number(self) -> u32 {
        (self.0 & (MAX_NUMBER as u64)) as u32
    }
}

/// A term and one of its positions, in the order in which runs hold them.
pub(crate) const fn entry(term: Term, position: Position) -> u128 {
    ((term.0 as u128) << 64) | (position.0 as u128)
}

pub(crate) const fn position_of(entry: u128) -> Position {
    Position((entry & (u64::MAX as u128)) as u64)
}

/// The positions of `term` within sorted entries, from `from` on.
pub(crate) fn positions_in(
    entries: &[u128],
    term: Term,
    from: Position,
) -> impl Iterator<Item = Position> + '_ {
    let start = entries.partition_point(|other| *other < entry(term, from));
    let end = entry(term, Position(u64::MAX));
    entries[start..]
        .iter()
        .take_while(move |other| **other <= end)
        .map(|entry| position_of(*entry))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Run {
    number: u64,
    entries: u64,
    /// The highest height that it has entries of.
    last: Height,
}

/// Which runs there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Manifest {
    /// The heights up to this one are in the runs.
    indexed: Option<Height>,
    /// The number of the next run. What stands under this one and later ones is of an unfinished write.
    next: u64,
    levels: Vec<Vec<Run>>,
    /// Runs that were merged, and may not be removed yet.
    dead: Vec<u64>,
}

/// A run whose chunks are written, but which does not count yet.
pub(crate) struct Staged {
    manifest: Manifest,
}

/// The runs, and what is not in one yet.
pub(crate) struct Index {
    engine: Arc<dyn Engine>,
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    manifest: Manifest,
    /// The sorted entries of each height that is not indexed yet, the lowest first.
    pending: VecDeque<(Height, Arc<[u128]>)>,
    /// Entries of lower heights are of pruned blocks: they go when runs are merged.
    earliest: Height,
}

impl Index {
    /// Opens the index and removes what unfinished writes left.
    pub(crate) fn open(engine: Arc<dyn Engine>) -> Result<Self, StoreError> {
        let what = || "the list of the index's runs".to_owned();
        let stored: Option<Manifest> = record::read(engine.as_ref(), Tree::Index, &key::manifest(), &what)?;
        let mut manifest = stored.unwrap_or_default();
        run::remove(engine.as_ref(), manifest.next, u64::MAX)?;
        for number in core::mem::take(&mut manifest.dead) {
            run::remove(engine.as_ref(), number, number.saturating_add(1))?;
        }
        Ok(Self {
            engine,
            inner: RwLock::new(Inner {
                manifest,
                ..Inner::default()
            }),
        })
    }

    /// Up to which height everything is in the runs.
    pub(crate) fn indexed(&self) -> Option<Height> {
        self.inner.read().manifest.indexed
    }

    /// The blocks below `earliest` are pruned.
    pub(crate) fn forget(&self, earliest: Height) {
        let mut inner = self.inner.write();
        inner.earliest = inner.earliest.max(earliest);
    }

    /// The index of a chain whose first indexed block is the one above `height`. Durable with the next flush.
    pub(crate) fn begin_above(&self, height: Height) -> Result<(), StoreError> {
        let mut manifest = self.inner.read().manifest.clone();
        manifest.indexed = Some(height);
        self.publish(Staged { manifest })
    }

    /// The sorted entries of the next height: found from now on, and written with the next run.
    pub(crate) fn add(&self, height: Height, entries: Arc<[u128]>) {
        self.inner.write().pending.push_back((height, entries));
    }

    /// The first `limit` positions of `term` from `from` on, ascending.
    pub(crate) fn find(&self, term: Term, from: Position, limit: usize) -> Result<Vec<Position>, StoreError> {
        // Held to the end, so that no run is removed while it is read.
        let inner = self.inner.read();
        let pending = inner
            .pending
            .iter()
            .flat_map(|(_, entries)| positions_in(entries, term, from));
        let mut found: Vec<Position> = pending.take(limit).collect();
        for run in inner.manifest.levels.iter().flatten() {
            found.extend(run::find(self.engine.as_ref(), run.number, term, from, limit)?);
        }
        drop(inner);
        found.sort_unstable();
        found.truncate(limit);
        Ok(found)
    }

    /// Writes the entries of the heights up to `height` as a run, not yet durably.
    pub(crate) fn stage(&self, height: Height) -> Result<Staged, StoreError> {
        let inner = self.inner.read();
        let due = inner.pending.iter().take_while(|(other, _)| *other <= height);
        let mut entries: Vec<u128> = due.flat_map(|(_, entries)| entries.iter().copied()).collect();
        let mut manifest = inner.manifest.clone();
        drop(inner);
        entries.sort_unstable();
        manifest.indexed = manifest.indexed.max(Some(height));
        if !entries.is_empty() {
            let number = manifest.next;
            manifest.next += 1;
            let mut writer = run::Writer::new(self.engine.as_ref(), number);
            for entry in entries {
                writer.push(entry)?;
            }
            let run = Run {
                number,
                entries: writer.finish()?,
                last: height,
            };
            if manifest.levels.is_empty() {
                manifest.levels.push(Vec::new());
            }
            manifest.levels[0].push(run);
        }
        Ok(Staged { manifest })
    }

    /// Lets a staged run count. Its chunks must be durable; that it counts becomes so with the next flush.
    pub(crate) fn publish(&self, staged: Staged) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        record::put(&mut batch, &key::manifest(), &staged.manifest);
        self.engine.apply(Tree::Index, batch)?;
        let mut inner = self.inner.write();
        let indexed = staged.manifest.indexed;
        inner.manifest = staged.manifest;
        while inner
            .pending
            .front()
            .is_some_and(|(height, _)| Some(*height) <= indexed)
        {
            inner.pending.pop_front();
        }
        Ok(())
    }

    /// Drops the runs of pruned blocks, or merges the lowest level that is full, if one is; `true` when there may be
    /// more to do.
    pub(crate) fn merge(&self) -> Result<bool, StoreError> {
        let inner = self.inner.read();
        let (mut manifest, earliest) = (inner.manifest.clone(), inner.earliest);
        drop(inner);
        let old: Vec<u64> = manifest
            .levels
            .iter_mut()
            .flat_map(|runs| runs.extract_if(.., |run| run.last < earliest))
            .map(|run| run.number)
            .collect();
        if !old.is_empty() {
            self.replace(manifest, old)?;
            return Ok(true);
        }
        let full = |runs: &Vec<Run>| {
            let first: Vec<Run> = runs.iter().take(FAN_OUT).copied().collect();
            first.len() == FAN_OUT && first.iter().map(|run| run.entries).sum::<u64>() <= MAX_RUN
        };
        let Some(level) = manifest.levels.iter().position(full) else {
            return Ok(false);
        };
        let merged: Vec<Run> = manifest.levels[level].drain(..FAN_OUT).collect();
        let last = merged.iter().map(|run| run.last).max().unwrap_or(Height::ZERO);
        let merged: Vec<u64> = merged.into_iter().map(|run| run.number).collect();
        let number = manifest.next;
        manifest.next += 1;
        let entries = run::merge(self.engine.as_ref(), &merged, number, earliest)?;
        if manifest.levels.len() == level + 1 {
            manifest.levels.push(Vec::new());
        }
        manifest.levels[level + 1].push(Run {
            number,
            entries,
            last,
        });
        self.replace(manifest, merged)?;
        Ok(true)
    }

    /// Lets `manifest` count, and removes the runs that it has no more.
    fn replace(&self, mut manifest: Manifest, gone: Vec<u64>) -> Result<(), StoreError> {
        manifest.dead.clone_from(&gone);
        // Order: the new run is durable before it counts, and counts durably before the old ones go.
        self.engine.flush()?;
        self.publish(Staged { manifest })?;
        self.engine.flush()?;
        for number in gone {
            run::remove(self.engine.as_ref(), number, number.saturating_add(1))?;
        }
        self.inner.write().manifest.dead.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
