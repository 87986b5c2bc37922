//! A database that stays down once a write failed.

use super::{Batch, Down, Engine, EngineError, Entry, Scan, Tree};
use parking_lot::Mutex;
use std::sync::Arc;

/// Passes everything on until a write or a flush fails; from then on it refuses both.
///
/// A flush that failed may have thrown away what was applied before it, also by others; were the next one to succeed,
/// it would acknowledge what is gone. Flushes exclude each other, so that none can slip in between.
pub(crate) struct Guard {
    inner: Arc<dyn Engine>,
    failed: Mutex<Option<Down>>,
}

impl Guard {
    pub(crate) fn new(inner: Arc<dyn Engine>) -> Self {
        Self {
            inner,
            failed: Mutex::new(None),
        }
    }

    fn refuse_after_failure(failed: &Option<Down>) -> Result<(), EngineError> {
        failed.clone().map_or(Ok(()), |down| Err(down.into()))
    }
}

impl Engine for Guard {
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.inner.get(tree, key)
    }

    fn scan(&self, tree: Tree, scan: &Scan) -> Result<Vec<Entry>, EngineError> {
        self.inner.scan(tree, scan)
    }

    fn apply(&self, tree: Tree, batch: Batch) -> Result<(), EngineError> {
        Self::refuse_after_failure(&self.failed.lock())?;
        self.inner
            .apply(tree, batch)
            .inspect_err(|error| *self.failed.lock() = Some(error.into()))
    }

    fn flush(&self) -> Result<(), EngineError> {
        let mut failed = self.failed.lock();
        Self::refuse_after_failure(&failed)?;
        self.inner
            .flush()
            .inspect_err(|error| *failed = Some(error.into()))
    }

    fn size_on_disk(&self) -> Result<u64, EngineError> {
        self.inner.size_on_disk()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Fault, Memory};

    #[test]
    fn a_flush_that_succeeds_later_acknowledges_nothing() {
        for fault in [Fault::FlushFails { after: 0 }, Fault::DiskFull { after: 0 }] {
            let memory = Arc::new(Memory::default());
            let guard = Guard::new(memory.clone());
            guard.flush().unwrap();
            memory.inject(fault);
            let failed = guard
                .apply(Tree::Log, Batch::default())
                .and_then(|()| guard.flush());
            assert!(matches!(
                failed,
                Err(EngineError::Io { .. } | EngineError::DiskFull(_))
            ));
            // The fault is over: the database itself would go on.
            memory.flush().unwrap();
            for again in [guard.flush(), guard.apply(Tree::Log, Batch::default())] {
                // What can be mended is said to whoever comes later, too.
                if matches!(fault, Fault::DiskFull { .. }) {
                    assert!(matches!(again, Err(EngineError::DiskFull(_))));
                } else {
                    assert!(matches!(again, Err(EngineError::Stopped(_))));
                }
            }
        }
    }
}
