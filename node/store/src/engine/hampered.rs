//! A database whose writes may be slowed down or refused on request: what a development chain's node shows a slow or
//! full disk with.

use super::{Batch, Engine, EngineError, Entry, Scan, Tree, classify};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Asked before every batch and flush. It may sleep, and it may refuse with what the system would say.
pub type Hindrance = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;

/// Another database behind a [`Hindrance`].
pub struct Hampered {
    inner: Arc<dyn Engine>,
    path: PathBuf,
    hindrance: Hindrance,
}

impl Hampered {
    /// `inner`, which lies at `path`, and whose writes ask `hindrance` first.
    #[must_use]
    pub fn new(inner: Arc<dyn Engine>, path: PathBuf, hindrance: Hindrance) -> Self {
        Self {
            inner,
            path,
            hindrance,
        }
    }

    fn ask(&self) -> Result<(), EngineError> {
        (self.hindrance)().map_err(|error| classify(&self.path, &error))
    }
}

impl Engine for Hampered {
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.inner.get(tree, key)
    }

    fn scan(&self, tree: Tree, scan: &Scan) -> Result<Vec<Entry>, EngineError> {
        self.inner.scan(tree, scan)
    }

    fn apply(&self, tree: Tree, batch: Batch) -> Result<(), EngineError> {
        self.ask()?;
        self.inner.apply(tree, batch)
    }

    fn flush(&self) -> Result<(), EngineError> {
        self.ask()?;
        self.inner.flush()
    }

    fn size_on_disk(&self) -> Result<u64, EngineError> {
        self.inner.size_on_disk()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Memory;

    #[test]
    fn what_the_system_refuses_has_its_own_name() {
        type Fits = fn(&EngineError) -> bool;
        let full: Fits = |error| matches!(error, EngineError::DiskFull(_));
        let forbidden: Fits = |error| matches!(error, EngineError::Permission(_));
        let other: Fits = |error| matches!(error, EngineError::Io { .. });
        let cases = [
            (io::ErrorKind::StorageFull, full),
            (io::ErrorKind::ReadOnlyFilesystem, forbidden),
            (io::ErrorKind::TimedOut, other),
        ];
        for (kind, fits) in cases {
            let hampered = Hampered::new(
                Arc::new(Memory::default()),
                PathBuf::from("/data"),
                Arc::new(move || Err(kind.into())),
            );
            assert!(fits(&hampered.flush().unwrap_err()), "{kind}");
            let error = hampered.apply(Tree::Log, Batch::default()).unwrap_err();
            assert!(fits(&error) && error.to_string().contains("/data"), "{error}");
            assert!(hampered.get(Tree::Log, b"key").unwrap().is_none());
        }
    }
}
