//! The database's folder: made, locked, and cleared of what a crash leaves behind.

use super::EngineError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A folder that this process alone may use, until this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    /// Holds the lock as long as it is open.
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing, and locks it.
    pub(super) fn lock(path: &Path) -> Result<Self, EngineError> {
        std::fs::create_dir_all(path).map_err(|error| classify(path, &error))?;
        let file = path.join("lock");
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&file)
            .map_err(|error| classify(&file, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(EngineError::Locked {
                    path: path.to_owned(),
                    pid: read_pid(&mut lock),
                });
            }
            Err(TryLockError::Error(error)) => return Err(classify(&file, &error)),
        }
        write_pid(&mut lock).map_err(|error| classify(&file, &error))?;
        remove_half_written_snapshots(path).map_err(|error| classify(path, &error))?;
        Ok(Self { _lock: lock })
    }
}

fn read_pid(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_pid(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.seek(SeekFrom::Start(0))?;
    writeln!(lock, "{}", std::process::id())
}

/// sled writes a snapshot of its page table under a name ending in `.generating` and renames it when it is complete,
/// but takes a half-written one for the newest when it opens, and refuses to. It is a cache: without it, sled reads
/// its log instead.
fn remove_half_written_snapshots(path: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            tracing::warn!(file = %file.display(), "removed a snapshot that a crash left half-written");
            std::fs::remove_file(&file)?;
        }
    }
    Ok(())
}

/// What the system's error means to an operator.
pub(crate) fn classify(path: &Path, error: &io::Error) -> EngineError {
    let path = PathBuf::from(path);
    let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
    let refused = [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem];
    if full.contains(&error.kind()) {
        EngineError::DiskFull(path)
    } else if refused.contains(&error.kind()) {
        EngineError::Permission(path)
    } else {
        EngineError::Io {
            path,
            message: error.to_string(),
        }
    }
}
