//! A node's home folder.

use std::path::{Path, PathBuf};

/// Where everything of a node lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home(PathBuf);

impl Home {
    /// The home at `path`.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Its settings.
    pub(crate) fn config(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// The genesis document of its chain.
    pub(crate) fn genesis(&self) -> PathBuf {
        self.0.join("genesis.json")
    }

    /// Its own three keys.
    pub(crate) fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// Accounts of whoever runs it.
    pub(crate) fn accounts(&self) -> PathBuf {
        self.0.join("accounts")
    }

    /// What this node's consensus key has signed. Apart from the chain: emptying the one keeps the other.
    pub(crate) fn guard(&self) -> PathBuf {
        self.0.join("guard")
    }

    /// When the last backup was made, and of what.
    pub(crate) fn backup_record(&self) -> PathBuf {
        self.0.join("backup.json")
    }

    /// Blocks and state.
    pub(crate) fn store(&self) -> PathBuf {
        self.data().join("store")
    }

    /// Snapshots of the state, for others to join from.
    pub(crate) fn snapshots(&self) -> PathBuf {
        self.0.join("snapshots")
    }

    /// The chain: state, blocks, consensus' log.
    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}
