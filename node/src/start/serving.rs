//! `palisade signer run`: keys and guard of a validator, apart from the node that faces the network.

use super::keys::NewKeys;
use super::{StartError, open, signing};
use crate::config::{Home, NodeConfig};
use signer::guard::{Guard, GuardConfig, Slot};
use signer::remote::{Address, ServerConfig, listen};
use signer::{KeyRing, Protection, keystore};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wal::Disk;

/// Between two looks at the folder of keys.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves the keys of `home` until `stop`; `told` hears where it listens.
///
/// # Errors
/// Why it did not start, or that its guard failed.
pub(crate) async fn serve(
    config: &NodeConfig,
    home: &Home,
    server: ServerConfig,
    protection: Option<Protection>,
    told: impl FnOnce(&Address),
    stop: CancellationToken,
) -> Result<(), StartError> {
    let protection = match protection {
        Some(protection) => protection,
        None => signing::protection(config)?,
    };
    let (chain, network) = open::chain_and_kind(home)?;
    let key = keystore::load_consensus(&home.keys().join("consensus.json"), &protection, network)?;
    let disk = Disk::new(home.guard()).map_err(|source| StartError::Folder {
        path: home.guard(),
        source,
    })?;
    let guard = Guard::open(Arc::new(disk), chain, GuardConfig::default())?;
    let public = key.public_key();
    let ring = Arc::new(KeyRing::new(Arc::new(Mutex::new(guard))));
    ring.vouch(&public)?;
    // The guard knows it: the floor is not used.
    ring.add(key, Slot::LAST)?;
    let mut more = NewKeys {
        folder: home.keys(),
        protection,
        network,
        ring: ring.clone(),
        seen: BTreeSet::new(),
    };
    more.take_up(ring.highest_epoch()?);
    let listening = listen(ring.clone(), &server).await?;
    told(listening.address());
    tracing::info!(chain = %chain, listen = %listening.address(), keys = ring.public_keys().len(), "the signer is up");
    tokio::spawn(watch(more, ring, stop.clone()));
    Ok(listening.serve(stop).await?)
}

/// Takes up keys that are written while it runs.
async fn watch(mut more: NewKeys, ring: Arc<KeyRing>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        let Ok(epoch) = ring.highest_epoch() else { return };
        // Opening an encrypted file takes a moment.
        let looked = tokio::task::spawn_blocking(move || {
            more.take_up(epoch);
            more
        });
        match looked.await {
            Ok(keys) => more = keys,
            Err(_) => return,
        }
    }
}
