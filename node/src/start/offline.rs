//! Snapshots of a node that does not run.

use super::open::{self, Opened};
use super::{Role, StartError, signing};
use crate::config::{Home, NodeConfig};
use primitives::Height;
use prometheus_client::registry::Registry;
use store::snapshot::{Folder, Listed, SnapshotError, Take};

/// Blocks below the tip that are looked at for one that can be proven.
const LOOK_BACK: u64 = 256;

/// Opens the chain of a stopped node.
///
/// # Errors
/// Why its store cannot be opened: in use, say, or damaged.
pub(crate) fn open(config: &NodeConfig, home: &Home) -> Result<Opened, StartError> {
    open::open(config, home, &mut Registry::default())
}

/// Takes a snapshot of the newest block of a stopped node that can be proven.
///
/// # Errors
/// Why the store cannot be opened (in use, say), or that no block can be proven.
pub(crate) fn take(config: &NodeConfig, home: &Home) -> Result<Listed, StartError> {
    let opened = open(config, home)?;
    let signing::Keys { p2p, .. } = signing::load(config, home, opened.kind, Role::Standby)?;
    let tip = opened.base.header.height;
    let store = &opened.store;
    for height in (tip.get().saturating_sub(LOOK_BACK)..=tip.get())
        .rev()
        .map(Height::new)
    {
        if !store.suits_snapshot(height)? {
            continue;
        }
        let state = store.state_at(height, tip, &opened.base.state)?;
        let sign = |message: &[u8]| p2p.sign(message);
        let take = Take {
            state: &state,
            height,
            created: super::now(),
            key: *p2p.public_key().as_bytes(),
            sign: &sign,
            go_on: &|| true,
        };
        let folder = Folder::new(home.snapshots());
        store.take_snapshot(&folder, &take)?;
        return Ok(folder.open(height)?);
    }
    Err(StartError::Snapshot(SnapshotError::Unsuitable {
        height: tip,
        what: "no block near the tip is final and followed by one that is",
    }))
}
