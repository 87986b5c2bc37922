//! Snapshots on disk: a folder for each, named by its height, with a manifest and chunks named by their hashes.

use super::{ChunkInfo, MAX_MANIFEST, Signed, SnapshotError};
use primitives::Height;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

const MANIFEST: &str = "manifest";
const CHUNKS: &str = "chunks";
/// Ends the name of a folder that is not whole yet.
const DRAFT: &str = "partial";

/// Where snapshots lie.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// A snapshot on disk.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its folder.
    pub path: PathBuf,
    /// Its manifest.
    pub signed: Signed,
}

/// A snapshot that is being put together. What is not published is used by the next attempt.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    target: PathBuf,
}

impl Folder {
    /// The folder at `path`, which is made when the first snapshot is.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The snapshots, the newest first. What is no snapshot is passed over.
    ///
    /// # Errors
    /// [`SnapshotError::Io`] when the folder is there and cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, SnapshotError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(SnapshotError::io(&self.0, &error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| SnapshotError::io(&self.0, &error))?.path();
            if path.extension().is_some() || !path.is_dir() {
                continue;
            }
            match Listed::open(&path) {
                Ok(listed) => found.push(listed),
                Err(error) => tracing::warn!(path = %path.display(), %error, "this is no snapshot"),
            }
        }
        found.sort_by_key(|listed| core::cmp::Reverse(listed.signed.manifest.height()));
        Ok(found)
    }

    /// The snapshot at a height.
    ///
    /// # Errors
    /// [`SnapshotError`] when it is not there or not readable.
    pub fn open(&self, height: Height) -> Result<Listed, SnapshotError> {
        Listed::open(&self.path_of(height))
    }

    /// Starts a snapshot of `height`, or goes on with one that was begun.
    ///
    /// # Errors
    /// [`SnapshotError::Io`], [`SnapshotError::DiskFull`].
    pub fn draft(&self, height: Height) -> Result<Draft, SnapshotError> {
        let target = self.path_of(height);
        let path = target.with_extension(DRAFT);
        let chunks = path.join(CHUNKS);
        fs::create_dir_all(&chunks).map_err(|error| SnapshotError::io(&chunks, &error))?;
        Ok(Draft { path, target })
    }

    /// Removes all but the newest `keep`, and what was begun and given up below them.
    ///
    /// # Errors
    /// [`SnapshotError::Io`].
    pub fn keep(&self, keep: usize) -> Result<(), SnapshotError> {
        for old in self.list()?.into_iter().skip(keep) {
            remove(&old.path)?;
        }
        let Ok(entries) = fs::read_dir(&self.0) else {
            return Ok(());
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension == DRAFT) {
                remove(&path)?;
            }
        }
        Ok(())
    }

    fn path_of(&self, height: Height) -> PathBuf {
        self.0.join(format!("{:012}", height.get()))
    }
}

fn remove(path: &Path) -> Result<(), SnapshotError> {
    fs::remove_dir_all(path).map_err(|error| SnapshotError::io(path, &error))
}

/// Reads a file that may have at most `limit` bytes.
fn read_limited(path: &Path, limit: usize) -> Result<Vec<u8>, SnapshotError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| SnapshotError::io(path, &error))?;
    Ok(bytes)
}

fn chunk_path(folder: &Path, info: &ChunkInfo) -> PathBuf {
    folder.join(CHUNKS).join(format!("{}", info.hash))
}

fn read_chunk(folder: &Path, index: usize, info: &ChunkInfo) -> Result<Vec<u8>, SnapshotError> {
    let path = chunk_path(folder, info);
    let bytes = read_limited(&path, super::CHUNK)?;
    if info.is(&bytes) {
        Ok(bytes)
    } else {
        Err(SnapshotError::Chunk {
            index,
            what: format!("{} is not what its hash says", path.display()),
        })
    }
}

impl Listed {
    /// The snapshot in the folder `path`.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let file = path.join(MANIFEST);
        let signed = Signed::parse(&read_limited(&file, MAX_MANIFEST)?)?;
        Ok(Self {
            path: path.to_owned(),
            signed,
        })
    }

    /// A chunk's bytes, checked against its hash.
    ///
    /// # Errors
    /// [`SnapshotError::Chunk`] when it is damaged, [`SnapshotError::Io`] when it cannot be read.
    pub fn chunk(&self, index: usize) -> Result<Vec<u8>, SnapshotError> {
        let info = self
            .signed
            .manifest
            .chunks
            .get(index)
            .ok_or_else(|| SnapshotError::Chunk {
                index,
                what: "there is no such chunk".to_owned(),
            })?;
        read_chunk(&self.path, index, info)
    }
}

impl Draft {
    /// Whether a chunk is here already, whole. One that is damaged is removed.
    #[must_use]
    pub fn has_chunk(&self, info: &ChunkInfo) -> bool {
        let path = chunk_path(&self.path, info);
        if !path.exists() {
            return false;
        }
        let whole = read_chunk(&self.path, 0, info).is_ok();
        if !whole {
            tracing::warn!(path = %path.display(), "a chunk on disk is damaged, and fetched again");
            // If it stays, it is written over.
            fs::remove_file(&path).unwrap_or_default();
        }
        whole
    }

    /// Keeps a chunk.
    ///
    /// # Errors
    /// [`SnapshotError::Chunk`] when the bytes are another's; [`SnapshotError::Io`], [`SnapshotError::DiskFull`].
    pub fn put_chunk(&self, info: &ChunkInfo, bytes: &[u8]) -> Result<(), SnapshotError> {
        write_file(&chunk_path(&self.path, info), bytes)
    }

    /// A chunk that was kept.
    ///
    /// # Errors
    /// As [`Listed::chunk`].
    pub fn chunk(&self, index: usize, info: &ChunkInfo) -> Result<Vec<u8>, SnapshotError> {
        read_chunk(&self.path, index, info)
    }

    /// Makes it a snapshot: all chunks are here.
    ///
    /// # Errors
    /// [`SnapshotError::Io`], [`SnapshotError::DiskFull`].
    pub fn publish(self, signed: &Signed) -> Result<Listed, SnapshotError> {
        write_file(&self.path.join(MANIFEST), &signed.to_bytes())?;
        if self.target.exists() {
            remove(&self.target)?;
        }
        fs::rename(&self.path, &self.target).map_err(|error| SnapshotError::io(&self.target, &error))?;
        if let Some(parent) = self.target.parent() {
            let synced = File::open(parent).and_then(|folder| folder.sync_all());
            synced.map_err(|error| SnapshotError::io(parent, &error))?;
        }
        Listed::open(&self.target)
    }
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), SnapshotError> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| SnapshotError::io(path, &error))
}
