//! The log itself: open, append, sync, rewrite.

use crate::error::LogError;
use crate::file::{full, identity, io_error, lock, read, write_new};
use crate::frame::{self, FRAME_HEADER, Identity, MAX_PAYLOAD, RECORD_HEADER, wide};
use crate::medium::{LockGuard, LogFile, Medium};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most that one record may have, in bytes: the largest block there may be, and what says that it is one.
pub const MAX_RECORD: usize = light_palisade::limits::MAX_BLOCK_BYTES + 64;

const _: () = assert!(
    RECORD_HEADER + MAX_RECORD <= MAX_PAYLOAD,
    "a frame holds any record"
);

/// How large things may get, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One record; [`MAX_RECORD`] where this is more.
    pub record: usize,
    /// The whole file.
    pub total: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record: MAX_RECORD,
            total: 64 << 20,
        }
    }
}

/// Which log to open.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its file name; `<name>.new` and `<name>.lock` belong to it too.
    pub name: &'static str,
    /// What it is for, at most 16 bytes of ASCII. Raise a number in it when its records change.
    pub purpose: &'static str,
    /// Whose it is, such as the chain hash.
    pub binding: [u8; 32],
    /// How large it may get.
    pub limits: Limits,
    /// What an operator can do when it is damaged; ends the message.
    pub hint: &'static str,
}

/// Whether there must be a log already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Make one when there is none.
    Any,
    /// [`LogError::Missing`] when there is none.
    Required,
    /// [`LogError::Exists`] when there is one.
    Forbidden,
}

/// What opening found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Every record, in the order of appending.
    pub records: Vec<Vec<u8>>,
    /// Bytes at the end that a crash left incomplete; they are gone now.
    pub torn_bytes: u64,
}

/// What one sync did, for the caller's metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// Records that became durable.
    pub records: usize,
    /// Bytes that were written.
    pub bytes: usize,
    /// How long writing and syncing took; zero when nothing waited.
    pub elapsed: Duration,
}

/// An open log. See the crate's documentation for what it promises.
pub struct Log {
    medium: Arc<dyn Medium>,
    spec: Spec,
    identity: Identity,
    file: Box<dyn LogFile>,
    bytes: u64,
    sequence: u64,
    salt: u32,
    pending: Vec<u8>,
    waiting: usize,
    poisoned: bool,
    _lock: LockGuard,
}

impl core::fmt::Debug for Log {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Log")
            .field("path", &self.medium.path(self.spec.name))
            .field("bytes", &self.bytes)
            .field("waiting", &self.waiting)
            .field("poisoned", &self.poisoned)
            .finish_non_exhaustive()
    }
}

impl Log {
    /// Opens or makes the log that `spec` describes, and returns what is in it, which is durable then.
    ///
    /// # Errors
    /// Any [`LogError`] but [`LogError::Poisoned`]. Nothing but the lock file was changed when the log is damaged,
    /// foreign, too large, or not as `presence` asks.
    pub fn open(
        medium: Arc<dyn Medium>,
        spec: Spec,
        presence: Presence,
    ) -> Result<(Self, Recovered), LogError> {
        let lock = lock(medium.as_ref(), spec.name)?;
        let identity = identity(&spec);
        let path = medium.path(spec.name);
        let opened = medium
            .open(spec.name)
            .map_err(|source| io_error(medium.as_ref(), spec.name, "open", source))?;
        let recovered = match (opened, presence) {
            (None, Presence::Required) => return Err(LogError::Missing { path }),
            (Some(_), Presence::Forbidden) => return Err(LogError::Exists { path }),
            (None, _) => Recovered::default(),
            (Some(mut file), _) => read(medium.as_ref(), &spec, &identity, file.as_mut())?,
        };
        if recovered.torn_bytes > 0 {
            tracing::warn!(
                path = %path.display(),
                bytes = recovered.torn_bytes,
                "dropped a record that was being written when the node stopped; it was never acknowledged"
            );
        }
        let fresh = write_new(medium.as_ref(), &spec, &identity, &recovered.records)?;
        let log = Self {
            medium,
            spec,
            identity,
            file: fresh.file,
            bytes: fresh.bytes,
            sequence: fresh.sequence,
            salt: fresh.salt,
            pending: Vec::new(),
            waiting: 0,
            poisoned: false,
            _lock: lock,
        };
        Ok((log, recovered))
    }

    /// Adds a record, in order, to what the next [`sync`](Self::sync) makes durable. Does not write, except that
    /// what waits is synced when a frame holds no more.
    ///
    /// # Errors
    /// [`LogError::RecordTooLarge`] and [`LogError::Full`] change nothing; otherwise as [`sync`](Self::sync).
    pub fn append(&mut self, record: &[u8]) -> Result<(), LogError> {
        self.check_poison()?;
        let limit = self.spec.limits.record.min(MAX_RECORD);
        if record.len() > limit {
            return Err(LogError::RecordTooLarge {
                path: self.medium.path(self.spec.name),
                length: record.len(),
                limit,
            });
        }
        let size = RECORD_HEADER + record.len();
        let after = self.bytes + wide(FRAME_HEADER + self.pending.len() + FRAME_HEADER + size);
        if after > self.spec.limits.total {
            return Err(full(self.medium.as_ref(), &self.spec));
        }
        if self.pending.len() + size > MAX_PAYLOAD {
            self.sync()?;
        }
        frame::push_record(&mut self.pending, record);
        self.waiting += 1;
        Ok(())
    }

    /// Makes every record appended so far durable. Returns at once when none waits.
    ///
    /// # Errors
    /// [`LogError::Io`] poisons the log: it is unknown which records are durable. [`LogError::Poisoned`] after that.
    pub fn sync(&mut self) -> Result<Synced, LogError> {
        self.check_poison()?;
        if self.waiting == 0 {
            return Ok(Synced::default());
        }
        let frame = frame::frame(self.salt, self.sequence, &self.pending);
        let started = Instant::now();
        let written = self.file.append(&frame);
        self.checked("write", written)?;
        let synced = self.file.sync();
        self.checked("sync", synced)?;
        let done = Synced {
            records: self.waiting,
            bytes: frame.len(),
            elapsed: started.elapsed(),
        };
        self.bytes += wide(frame.len());
        self.sequence += 1;
        self.pending.clear();
        self.waiting = 0;
        Ok(done)
    }

    /// Makes the log consist of exactly `records`, durably and in one step: after a crash it holds either these or
    /// what was synced before. What was appended and not synced is gone.
    ///
    /// # Errors
    /// [`LogError::RecordTooLarge`] and [`LogError::Full`] change nothing. Any other error poisons the log.
    pub fn rewrite(&mut self, records: &[impl AsRef<[u8]>]) -> Result<(), LogError> {
        self.check_poison()?;
        match write_new(self.medium.as_ref(), &self.spec, &self.identity, records) {
            Ok(fresh) => {
                self.file = fresh.file;
                self.bytes = fresh.bytes;
                self.sequence = fresh.sequence;
                self.salt = fresh.salt;
                self.pending.clear();
                self.waiting = 0;
                Ok(())
            }
            Err(error) => {
                self.poisoned = matches!(error, LogError::Io { .. });
                Err(error)
            }
        }
    }

    /// Syncs, then reads every record back from the medium.
    ///
    /// # Errors
    /// As [`sync`](Self::sync); [`LogError::Corrupt`] when the medium gives back something else than was written.
    pub fn read_back(&mut self) -> Result<Vec<Vec<u8>>, LogError> {
        self.sync()?;
        let recovered = read(
            self.medium.as_ref(),
            &self.spec,
            &self.identity,
            self.file.as_mut(),
        )?;
        if recovered.torn_bytes > 0 {
            return Err(LogError::Corrupt {
                path: self.medium.path(self.spec.name),
                offset: self.bytes - recovered.torn_bytes.min(self.bytes),
                what: "data that was synced is damaged",
                hint: self.spec.hint,
            });
        }
        Ok(recovered.records)
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.medium.path(self.spec.name)
    }

    /// Size of the file in bytes, without what waits for a sync.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether an earlier write or sync failed.
    #[must_use]
    pub const fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    fn check_poison(&self) -> Result<(), LogError> {
        if self.poisoned {
            return Err(LogError::Poisoned {
                path: self.medium.path(self.spec.name),
            });
        }
        Ok(())
    }

    fn checked(&mut self, action: &'static str, outcome: io::Result<()>) -> Result<(), LogError> {
        outcome.map_err(|source| {
            self.poisoned = true;
            io_error(self.medium.as_ref(), self.spec.name, action, source)
        })
    }
}
