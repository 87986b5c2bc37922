//! Checkpoints of a testnet: its state kept at a height, and gone back to.
//!
//! A checkpoint holds the store of one node as it was between two blocks, and the keys of all. Going back to it makes a
//! chain of its own out of that state, in a generation that this testnet never had: whatever was signed since means nothing
//! there. All nodes then start from the same document, with new logs and with guards that have signed nothing in that chain.

use crate::error::Error;
use crate::files;
use crate::folder::Folder;
use crate::name::{self, Name};
use crate::spec::Spec;
use genesis::Document;
use primitives::address::Network;
use serde::{Deserialize, Serialize};
use signer::NodeKeys;
use signer::guard::Guard;
use signer::keystore::{Protection, load_consensus};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::process::Command;

/// The file that says what a checkpoint is; without it there is none.
const ABOUT: &str = "checkpoint.json";
/// What a home's node reads of its chain.
const GENESIS: &str = "genesis.json";

/// What a checkpoint is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Its name.
    pub name: String,
    /// The height, as the node said that was copied; it may hold a block more.
    pub height: u64,
    /// The generation in which it was taken.
    pub generation: u64,
    /// When, in milliseconds since the Unix epoch.
    pub saved_ms: u64,
    /// The node whose store it holds.
    pub node: String,
    /// Bytes on disk.
    pub bytes: u64,
}

fn root(folder: &Folder) -> PathBuf {
    folder.path().join("checkpoints")
}

fn place(folder: &Folder, name: &Name) -> PathBuf {
    root(folder).join(name.as_str())
}

/// The checkpoints of a testnet, by name.
///
/// # Errors
/// [`Error::Io`], [`Error::Damaged`].
pub fn list(folder: &Folder) -> Result<Vec<Checkpoint>, Error> {
    let root = root(folder);
    let entries = match fs::read_dir(&root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(&root, "list", error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| Error::io(&root, "list", error))?.path();
        if path.join(ABOUT).is_file() {
            found.push(read(&path)?);
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn read(path: &Path) -> Result<Checkpoint, Error> {
    let file = path.join(ABOUT);
    let text = fs::read(&file).map_err(|error| Error::io(&file, "read", error))?;
    serde_json::from_slice(&text).map_err(|error| Error::Damaged {
        path: file,
        reason: error.to_string(),
    })
}

/// The checkpoint of that name.
///
/// # Errors
/// [`Error::NoCheckpoint`] names those that there are.
pub fn find(folder: &Folder, name: &Name) -> Result<Checkpoint, Error> {
    let all = list(folder)?;
    let have = all.iter().map(|one| one.name.clone()).collect();
    let found = all.into_iter().find(|one| one.name == name.as_str());
    found.ok_or_else(|| Error::NoCheckpoint {
        name: name.to_string(),
        have,
    })
}

/// Deletes a checkpoint.
///
/// # Errors
/// [`Error::NoCheckpoint`], [`Error::Io`].
pub fn remove(folder: &Folder, name: &Name) -> Result<(), Error> {
    find(folder, name)?;
    let path = place(folder, name);
    // Order: without this it is none, however much of the rest is left.
    files::remove(&path.join(ABOUT))?;
    fs::remove_dir_all(&path).map_err(|error| Error::io(&path, "remove", error))
}

/// Copies the store of `node`, which stands still, and the keys of all nodes. It is there whole or not at all.
pub(crate) fn save(
    folder: &Folder,
    spec: &Spec,
    name: &Name,
    node: &str,
    height: u64,
) -> Result<Checkpoint, Error> {
    let path = place(folder, name);
    if path.join(ABOUT).exists() {
        return Err(Error::Flag {
            flag: "checkpoint",
            value: name.to_string(),
            hint: "is there already: choose another name, or delete it with `palisade testnet checkpoint rm`"
                .into(),
        });
    }
    if path.exists() {
        fs::remove_dir_all(&path).map_err(|error| Error::io(&path, "remove", error))?;
    }
    let home = folder.home(node);
    files::make_folder(&path.join(node))?;
    let mut bytes = copy(&home.join("data/store"), &path.join(node).join("data/store"))?;
    for file in [GENESIS, "config.toml"] {
        bytes += copy(&home.join(file), &path.join(node).join(file))?;
    }
    for index in 0..usize::from(spec.validators) {
        let name = name::node(index);
        files::make_folder(&path.join(&name))?;
        bytes += copy(&folder.home(&name).join("keys"), &path.join(&name).join("keys"))?;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let about = Checkpoint {
        name: name.to_string(),
        height,
        generation: document(&folder.genesis())?.generation,
        saved_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        node: node.to_owned(),
        bytes,
    };
    files::write_json(&path.join(ABOUT), &about)?;
    Ok(about)
}

/// A genesis document.
pub(crate) fn document(path: &Path) -> Result<Document, Error> {
    let text = fs::read(path).map_err(|error| Error::io(path, "read", error))?;
    Document::from_json(&text).map_err(|error| Error::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// Copies a file, or a folder with all that is in it but sockets; the bytes.
fn copy(from: &Path, to: &Path) -> Result<u64, Error> {
    let about = fs::symlink_metadata(from).map_err(|error| Error::io(from, "read", error))?;
    if about.is_file() {
        return fs::copy(from, to).map_err(|error| Error::io(to, "write", error));
    }
    if !about.is_dir() {
        return Ok(0);
    }
    files::make_folder(to)?;
    // Keys are in a folder of their owner alone.
    fs::set_permissions(to, about.permissions()).map_err(|error| Error::io(to, "write", error))?;
    let entries = fs::read_dir(from).map_err(|error| Error::io(from, "list", error))?;
    let mut bytes = 0;
    for entry in entries {
        let entry = entry.map_err(|error| Error::io(from, "list", error))?;
        bytes += copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(bytes)
}

/// Sets a testnet whose nodes do not run back to a checkpoint: `binary` is `palisade`. The height from which the chain goes
/// on, and the generation in which it does. Interrupted, it can be done again.
///
/// # Errors
/// [`Error::NoCheckpoint`]; [`Error::Supervisor`] with what `binary` says of the store; [`Error::Io`].
pub async fn restore(folder: &Folder, spec: &Spec, name: &Name, binary: &Path) -> Result<Checkpoint, Error> {
    let mut about = find(folder, name)?;
    let path = place(folder, name);
    let draft = path.join("next-genesis.json");
    files::remove(&draft)?;
    let generation = document(&folder.genesis())?.generation;
    go_on(binary, &path.join(&about.node), generation, &draft).await?;
    let text = fs::read_to_string(&draft).map_err(|error| Error::io(&draft, "read", error))?;
    let next = document(&draft)?;
    let chain = next.chain_hash();
    about.generation = next.generation;
    about.height = next.continues.map_or(about.height, |from| from.height.get());
    // Order: the generation is taken before anything can be signed in it; interrupted, the next attempt takes another.
    files::write(&folder.genesis(), &text)?;
    for index in 0..usize::from(spec.validators) {
        let node = name::node(index);
        let home = folder.home(&node);
        for stale in ["data", "guard", "snapshots", "keys"] {
            match fs::remove_dir_all(home.join(stale)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io(&home.join(stale), "remove", error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        copy(&path.join(&node).join("keys"), &home.join("keys"))?;
        guard(&home, chain)?;
        files::write(&home.join(GENESIS), &text)?;
    }
    files::remove(&draft)?;
    Ok(about)
}

/// Has the document written with which the chain of a stopped home goes on.
async fn go_on(binary: &Path, home: &Path, generation: u64, to: &Path) -> Result<(), Error> {
    let mut command = Command::new(binary);
    command
        .args(["debug", "continue", "--home"])
        .arg(home)
        .arg("--after-generation")
        .arg(generation.to_string())
        .arg("--to")
        .arg(to)
        .kill_on_drop(true);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PALISADE_")) {
        command.env_remove(name);
    }
    let done = command.output().await;
    let done = done.map_err(|error| Error::io(binary, "start", error))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(Error::Supervisor(format!(
        "the checkpoint cannot be gone on from: {}",
        said.trim()
    )))
}

/// A guard that knows all of a home's consensus keys, none of which has signed anything in this chain.
fn guard(home: &Path, chain: primitives::ChainHash) -> Result<(), Error> {
    let keys = home.join("keys");
    let load = |path: &Path| load_consensus(path, &Protection::DevelopmentPlaintext, Network::Development);
    let mut all = vec![load(&keys.join("consensus.json"))?.public_key()];
    for path in NodeKeys::more_consensus(&keys)? {
        all.push(load(&path)?.public_key());
    }
    Ok(Guard::provision_all(&home.join("guard"), chain, &all)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_there_whole_or_not_at_all() {
        let base = tempfile::tempdir().unwrap();
        let folder = Folder::new(base.path(), &Name::default());
        let name: Name = "one".parse().unwrap();
        assert_eq!(list(&folder).unwrap(), []);
        let missing = find(&folder, &name).unwrap_err().to_string();
        assert!(missing.contains("palisade testnet checkpoint save"), "{missing}");
        // A save that was killed.
        fs::create_dir_all(place(&folder, &name).join("node0")).unwrap();
        assert_eq!(list(&folder).unwrap(), []);
        let about = Checkpoint {
            name: "one".into(),
            height: 7,
            generation: 0,
            saved_ms: 1,
            node: "node0".into(),
            bytes: 3,
        };
        files::write_json(&place(&folder, &name).join(ABOUT), &about).unwrap();
        assert_eq!(list(&folder).unwrap(), std::slice::from_ref(&about));
        assert_eq!(find(&folder, &name).unwrap(), about);
        let other = find(&folder, &"two".parse().unwrap()).unwrap_err().to_string();
        assert!(other.contains("one"), "{other}");
        remove(&folder, &name).unwrap();
        assert!(!place(&folder, &name).exists());
    }

    #[test]
    fn folders_are_copied_with_all_but_sockets() {
        let base = tempfile::tempdir().unwrap();
        let (from, to) = (base.path().join("from"), base.path().join("to"));
        fs::create_dir_all(from.join("deep")).unwrap();
        fs::write(from.join("deep/file"), "abc").unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(from.join("socket")).unwrap();
        assert_eq!(copy(&from, &to).unwrap(), 3);
        assert_eq!(fs::read(to.join("deep/file")).unwrap(), b"abc");
        assert!(!to.join("socket").exists());
    }
}
