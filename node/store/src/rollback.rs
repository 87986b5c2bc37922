//! Taking back the latest blocks of a store, offline: what they did is undone, and they are forgotten.

use crate::StoreError;
use crate::engine::{Batch, Direction, Scan, Tree};
use crate::key::{self, Part};
use crate::leaves::{self, Coalesced};
use crate::record::{self, Head, TipRecord};
use crate::store::Store;
use core::ops::Bound;
use primitives::Height;

/// Entries removed together.
const BATCH: usize = 64;

impl Store {
    /// Makes the block at `to` the latest again. The store takes no more until it is opened again; after a crash it is
    /// at the old tip or at `to`, whole.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when `to` is above the tip or not kept; otherwise what the database says.
    pub fn rollback(self, to: Height) -> Result<(), StoreError> {
        self.settle()?;
        let tip = self
            .tip()
            .ok_or(StoreError::Genesis("the store has no genesis yet"))?;
        let top = tip.header.height;
        let unavailable = || StoreError::Unavailable {
            asked: to,
            earliest: self.earliest(),
            tip: top,
        };
        // The set of a next epoch is decided by the state one block earlier: its changes are needed too.
        let kept = to.is_zero() && self.earliest().is_zero() || self.changes(to)?.is_some();
        if to > top || !kept {
            return Err(unavailable());
        }
        if to == top {
            return Ok(());
        }
        let head = self.head(to)?.ok_or_else(unavailable)?;
        let engine = self.inner.engine.as_ref();
        // Order: with this, a restart that still has the old tip does everything above `to` again.
        leaves::set_applied(engine, to)?;
        self.inner.index.begin_above(to)?;
        engine.flush()?;
        for above in (to.get().saturating_add(1)..=top.get()).rev().map(Height::new) {
            let changes = self.changes(above)?.ok_or_else(|| {
                StoreError::corrupt(format!("the state changes of height {above} are missing"))
            })?;
            let mut undone = Coalesced::default();
            undone.add(&changes.undo());
            undone.write(engine, &|_| true)?;
        }
        engine.flush()?;
        self.set_tip(&head)?;
        self.remove_above(to)
    }

    fn set_tip(&self, head: &Head) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        let tip = TipRecord {
            height: head.header.height,
            hash: head.hash,
            log_bytes: *self.inner.log_bytes.lock(),
        };
        record::put(&mut batch, &key::tip(), &tip);
        self.inner.engine.apply(Tree::Log, batch)?;
        Ok(self.inner.engine.flush()?)
    }

    fn remove_above(&self, to: Height) -> Result<(), StoreError> {
        let above = Height::new(to.get().saturating_add(1));
        let scan = Scan {
            start: Bound::Included(key::part(above, Part::Head)),
            end: Bound::Excluded(key::hand_over(primitives::Epoch::ZERO)),
            limit: BATCH,
            direction: Direction::Up,
        };
        loop {
            let page = self.inner.engine.scan(Tree::Log, &scan)?;
            if page.is_empty() {
                return Ok(self.inner.engine.flush()?);
            }
            let mut batch = Batch::default();
            for (key, _) in page {
                batch.remove(key);
            }
            self.inner.engine.apply(Tree::Log, batch)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CommittedBlock;
    use crate::engine::{Crash, Fault, Memory};
    use crate::fixture::{initialized, open};
    use crate::store::tests::check_all;
    use std::sync::Arc;

    #[test]
    fn the_store_goes_on_from_where_it_was_rolled_back_to() {
        for to in [0u64, 3, 10, 14, 17, 18] {
            let (engine, store, mut builder) = initialized();
            let blocks: Vec<CommittedBlock> = (0..18).map(|_| builder.next()).collect();
            store.commit(blocks.clone()).unwrap();
            store.rollback(Height::new(to)).unwrap();
            let (store, recovered) = open(engine).unwrap();
            assert_eq!(recovered.state.root(), builder.states[to as usize].root());
            assert_eq!(store.tip().unwrap().header.height.get(), to);
            assert!(store.head(Height::new(to + 1)).unwrap().is_none());
            check_all(&store, &blocks[..to as usize]);
            // The same blocks again, as block sync brings them.
            store.commit(blocks[to as usize..].to_vec()).unwrap();
            store.settle().unwrap();
            check_all(&store, &blocks);
        }
    }

    #[test]
    fn nothing_is_rolled_back_below_what_is_kept() {
        let (engine, store, mut builder) = initialized();
        store.commit((0..18).map(|_| builder.next()).collect()).unwrap();
        store.settle().unwrap();
        store.prune(Height::new(9), &|_| true).unwrap();
        let refused = store.rollback(Height::new(8)).unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused}");
        let (store, _) = open(engine.clone()).unwrap();
        assert!(matches!(
            store.rollback(Height::new(19)),
            Err(StoreError::Unavailable { .. })
        ));
        let (store, _) = open(engine.clone()).unwrap();
        store.rollback(Height::new(9)).unwrap();
        assert_eq!(open(engine).unwrap().1.state.root(), builder.states[9].root());
    }

    #[test]
    fn a_crash_on_the_way_leaves_the_old_tip_or_the_new_one() {
        for after in 0..30 {
            for survivors in [0, 1, 3, 99] {
                let (engine, store, mut builder) = initialized();
                store.commit((0..12).map(|_| builder.next()).collect()).unwrap();
                store.settle().unwrap();
                engine.inject(Fault::PowerCut { after });
                // Whether it fails depends on when the power goes.
                drop(store.rollback(Height::new(5)));
                let left: Arc<Memory> = Arc::new(engine.crash(&Crash::Prefix(survivors)));
                let (store, recovered) = open(left).unwrap();
                let height = store.tip().unwrap().header.height.get();
                assert!(height == 12 || height == 5, "{height}");
                assert_eq!(recovered.state.root(), builder.states[height as usize].root());
            }
        }
    }
}
