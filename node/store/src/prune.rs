//! Forgetting the oldest blocks: in small batches beside the chain, never what a restart or a verifier needs.
//!
//! Genesis' header, the last header of each epoch with its finalization, and all validator sets stay for ever.

use crate::engine::{Batch, Direction, Engine, Scan, Tree};
use crate::error::StoreError;
use crate::key::{self, Part};
use crate::store::Store;
use crate::{leaves, record};
use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::Bound;
use primitives::Height;
use std::time::{Duration, Instant};

/// Entries removed together: each may have 60 KiB, and is read before it goes.
const BATCH: usize = 64;

/// What is left of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct PruneRecord {
    /// The first height whose block is kept.
    pub(crate) earliest: Height,
    /// Below this nothing is left on disk: after a crash, removal goes on from here.
    pub(crate) removed: Height,
    /// Bytes of records that were removed.
    pub(crate) freed_bytes: u64,
    /// Where a snapshot was restored: of this height the header and the changes are there, and nothing else.
    pub(crate) restored: Option<Height>,
}

impl PruneRecord {
    pub(crate) fn read(engine: &dyn Engine) -> Result<Self, StoreError> {
        let what = || "the record of what was pruned".to_owned();
        Ok(record::read(engine, Tree::Log, &key::pruned(), &what)?.unwrap_or_default())
    }

    pub(crate) fn put(&self, batch: &mut Batch) {
        record::put(batch, &key::pruned(), self);
    }
}

/// What a pruning did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The first height whose block is kept now.
    pub earliest: Height,
    /// How many heights were forgotten.
    pub blocks: u64,
    /// Bytes of their records.
    pub bytes: u64,
}

impl Store {
    /// The first height whose block is kept: 0 where nothing was pruned, or the height above a restored snapshot.
    #[must_use]
    pub fn earliest(&self) -> Height {
        self.inner.pruned.lock().earliest
    }

    /// Forgets the blocks below `below`, or fewer: what a restart replays stays. After each small batch `go_on` is
    /// asked, with the time that the batch took, whether to continue; it may wait. What is left is forgotten the next
    /// time. Call it off the async threads.
    ///
    /// # Errors
    /// What the database says.
    pub fn prune(&self, below: Height, go_on: &dyn Fn(Duration) -> bool) -> Result<Pruned, StoreError> {
        let _one_at_a_time = self.inner.pruning.lock();
        let before = *self.inner.pruned.lock();
        let mut now = before;
        now.earliest = before.earliest.max(self.prunable(below)?);
        if now
            .restored
            .is_some_and(|restored| restored < now.earliest && now.earliest > before.earliest)
        {
            now.restored = None;
        }
        if now.removed < now.earliest {
            // Order: nobody looks for a block any more when the first part of it goes.
            self.write_prune_record(now)?;
            *self.inner.pruned.lock() = now;
            let done = self.remove_blocks(&mut now, go_on)?;
            if done {
                now.removed = now.earliest;
            }
            self.write_prune_record(now)?;
            *self.inner.pruned.lock() = now;
        }
        self.inner.index.forget(now.earliest);
        Ok(Pruned {
            earliest: now.earliest,
            blocks: now.earliest.saturating_sub(before.earliest).get(),
            bytes: now.freed_bytes - before.freed_bytes,
        })
    }

    /// How far at most: a restart reads everything above what the background has written.
    fn prunable(&self, below: Height) -> Result<Height, StoreError> {
        let applied = leaves::applied(self.inner.engine.as_ref())?.unwrap_or(Height::ZERO);
        let indexed = self.inner.index.indexed().unwrap_or(Height::ZERO);
        let tip = self.tip().map_or(Height::ZERO, |tip| tip.header.height);
        Ok(below.min(applied).min(indexed).min(tip))
    }

    fn write_prune_record(&self, record: PruneRecord) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        record.put(&mut batch);
        self.inner.engine.apply(Tree::Log, batch)?;
        Ok(self.inner.engine.flush()?)
    }

    /// Removes what lies between `removed` and `earliest`; whether all of it.
    fn remove_blocks(
        &self,
        record: &mut PruneRecord,
        go_on: &dyn Fn(Duration) -> bool,
    ) -> Result<bool, StoreError> {
        // Genesis' header stays.
        let first = if record.removed.is_zero() {
            Part::Block
        } else {
            Part::Head
        };
        let mut start = Bound::Included(key::part(record.removed, first));
        let end = Bound::Excluded(key::part(record.earliest, Part::Head));
        loop {
            let page = self.inner.engine.scan(
                Tree::Log,
                &Scan {
                    start,
                    end: end.clone(),
                    limit: BATCH,
                    direction: Direction::Up,
                },
            )?;
            let Some((last, _)) = page.last() else {
                return Ok(true);
            };
            start = Bound::Excluded(last.clone());
            let mut batch = Batch::default();
            for (key, value) in page {
                record.freed_bytes += u64::try_from(key.len() + value.len()).unwrap_or(u64::MAX);
                batch.remove(key);
            }
            let began = Instant::now();
            self.inner.engine.apply(Tree::Log, batch)?;
            if !go_on(began.elapsed()) {
                return Ok(false);
            }
        }
    }
}

#[cfg(test)]
mod tests;
