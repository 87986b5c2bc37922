//! Consensus keys that come while the node runs: `palisade validator rotate-key` writes one beside the others.

use primitives::Epoch;
use primitives::address::Network;
use signer::guard::Slot;
use signer::{KeyRing, NodeKeys, Protection, keystore};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Between two looks at the folder.
const PAUSE: Duration = Duration::from_secs(1);

/// What is needed to take up new keys.
pub(super) struct NewKeys {
    pub(super) folder: PathBuf,
    pub(super) protection: Protection,
    pub(super) network: Network,
    pub(super) ring: Arc<KeyRing>,
    pub(super) seen: BTreeSet<PathBuf>,
}

impl NewKeys {
    /// Adds the keys of files that were not looked at yet. A new key signs nothing of `epoch` and before: the guard does
    /// not know what it may have signed elsewhere. A file that cannot be read is said so, once.
    pub(super) fn take_up(&mut self, epoch: Epoch) {
        let found = match NodeKeys::more_consensus(&self.folder) {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "cannot look for new consensus keys");
                return;
            }
        };
        // A file that went may come back as another key's.
        self.seen.retain(|path| found.contains(path));
        for path in found {
            if !self.seen.insert(path.clone()) {
                continue;
            }
            let key = match keystore::load_consensus(&path, &self.protection, self.network) {
                Ok(key) => key,
                Err(error) => {
                    tracing::error!(file = %path.display(), %error, "a consensus key cannot be used: correct the file and start the node again");
                    continue;
                }
            };
            let public = hex::encode(key.public_key().0);
            match self.ring.add(key, Slot::end_of(epoch)) {
                Ok(()) => {
                    tracing::info!(file = %path.display(), key = public, "holds another consensus key, and votes with it when the epoch's set has it")
                }
                Err(error) => {
                    tracing::error!(file = %path.display(), %error, "the guard could not take a consensus key");
                }
            }
        }
    }

    /// Looks for new keys until it is stopped.
    pub(super) async fn run(mut self, status: watch::Receiver<engine::Status>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
            let epoch = status.borrow().epoch;
            // Opening an encrypted file takes a moment.
            let looked = tokio::task::spawn_blocking(move || {
                self.take_up(epoch);
                self
            });
            match looked.await {
                Ok(keys) => self = keys,
                Err(_) => return,
            }
        }
    }
}
