//! What is kept of the chain, and which snapshots of its state are made and given away.

use serde::{Deserialize, Serialize};

/// The smallest window: what proofs, restarts and peers that are a little behind look back at.
const SMALLEST_WINDOW: u64 = 128;

/// What happens to old blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pruning {
    /// Everything is kept.
    #[default]
    Archive,
    /// The latest `window_blocks` are kept, and never fewer than the chain needs.
    Window,
}

/// The `[storage]` section. Sizes are bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StorageSection {
    /// Whether old blocks are forgotten: `archive` or `window`.
    pub(crate) pruning: Pruning,
    /// How many blocks are kept with `window`.
    pub(crate) window_blocks: u64,
    /// A snapshot of the state is made every so many blocks; 0 makes none.
    pub(crate) snapshot_interval_blocks: u64,
    /// How many snapshots are kept, the newest.
    pub(crate) snapshots_kept: usize,
    /// How many clients may download snapshots at once; 0 gives none away.
    pub(crate) snapshot_downloads: usize,
    /// Bytes a second that all downloads together may take.
    pub(crate) snapshot_bytes_per_second: u64,
}

impl Default for StorageSection {
    fn default() -> Self {
        Self {
            pruning: Pruning::Archive,
            window_blocks: 1_000_000,
            snapshot_interval_blocks: 0,
            snapshots_kept: 2,
            snapshot_downloads: 4,
            snapshot_bytes_per_second: 32 << 20,
        }
    }
}

impl StorageSection {
    /// Checks the rules between fields.
    pub(super) fn validate(&self) -> Result<(), String> {
        if self.window_blocks < SMALLEST_WINDOW {
            return Err(format!(
                "storage.window_blocks = {}: must be at least {SMALLEST_WINDOW}; besides, the blocks of all epochs for \
                 which the chain accepts evidence or still pays out unbonded stake are kept, however small the window",
                self.window_blocks
            ));
        }
        if !(1..=64).contains(&self.snapshots_kept) {
            return Err(format!(
                "storage.snapshots_kept = {}: must be 1 to 64; storage.snapshot_interval_blocks = 0 makes none",
                self.snapshots_kept
            ));
        }
        if self.snapshot_downloads > 64 {
            return Err(format!(
                "storage.snapshot_downloads = {}: must be 0 to 64",
                self.snapshot_downloads
            ));
        }
        if self.snapshot_bytes_per_second < 1 << 20 {
            return Err(format!(
                "storage.snapshot_bytes_per_second = {}: must be at least 1,048,576, one chunk a second",
                self.snapshot_bytes_per_second
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_named_with_what_would() {
        assert_eq!(StorageSection::default().validate(), Ok(()));
        let broken = [
            (
                "window_blocks",
                StorageSection {
                    window_blocks: 127,
                    ..StorageSection::default()
                },
            ),
            (
                "snapshots_kept",
                StorageSection {
                    snapshots_kept: 0,
                    ..StorageSection::default()
                },
            ),
            (
                "snapshot_downloads",
                StorageSection {
                    snapshot_downloads: 65,
                    ..StorageSection::default()
                },
            ),
            (
                "snapshot_bytes_per_second",
                StorageSection {
                    snapshot_bytes_per_second: 1,
                    ..StorageSection::default()
                },
            ),
        ];
        for (field, section) in broken {
            let error = section.validate().unwrap_err();
            assert!(error.starts_with(&format!("storage.{field} = ")), "{error}");
        }
        let error = StorageSection {
            window_blocks: 1,
            ..StorageSection::default()
        }
        .validate()
        .unwrap_err();
        assert!(
            error.contains("evidence") && error.contains("unbonded"),
            "{error}"
        );
    }
}
