//! A medium whose writes may be slowed down or refused on request: what a development chain's node shows a slow or full
//! disk with, without root and without filling anything.

use crate::medium::{LockError, LockGuard, LogFile, Medium};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Asked before every write and sync. It may sleep, and it may refuse with what the system would say.
pub type Hindrance = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;

/// Another medium behind a [`Hindrance`]. A write that is refused leaves nothing.
#[derive(Clone)]
pub struct Hampered {
    inner: Arc<dyn Medium>,
    hindrance: Hindrance,
}

impl Hampered {
    /// `inner`, whose writes and syncs ask `hindrance` first.
    #[must_use]
    pub fn new(inner: Arc<dyn Medium>, hindrance: Hindrance) -> Self {
        Self { inner, hindrance }
    }

    fn file(&self, inner: Box<dyn LogFile>) -> Box<dyn LogFile> {
        Box::new(File {
            inner,
            hindrance: Arc::clone(&self.hindrance),
        })
    }
}

impl Medium for Hampered {
    fn lock(&self, name: &str) -> Result<LockGuard, LockError> {
        self.inner.lock(name)
    }

    fn open(&self, name: &str) -> io::Result<Option<Box<dyn LogFile>>> {
        Ok(self.inner.open(name)?.map(|file| self.file(file)))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn LogFile>> {
        (self.hindrance)()?;
        Ok(self.file(self.inner.create(name)?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.inner.rename(from, to)
    }

    fn sync_folder(&self) -> io::Result<()> {
        (self.hindrance)()?;
        self.inner.sync_folder()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.inner.path(name)
    }
}

struct File {
    inner: Box<dyn LogFile>,
    hindrance: Hindrance,
}

impl LogFile for File {
    fn size(&self) -> io::Result<u64> {
        self.inner.size()
    }

    fn read(&mut self, limit: u64) -> io::Result<Vec<u8>> {
        self.inner.read(limit)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        (self.hindrance)()?;
        self.inner.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        (self.hindrance)()?;
        self.inner.sync()
    }
}
