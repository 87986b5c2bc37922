//! What the node does for its owner alone.

mod held;
mod upkeep;

use super::Backend;
use crate::app::Ask;
use crate::config::{Home, NodeConfig};
use crate::logging;
use crypto::bls::KeyBytes;
use network::PeerKey;
use primitives::AccountId;
use primitives::address::Network;
use prometheus_client::registry::Registry;
use rpc::backend::{
    AdminError, Drained, ExportedState, HeldKey, ImportedHistory, NewKey, PrunedBlocks, Standing, TakenKey,
    TakenSnapshot,
};
use rpc::{AdminBackend, Drain};
use signer::guard::Interchange;
use signer::{ConsensusKey, KeyRing, NodeKeys, Protection};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long the answer to a shutdown has to leave before the node ends.
const FAREWELL: Duration = Duration::from_millis(100);

/// The consensus keys of a node that signs itself.
pub(crate) struct OwnKeys {
    pub(crate) folder: PathBuf,
    pub(crate) protection: Protection,
    pub(crate) network: Network,
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) operator: AccountId,
}

impl OwnKeys {
    /// A document that tells what keys of this chain signed.
    fn history(&self, field: &'static str, json: &[u8]) -> Result<Interchange, AdminError> {
        let wrong = |problem: String| AdminError::Field { field, problem };
        let document = Interchange::parse(json).map_err(|error| wrong(error.to_string()))?;
        let chain = self.ring.export().map_err(broken)?.metadata.chain_hash;
        if document.metadata.chain_hash != chain {
            return Err(wrong(format!(
                "it is of chain {}, this node follows {chain}",
                document.metadata.chain_hash
            )));
        }
        Ok(document)
    }
}

/// The node as its owner sees it.
pub(crate) struct Owner {
    pub(crate) backend: Arc<Backend>,
    pub(crate) config: NodeConfig,
    pub(crate) home: Home,
    /// `None` for an observer, and where another process signs.
    pub(crate) keys: Option<Arc<OwnKeys>>,
    /// Tells the public services to take nothing new.
    pub(crate) drain: Drain,
    pub(crate) wants_snapshots: mpsc::Sender<Ask>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) stop: CancellationToken,
}

impl Owner {
    fn own(&self) -> Result<Arc<OwnKeys>, AdminError> {
        self.keys.clone().ok_or_else(|| {
            AdminError::Unsuitable(
                "this node holds no consensus keys: it is an observer, or another process signs for it \
                 (signer.remote), which is to be asked instead"
                    .to_owned(),
            )
        })
    }

    /// Does something with the keys where it may wait for a disk.
    async fn with_keys<T: Send + 'static>(
        &self,
        work: impl FnOnce(&OwnKeys) -> Result<T, AdminError> + Send + 'static,
    ) -> Result<T, AdminError> {
        let keys = self.own()?;
        match tokio::task::spawn_blocking(move || work(&keys)).await {
            Ok(done) => done,
            Err(error) => Err(broken(error)),
        }
    }
}

fn broken(error: impl std::fmt::Display) -> AdminError {
    AdminError::Broken(error.to_string())
}

#[tonic::async_trait]
impl AdminBackend for Owner {
    fn settings(&self) -> Result<String, AdminError> {
        toml::to_string(&self.config).map_err(broken)
    }

    fn set_log_filter(&self, filter: &str) -> Result<String, AdminError> {
        let changed = logging::change(filter);
        changed.map_err(|problem| AdminError::Field {
            field: "filter",
            problem,
        })
    }

    async fn remove_peer(&self, key: [u8; 32], lasts: Duration) -> Result<(), AdminError> {
        let key = PeerKey(key);
        if self.backend.network.peers().iter().all(|peer| peer.key != key) {
            return Err(AdminError::Field {
                field: "peer_key",
                problem: "no peer with this key is connected".to_owned(),
            });
        }
        self.backend.network.ban(key, lasts).await.map_err(broken)
    }

    async fn add_peer(&self, address: &str) -> Result<[u8; 32], AdminError> {
        self.keep_peer(address).await
    }

    async fn take_snapshot(&self) -> Result<TakenSnapshot, AdminError> {
        self.snapshot().await
    }

    async fn prune(&self, keep: u64) -> Result<PrunedBlocks, AdminError> {
        self.forget(keep).await
    }

    async fn export_state(&self) -> Result<ExportedState, AdminError> {
        self.write_state().await
    }

    async fn diagnostics(&self) -> Result<Vec<(String, Vec<u8>)>, AdminError> {
        self.gather().await
    }

    async fn drain(&self, patience: Duration) -> Drained {
        tracing::info!("the owner drains the node: no new transactions and subscriptions");
        self.drain.begin();
        let (calls, streams) = self.drain.wait(patience).await;
        Drained {
            calls,
            streams,
            waiting: self.backend.mempool.size().transactions,
        }
    }

    async fn standing(&self) -> Standing {
        let status = *self.backend.engine.borrow();
        let validator = self.backend.about_validator();
        Standing {
            finalized: status.finalized,
            epoch: status.epoch,
            view: status.view,
            behind: status.behind,
            silent: validator.map_or_else(
                || Some("this node holds no consensus key".to_owned()),
                |validator| validator.silent,
            ),
            waiting: self.backend.mempool.size().transactions,
            peers: self.backend.network.peers().len(),
        }
    }

    fn shut_down(&self) {
        tracing::info!("the owner asked the node to end");
        let stop = self.stop.clone();
        tokio::spawn(async move {
            tokio::time::sleep(FAREWELL).await;
            stop.cancel();
        });
    }

    async fn keys(&self) -> Result<Vec<HeldKey>, AdminError> {
        let voting = self.backend.about_validator().filter(|it| it.index.is_some());
        let voting = voting.map(|validator| validator.key);
        self.with_keys(move |own| {
            let held = own.ring.public_keys().into_iter().map(|key| {
                let highest = own.ring.highest(&key).map_err(broken)?;
                Ok(HeldKey {
                    key,
                    votes: voting == Some(key),
                    highest: highest.map(|slot| (slot.epoch, slot.view)),
                })
            });
            held.collect()
        })
        .await
    }

    async fn create_key(&self) -> Result<NewKey, AdminError> {
        self.with_keys(|own| {
            let made = ConsensusKey::generate().map_err(broken)?;
            let file = NodeKeys::add_consensus(&own.folder, &made, &own.protection, own.network);
            Ok(NewKey {
                key: made.public_key(),
                possession: made.possession_proof(&own.operator),
                file: upkeep::whole(&file.map_err(broken)?),
            })
        })
        .await
    }

    async fn import_key(&self, keystore: Vec<u8>, history: Option<Vec<u8>>) -> Result<TakenKey, AdminError> {
        self.take_key(keystore, history).await
    }

    async fn remove_key(&self, key: KeyBytes, although_it_votes: bool) -> Result<String, AdminError> {
        self.put_aside(key, although_it_votes).await
    }

    async fn export_history(&self) -> Result<String, AdminError> {
        self.with_keys(|own| {
            let document = own.ring.export().map_err(broken)?;
            Ok(document.to_json())
        })
        .await
    }

    async fn import_history(&self, json: Vec<u8>) -> Result<ImportedHistory, AdminError> {
        self.with_keys(move |own| {
            let document = own.history("json", &json)?;
            let imported = own.ring.import(&document).map_err(broken)?;
            Ok(ImportedHistory {
                keys: imported.keys,
                slots: imported.rows,
                conflicts: imported.conflicts,
            })
        })
        .await
    }
}
