//! Where everything of a testnet lies on disk.

use crate::error::Error;
use crate::name::Name;
use std::fs;
use std::path::{Path, PathBuf};

/// Where testnets lie under the current folder.
pub(crate) const ROOT: &str = ".palisade/testnets";

/// The folder of one testnet: `.palisade/testnets/<name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
    name: Name,
}

impl Folder {
    /// The folder of the testnet `name` under `base`, which is the current folder for the command line.
    #[must_use]
    pub fn new(base: &Path, name: &Name) -> Self {
        Self {
            path: base.join(ROOT).join(name.as_str()),
            name: name.clone(),
        }
    }

    /// The folders of all testnets under `base`, by name.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder above them cannot be read.
    pub fn list(base: &Path) -> Result<Vec<Self>, Error> {
        let root = base.join(ROOT);
        let entries = match fs::read_dir(&root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::io(&root, "list", error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| Error::io(&root, "list", error))?;
            let name = entry.file_name().to_string_lossy().parse::<Name>();
            if let Ok(name) = name
                && entry.path().join("spec.json").is_file()
            {
                found.push(Self::new(base, &name));
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// The testnet's name.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a testnet here.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.spec().is_file()
    }

    /// What the testnet was made from.
    #[must_use]
    pub fn spec(&self) -> PathBuf {
        self.path.join("spec.json")
    }

    /// What others may know of the running testnet.
    #[must_use]
    pub fn facts(&self) -> PathBuf {
        self.path.join("testnet.json")
    }

    /// The genesis document.
    #[must_use]
    pub fn genesis(&self) -> PathBuf {
        self.path.join("genesis.json")
    }

    /// Where the supervisor listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.path.join("control.sock")
    }

    /// Held by the supervisor for as long as it lives.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// What a detached supervisor says.
    #[must_use]
    pub fn supervisor_log(&self) -> PathBuf {
        self.path.join("supervisor.log")
    }

    /// The keys of alice, bob and the others.
    #[must_use]
    pub fn accounts(&self) -> PathBuf {
        self.path.join("accounts")
    }

    /// A node's home.
    #[must_use]
    pub fn home(&self, node: &str) -> PathBuf {
        self.path.join(node)
    }

    /// What a node says.
    #[must_use]
    pub fn log(&self, node: &str) -> PathBuf {
        self.home(node).join("node.log")
    }
}
