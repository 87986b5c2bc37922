//! What a home knows of its last backup: when it was made, and of which keys.

use crate::config::Home;
use crate::output::Failure;
use serde::{Deserialize, Serialize};
use signer::backup::Backup;
use std::path::Path;

/// The most that the file has, in bytes.
const MOST: u64 = 1 << 20;

/// The last backup of a home.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// When, in milliseconds since 1970.
    pub(crate) made_ms: u64,
    /// Where it was written.
    pub(crate) file: String,
    /// Which files of the home are in it.
    pub(crate) files: Vec<String>,
}

impl Record {
    pub(super) fn of(file: &Path, backup: &Backup) -> Self {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        Self {
            made_ms: backup.made_ms,
            file: file.display().to_string(),
            files: backup.files.iter().map(|one| one.name.clone()).collect(),
        }
    }

    pub(super) fn write(&self, home: &Home) -> Result<(), Failure> {
        let path = home.backup_record();
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        let new = path.with_extension("json.new");
        std::fs::write(&new, text)
            .and_then(|()| std::fs::rename(&new, &path))
            .map_err(|error| Failure::key(format!("{}: {error}", path.display())))
    }

    /// The record of a home; `None` where no backup was made, or nothing can be read of it.
    pub(crate) fn read(home: &Home) -> Option<Self> {
        let path = home.backup_record();
        let length = std::fs::metadata(&path).ok()?.len();
        if length > MOST {
            return None;
        }
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }
}
