//! Listening before voting: is somebody else voting with this node's keys?
//!
//! A node whose guard is intact knows what it signed and votes at once. One that starts a new history cannot know whether
//! another node goes on with the same keys: it follows the chain for a while under a name of the moment, casts no vote, and
//! stops for good when it sees one of its own.
//!
//! # Source
//! consensus.md, section 0, "Restart"; interfaces.md, section 4.2.

use super::{Permissions, StartError, open, signing, watch};
use crate::app::{Chain, Snapshots};
use crate::config::{Home, NodeConfig};
use crypto::bls::KeyBytes;
use light_palisade::{Block, ValidatorSet};
use primitives::address::Network;
use primitives::{Height, Timestamp};
use rpc::backend::Tip;
use signer::guard::{Guard, GuardConfig, GuardError};
use signer::{NodeKeys, keystore};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch as watch_channel;
use tokio::time::Instant;
use wal::Disk;

/// How much longer a node listens that is catching up.
const CATCHING_UP: Duration = Duration::from_secs(1);
/// How far a block's time may be ahead of the clock of those who vote for it, in milliseconds.
const AHEAD_MS: u64 = 2_000;

/// Which keys to listen for, and how long.
#[derive(Debug)]
pub(super) struct Listen {
    keys: Vec<KeyBytes>,
    lasts: Duration,
}

/// Whether the node must listen before it votes: when the operator says so, and on a live chain when its guard is missing.
pub(super) fn due(
    config: &NodeConfig,
    home: &Home,
    permissions: Permissions,
) -> Result<Option<Listen>, StartError> {
    if config.node.observer {
        return Ok(None);
    }
    let (chain, kind) = open::chain_and_kind(home)?;
    let seconds = match permissions.doppelganger_wait {
        Some(seconds) => seconds,
        None if kind == Network::Development || !permissions.init_signing_history => 0,
        None => {
            let disk = Disk::new(home.guard()).map_err(|source| StartError::Folder {
                path: home.guard(),
                source,
            })?;
            match Guard::open(Arc::new(disk), chain, GuardConfig::default()) {
                Err(GuardError::Missing { .. }) => config.signer.doppelganger_wait_s,
                // Intact, or a mistake that is told of in its own place.
                Ok(_) | Err(_) => 0,
            }
        }
    };
    if seconds == 0 {
        return Ok(None);
    }
    let protection = signing::protection(config)?;
    let mut keys = vec![
        NodeKeys::load(&home.keys(), &protection, kind)?
            .consensus
            .public_key(),
    ];
    for path in NodeKeys::more_consensus(&home.keys())? {
        keys.push(keystore::load_consensus(&path, &protection, kind)?.public_key());
    }
    Ok(Some(Listen {
        keys,
        lasts: Duration::from_secs(seconds),
    }))
}

/// Follows the chain for a while.
///
/// # Errors
/// [`StartError::Doppelganger`]: a vote was cast with one of the keys after this node had started.
pub(super) async fn listen(
    chain: Arc<Chain>,
    snapshots: Arc<Snapshots>,
    tip: watch_channel::Receiver<Tip>,
    listen: Listen,
) -> Result<(), StartError> {
    let started = Timestamp::new(watch::now().get().saturating_add(AHEAD_MS));
    let mut end = Instant::now() + listen.lasts;
    let mut committed = chain.committed();
    let mut seen = *committed.borrow_and_update();
    tracing::warn!(
        seconds = listen.lasts.as_secs(),
        "listening for votes of this node's keys before it votes"
    );
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(end) => {
                // What is voted now, who is still catching up has not heard.
                if tip.borrow().syncing {
                    end = Instant::now() + CATCHING_UP;
                    continue;
                }
                tracing::info!("nobody else votes with this node's keys");
                return Ok(());
            }
            changed = committed.changed() => if changed.is_err() {
                return Err(StartError::Interrupted);
            }
        }
        let tip = *committed.borrow_and_update();
        while let Some(height) = seen
            .get()
            .checked_add(1)
            .map(Height::new)
            .filter(|height| *height <= tip)
        {
            look(&chain, &snapshots, height, started, &listen.keys)?;
            seen = height;
        }
    }
}

fn look(
    chain: &Chain,
    snapshots: &Snapshots,
    height: Height,
    started: Timestamp,
    keys: &[KeyBytes],
) -> Result<(), StartError> {
    let store = chain.store();
    let before = height.get().checked_sub(1).map(Height::new);
    let parent = before.map(|before| store.block(before)).transpose()?.flatten();
    let (Some(block), Some(parent)) = (store.block(height)?, parent) else {
        return Ok(());
    };
    let Some(certificate) = &block.justification.parent else {
        return Ok(());
    };
    let epoch = certificate.statement.epoch();
    let state = snapshots.latest().state.clone();
    let set = runtime::query::validator_set(&state, epoch).ok().flatten();
    match set.and_then(|set| voter(&block, &parent, &set, started, keys)) {
        Some(key) => Err(StartError::Doppelganger {
            key: hex::encode(key.0),
            height: parent.header.height,
        }),
        None => Ok(()),
    }
}

/// The one of `keys` that voted for a block's parent, if that is younger than `started`.
fn voter(
    block: &Block,
    parent: &Block,
    set: &ValidatorSet,
    started: Timestamp,
    keys: &[KeyBytes],
) -> Option<KeyBytes> {
    let certificate = block.justification.parent.as_ref()?;
    if parent.header.time <= started {
        return None;
    }
    let voted = |key: &&KeyBytes| {
        set.index_of(key)
            .is_some_and(|index| certificate.signers.contains(index))
    };
    keys.iter().find(voted).copied()
}
