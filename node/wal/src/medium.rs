//! What a log is written to: a folder of files with locks. [`Disk`] is the real one, [`Faulty`](crate::faulty::Faulty)
//! its twin that fails on purpose.

use std::any::Any;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A lock that is held until this is dropped.
pub type LockGuard = Box<dyn Any + Send>;

/// Why a lock was not given.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else has it.
    #[error("held by another")]
    Held {
        /// The process that has it, where it is known.
        holder: Option<u32>,
    },
    /// It could not be asked for.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A folder whose files a log uses. Names are plain file names.
pub trait Medium: Send + Sync {
    /// Takes the exclusive lock called `name`, without waiting.
    ///
    /// # Errors
    /// [`LockError`].
    fn lock(&self, name: &str) -> Result<LockGuard, LockError>;

    /// Opens a file for reading and appending; `None` when there is none.
    ///
    /// # Errors
    /// What the system says.
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn LogFile>>>;

    /// Makes an empty file for reading and appending; whatever had the name is gone.
    ///
    /// # Errors
    /// What the system says.
    fn create(&self, name: &str) -> io::Result<Box<dyn LogFile>>;

    /// Gives a file another name in one step; whatever had that name is gone. Open files stay open.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes new names and renames durable.
    ///
    /// # Errors
    /// What the system says.
    fn sync_folder(&self) -> io::Result<()>;

    /// Where `name` is, for messages.
    fn path(&self, name: &str) -> PathBuf;
}

/// One open file.
pub trait LogFile: Send {
    /// Its size in bytes.
    ///
    /// # Errors
    /// What the system says.
    fn size(&self) -> io::Result<u64>;

    /// Everything in it, but no more than `limit` bytes.
    ///
    /// # Errors
    /// What the system says.
    fn read(&mut self, limit: u64) -> io::Result<Vec<u8>>;

    /// Writes at its end. On an error any part may have been written.
    ///
    /// # Errors
    /// What the system says.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes everything written durable (`fdatasync`). After an error nothing is known of what is.
    ///
    /// # Errors
    /// What the system says.
    fn sync(&mut self) -> io::Result<()>;
}

/// Files in a folder of the machine, for the owner's eyes only.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// The folder at this path, made (mode 0700, durably) when it is not there.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        if !folder.is_dir() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)?;
            if let Some(parent) = folder.parent().filter(|p| !p.as_os_str().is_empty()) {
                File::open(parent)?.sync_all()?;
            }
        }
        Ok(Self { folder })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn options() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(true).append(true).mode(0o600);
        options
    }
}

impl Medium for Disk {
    fn lock(&self, name: &str) -> Result<LockGuard, LockError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.folder.join(name))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                // Who has it writes its number there; it may not have come to that yet.
                let mut text = String::new();
                let read = (&mut file).take(16).read_to_string(&mut text);
                let holder = read.ok().and_then(|_| text.trim().parse().ok());
                return Err(LockError::Held { holder });
            }
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        file.set_len(0)?;
        write!(file, "{}", std::process::id())?;
        Ok(Box::new(file))
    }

    fn open(&self, name: &str) -> io::Result<Option<Box<dyn LogFile>>> {
        match Self::options().open(self.folder.join(name)) {
            Ok(file) => Ok(Some(Box::new(DiskFile(file)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn LogFile>> {
        let path = self.folder.join(name);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let file = Self::options().create_new(true).open(path)?;
        Ok(Box::new(DiskFile(file)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.folder.join(from), self.folder.join(to))
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

struct DiskFile(File);

impl LogFile for DiskFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read(&mut self, limit: u64) -> io::Result<Vec<u8>> {
        // Appending goes to the end wherever the cursor is.
        self.0.rewind()?;
        let mut bytes = Vec::new();
        (&mut self.0).take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}
