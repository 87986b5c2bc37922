//! One supervisor per testnet: whoever holds the lock.

use crate::error::Error;
use crate::folder::Folder;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::thread;
use std::time::Duration;

/// How often a held lock is tried again: [`Lock::is_held`] itself takes it to find out.
const GLANCES: u32 = 5;
/// How long is waited in between.
const GLANCE: Duration = Duration::from_millis(10);

/// Held for as long as it lives; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: Flock<File>,
}

impl Lock {
    /// Takes the testnet's lock and writes this process' number into it.
    ///
    /// # Errors
    /// [`Error::Running`] names the process that holds it.
    pub fn take(folder: &Folder) -> Result<Self, Error> {
        // Whoever only looks holds it for a moment.
        for _ in 0..GLANCES {
            match Self::try_take(folder) {
                Err(Error::Running { .. }) => thread::sleep(GLANCE),
                other => return other,
            }
        }
        Self::try_take(folder)
    }

    fn try_take(folder: &Folder) -> Result<Self, Error> {
        let path = folder.lock();
        crate::files::make_folder(folder.path())?;
        let mut file = open(folder)?;
        let mut holder = String::new();
        // Whoever held it last; only told when it still does.
        (&file)
            .take(16)
            .read_to_string(&mut holder)
            .map_err(|error| Error::io(&path, "read", error))?;
        file.rewind().map_err(|error| Error::io(&path, "read", error))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(mut file) => {
                file.set_len(0)
                    .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()))
                    .map_err(|error| Error::io(&path, "write", error))?;
                Ok(Self { _file: file })
            }
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => Err(Error::Running {
                name: folder.name().to_string(),
                pid: holder.trim().to_owned(),
            }),
            Err((_, error)) => Err(Error::io(&path, "lock", error.into())),
        }
    }

    /// Whether some process holds the testnet's lock.
    #[must_use]
    pub fn is_held(folder: &Folder) -> bool {
        let Ok(file) = open(folder) else {
            return false;
        };
        Flock::lock(file, FlockArg::LockExclusiveNonblock).is_err()
    }
}

fn open(folder: &Folder) -> Result<File, Error> {
    let path = folder.lock();
    OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| Error::io(&path, "open", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_supervisor_is_told_who_the_first_is() {
        let base = tempfile::tempdir().unwrap();
        let folder = Folder::new(base.path(), &crate::name::Name::default());
        let first = Lock::take(&folder).unwrap();
        assert!(Lock::is_held(&folder));
        let text = Lock::take(&folder).unwrap_err().to_string();
        assert!(
            text.contains(&format!("supervisor {}", std::process::id())),
            "{text}"
        );
        drop(first);
        assert!(!Lock::is_held(&folder));
        assert!(Lock::take(&folder).is_ok());
    }
}
