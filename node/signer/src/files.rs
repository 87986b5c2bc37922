//! Files that hold secrets: made once, for the owner's eyes only.

use crate::error::KeyError;
use crate::secret::random;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The most that a key file has, in bytes.
const MAX_FILE: u64 = 64 << 10;

/// Makes a folder of mode 0700, and those above it, where they are not there.
pub(crate) fn make_folder(folder: &Path) -> Result<(), KeyError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| io_error(folder, "create", source))
}

/// A name beside `path` that nobody else uses.
pub(crate) fn temporary(path: &Path) -> Result<PathBuf, KeyError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unique = hex::encode(*random::<8>()?);
    Ok(path.with_file_name(format!(".{name}.{unique}.new")))
}

/// Writes a file of mode 0400, durably and in one step: it is there whole or not at all, and whatever has its name
/// already stays.
pub(crate) fn create_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    refuse_existing(path)?;
    let temporary = temporary(path)?;
    let written = write_private(&temporary, bytes).and_then(|()| {
        // A link, unlike a rename, fails when the name is taken.
        fs::hard_link(&temporary, path)
    });
    let removed = fs::remove_file(&temporary);
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(KeyError::Exists {
                path: path.to_owned(),
            });
        }
        Err(error) => return Err(io_error(path, "create", error)),
    }
    removed.map_err(|source| io_error(&temporary, "remove", source))?;
    sync_folder(parent(path))
}

/// Writes a file of mode 0400, durably and in one step, in the place of one that is there.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let temporary = temporary(path)?;
    write_private(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(|source| io_error(path, "write", source))?;
    sync_folder(parent(path))
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.set_permissions(Permissions::from_mode(0o400))?;
    file.sync_all()
}

/// Gives a file that was made private back to its owner's editor: it holds no secret.
pub(crate) fn let_owner_write(path: &Path) -> Result<(), KeyError> {
    fs::set_permissions(path, Permissions::from_mode(0o644)).map_err(|error| io_error(path, "open up", error))
}

/// An error that names the file, when there is one (even a dangling link).
pub(crate) fn refuse_existing(path: &Path) -> Result<(), KeyError> {
    match path.symlink_metadata() {
        Ok(_) => Err(KeyError::Exists {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error(path, "look for", error)),
    }
}

/// Opens a file that nobody else may read.
pub(crate) fn open_private(path: &Path) -> Result<File, KeyError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(KeyError::Missing {
                path: path.to_owned(),
            });
        }
        Err(error) => return Err(io_error(path, "open", error)),
    };
    // Asked of the open file, so that it cannot be exchanged in between.
    let metadata = file
        .metadata()
        .map_err(|error| io_error(path, "inspect", error))?;
    if !metadata.is_file() {
        return Err(io_error(
            path,
            "read",
            io::Error::from(io::ErrorKind::InvalidInput),
        ));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyError::PermissionsTooOpen {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(file)
}

/// Everything in a file that nobody else may read, at most 64 KiB.
pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let file = open_private(path)?;
    let length = file
        .metadata()
        .map_err(|error| io_error(path, "inspect", error))?
        .len();
    if length > MAX_FILE {
        return Err(io_error(
            path,
            "read",
            io::Error::from(io::ErrorKind::FileTooLarge),
        ));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length + 1).unwrap_or(0)));
    file.take(MAX_FILE)
        .read_to_end(&mut bytes)
        .map_err(|error| io_error(path, "read", error))?;
    Ok(bytes)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), KeyError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| io_error(folder, "sync", error))
}

/// The folder that holds `path`.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

pub(crate) fn io_error(path: &Path, action: &'static str, source: io::Error) -> KeyError {
    KeyError::Io {
        path: path.to_owned(),
        action,
        source,
    }
}
